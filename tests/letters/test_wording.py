"""Every word of the log has its Italian, and every letter its template."""

from datetime import UTC, date, datetime

import pytest

from ingest import wording
from ingest.form.field import Need
from ingest.form.schema import SCHEMA
from ingest.italian import date_it, instant_it, list_it, plural, weekday_it
from ingest.templating import templates_folder
from ingest.vocabulary import (
    EnvelopeKind,
    LetterKind,
    Outcome,
    ParticipationRole,
    Reason,
    ReceiptType,
    Role,
    SenderRelation,
    SignatureState,
    Timeliness,
    VerdictKind,
)
from models.letter import LetterState
from models.organisation import OrganisationStatus


@pytest.mark.parametrize(
    ("words", "wordings"),
    [
        (Reason, wording.REASONS),
        (Outcome, wording.OUTCOMES),
        (VerdictKind, wording.VERDICTS),
        (EnvelopeKind, wording.ENVELOPES),
        (SignatureState, wording.SIGNATURES),
        (ReceiptType, wording.RECEIPTS),
        (Role, wording.DOCUMENTS),
        (Timeliness, wording.TIMELINESS),
        (ParticipationRole, wording.ROLES),
        (SenderRelation, wording.RELATIONS),
        (LetterKind, wording.LETTERS),
        (LetterState, wording.LETTER_STATES),
        (OrganisationStatus, wording.STATUSES),
    ],
)
def test_every_word_has_exactly_one_wording(words, wordings):
    assert [str(word) for word in words] == [str(word) for word in wordings]
    assert all(text and text[0].isupper() for text in wordings.values())
    assert len(set(wordings.values())) == len(wordings)


def test_reasons_are_short_whole_sentences():
    for sentence in wording.REASONS.values():
        assert sentence.endswith(".")
        assert len(sentence) <= 110


def test_a_word_of_a_later_version_is_shown_as_it_is():
    assert wording.reason_it("no-form") == "Nel messaggio non c'è un Allegato 1 compilato."
    assert wording.reason_it("brand-new") == "brand-new"
    assert wording.field_it("brand.new") == "brand.new"


def test_every_field_that_is_asked_for_has_its_question():
    assert all(wording.question(field.key) for field in SCHEMA if field.need in (Need.BLOCK, Need.INTEGRATE))


@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_letter_has_its_three_templates(kind):
    names = {path.name for path in (templates_folder() / "letters" / kind).iterdir()}
    assert names == {"subject.txt", "body.txt", "body.html"}


@pytest.mark.parametrize(
    ("at", "text"),
    [
        (datetime(2021, 7, 26, 8, 15, tzinfo=UTC), "26 luglio 2021 alle ore 10:15:00"),
        (datetime(2021, 12, 31, 23, 30, tzinfo=UTC), "1° gennaio 2022 alle ore 00:30:00"),
        (datetime(2021, 10, 31, 0, 30, tzinfo=UTC), "31 ottobre 2021 alle ore 02:30:00 (ora legale)"),
        (datetime(2021, 10, 31, 1, 30, tzinfo=UTC), "31 ottobre 2021 alle ore 02:30:00 (ora solare)"),
        (datetime(2021, 3, 28, 1, 0, tzinfo=UTC), "28 marzo 2021 alle ore 03:00:00"),
    ],
)
def test_instants_are_written_in_the_hour_of_rome(at, text):
    assert instant_it(at) == text


def test_dates_lists_and_plurals_read_as_italian():
    assert date_it(date(2021, 8, 1)) == "1° agosto 2021"
    assert weekday_it(date(2021, 7, 29)) == "giovedì"
    assert [list_it(["a", "b", "c"][:count]) for count in range(4)] == ["", "a", "a e b", "a, b e c"]
    assert [plural(count, "adesione", "adesioni") for count in (0, 1, 2)] == ["0 adesioni", "1 adesione", "2 adesioni"]
