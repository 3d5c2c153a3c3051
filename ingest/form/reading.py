"""From opened documents to readings: only pages that are forms are read, one document at a time.

Non-obvious rule: a form that turns out to hold no value is a blank form, whatever triage took it for.
"""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace

from ingest.documents import OpenedDocument
from ingest.form.illegible import unguessed
from ingest.form.pages import pages_of
from ingest.form.photos import forms_in_pictures, numbered, relocated, with_roles_in_order
from ingest.form.reader import is_blank, read_form
from ingest.form.scans import Scans, text_of
from ingest.rules import Context, Progress
from ingest.verdict import Document, Reading, Unreadable
from ingest.vocabulary import Reason, Role

_FORM_ROLES = frozenset({Role.FORM, Role.BLANK_FORM})


def read_forms(
    found: Sequence[OpenedDocument], context: Context, progress: Progress, scans: Scans | None = None
) -> tuple[tuple[Document, ...], tuple[Reading, ...]]:
    """The documents with their final roles, and every reading. A document that breaks is marked, never raised.

    `scans`: the pictures of this message, read before for triage; without it pictures are left to a person.
    """
    scans = scans or Scans(available=False)
    found = with_roles_in_order(found, scans)
    documents = [opened.document for opened in found]
    readings: list[tuple[int, Reading]] = []
    for album in forms_in_pictures(found):
        for at in album:
            progress.begin(documents[at].path)
        readings += [(reading.document, reading) for reading in _read_album(found, album, context, scans)]
        if not any(at == album[0] for at, _ in readings):
            documents[album[0]] = _blank(documents[album[0]])
    for index, opened in enumerate(found):
        if opened.document.media_type.startswith("image/"):
            continue
        if opened.document.role in _FORM_ROLES or _FORM_ROLES & set(opened.document.role_by_page):
            progress.begin(opened.document.path)
            documents[index], read = _read(opened, index, context, scans)
            readings += [(index, reading) for reading in read]
    ordered = sorted(readings, key=lambda item: item[0])
    return tuple(documents), tuple(unguessed(reading) for _, reading in ordered)


def text_of_forms(found: Sequence[OpenedDocument], progress: Progress, scans: Scans) -> str:
    """The words on every page that may be a form; what cannot be read says nothing."""
    said = []
    for opened in found:
        document = opened.document
        numbers = [number for number, role in enumerate(document.role_by_page, start=1) if role in _FORM_ROLES]
        if numbers or document.role in _FORM_ROLES:
            progress.begin(document.path)
            with suppress(Unreadable):
                said += [text_of(page) for page in pages_of(*opened.readable, numbers or None, scans)]
    return "\n".join(said)


def _read_album(found: Sequence[OpenedDocument], album: Sequence[int], context: Context, scans: Scans) -> list[Reading]:
    """The forms on pictures that lie side by side."""
    pages = numbered(found, album, scans)
    if not pages:
        return []
    readings = read_form([page for page, _, _ in pages], context.notice, album[0])
    return [relocated(reading, pages) for reading in readings]


def _read(opened: OpenedDocument, index: int, context: Context, scans: Scans) -> tuple[Document, tuple[Reading, ...]]:
    document = opened.document
    numbers = [number for number, role in enumerate(document.role_by_page, start=1) if role in _FORM_ROLES]
    try:
        pages = tuple(pages_of(*opened.readable, numbers or None, scans))
        readings = read_form(pages, context.notice, index, signatures=document.signatures)
    except Unreadable as broken:
        role = document.role if broken.reason is Reason.SCAN_NEEDS_PERSON else Role.UNREADABLE
        return replace(document, role=role, reasons=(*document.reasons, broken.reason)), ()
    if readings or not is_blank(pages):
        return replace(document, role=Role.FORM if readings else document.role), readings
    return _blank(document), ()


def _blank(document: Document) -> Document:
    roles = tuple(Role.BLANK_FORM if role is Role.FORM else role for role in document.role_by_page)
    return replace(document, role=Role.BLANK_FORM, role_by_page=roles)
