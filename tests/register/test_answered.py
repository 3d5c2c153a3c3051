"""Which recorded messages a letter answers, which a person must see, and what the log says of them."""

import re
from dataclasses import replace
from email import message_from_bytes, policy
from typing import Any

import pytest
from sqlalchemy import select

from ingest.decisions import Deciding, accept
from ingest.form.fold import fold
from ingest.ledger import Origin, enter
from ingest.record import differences, record
from ingest.rescue.restored import note_restored
from ingest.verdict import Answer, Traits
from ingest.vocabulary import LetterKind, Outcome, Reason, ReceiptType, VerdictKind
from models import Answered, Entry, Letter, LetterEvent
from tests.letters.builders import a_document, a_value
from tests.register.builders import (
    CODES,
    HOUR,
    NOW,
    OURS,
    WRONG_CODE,
    Sending,
    a_message,
    a_receipt,
    a_stored,
    a_verdict,
    entries,
    letters,
    organisations,
    recorded,
    the_settings,
)

TO = "aurora@pec.example.org"
NO_FORM = Answer(send=True, letter=LetterKind.NO_FORM, to=TO, why=None)
OTHER = {"organisation__name": "Polisportiva Gessate", "declarant__name": "Verdi Anna"}
SEED = {"organisation__fiscal_code": CODES[1], "organisation__name": "Cooperativa Il Seme"}


def held(why: Reason | None) -> Answer:
    return Answer(send=False, letter=LetterKind.RECEIVED_ON_TIME, to=TO, why=why)


@pytest.mark.parametrize(("why", "person"), [(Reason.HELD_FOR_PERSON, True), (Reason.ANSWERS_DISABLED, False)])
def test_a_recorded_form_whose_letter_waits_for_a_person_is_shown_to_one(db, why, person):
    assert recorded(db, a_verdict(Sending(), answer=held(why))) == Outcome.RECORDED
    (entry,) = entries(db)
    assert (entry.needs_review, str(why) in entry.reasons) == (person, True)
    assert letters(db) == []


def test_the_reasons_of_the_log_are_those_that_there_are(db):
    assert recorded(db, a_verdict()) == Outcome.RECORDED
    assert recorded(db, a_verdict(kind=VerdictKind.NOTED, adhesions=(), answer=held(None), reasons=())) == Outcome.NOTED
    recorded(db, a_receipt(ReceiptType.ACCEPTANCE, letters(db)[0].message_id))
    said = [entry.reasons for entry in entries(db)]
    assert said == [["signed-by-sending", "new-organisation"], [], ["receipt-of-ours"]]


@pytest.mark.parametrize(("sent_by", "outcome"), [(OURS, Outcome.RECEIPT), ("x@pec.example", Outcome.REVIEW)])
def test_a_receipt_is_shown_to_a_person_only_when_it_is_not_of_our_sending(db, sent_by, outcome):
    recorded(db, a_verdict())
    receipt = a_receipt(ReceiptType.DELIVERY, letters(db)[0].message_id, TO, sent_by=sent_by)
    assert recorded(db, receipt) == outcome
    assert entries(db)[1].needs_review is (outcome == Outcome.REVIEW)


def test_what_a_message_is_found_by_is_its_subject_sender_identifier_and_the_names_read_and_held(db):
    recorded(db, a_verdict(Sending(identifier="opec1@x.example"), {"organisation__name": "Aurora"}))
    with db.reading() as session:
        found = session.scalars(select(Entry.search)).one()
    body = f"Aurora {CODES[0]}"
    assert found == fold(f"Adesione alla co-programmazione {TO} opec1@x.example {body} {body} Bianchi Luigi")


def test_two_messages_without_identifier_are_two(db):
    recorded(db, a_verdict(Sending(identifier="")))
    assert recorded(db, a_verdict(Sending(identifier="", at=NOW), {"themes": ["occupazione"]})) == Outcome.UPDATED
    with db.reading() as session:
        answered = session.execute(select(Answered.identifier, Answered.sender, Answered.entry_id, Answered.letter_id))
        assert answered.all() == [(f"sha256:{one.sha256}", TO, one.id, one.id) for one in entries(db)]


def test_only_an_adhesion_is_the_duplicate_of_one(db):
    sending = Sending()
    recorded(db, a_verdict(sending))
    assert recorded(db, a_verdict(sending, kind=VerdictKind.REVIEW)) == Outcome.REVIEW
    assert recorded(db, a_verdict(replace(sending, sender="altro@pec.example.org"), SEED)) == Outcome.RECORDED
    assert [entry.duplicate_of for entry in entries(db)] == [None, None, None]
    assert [letter.entry_id for letter in letters(db)] == [1, 3]


def test_a_doubt_on_a_form_already_known_troubles_nobody(db):
    doubtful = {"organisation__registered_office__municipality": a_value("Bussero", confidence=0.3)}
    recorded(db, a_verdict(Sending(), doubtful))
    assert recorded(db, a_verdict(Sending(), doubtful)) == Outcome.DUPLICATE
    assert [entry.needs_review for entry in entries(db)] == [True, False]


def test_a_form_that_still_waits_in_quarantine_is_shown_when_the_one_beside_it_was_accepted(db):
    entry_id, verdict = a_message(db), a_verdict(Sending(), {}, SEED, kind=VerdictKind.REVIEW)
    record(db, entry_id, verdict, the_settings(), NOW)
    accept(db, 1, None, the_settings(), Deciding("anna", NOW))
    assert record(db, entry_id, verdict, the_settings(), NOW) == Outcome.RECORDED
    assert entries(db)[0].needs_review


def test_a_known_form_beside_one_that_waits_gets_no_letter(db):
    recorded(db, a_verdict())
    assert recorded(db, a_verdict(Sending(), {}, SEED | {"organisation__fiscal_code": WRONG_CODE})) == Outcome.REVIEW
    assert Reason.HELD_FOR_PERSON in entries(db)[1].reasons
    assert len(letters(db)) == 1


def test_a_second_copy_of_a_message_without_form_is_not_answered_again(db):
    sending = Sending()
    verdict = a_verdict(sending, kind=VerdictKind.REVIEW, adhesions=(), documents=(a_document(),), answer=NO_FORM)
    for _ in range(2):
        assert recorded(db, verdict) == Outcome.REVIEW
    assert [letter.kind for letter in letters(db)] == ["no-form"]
    assert Reason.ALREADY_ANSWERED in entries(db)[1].reasons


def test_a_message_that_still_waits_is_not_answered_by_judging_it_again(db):
    entry_id = a_message(db)
    verdict = a_verdict(kind=VerdictKind.REVIEW, adhesions=(), documents=(a_document(),), answer=NO_FORM)
    record(db, entry_id, verdict, the_settings(enabled=False), NOW)
    record(db, entry_id, verdict, the_settings(), NOW)
    assert letters(db) == []


def test_a_message_in_quarantine_is_answered_once_it_is_an_adhesion(db):
    entry_id, sending = a_message(db), Sending()
    record(db, entry_id, a_verdict(sending, kind=VerdictKind.REVIEW, answer=held(None)), the_settings(), NOW)
    assert record(db, entry_id, a_verdict(sending), the_settings(), NOW) == Outcome.RECORDED
    assert len(letters(db)) == 1


def test_a_message_with_an_older_form_and_a_new_version_is_answered_as_the_new_version(db):
    recorded(db, a_verdict(Sending(at=NOW), {"themes": ["abitare"]}))
    recorded(db, a_verdict(Sending(), SEED))
    older = {"themes": ["occupazione"]}
    newer = SEED | {"themes": None}
    assert recorded(db, a_verdict(Sending(at=NOW - HOUR), older, newer)) == Outcome.UPDATED
    assert {Reason.EARLIER_FORM, Reason.NEW_VERSION} <= set(entries(db)[2].reasons)
    assert letters(db)[2].kind == "adhesion-incomplete"


def test_the_notice_of_an_entry_is_what_the_verdict_says_and_else_the_only_one(db):
    recorded(db, replace(a_verdict(), notice="un-altro-avviso"))
    recorded(db, replace(a_verdict(Sending(), SEED), notice=""))
    recorded(db, replace(a_verdict(Sending(), OTHER | {"organisation__fiscal_code": CODES[2]}), notice=None))
    assert [entry.notice_id for entry in entries(db)] == ["un-altro-avviso", "", "piano-di-zona"]


def test_differences_are_told_by_path_with_both_values():
    sending = Sending()
    old = a_verdict(sending, {"organisation__website": "https://a.example"}, SEED)
    new = a_verdict(sending, {"themes": None, "organisation__website": None}, kind=VerdictKind.REVIEW, reasons=())
    first = replace(new.adhesions[0], timeliness=old.adhesions[0].timeliness.LATE_BEFORE_START)
    new = replace(new, adhesions=(first,), answer=replace(new.answer, send=False))
    told = {path: values for path, *values in differences(old, new)}
    assert told["verdict"] == ["adhesion", "review"]
    assert told["reasons"] == [[str(reason) for reason in old.reasons], []]
    assert told["adhesions[0].timeliness"] == ["on-time", "late-before-start"]
    assert told["adhesions[0].missing"] == [[], ["themes"]]
    assert told["adhesions[0].themes"] == [["abitare"], None]
    assert told["adhesions[0].organisation.website"] == ["https://a.example", None]
    assert told["adhesions[1].role"] == ["operative", None]
    assert told["answer"] == ["adhesion-received", None]
    assert "adhesions[0].role" not in told


def test_each_form_of_a_message_is_told_apart_by_its_place(db):
    recorded(db, a_verdict(Sending(), {}, SEED))
    assert [body.name for body in organisations(db)] == ["Associazione Aurora ODV", "Cooperativa Il Seme"]
    with db.reading() as session:
        assert session.query(Letter).count() == 1


def test_the_letter_is_what_the_register_says_of_it(db):
    traits = Traits(client_id="client.1@pec.example.org", in_reply_to=("other@x.example",))
    recorded(db, a_verdict(Sending(identifier="opec1@x.example", envelope={"traits": traits}), {"themes": None}))
    (letter,) = letters(db)
    assert re.fullmatch(r"ack\.[0-9a-f-]{36}@pec\.example\.it", letter.message_id)
    assert (letter.channel, letter.reason, letter.in_reply_to) == ("pec", "", "opec1@x.example")
    assert (letter.next_try_at, letter.created_at, letter.to_address) == (NOW, NOW, TO)
    with db.reading() as session:
        held = session.get_one(Letter, 1)
        (event,), (recipient,) = held.events, held.recipients
        message = message_from_bytes(held.raw, policy=policy.default)
    assert (event.at, event.state, event.note) == (NOW, "queued", "")
    assert (recipient.address, recipient.state) == (TO, "queued")
    assert message["References"] == "<client.1@pec.example.org> <opec1@x.example>"
    assert (message["X-Pec-Ingest-Key"], message["Message-ID"]) == ("PDZ-000001", f"<{letter.message_id}>")
    body = message.get_body(("plain",))
    assert body is not None
    assert "PDZ-000001" in body.get_content()
    assert "6 agosto 2021" in body.get_content()  # ten days from the 27th of July


def test_a_letter_that_asks_for_an_identity_document_alone_names_the_last_day_too(db):
    recorded(db, a_verdict(Sending(sender="studio@pec.example.com")))
    assert letters(db)[0].kind == "adhesion-incomplete"
    with db.reading() as session:
        message = message_from_bytes(session.scalars(select(Letter.raw)).one(), policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert "entro il 6 agosto 2021" in " ".join(body.get_content().split())


def test_a_letter_of_an_update_names_its_version(db):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(at=NOW), {"themes": ["altro"]}))
    with db.reading() as session:
        message = message_from_bytes(session.get_one(Letter, 2).raw, policy=policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert "(versione n. 2)" in " ".join(body.get_content().split())


def test_a_letter_withheld_says_why_in_its_history(db):
    recorded(db, a_verdict(), settings=the_settings(daily_limit=0))
    with db.reading() as session:
        held = session.get_one(Letter, 1)
        assert (held.state, held.reason) == ("withheld", "daily-limit")
        assert [(one.state, one.note) for one in held.events] == [("withheld", "daily-limit")]
        assert [one.state for one in held.recipients] == ["withheld"]


def test_a_letter_of_a_day_ago_counts_no_more(db):
    settings = the_settings(daily_limit=1)
    for hours in (0, 24):
        recorded(db, a_verdict(Sending(), {"themes": [f"{hours}"]}), NOW + hours * HOUR, settings)
    assert [letter.state for letter in letters(db)] == ["queued", "queued"]


def test_letters_of_the_office_s_ordinary_mail_and_withheld_ones_count_for_no_limit(db):
    for number, changes in enumerate(({"channel": "alerts"}, {"state": "withheld"})):
        an_earlier_letter(db, key=f"earlier:{number}", message_id=f"earlier.{number}@pec.example.it", **changes)
    recorded(db, a_verdict(), NOW, the_settings(daily_limit=1, per_address_limit=1))
    assert letters(db)[2].state == "queued"


@pytest.mark.parametrize(
    ("notes", "told"), [(["daily-limit", ""], ["daily-limit"]), (["", "daily-limit"], []), ([], [])]
)
def test_the_answer_that_a_rebuilt_register_brings_is_the_answer(db, notes, told):
    recorded(db, a_verdict(Sending(), SEED))
    entry_id = a_message(db)
    events = [LetterEvent(at=NOW, state="queued", note=note) for note in notes]
    an_earlier_letter(db, key=f"entry:{entry_id}:reply", entry_id=entry_id, events=events)
    record(db, entry_id, a_verdict(Sending()), the_settings(), NOW)
    assert len(letters(db)) == 2
    assert entries(db)[1].reasons[2:] == told
    with db.reading() as session:
        assert session.scalars(select(Answered.letter_id).order_by(Answered.id)).all() == [1, 2]


def an_earlier_letter(db, **changes: Any) -> None:
    given: dict[str, Any] = {
        "key": "earlier", "message_id": "earlier@pec.example.it", "kind": "digest", "channel": "pec", "sender": OURS,
        "to_address": TO, "subject": "", "raw": b"", "next_try_at": NOW, "created_at": NOW,
    }  # fmt: skip
    with db.transaction() as session:
        session.add(Letter(**(given | changes)))


@pytest.mark.parametrize(
    ("internal", "delivered", "accepted", "state"),
    [
        (-HOUR, HOUR, HOUR, "withheld"),
        (HOUR, -HOUR, -HOUR, "queued"),
        (None, -HOUR, HOUR, "withheld"),
        (None, HOUR, -HOUR, "queued"),
        (None, None, -HOUR, "withheld"),
        (None, None, HOUR, "queued"),
    ],
)
def test_what_had_arrived_before_the_register_was_restored_may_have_been_answered(
    db, internal, delivered, accepted, state
):
    with db.transaction() as session:
        note_restored(session, NOW, {})
    clocks = {"delivered_at": delivered and NOW + delivered, "accepted_at": NOW + accepted}
    arrived = Origin("imap", internal and NOW + internal)
    entry_id = enter(db, a_stored(), None, arrived, NOW + 2 * HOUR)
    record(db, entry_id, a_verdict(Sending(envelope=clocks)), the_settings(), NOW + 2 * HOUR)
    assert letters(db)[0].state == state


@pytest.mark.parametrize("named", [str.upper, str])
def test_a_reply_is_known_by_the_message_id_in_any_case_or_by_the_pec_id_and_belongs_to_the_first_letter(db, named):
    recorded(db, a_verdict())
    recorded(db, a_verdict(Sending(), SEED))
    with db.transaction() as session:
        session.get_one(Letter, 1).message_id = "ack.1@pec.example.it"
        session.get_one(Letter, 2).identifier = "opec2@pec.example.it"
    reply = Traits(in_reply_to=("opec2@pec.example.it", named("ack.1@pec.example.it")))
    recorded(db, a_verdict(Sending(at=NOW, envelope={"traits": reply}), {"themes": ["altro"]}))
    recorded(db, a_verdict(Sending(at=NOW, envelope={"traits": Traits(in_reply_to=("opec2@pec.example.it",))}), OTHER))
    assert [entry.reply_to_letter_id for entry in entries(db)] == [None, None, 1, 2]
