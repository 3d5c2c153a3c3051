"""What the digest reads from a register, and which week is due."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from ingest.app import build
from ingest.conditions import observe
from ingest.config import parse
from ingest.database import Database
from ingest.digest import preview_digest
from ingest.digest_due import queue_digest
from ingest.digest_facts import MailboxFacts, due, facts_to_json, gather
from ingest.record import record
from ingest.trouble import Trouble
from ingest.week import Week, parse_week
from models import Digest, Letter, LetterRecipient, Round
from tests.letters.builders import a_notice
from tests.register.builders import Sending, a_message, a_verdict, the_settings

ROME = ZoneInfo("Europe/Rome")
W29, W30 = Week(2021, 29), Week(2021, 30)
NOTICE = a_notice(id="piano-di-zona")
IN_W29 = datetime(2021, 7, 22, 9, 0, tzinfo=UTC)
MONDAY = datetime(2021, 7, 26, 8, 0, tzinfo=ROME)
SECOND = timedelta(seconds=1)


def recorded(
    db: Database, at: datetime, *forms: dict[str, Any], sender: str = "aurora@pec.example.org", entered=None
) -> int:
    entry = a_message(db, at=entered or at)
    record(db, entry, a_verdict(Sending(sender=sender, at=at), *forms), the_settings(), entered or at)
    return entry


def facts_of(db: Database, week: Week, now: datetime = MONDAY):
    with db.reading() as session:
        return gather(session, NOTICE, week, now)


def due_at(db: Database, now: datetime) -> Week | None:
    with db.reading() as session:
        return due(session, NOTICE, "mon 08:00", ROME, now)


def made(db: Database, week: Week, number: int) -> None:
    with db.transaction() as session:
        session.add(Digest(notice_id=NOTICE.id, week=str(week), number=number, created_at=MONDAY, facts={}))


def test_a_body_is_told_in_the_week_it_was_accepted_in_and_in_no_other(db):
    recorded(db, IN_W29)
    facts = facts_of(db, W29)
    assert [row.name for row in facts.arrived] == ["Associazione Aurora ODV"]
    assert (facts.received, facts.recorded) == (1, 1)
    other = facts_of(db, W30)
    assert other.arrived == ()
    assert (other.received, other.recorded) == (0, 0)
    assert other.tally.total == 1


def test_the_week_ends_at_midnight_in_rome(db):
    start, end = W29.bounds()
    code = {"organisation__fiscal_code": "99900020159", "organisation__name": "Cooperativa Ponte"}
    recorded(db, end - SECOND)
    recorded(db, end, code, sender="ponte@pec.example.com")
    assert [row.name for row in facts_of(db, W29).arrived] == ["Associazione Aurora ODV"]
    assert [row.name for row in facts_of(db, W30).arrived] == ["Cooperativa Ponte"]
    assert start < end


def test_a_message_imported_later_is_told_in_both_weeks_so_that_nobody_misses_it(db):
    recorded(db, IN_W29, entered=IN_W29 + timedelta(days=21))
    assert len(facts_of(db, W29).arrived) == 1
    assert len(facts_of(db, Week(2021, 32)).arrived) == 1
    assert facts_of(db, W30).arrived == ()


def test_a_second_form_of_a_known_body_is_an_update_and_no_new_body(db):
    recorded(db, IN_W29)
    recorded(db, IN_W29 + timedelta(days=7), {"themes": ["occupazione"]})
    facts = facts_of(db, W30)
    assert (facts.arrived, facts.updated) == ((), 1)
    assert facts_of(db, W29).updated == 0


def test_a_message_not_judged_yet_shows_as_a_difference(db):
    a_message(db, at=IN_W29)
    facts = facts_of(db, W29)
    assert (facts.received, facts.recorded) == (1, 0)
    assert "Messaggi ricevuti e non ancora esaminati: 1." in preview_digest(facts).text


def test_what_waits_for_a_person_is_told_whatever_week_it_came_in(db):
    entry = recorded(db, IN_W29, {"organisation__fiscal_code": None, "organisation__name": None})
    facts = facts_of(db, Week(2021, 40))
    assert [one.entry for one in facts.waiting] == [entry]
    assert "identity-incomplete" in facts.waiting[0].reasons


def test_letters_that_failed_are_told_and_delivered_ones_are_not(db):
    recorded(db, IN_W29)
    assert facts_of(db, W29).undelivered == ()
    with db.transaction() as session:
        letter = session.query(Letter).one()
        session.query(LetterRecipient).update({"state": "failed"})
    (told,) = facts_of(db, W29).undelivered
    assert (told.letter, told.to, told.state) == (letter.id, "aurora@pec.example.org", "failed")


def test_the_last_round_without_fault_is_the_proof_of_life(db):
    good, bad = MONDAY - timedelta(hours=3), MONDAY - timedelta(hours=1)
    with db.transaction() as session:
        session.add(Round(started_at=good, finished_at=good, ok=True, counts={}))
        session.add(Round(started_at=bad, finished_at=bad, ok=False, counts={}))
    assert facts_of(db, W29).last_round == good


def test_digests_are_numbered_without_gaps_and_a_preview_keeps_the_number(db):
    assert facts_of(db, W29).number == 1
    made(db, W29, 1)
    assert facts_of(db, W30).number == 2
    assert facts_of(db, W29).number == 1


def test_the_facts_of_a_real_register_can_be_stored(db):
    recorded(db, IN_W29)
    assert facts_to_json(facts_of(db, W29))["arrived"][0]["name"] == "Associazione Aurora ODV"


def test_a_week_is_due_on_monday_at_eight_and_only_until_it_was_made(db):
    recorded(db, IN_W29)
    made(db, parse_week("2021-W28"), 1)
    assert due_at(db, MONDAY - SECOND) is None
    assert due_at(db, MONDAY) == W29
    made(db, W29, 2)
    assert due_at(db, MONDAY) is None
    assert due_at(db, MONDAY + timedelta(days=6)) is None


def test_a_digest_missed_while_the_service_was_down_is_sent_late_once(db):
    recorded(db, IN_W29)
    assert due_at(db, MONDAY + timedelta(days=3)) == W29
    assert due_at(db, MONDAY + timedelta(days=17)) == Week(2021, 31)
    made(db, Week(2021, 31), 1)
    assert due_at(db, MONDAY + timedelta(days=17)) is None


def test_a_service_installed_after_the_hour_has_nothing_to_report_on_yet(db):
    assert due_at(db, MONDAY + timedelta(days=2)) is None
    recorded(db, MONDAY + timedelta(days=1))
    assert due_at(db, MONDAY + timedelta(days=2)) is None


def test_an_empty_mailbox_has_its_digest_too(db):
    assert due_at(db, MONDAY + timedelta(minutes=2)) == W29
    assert "Settimana vuota" in preview_digest(facts_of(db, W29)).text


@pytest.mark.parametrize(
    ("known", "named"),
    [
        (MailboxFacts(quota=(90, 100), password_expires=date(2021, 8, 1)), ["una lettera non è partita"]),
        (
            MailboxFacts(),
            [
                "casella PEC quasi piena",
                "la password della casella PEC sta per scadere",
                "una lettera non è partita",
            ],
        ),
    ],
)
def test_what_the_digest_tells_in_figures_it_does_not_tell_by_name_too(db, known, named):
    with db.transaction() as session:
        for code in (Trouble.MAILBOX_FULL, Trouble.PASSWORD_EXPIRING, Trouble.LETTER_NOT_SENT):
            observe(session, code, "", MONDAY)
    with db.reading() as session:
        facts = gather(session, a_notice(), W29, MONDAY, known)
    assert sorted(facts.troubles) == named


def test_a_reader_written_twice_gets_one_digest_and_the_week_keeps_its_letter(tmp_path):
    settings = parse(
        {
            "mailbox": {"maildir": str(tmp_path / "Maildir"), "address": "comune@pec.example.it"},
            "database": {"url": f"sqlite:///{tmp_path / 'prova.db'}"},
            "storage": {"path": str(tmp_path / "originali")},
            "notice": {"id": "piano-di-zona", "title": "Avviso", "deadline": "2021-07-29T23:59:59+02:00"},
            "digest": {"to": ["anna@posta.example", "Anna@posta.example", "due@posta.example", "anna@posta.example"]},
        },
        {},
    )
    service = build(settings)
    service.db.upgrade()
    with service.db.transaction() as session:
        assert queue_digest(session, service, W29, MONDAY)
    with service.db.reading() as session:
        sent = session.scalars(select(Letter).order_by(Letter.id)).all()
        assert [letter.to_address.lower() for letter in sent] == ["anna@posta.example", "due@posta.example"]
        assert session.scalars(select(Digest.letter_id)).one() == sent[-1].id
    service.close()
