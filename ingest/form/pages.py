"""A document's pages as the form reader sees them, by what the document really is."""

from collections.abc import Iterator, Sequence

from ingest.form.officepage import pages_of_office
from ingest.form.page import Page
from ingest.form.pdfpage import pages_of_pdf
from ingest.verdict import Reason, Unreadable

PDF = "application/pdf"
OFFICE = frozenset(
    {
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "application/vnd.oasis.opendocument.text",
    }
)


def pages_of(content: bytes, media_type: str, numbers: Sequence[int] | None) -> Iterator[Page]:
    """The pages of a document, or those with these numbers (from 1). Raises Unreadable for what cannot be read."""
    if media_type in OFFICE:
        return pages_of_office(content)  # one page, whatever the numbers
    if media_type != PDF:
        raise Unreadable(Reason.PART_UNSUPPORTED, media_type)
    return pages_of_pdf(content, numbers)
