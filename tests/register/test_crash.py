"""A process may die between any two statements: what was committed is whole, and the next round does the rest."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest
from sqlalchemy import event, func, select

from ingest import ledger
from ingest.database import Database
from ingest.outbox import recover, send_due
from ingest.record import record
from ingest.vocabulary import Outcome, ReceiptType
from models import Adhesion, Answered, Entry, Letter, LetterEvent, LetterState, Organisation, OrganisationVersion
from tests.fakes import FakePost
from tests.register.builders import (
    HOUR,
    NOW,
    Sending,
    a_message,
    a_receipt,
    a_verdict,
    letters,
    recorded,
    the_settings,
)


class Died(Exception):  # noqa: N818 - the end of a process
    pass


@contextmanager
def dying_at(db: Database, statement: int) -> Iterator[list[str]]:
    """The database connection breaks at the n-th statement, COMMIT included; counts what was executed before."""
    executed: list[str] = []

    def count(_connection, _cursor, text, *_rest):
        if len(executed) == statement:
            raise Died
        executed.append(text)

    def commit(_connection):
        if len(executed) == statement:
            raise Died
        executed.append("COMMIT")

    event.listen(db.engine, "before_cursor_execute", count)
    event.listen(db.engine, "commit", commit)
    try:
        yield executed
    finally:
        event.remove(db.engine, "before_cursor_execute", count)
        event.remove(db.engine, "commit", commit)


def counts(db: Database) -> dict[str, int]:
    tables = (Adhesion, Organisation, OrganisationVersion, Letter, LetterEvent, Answered)
    with db.reading() as session:
        return {table.__tablename__: session.scalar(select(func.count()).select_from(table)) or 0 for table in tables}


def statements_of(db: Database, act) -> int:
    with dying_at(db, 10**6) as executed:
        act()
    return len(executed)


def test_a_record_that_dies_anywhere_leaves_nothing_and_is_made_whole_the_next_time(db):
    first = a_message(db)
    needed = statements_of(db, lambda: record(db, first, a_verdict(Sending()), the_settings(), NOW))
    assert needed > 20
    whole = counts(db)
    sending = Sending()
    entry_id = a_message(db)
    verdict = a_verdict(sending, {"organisation__fiscal_code": "99900020159", "organisation__name": "Ente Due"})
    for statement in range(needed):
        with dying_at(db, statement), pytest.raises(Died):
            record(db, entry_id, verdict, the_settings(), NOW)
        assert counts(db) == whole
        assert ledger.pending(db) == [entry_id]
    assert record(db, entry_id, verdict, the_settings(), NOW) == Outcome.RECORDED
    assert counts(db) == {table: 2 * number for table, number in whole.items()}


def test_an_entry_that_dies_anywhere_is_entered_the_next_time(db):
    needed = statements_of(db, lambda: a_message(db, b"first"))
    for statement in range(needed):
        with dying_at(db, statement), pytest.raises(Died):
            a_message(db, b"second")
    a_message(db, b"second")
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Entry)) == 2


def test_a_sending_that_dies_anywhere_hands_the_letter_over_at_most_once(db):
    recorded(db, a_verdict())
    probe = FakePost()
    needed = statements_of(db, lambda: send_due(db, probe, NOW))
    for statement in range(needed):
        sender = f"ente{statement}@pec.example.org"
        form = {
            "organisation__name": f"Ente {statement}",
            "organisation__fiscal_code": None,
            "organisation__pec": sender,
        }
        assert recorded(db, a_verdict(Sending(sender=sender), form)) == Outcome.RECORDED
        post = FakePost()
        with dying_at(db, statement), suppress(Died):
            send_due(db, post, NOW)
        recover(db, NOW)
        send_due(db, post, NOW + HOUR)
        letter = letters(db)[-1]
        assert len(post.handed) <= 1
        if letter.state == LetterState.UNCERTAIN:
            recorded(
                db,
                a_receipt(
                    ReceiptType.ACCEPTANCE, letter.message_id, identifier=f"opec{statement}@x.example", recipient=sender
                ),
            )
            assert letters(db)[-1].state == LetterState.ACCEPTED
        else:
            assert letter.state == LetterState.SUBMITTED
            assert len(post.handed) == 1


def test_an_attempt_is_on_record_before_the_judging_that_kills_the_process(db):
    entry_id = a_message(db)
    for _ in range(3):
        assert ledger.begin_attempt(db, entry_id, NOW)
        # here the process dies
    assert ledger.begin_attempt(db, entry_id, NOW) == 0
    assert ledger.pending(db) == []
