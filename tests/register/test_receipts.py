"""Receipts: matched by our Message-ID or the learned PEC id, believed when signed, in whatever order they come."""

import random
from datetime import timedelta
from itertools import permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from ingest.database import Database
from ingest.letterstate import Told, letter_state, recipient_state
from ingest.outbox import send_due
from ingest.receipts import apply, match_orphans
from ingest.record import record
from ingest.release import release
from ingest.vocabulary import EnvelopeKind, Outcome, Reason, ReceiptType, SignatureState, VerdictKind
from models import Entry, Letter, LetterEvent, LetterRecipient, LetterState, ReceiptRow
from tests.fakes import FakePost
from tests.register.builders import (
    HOUR,
    NOW,
    OURS,
    UNSURE,
    Sending,
    a_message,
    a_receipt,
    a_verdict,
    entries,
    letters,
    recorded,
    the_settings,
)

R = ReceiptType
TO = "aurora@pec.example.org"
FINAL_STATES = {
    "nothing yet": ([], "submitted"),
    "accepted": ([(R.ACCEPTANCE, "", 0)], "accepted"),
    "not accepted": ([(R.NON_ACCEPTANCE, "", 0)], "rejected"),
    "taken in charge": ([(R.ACCEPTANCE, "", 0), (R.TAKEN_IN_CHARGE, "", 1)], "accepted"),
    "delivered": ([(R.ACCEPTANCE, "", 0), (R.DELIVERY, TO, 1)], "delivered"),
    "delivered without acceptance": ([(R.DELIVERY, TO, 1)], "delivered"),
    "not delivered": ([(R.ACCEPTANCE, "", 0), (R.DELIVERY_ERROR, TO, 1)], "failed"),
    "a virus": ([(R.ACCEPTANCE, "", 0), (R.VIRUS_DETECTED, TO, 1)], "failed"),
    "12 hours": ([(R.ACCEPTANCE, "", 0), (R.DELIVERY_WARNING, TO, 12)], "late"),
    "12 and 24 hours": ([(R.ACCEPTANCE, "", 0), (R.DELIVERY_WARNING, TO, 12), (R.DELIVERY_WARNING, TO, 20)], "failed"),
    "24 hours alone": ([(R.ACCEPTANCE, "", 0), (R.DELIVERY_WARNING, TO, 23)], "failed"),
    "late, then delivered": ([(R.ACCEPTANCE, "", 0), (R.DELIVERY_WARNING, TO, 12), (R.DELIVERY, TO, 13)], "delivered"),
    "failed, then delivered": (
        [(R.ACCEPTANCE, "", 0), (R.DELIVERY_WARNING, TO, 23), (R.DELIVERY, TO, 26)],
        "delivered",
    ),
    "an unknown kind alone": ([(R.UNKNOWN, TO, 1)], "submitted"),
    "an unknown kind": ([(R.ACCEPTANCE, "", 0), (R.UNKNOWN, TO, 1)], "accepted"),
}


@pytest.fixture
def sent(db: Database) -> Database:
    """A register with one letter handed to the provider at NOW."""
    recorded(db, a_verdict())
    send_due(db, FakePost(), NOW)
    return db


def our_id(db: Database) -> str:
    return letters(db)[0].message_id


def state(db: Database) -> str:
    return letters(db)[0].state


def events(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(LetterEvent.state).order_by(LetterEvent.id)))


@pytest.mark.parametrize(("receipts", "then"), FINAL_STATES.values(), ids=FINAL_STATES)
def test_what_receipts_say_is_the_letter_s_state(sent, receipts, then):
    for kind, recipient, hours in receipts:
        assert recorded(sent, a_receipt(kind, our_id(sent), recipient, NOW + hours * HOUR)) == Outcome.RECEIPT
    assert state(sent) == then


def test_the_time_limit_code_alone_makes_a_notice_final(sent):
    recorded(sent, a_receipt(R.DELIVERY_WARNING, our_id(sent), TO, NOW + HOUR, code="5.4.1"))
    assert state(sent) == "failed"


def test_any_order_and_any_repetition_give_the_same_state(sent):
    receipts = [
        a_receipt(R.ACCEPTANCE, our_id(sent), "", NOW),
        a_receipt(R.DELIVERY_WARNING, our_id(sent), TO, NOW + 12 * HOUR),
        a_receipt(R.DELIVERY, "", TO, NOW + 20 * HOUR),  # names no Message-ID: matched by the learned PEC id
    ]
    for receipt in [receipts[2], receipts[1], receipts[2], receipts[0], receipts[0], receipts[1]]:
        recorded(sent, receipt)
    assert state(sent) == "delivered"
    assert len([one for one in events(sent) if one not in ("queued", "submitting", "submitted")]) == 3
    with sent.reading() as session:
        assert len(session.scalars(select(ReceiptRow)).all()) == 3


@pytest.mark.parametrize("seed", range(6))
def test_shuffled_and_repeated_receipts_leave_the_same_register(sent, seed):
    dice = random.Random(seed)
    story = [
        a_receipt(R.ACCEPTANCE, our_id(sent), "", NOW),
        a_receipt(R.TAKEN_IN_CHARGE, "", "", NOW + HOUR),
        a_receipt(R.DELIVERY_WARNING, "", TO, NOW + 12 * HOUR),
        a_receipt(R.DELIVERY_WARNING, our_id(sent), TO, NOW + 24 * HOUR, code="5.4.1"),
        a_receipt(R.DELIVERY, "", TO, NOW + 30 * HOUR),
    ]
    told = [*story, *dice.sample(story, 3)]
    dice.shuffle(told)
    for receipt in told:
        recorded(sent, receipt)
    with sent.reading() as session:
        (recipient,) = session.scalars(select(LetterRecipient))
        matched = session.scalars(select(ReceiptRow.letter_id)).all()
    assert (state(sent), recipient.state, recipient.notices) == ("delivered", "delivered", 2)
    assert matched == [1] * 5
    assert len(events(sent)) == 3 + 5


def test_the_same_receipt_twice_is_one_event(sent):
    for _ in range(2):
        assert recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent))) == Outcome.RECEIPT
    assert events(sent) == ["queued", "submitting", "submitted", "accepted"]
    with sent.reading() as session:
        assert session.scalars(select(ReceiptRow.entry_id)).all() == [2]
    assert all(Reason.RECEIPT_OF_OURS in entry.reasons for entry in entries(sent)[1:])


def test_receipts_settle_an_uncertain_letter(db):
    recorded(db, a_verdict())
    send_due(db, FakePost([UNSURE]), NOW)
    recorded(db, a_receipt(R.ACCEPTANCE, our_id(db)))
    assert state(db) == "accepted"


def test_a_register_restored_from_a_backup_does_not_send_what_receipts_show_was_sent(db):
    recorded(db, a_verdict())  # still queued, as far as the backup knows
    recorded(db, a_receipt(R.ACCEPTANCE, our_id(db)))
    post = FakePost()
    send_due(db, post, NOW)
    assert post.handed == []
    assert state(db) == "accepted"


def test_the_acceptance_teaches_the_pec_id_that_replies_will_name(sent):
    recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent), identifier="opec.77@pec.example.it"))
    assert letters(sent)[0].identifier == "opec.77@pec.example.it"


def test_a_receipt_that_comes_before_its_letter_can_be_known_waits_and_is_matched_later(sent):
    early = a_receipt(R.DELIVERY, "", TO, NOW, identifier="opec.78@pec.example.it")
    assert recorded(sent, early) == Outcome.RECEIPT
    assert Reason.RECEIPT_ORPHAN in entries(sent)[1].reasons
    assert match_orphans(sent, NOW) == 0
    recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent), identifier="opec.78@pec.example.it"))
    assert state(sent) == "delivered"


@pytest.mark.parametrize(
    ("about", "orphan"),
    [("ack.", True), ("digest.", True), ("alarm.", True), ("", True), ("ackn.", False), ("webmail.", False)],
)
def test_a_receipt_about_a_letter_of_ours_that_is_not_there_waits_for_it(sent, about, orphan):
    recorded(sent, a_receipt(R.ACCEPTANCE, about and f"{about}1@pec.example.it", identifier="opec.5@pec.example.it"))
    assert (Reason.RECEIPT_ORPHAN in entries(sent)[1].reasons) is orphan


def test_a_receipt_without_pec_id_belongs_to_no_letter_whose_pec_id_is_unknown(sent):
    recorded(sent, a_receipt(R.DELIVERY, "", TO, identifier=""))
    assert match_orphans(sent, NOW) == 0
    assert state(sent) == "submitted"


@pytest.mark.parametrize("named", [0, 1])
def test_a_waiting_receipt_that_would_fit_two_letters_is_given_to_the_one_whose_message_id_it_names(db, named):
    for _ in range(2):
        recorded(db, a_verdict(Sending()))
    ids = [one.message_id for one in letters(db)]
    with db.transaction() as session:
        session.query(Letter).update({"message_id": "unknown.yet." + Letter.message_id})
    recorded(db, a_receipt(R.DELIVERY, ids[named], TO, identifier="opec.8@pec.example.it"))
    with db.transaction() as session:
        for letter, message_id in zip(session.query(Letter).order_by(Letter.id), ids, strict=True):
            letter.message_id = message_id
        session.get_one(Letter, 2 - named).identifier = "opec.8@pec.example.it"  # the other one
    assert match_orphans(db, NOW) == 1
    assert [letters(db)[named].state, letters(db)[1 - named].state] == ["delivered", "queued"]


def test_an_orphan_is_matched_when_its_letter_appears(db):
    recorded(db, a_receipt(R.ACCEPTANCE, "ack.later@pec.example.it"))
    recorded(db, a_verdict(Sending()))
    send_due(db, FakePost(), NOW)
    with db.transaction() as session:
        session.query(ReceiptRow).update({"about": our_id(db)})
    assert match_orphans(db, NOW) == 1
    assert match_orphans(db, NOW) == 0
    assert state(db) == "accepted"


def test_a_receipt_of_mail_that_a_person_sent_is_a_receipt_and_no_error(sent):
    assert (
        recorded(sent, a_receipt(R.ACCEPTANCE, "webmail.1@pec.example.it", identifier="opec.9@x.example")) == "receipt"
    )
    entry = entries(sent)[1]
    assert (entry.needs_review, Reason.RECEIPT_ORPHAN in entry.reasons) == (False, False)
    assert state(sent) == "submitted"


@pytest.mark.parametrize("signature", [one for one in SignatureState if one is not SignatureState.VALID])
def test_a_receipt_without_a_valid_signature_moves_nothing_and_goes_to_a_person(sent, signature):
    forged = a_receipt(R.DELIVERY, our_id(sent), TO, signature=signature)
    assert recorded(sent, forged) == Outcome.REVIEW
    assert state(sent) == "submitted"
    assert entries(sent)[1].needs_review
    with sent.transaction() as session, pytest.raises(ValueError, match="signed"):
        apply(session, session.get_one(Entry, a_message_in(session)), forged.envelope, NOW)


def a_message_in(session) -> int:
    found: int = session.scalars(select(Entry.id)).first()
    return found


FORGED = {
    "a delivery of a message that somebody else sent under our Message-ID": (
        R.DELIVERY,
        TO,
        {"sent_by": "x@pec.example"},
    ),
    "an acceptance of it": (R.ACCEPTANCE, "", {"sent_by": "x@pec.example"}),
    "a failure of it": (R.DELIVERY_ERROR, TO, {"sent_by": "x@pec.example"}),
    "without a certified sender": (R.DELIVERY, TO, {"sent_by": ""}),
    "sent by a look-alike of us": (R.DELIVERY, TO, {"sent_by": "c\u043emune@pec.example.it"}),
    "about another recipient": (R.DELIVERY, "other@pec.example.org", {}),
    "about another recipient of a message to ours": (R.DELIVERY, "other@pec.example.org", {"recipients": (TO,)}),
    "an acceptance for others only": (R.ACCEPTANCE, "", {"recipients": ("other@pec.example.org",)}),
    "an acceptance for nobody": (R.ACCEPTANCE, "", {"recipients": ()}),
    "a delivery to nobody": (R.DELIVERY, "", {"recipients": ()}),
}


@pytest.mark.parametrize(("kind", "recipient", "said"), FORGED.values(), ids=FORGED)
def test_a_validly_signed_receipt_that_is_not_of_our_sending_moves_nothing_and_goes_to_a_person(
    sent, kind, recipient, said
):
    forged = a_receipt(kind, our_id(sent), recipient, identifier="opec.x@evil.example", **said)
    assert recorded(sent, forged) == Outcome.REVIEW
    entry, letter = entries(sent)[1], letters(sent)[0]
    assert (entry.outcome, entry.needs_review, letter.state, letter.identifier) == ("review", True, "submitted", "")
    assert Reason.RECEIPT_SUSPECT in entry.reasons
    assert events(sent) == ["queued", "submitting", "submitted"]
    with sent.reading() as session:
        assert session.scalars(select(ReceiptRow.letter_id)).all() == [None]  # kept, and given to no letter
    assert match_orphans(sent, NOW) == 0


@pytest.mark.parametrize("said", [{"sent_by": OURS.upper()}, {"recipient": TO.upper()}, {"recipient": ""}])
def test_a_provider_may_write_the_addresses_in_another_case_or_name_the_addressee_only_once(sent, said):
    recipient = said.pop("recipient", TO)
    assert recorded(sent, a_receipt(R.DELIVERY, our_id(sent), recipient, **said)) == Outcome.RECEIPT
    assert state(sent) == "delivered"


def test_a_forged_orphan_is_shown_to_a_person_once_when_its_letter_is_known(sent):
    forged = a_receipt(R.DELIVERY, "", TO, identifier="opec.77@pec.example.it", sent_by="x@pec.example")
    assert recorded(sent, forged) == Outcome.RECEIPT
    recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent), identifier="opec.77@pec.example.it"))
    assert (state(sent), entries(sent)[1].needs_review, entries(sent)[1].outcome) == ("accepted", True, "review")
    assert entries(sent)[1].reasons.count(Reason.RECEIPT_SUSPECT) == 1
    with sent.transaction() as session:
        session.get_one(Entry, entries(sent)[1].id).needs_review = False  # a person has seen it
    assert match_orphans(sent, NOW) == 0
    assert not entries(sent)[1].needs_review


def test_a_forged_receipt_does_not_take_the_place_of_the_true_one_of_the_same_key(sent):
    told: dict[str, Any] = {"about": our_id(sent), "recipient": TO, "at": NOW + HOUR}
    recorded(sent, a_receipt(R.DELIVERY_WARNING, **told, code="5.4.1", sent_by="x@pec.example"))
    assert recorded(sent, a_receipt(R.DELIVERY_WARNING, **told)) == Outcome.RECEIPT
    assert state(sent) == "late"
    with sent.reading() as session:
        assert session.scalars(select(ReceiptRow.entry_id)).all() == [3]


def test_a_true_receipt_already_known_does_not_make_a_forged_copy_of_its_key_true(sent):
    told: dict[str, Any] = {"about": our_id(sent), "recipient": TO, "at": NOW + HOUR}
    recorded(sent, a_receipt(R.DELIVERY, **told))
    assert recorded(sent, a_receipt(R.DELIVERY, **told, sent_by="x@pec.example")) == Outcome.REVIEW
    assert state(sent) == "delivered"


def test_a_forged_copy_of_a_known_receipt_changes_nothing_of_what_it_said(sent):
    told: dict[str, Any] = {"about": our_id(sent), "recipient": TO, "at": NOW + HOUR}
    recorded(sent, a_receipt(R.DELIVERY_WARNING, **told))
    recorded(sent, a_receipt(R.DELIVERY_WARNING, **told, code="5.4.1", sent_by="x@pec.example"))
    recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent)))
    assert state(sent) == "late"


def test_an_acceptance_matched_later_still_tells_which_recipients_are_ordinary(db):
    recorded(db, a_verdict())
    ordinary = "copia@ordinary.example"
    with db.transaction() as session:
        session.add(LetterRecipient(letter_id=1, address=ordinary, state="queued"))
    send_due(db, FakePost(), NOW)
    first = letters(db)[0].message_id
    with db.transaction() as session:
        session.query(Letter).update({"message_id": "unknown.yet@pec.example.it"})
    recorded(db, a_receipt(R.ACCEPTANCE, first, ordinary_recipients=(ordinary,)))
    with db.transaction() as session:
        session.query(Letter).update({"message_id": first})
    assert match_orphans(db, NOW) == 1
    recorded(db, a_receipt(R.DELIVERY, first, TO, NOW + HOUR))
    assert state(db) == "delivered"


def test_an_ordinary_recipient_is_not_waited_for(sent):
    acceptance = a_receipt(R.ACCEPTANCE, our_id(sent), ordinary_recipients=("Copia@ordinary.example",))
    with sent.transaction() as session:
        session.add(LetterRecipient(letter_id=1, address="copia@ordinary.example", state="submitted"))
    recorded(sent, acceptance)
    recorded(sent, a_receipt(R.DELIVERY, our_id(sent), TO, NOW + HOUR))
    assert state(sent) == "delivered"


def test_a_letter_to_ordinary_addresses_alone_gets_as_far_as_its_acceptance(sent):
    recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent), ordinary_recipients=(TO,)))
    assert state(sent) == "accepted"
    with sent.reading() as session:
        (recipient,) = session.scalars(select(LetterRecipient))
        assert (recipient.certified, recipient.state) == (False, "accepted")


def test_the_hours_of_an_uncertain_letter_count_from_its_taking_up(db):
    recorded(db, a_verdict())
    send_due(db, FakePost([UNSURE]), NOW)
    recorded(db, a_receipt(R.DELIVERY_WARNING, our_id(db), TO, NOW + 22 * HOUR))
    assert state(db) == "failed"


def test_what_a_receipt_says_is_kept_whole_and_dated_by_its_own_clock(sent):
    receipt = a_receipt(
        R.DELIVERY_ERROR, our_id(sent), TO, NOW + HOUR, code="5.1.1", identifier="opec.3@pec.example.it"
    )
    recorded(sent, receipt, NOW + 2 * HOUR)
    with sent.reading() as session:
        (row,) = session.scalars(select(ReceiptRow))
        event = session.scalars(select(LetterEvent).order_by(LetterEvent.id.desc())).first()
    assert event is not None
    assert (row.type, row.identifier, row.recipient, row.at) == (
        "delivery-error",
        "opec.3@pec.example.it",
        TO,
        NOW + HOUR,
    )
    assert (row.about, row.error, row.detail, row.code) == (our_id(sent), "nessuno", "5.1.1", "5.1.1")
    assert (row.letter_id, row.matched_at) == (1, NOW + 2 * HOUR)
    assert (event.receipt_id, event.at, event.state, event.note) == (row.id, NOW + HOUR, "failed", "5.1.1")


@pytest.mark.parametrize(
    ("clocks", "at"),
    [
        ({"signed_at": NOW + HOUR, "delivered_at": NOW}, NOW + HOUR),
        ({"delivered_at": NOW - HOUR}, NOW - HOUR),
        ({}, NOW + 2 * HOUR),
    ],
)
def test_a_receipt_without_a_certified_instant_is_dated_by_the_next_clock(sent, clocks, at):
    recorded(sent, a_receipt(R.UNKNOWN, our_id(sent), TO, accepted_at=None, **clocks), NOW + 2 * HOUR)
    with sent.reading() as session:
        assert session.scalars(select(ReceiptRow.at)).all() == [at]


def test_a_letter_is_delivered_when_it_is_delivered_to_every_recipient(sent):
    with sent.transaction() as session:
        session.add(LetterRecipient(letter_id=1, address="due@pec.example.org", state="submitted"))
    recorded(sent, a_receipt(R.ACCEPTANCE, our_id(sent)))
    recorded(sent, a_receipt(R.DELIVERY, our_id(sent), TO, NOW + HOUR))
    assert state(sent) == "accepted"
    with sent.reading() as session:
        states = {one.address: one.state for one in session.scalars(select(LetterRecipient))}
    assert states == {TO: "delivered", "due@pec.example.org": "accepted"}
    recorded(sent, a_receipt(R.DELIVERY_WARNING, our_id(sent), TO, NOW + HOUR))
    recorded(sent, a_receipt(R.DELIVERY_WARNING, our_id(sent), "", NOW + 2 * HOUR))
    with sent.reading() as session:
        notices = {one.address: one.notices for one in session.scalars(select(LetterRecipient))}
    assert notices == {TO: 2, "due@pec.example.org": 1}
    recorded(sent, a_receipt(R.DELIVERY, our_id(sent), "DUE@pec.example.org", NOW + HOUR))
    assert state(sent) == "delivered"


def test_a_bounce_is_noted_in_the_letter_s_history_and_shown_to_a_person(sent):
    envelope = {"kind": EnvelopeKind.ANOMALY, "signature": SignatureState.NOT_APPLICABLE, "bounce_of": our_id(sent)}
    bounce = a_verdict(Sending(envelope=envelope), kind=VerdictKind.NOTED, adhesions=(), documents=())
    recorded(sent, bounce)
    assert state(sent) == "submitted"
    assert entries(sent)[1].needs_review
    with sent.reading() as session:
        assert "bounce" in session.scalars(select(LetterEvent.note)).all()


def test_recording_a_receipt_again_changes_nothing(sent):
    receipt = a_receipt(R.ACCEPTANCE, our_id(sent))
    entry_id = a_message(sent)
    from ingest.record import record  # noqa: PLC0415 - only here with the same entry twice
    from tests.register.builders import the_settings  # noqa: PLC0415 - as above

    for _ in range(2):
        assert record(sent, entry_id, receipt, the_settings(), NOW) == Outcome.RECEIPT
    assert events(sent).count("accepted") == 1


# the rule itself, without a database

SEEN = st.lists(
    st.builds(
        Told,
        type=st.sampled_from(list(ReceiptType)),
        recipient=st.sampled_from(["", TO, "due@pec.example.org"]),
        at=st.integers(0, 40).map(lambda hours: NOW + timedelta(hours=hours)),
        code=st.sampled_from(["", "5.4.1", "5.1.1"]),
    ),
    max_size=6,
)
RANK = [None, *(LetterState(one) for one in ("accepted", "late", "rejected", "failed", "delivered"))]


@given(SEEN, st.randoms())
def test_order_and_repetition_never_matter(told, dice):
    shuffled = [*told, *told]
    dice.shuffle(shuffled)
    assert recipient_state(shuffled, TO, NOW) == recipient_state(told, TO, NOW)


@given(SEEN, SEEN)
def test_a_further_receipt_never_takes_a_state_back(told, more):
    before, after = recipient_state(told, TO, NOW), recipient_state([*told, *more], TO, NOW)
    known_acceptance = any(one.type is R.ACCEPTANCE for one in [*told, *more])
    if not known_acceptance:  # an acceptance read late may move the start of the 22 hours
        assert RANK.index(after) >= RANK.index(before)
    if before is LetterState.DELIVERED:
        assert after is LetterState.DELIVERED


@given(SEEN)
def test_only_a_delivery_receipt_ever_says_delivered(told):
    delivered = any(one.type is R.DELIVERY and one.recipient in ("", TO) for one in told)
    assert (recipient_state(told, TO, NOW) is LetterState.DELIVERED) is delivered


@pytest.mark.parametrize("order", list(permutations(["delivered", "failed", None])))
def test_one_failed_recipient_makes_the_letter_failed(order):
    assert letter_state([LetterState(one) if one else None for one in order]) is LetterState.FAILED


@pytest.mark.parametrize(
    ("accepted_after", "noticed_after", "then"),
    [
        (timedelta(0), timedelta(hours=22), LetterState.FAILED),
        (timedelta(0), timedelta(hours=22, seconds=-1), LetterState.LATE),
        (timedelta(hours=5), timedelta(hours=26), LetterState.LATE),  # the 22 hours begin with the acceptance
        (None, timedelta(hours=22), LetterState.FAILED),  # not known yet: with the sending
    ],
)
def test_a_notice_alone_is_final_from_the_twenty_second_hour(accepted_after, noticed_after, then):
    told = [Told(R.DELIVERY_WARNING, TO, NOW + noticed_after)]
    if accepted_after is not None:
        told.append(Told(R.ACCEPTANCE, "", NOW + accepted_after))
    assert recipient_state(told, TO, NOW) is then


def test_a_notice_that_says_so_is_final_whenever_it_comes():
    assert recipient_state([Told(R.DELIVERY_WARNING, TO, NOW, final=True)], TO, NOW) is LetterState.FAILED
    assert recipient_state([Told(R.DELIVERY_WARNING, TO, NOW, "5.4.1")], TO, NOW) is LetterState.FAILED


def test_a_letter_delivered_to_some_is_accepted_and_one_that_nothing_is_known_of_has_no_state():
    assert letter_state([LetterState.DELIVERED, None]) is LetterState.ACCEPTED
    assert letter_state([LetterState.DELIVERED, LetterState.DELIVERED]) is LetterState.DELIVERED
    assert letter_state([None, None]) is None
    assert letter_state([]) is None


LOST = "ack.7d0c9f0e-lost@pec.example.it"  # a letter of a register that was put back without a word: a snapshot


def test_the_acceptance_of_a_letter_nobody_knows_keeps_back_what_may_repeat_it(db):
    recorded(db, a_verdict())  # arrived again for a register that is older than the mailbox
    recorded(db, a_receipt(R.ACCEPTANCE, LOST, at=NOW, identifier="opec.lost@pec.example.it"))
    recorded(db, a_verdict(Sending(at=NOW - HOUR), {"organisation__fiscal_code": "99900020159"}))
    recorded(db, a_verdict(Sending(at=NOW + HOUR), {"organisation__fiscal_code": "99900030158"}), NOW + 2 * HOUR)
    assert [(letter.state, letter.reason) for letter in letters(db)] == [
        (LetterState.WITHHELD, Reason.REGISTER_RESTORED),
        (LetterState.WITHHELD, Reason.REGISTER_RESTORED),
        (LetterState.QUEUED, ""),
    ]
    assert send_due(db, FakePost(), NOW + 3 * HOUR).submitted == [3]


@pytest.mark.parametrize(
    ("kind", "about"),
    [
        (R.ACCEPTANCE, "20210727.webmail@pec.example.it"),  # a person wrote from the same mailbox
        (R.DELIVERY, LOST),  # comes days later: tells nothing of what was answered by then
        (R.NON_ACCEPTANCE, LOST),
    ],
)
def test_another_receipt_that_nobody_knows_keeps_nothing_back(db, kind, about):
    recorded(db, a_verdict())
    recorded(db, a_receipt(kind, about, TO, NOW, identifier="opec.lost@pec.example.it"))
    assert [letter.state for letter in letters(db)] == [LetterState.QUEUED]


def test_the_acceptance_of_a_known_letter_keeps_nothing_back(sent):
    (known,) = letters(sent)
    recorded(sent, a_verdict(Sending(), {"organisation__fiscal_code": "99900020159"}))
    recorded(sent, a_receipt(R.ACCEPTANCE, known.message_id, at=NOW + HOUR))
    assert [letter.state for letter in letters(sent)] == [LetterState.ACCEPTED, LetterState.QUEUED]


def test_a_letter_that_a_person_released_is_not_kept_back_again(db):
    recorded(db, a_verdict())
    acceptance = a_receipt(R.ACCEPTANCE, LOST, at=NOW, identifier="opec.lost@pec.example.it")
    recorded(db, acceptance)
    release(db, 1, "anna", NOW)
    record(db, entries(db)[1].id, acceptance, the_settings(), NOW + HOUR)  # judged again
    assert [letter.state for letter in letters(db)] == [LetterState.QUEUED]


def test_a_waiting_receipt_that_was_judged_again_and_reads_as_none_stops_no_other(db):
    recorded(db, a_receipt(R.DELIVERY_ERROR, "ack.later@pec.example.it", TO))
    recorded(db, a_receipt(R.DELIVERY, "ack.later@pec.example.it", TO))
    recorded(db, a_verdict(Sending()))
    send_due(db, FakePost(), NOW)
    with db.transaction() as session:
        session.query(ReceiptRow).update({"about": our_id(db)})
        first, message = session.get_one(Entry, 1), session.get_one(Entry, 3)
        first.verdict = message.verdict
    assert match_orphans(db, NOW) == 1
    assert state(db) == "delivered"
