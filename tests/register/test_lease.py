"""The lease: one holder at a time, and one that slept too long is found out inside its own transaction."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from ingest.lease import LeaseLostError, acquire, check, release, renew
from models import Condition
from tests.register.builders import NOW

LASTING = timedelta(minutes=5)


def test_a_lease_is_held_by_one_until_its_time_runs_out(db):
    first = acquire(db, "daemon", "a", NOW, LASTING)
    assert first is not None
    assert acquire(db, "daemon", "b", NOW + LASTING - timedelta(seconds=1), LASTING) is None
    second = acquire(db, "daemon", "b", NOW + LASTING, LASTING)
    assert second is not None
    assert second.token == first.token + 1
    with pytest.raises(LeaseLostError):
        renew(db, first, NOW + LASTING, LASTING)


def test_a_renewed_lease_lasts_on_and_a_released_one_is_free_at_once(db):
    held = acquire(db, "daemon", "a", NOW, LASTING)
    assert held is not None
    renew(db, held, NOW + LASTING / 2, LASTING)
    assert acquire(db, "daemon", "b", NOW + LASTING, LASTING) is None
    release(db, held)
    assert acquire(db, "daemon", "b", NOW + LASTING, LASTING) is not None


def test_releasing_a_lost_lease_does_not_take_it_from_its_new_holder(db):
    first = acquire(db, "daemon", "a", NOW, LASTING)
    assert first is not None
    acquire(db, "daemon", "b", NOW + LASTING, LASTING)
    release(db, first)
    assert acquire(db, "daemon", "c", NOW + LASTING + timedelta(seconds=1), LASTING) is None


def test_a_clock_set_back_by_an_hour_locks_nobody_out(db):
    dead = acquire(db, "daemon", "a", NOW, LASTING)
    assert dead is not None
    held = acquire(db, "daemon", "b", NOW - timedelta(hours=1), LASTING)
    assert held is not None
    release(db, held)
    assert acquire(db, "daemon", "c", NOW - timedelta(hours=2), LASTING) is not None


def test_what_a_holder_writes_after_losing_the_lease_is_undone(db):
    held = acquire(db, "daemon", "a", NOW, LASTING)
    assert held is not None
    acquire(db, "daemon", "b", NOW + LASTING, LASTING)

    def write() -> None:
        with db.transaction() as session:
            session.add(Condition(code="x", since=NOW, last_seen=NOW))
            session.flush()
            check(session, held)

    with pytest.raises(LeaseLostError):
        write()
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Condition)) == 0


def test_of_many_that_ask_at_once_one_gets_it(db):
    with ThreadPoolExecutor(6) as threads:
        got = list(threads.map(lambda name: acquire(db, "daemon", str(name), NOW, LASTING), range(12)))
    assert sum(held is not None for held in got) == 1
