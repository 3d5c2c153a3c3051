"""Several pictures of one form in one message (IMG_0001.jpg, IMG_0002.jpg) read as one form.

Non-obvious rule: a second page carries no anchors of its own; its role is known only after the page before it, so
pictures that lie side by side are looked at in the order of their names.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.documents import OpenedDocument
from ingest.documents.classify import document_role, roles_of
from ingest.documents.pagefacts import PageFacts
from ingest.form.page import Page
from ingest.form.scans import Scans
from ingest.verdict import Document, FieldValue, Reading
from ingest.vocabulary import Reason, Role


def with_roles_in_order(found: Sequence[OpenedDocument], scans: Scans) -> list[OpenedDocument]:
    """`found`, with the roles of pictures that lie side by side judged one after the other."""
    result = list(found)
    for group in _albums(found):
        facts = [_facts(found[at], number, scans) for at, number in _leaves(found, group)]
        if len(group) < 2 or not any(fact.text for fact in facts):
            continue
        roles = iter(roles_of(facts))
        for at in group:
            own = tuple(next(roles) for _ in range(found[at].document.pages))
            result[at] = replace(found[at], document=_with_roles(found[at], own))
    return result


def forms_in_pictures(found: Sequence[OpenedDocument]) -> list[list[int]]:
    """Positions of the pictures that hold pages of forms, those of one album together."""
    return [forms for album in _albums(found) if (forms := [at for at in album if Role.FORM in _roles(found[at])])]


def numbered(found: Sequence[OpenedDocument], album: Sequence[int], scans: Scans) -> list[tuple[Page, int, int]]:
    """The form pages of an album, numbered through, each with its document and its number there."""
    pages: list[tuple[Page, int, int]] = []
    for at, number in _leaves(found, album):
        opened = found[at]
        page = scans.page(opened.content, opened.document.media_type, number)
        if page is not None and opened.document.role_by_page[number - 1] is Role.FORM:
            pages.append((replace(page, number=len(pages) + 1), at, number))
    return pages


def relocated(reading: Reading, pages: Sequence[tuple[Page, int, int]]) -> Reading:
    """A reading of numbered pages, each field back in the picture it stands on."""
    first = pages[reading.pages[0] - 1][1] if reading.pages else reading.document
    own = tuple(pages[n - 1][2] for n in reading.pages if pages[n - 1][1] == first)
    fields = {key: _moved(value, pages) for key, value in reading.fields.items()}
    return replace(reading, fields=fields, document=first, pages=own)


def _moved(value: FieldValue, pages: Sequence[tuple[Page, int, int]]) -> FieldValue:
    if not 1 <= value.page <= len(pages):
        return value
    _, document, number = pages[value.page - 1]
    return replace(value, document=document, page=number)


def _albums(found: Sequence[OpenedDocument]) -> list[list[int]]:
    """Positions of the pictures in each container, by name, numbers in their order."""
    albums: dict[tuple[int, ...], list[int]] = {}
    for at, opened in enumerate(found):
        if opened.document.media_type.startswith("image/") and opened.document.role_by_page:
            albums.setdefault(opened.document.path[:-1], []).append(at)
    return [sorted(album, key=lambda at: _natural(found[at].document.name)) for album in albums.values()]


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isdigit() else (-1, part.casefold()) for part in re.split(r"(\d+)", name)]


def _leaves(found: Sequence[OpenedDocument], album: Sequence[int]) -> list[tuple[int, int]]:
    return [(at, number) for at in album for number in range(1, found[at].document.pages + 1)]


def _roles(opened: OpenedDocument) -> tuple[Role, ...]:
    return opened.document.role_by_page


def _facts(opened: OpenedDocument, number: int, scans: Scans) -> PageFacts:
    known = scans.seen(opened.content, number)  # logos were not read before and are not now
    text = scans.text(opened.content, opened.document.media_type, number) if known else ""
    return PageFacts(text, scanned=not text, written=bool(text), ocr=True)


def _with_roles(opened: OpenedDocument, roles: tuple[Role, ...]) -> Document:
    reasons = opened.document.reasons
    if Role.FORM in roles:
        reasons = tuple(reason for reason in reasons if reason is not Reason.SCAN_NEEDS_PERSON)
    return replace(opened.document, role=document_role(roles), role_by_page=roles, reasons=reasons)
