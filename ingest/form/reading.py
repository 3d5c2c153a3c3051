"""From opened documents to readings: only pages that are forms are read, one document at a time.

Non-obvious rule: a form that turns out to hold no value is a blank form, whatever triage took it for.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingest.documents import OpenedDocument
from ingest.form.pages import pages_of
from ingest.form.reader import is_blank, read_form
from ingest.rules import Context, Progress
from ingest.verdict import Document, Reading, Reason, Role, Unreadable

_FORM_ROLES = frozenset({Role.FORM, Role.BLANK_FORM})


def read_forms(
    found: Sequence[OpenedDocument], context: Context, progress: Progress
) -> tuple[tuple[Document, ...], tuple[Reading, ...]]:
    """The documents with their final roles, and every reading. A document that breaks is marked, never raised."""
    documents: list[Document] = []
    readings: list[Reading] = []
    for index, opened in enumerate(found):
        document = opened.document
        if document.role in _FORM_ROLES or _FORM_ROLES & set(document.role_by_page):
            progress.begin(document.path)
            document, read = _read(opened, index, context)
            readings += read
        documents.append(document)
    return tuple(documents), tuple(readings)


def _read(opened: OpenedDocument, index: int, context: Context) -> tuple[Document, tuple[Reading, ...]]:
    document = opened.document
    numbers = [number for number, role in enumerate(document.role_by_page, start=1) if role in _FORM_ROLES]
    try:
        pages = tuple(pages_of(opened.content, document.media_type, numbers or None))
        readings = read_form(pages, context.notice, index, signatures=document.signatures)
    except Unreadable as broken:
        return replace(document, role=Role.UNREADABLE, reasons=(*document.reasons, broken.reason)), ()
    if readings or not is_blank(pages):
        return replace(document, role=Role.FORM if readings else document.role), readings
    roles = tuple(Role.BLANK_FORM if role is Role.FORM else role for role in document.role_by_page)
    return replace(document, role=Role.BLANK_FORM, role_by_page=roles), ()
