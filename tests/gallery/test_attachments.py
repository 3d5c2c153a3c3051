"""What comes out of every wrapper of the gallery."""

from hashlib import sha256

import pytest

from ingest.demo.originals import an_original
from ingest.documents import documents_in
from ingest.rules import Limits, Progress
from tests.gallery.attachments import table_h

WRAPPED = table_h()


def opened(found):
    original = an_original(attachments=found.attachments)
    return [each.document for each in documents_in(original, Limits(), Progress())]


@pytest.mark.parametrize("found", [w for w in WRAPPED if w.payloads], ids=lambda found: found.name)
def test_the_document_comes_out_of_its_wrappers(found):
    digests = {document.sha256 for document in opened(found)}
    assert {sha256(payload).hexdigest() for payload in found.payloads} <= digests


@pytest.mark.parametrize("found", [w for w in WRAPPED if w.reason], ids=lambda found: found.name)
def test_a_part_that_gives_nothing_says_why(found):
    assert found.reason in [reason for document in opened(found) for reason in document.reasons]
