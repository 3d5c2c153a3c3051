"""A sample's way through the reader: opened, classified page by page, read, as a message's attachment would be."""

from ingest.documents import documents_in_file
from ingest.form.reading import read_forms
from ingest.form.scans import Scans
from ingest.rules import Context, Limits, Progress
from ingest.verdict import Document, Reading
from tests.corpus.sample import Sample
from tests.corpus.variants import NOTICE


def read(sample: Sample) -> tuple[Reading, ...]:
    """The readings of a sample, in their order."""
    return judged(sample)[1]


def judged(sample: Sample) -> tuple[tuple[Document, ...], tuple[Reading, ...]]:
    """The documents with their final roles, and the readings."""
    context, progress = Context(NOTICE), Progress()
    scans = Scans(available=None if sample.scanned else False)
    found = [
        opened
        for name, content in ((sample.name, sample.content), *sample.parts)
        for opened in documents_in_file(name, content, Limits(), progress, scans.reader())
    ]
    return read_forms(found, context, progress, scans)
