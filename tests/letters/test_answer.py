"""Which letter answers a verdict, and when none does."""

from datetime import datetime

import pytest

from ingest.answer import choose_answer
from ingest.verdict import Traits, Verdict
from ingest.vocabulary import EnvelopeKind, LetterKind, Reason, SignatureState, VerdictKind
from tests.letters.builders import SENDER, SUMMER, a_context, a_document, an_adhesion, an_envelope

LATE = an_envelope(accepted_at=datetime(2021, 8, 20, 9, 0, tzinfo=SUMMER))

FORM = (a_document(),)


def a_verdict(kind=VerdictKind.ADHESION, *, envelope=None, reasons=(), adhesions=None, documents=FORM):
    envelope = envelope or an_envelope()
    adhesions = (an_adhesion(envelope=envelope),) if adhesions is None else adhesions
    return Verdict(kind=kind, reasons=reasons, envelope=envelope, documents=documents, adhesions=adhesions)


def test_an_adhesion_on_time_is_acknowledged_to_the_certified_sender():
    answer = choose_answer(a_verdict(), a_context())
    assert (answer.send, answer.letter, answer.to, answer.why) == (True, LetterKind.RECEIVED_ON_TIME, SENDER, None)


def test_a_late_one_gets_the_late_letter_and_one_after_the_start_its_own():
    assert choose_answer(a_verdict(envelope=LATE), a_context()).letter is LetterKind.RECEIVED_LATE
    started = {"works_start": datetime(2021, 8, 10, 23, 59, 59, tzinfo=SUMMER)}
    after = a_verdict(envelope=LATE, adhesions=(an_adhesion(envelope=LATE, notice=started),))
    assert choose_answer(after, a_context(**started)).letter is LetterKind.RECEIVED_AFTER_START


@pytest.mark.parametrize("changes", [{"themes": None}, {"organisation__registered_office__municipality": None}])
def test_an_incomplete_one_is_asked_for_what_is_missing_whenever_it_came(changes):
    for envelope in (an_envelope(), LATE):
        verdict = a_verdict(envelope=envelope, adhesions=(an_adhesion(envelope=envelope, **changes),))
        assert choose_answer(verdict, a_context()).letter is LetterKind.RECEIVED_INCOMPLETE


def test_a_form_without_identity_is_held_for_a_person():
    nobody = an_adhesion(organisation__name=None, organisation__fiscal_code=None)
    answer = choose_answer(a_verdict(VerdictKind.REVIEW, adhesions=(nobody,)), a_context())
    assert (answer.send, answer.letter, answer.to, answer.why) == (False, None, "", Reason.HELD_FOR_PERSON)


def test_a_sound_form_beside_a_nameless_one_is_answered_and_what_the_other_lacks_is_not_asked():
    nobody = an_adhesion(organisation__name=None, organisation__fiscal_code=None, themes=None)
    for adhesions in ((nobody, an_adhesion()), (an_adhesion(), nobody)):
        reasons = tuple(reason for adhesion in adhesions for reason in adhesion.reasons)
        answer = choose_answer(a_verdict(adhesions=adhesions, reasons=reasons), a_context())
        assert (answer.send, answer.letter) == (True, LetterKind.RECEIVED_ON_TIME)


def test_what_holds_the_whole_message_holds_its_sound_forms_too():
    held = a_verdict(adhesions=(an_adhesion(), an_adhesion()), reasons=(Reason.FORWARDED,))
    assert choose_answer(held, a_context()).why is Reason.HELD_FOR_PERSON


@pytest.mark.parametrize("subject", ["Rinuncia all'adesione", "Revoca della manifestazione di interesse"])
def test_a_withdrawal_is_held_for_a_person(subject):
    answer = choose_answer(a_verdict(envelope=an_envelope(subject=subject)), a_context())
    assert (answer.send, answer.why) == (False, Reason.HELD_FOR_PERSON)


def test_a_review_case_is_held_even_when_its_reading_is_complete():
    assert choose_answer(a_verdict(VerdictKind.REVIEW), a_context()).why is Reason.HELD_FOR_PERSON


@pytest.mark.parametrize(
    ("kind", "reasons", "letter"),
    [
        (VerdictKind.REVIEW, (Reason.NO_FORM,), LetterKind.NO_FORM),
        (VerdictKind.REVIEW, (Reason.BLANK_FORM_ONLY,), LetterKind.NO_FORM),
        (VerdictKind.UNREADABLE, (Reason.PART_ENCRYPTED, Reason.NO_FORM), LetterKind.FORM_UNREADABLE),
        (VerdictKind.UNREADABLE, (Reason.PART_UNREADABLE, Reason.NO_FORM), LetterKind.FORM_UNREADABLE),
    ],
)
def test_a_message_about_the_notice_without_a_readable_form_is_told_so(kind, reasons, letter):
    answer = choose_answer(a_verdict(kind, reasons=reasons, adhesions=()), a_context())
    assert (answer.send, answer.letter) == (True, letter)


@pytest.mark.parametrize("reason", [Reason.SCAN_NEEDS_PERSON, Reason.TIMED_OUT, Reason.CRASHED, Reason.LIMIT_REACHED])
def test_what_only_a_person_can_settle_is_not_told_to_the_sender(reason):
    verdict = a_verdict(VerdictKind.UNREADABLE, reasons=(reason, Reason.NO_FORM), adhesions=())
    assert choose_answer(verdict, a_context()).why is Reason.HELD_FOR_PERSON


def test_a_broken_file_of_another_matter_gets_no_letter_about_a_form():
    other = a_verdict(
        VerdictKind.UNREADABLE,
        envelope=an_envelope(subject="Pratica edilizia 12/2021"),
        reasons=(Reason.PART_ENCRYPTED, Reason.NO_FORM),
        adhesions=(),
        documents=(a_document("tavole.pdf"),),
    )
    assert choose_answer(other, a_context()).why is Reason.HELD_FOR_PERSON


@pytest.mark.parametrize(
    ("kind", "envelope", "why"),
    [
        (VerdictKind.RECEIPT, an_envelope(kind=EnvelopeKind.RECEIPT), Reason.NOT_CERTIFIED),
        (VerdictKind.NOTED, an_envelope(kind=EnvelopeKind.ORDINARY), Reason.NOT_CERTIFIED),
        (VerdictKind.NOTED, an_envelope(subject="Fattura"), Reason.NO_FORM),
    ],
)
def test_receipts_and_what_is_only_noted_are_never_answered(kind, envelope, why):
    answer = choose_answer(a_verdict(kind, envelope=envelope, adhesions=()), a_context())
    assert (answer.send, answer.letter, answer.why) == (False, None, why)


@pytest.mark.parametrize(
    ("envelope", "why"),
    [
        (an_envelope(traits=Traits(auto_submitted="auto-generated")), Reason.AUTO_SUBMITTED),
        (an_envelope(signature=SignatureState.CHAIN_UNKNOWN), Reason.NOT_CERTIFIED),
        (an_envelope(kind=EnvelopeKind.ANOMALY), Reason.NOT_CERTIFIED),
        (an_envelope(recipients=("altro@pec.example.it",)), Reason.NOT_ADDRESSED_TO_US),
    ],
)
def test_a_form_that_comes_by_machine_or_uncertified_is_recorded_and_not_answered(envelope, why):
    answer = choose_answer(a_verdict(envelope=envelope), a_context())
    assert (answer.send, answer.why) == (False, why)
