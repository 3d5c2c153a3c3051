"""The ledger: one entry a content, no message passed over, attempts counted before judging."""

from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select

from ingest import ledger
from ingest.ledger import Origin
from ingest.record import record
from ingest.vocabulary import Outcome, Reason
from models import Entry, Location
from tests.register.builders import ACCOUNT, NOW, a_message, a_place, a_stored, a_verdict, entries, the_settings


def test_the_same_bytes_at_another_place_are_the_same_entry(db):
    first = a_message(db, b"same", a_place(1))
    assert a_message(db, b"same", a_place(1)) == first  # seen again
    assert a_message(db, b"same", a_place(9)) == first  # copied
    assert a_message(db, b"same", a_place(1, uidvalidity=8)) == first  # the server renumbered
    assert a_message(db, b"same") == first  # imported
    assert a_message(db, b"other", a_place(2)) != first
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Location)) == 4


def test_a_changed_uidvalidity_forgets_the_uids_but_no_message(db):
    first = a_message(db, b"one", a_place(5, uidvalidity=7))
    assert ledger.known_uids(db, ACCOUNT, "INBOX", 7) == {5}
    assert ledger.known_uids(db, ACCOUNT, "INBOX", 8) == set()
    assert ledger.cursor(db, ACCOUNT, "INBOX", 8) == 0
    other = a_message(db, b"two", a_place(5, uidvalidity=8))  # the same number, another message
    assert other != first


def test_the_cursor_stops_before_a_message_without_a_row(db):
    for uid in (3, 4, 9):
        a_message(db, None, a_place(uid))
    assert ledger.advance(db, a_place(), [3, 4, 7, 9], NOW) == 4
    assert ledger.cursor(db, ACCOUNT, "INBOX", 7) == 4
    a_message(db, None, a_place(7))
    assert ledger.advance(db, a_place(), [7, 9], NOW) == 9


def test_the_cursor_never_goes_back(db):
    for uid in (1, 2):
        a_message(db, None, a_place(uid))
    assert ledger.advance(db, a_place(), [1, 2], NOW) == 2
    assert ledger.advance(db, a_place(), [1], NOW) == 2
    assert ledger.advance(db, a_place(), [], NOW) == 2


def test_uids_of_32_bits_fit(db):
    a_message(db, b"far", a_place(4_294_967_295, uidvalidity=4_294_967_295))
    assert ledger.known_uids(db, ACCOUNT, "INBOX", 4_294_967_295) == {4_294_967_295}


def test_attempts_are_counted_before_judging_and_the_fourth_puts_the_message_before_a_person(db):
    entry_id = a_message(db, None, a_place(1))
    assert [ledger.begin_attempt(db, entry_id, NOW) for _ in range(3)] == [1, 2, 3]
    assert ledger.pending(db) == [entry_id]
    assert ledger.begin_attempt(db, entry_id, NOW) == 0
    (entry,) = entries(db)
    assert (entry.outcome, entry.reasons, entry.needs_review) == (Outcome.REVIEW, [Reason.TOO_MANY_ATTEMPTS], True)
    assert ledger.pending(db) == []
    assert ledger.to_file(db, ACCOUNT) == []  # it stays where it is


def test_a_fault_of_the_world_costs_no_attempt(db):
    entry_id = a_message(db)
    for _ in range(5):
        assert ledger.begin_attempt(db, entry_id, NOW) == 1
        ledger.forgive_attempt(db, entry_id)
    ledger.forgive_attempt(db, entry_id)  # never below zero
    assert entries(db)[0].attempts == 0


def test_only_judged_messages_are_filed_and_each_once(db):
    judged, _ = a_message(db, None, a_place(1)), a_message(db, None, a_place(2))
    record(db, judged, a_verdict(), the_settings(), NOW)
    assert ledger.to_file(db, ACCOUNT) == [(judged, a_place(1), Outcome.RECORDED)]
    ledger.mark_filed(db, judged, NOW, gone=a_place(1))
    assert ledger.to_file(db, ACCOUNT) == []
    with db.reading() as session:
        assert session.scalars(select(Location.gone_at).where(Location.uid == 1)).one() == NOW


def test_many_threads_that_enter_the_same_messages_make_each_once(db):
    contents = [f"message {number}".encode() for number in range(20)] * 4
    with ThreadPoolExecutor(6) as threads:
        ids = list(
            threads.map(lambda content: ledger.enter(db, a_stored(content), None, Origin("imap"), NOW), contents)
        )
    assert len(set(ids)) == 20
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 20
