"""A judgement that only opens documents, importable by name in the worker."""

from pathlib import Path

from ingest.documents import documents_in
from ingest.rules import Arrival, Context, Progress
from ingest.verdict import Verdict
from tests.sandbox.calls import a_verdict


def real_documents(path: Path, context: Context, arrival: Arrival, progress: Progress) -> Verdict:
    """The documents of the file taken as an original message."""
    found = documents_in(path.read_bytes(), context.limits, progress)
    return a_verdict(*(opened.document for opened in found))
