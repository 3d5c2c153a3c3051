"""A document's pages as the form reader sees them, by what the document really is.

Non-obvious rule: what a PDF's text layer says is kept; the picture is read only where that layer is missing or cannot
be trusted, or where ink stands on a leader on which the layer has no word.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from ingest.documents.sniff import DOCX, ODT, PDF
from ingest.form.merging import lacks_values, merged
from ingest.form.officepage import pages_of_office
from ingest.form.page import Box, Page
from ingest.form.pdfpage import pages_of_pdf
from ingest.form.scans import Scans
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

_UNKNOWN = 0.7  # confidence of words another engine laid behind a scan
_FEWEST = 6  # words: fewer on a page with pictures make it a scan


def pages_of(
    content: bytes, media_type: str, numbers: Sequence[int] | None, scans: Scans | None = None
) -> Iterator[Page]:
    """The pages of a document, or those with these numbers (from 1).

    Raises Unreadable for what cannot be read: SCAN_NEEDS_PERSON for a picture without the means to read it.
    """
    scans = scans or Scans(available=False)
    if media_type == PDF:
        for page in pages_of_pdf(content, numbers):
            yield _completed(page, content, scans)
    elif media_type in (DOCX, ODT):
        yield from pages_of_office(content)
    elif media_type.startswith("image/"):
        for number in numbers or (1,):
            yield _read(content, media_type, number, scans)
    else:
        raise Unreadable(Reason.PART_UNSUPPORTED, media_type)


def _completed(page: Page, content: bytes, scans: Scans) -> Page:
    if page.widgets:
        return page
    if page.garbled or (page.images and len(page.words) < _FEWEST):
        return _read(content, PDF, page.number, scans)
    if any(_covers(box, page) for box in page.images):  # a scan made searchable by an unknown engine
        read = scans.page(content, PDF, page.number)
        return read or replace(page, words=tuple(replace(w, confidence=_UNKNOWN) for w in page.words))
    if scans.available and lacks_values(page):
        read = scans.page(content, PDF, page.number)
        return merged(page, read) if read else page
    return page


def _covers(box: Box, page: Page) -> bool:
    return (box[2] - box[0]) * (box[3] - box[1]) > 0.7 * page.width * page.height


def _read(content: bytes, media_type: str, number: int, scans: Scans) -> Page:
    page = scans.page(content, media_type, number)
    if page is None:
        raise Unreadable(Reason.SCAN_NEEDS_PERSON, f"page {number} is a picture")
    return page
