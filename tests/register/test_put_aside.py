"""A message whose form was recorded, but of which a part stayed unread: a person is told."""

from dataclasses import replace

import pytest

from ingest.vocabulary import Outcome, Reason
from tests.letters.builders import a_document
from tests.register.builders import a_verdict, entries, recorded


@pytest.mark.parametrize("reason", [Reason.PART_UNREADABLE, Reason.PART_ENCRYPTED, Reason.PART_TOO_LARGE])
def test_a_part_put_aside_beside_a_recorded_form_is_shown_to_a_person(db, reason):
    plain = a_verdict()
    aside = replace(a_document("Allegato 1 del secondo ente.pdf"), reasons=(reason,))
    assert recorded(db, replace(plain, documents=(*plain.documents, aside))) == Outcome.RECORDED
    assert entries(db)[0].needs_review


def test_a_message_read_whole_needs_nobody(db):
    assert recorded(db, a_verdict()) == Outcome.RECORDED
    assert not entries(db)[0].needs_review
