"""A round that the database failed is made again within seconds, and the log names the database's own code."""

import threading
import time

import pytest
from sqlalchemy import select, text
from structlog.testing import capture_logs

from ingest.daemon import Daemon
from ingest.database import Database
from models import Entry, EntryState
from tests.faults.life import QuickJudge, Running, a_service
from tests.faults.traffic import an_application


def until(holds, seconds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize("grounds", ["sqlite"], indirect=True)  # one writer at a time is SQLite's own
def test_a_round_that_found_the_register_held_does_not_wait_for_the_next_poll(grounds):
    with grounds.world() as world, capture_logs() as said:
        url = f"{world.sections['database']['url']}?timeout=0.2"
        world.sections["database"]["url"] = url
        world.sections["mailbox"]["poll_every"] = "1h"
        service = a_service(world.sections, Running(world.hand.now), QuickJudge())
        daemon, somebody = Daemon(service), Database(url)
        world.receive(an_application(1))
        serving = threading.Thread(target=daemon.run)
        with somebody.transaction() as session:
            session.execute(text("SELECT 1"))
            serving.start()
            assert until(lambda: any(line["event"] == "round-failed" for line in said), 20)

        def recorded():
            with somebody.reading() as session:
                return session.scalar(select(Entry.id).where(Entry.state == EntryState.DONE))

        try:
            assert until(recorded, 30)
            assert until(world.provider.letters, 30)
        finally:
            daemon.stop()
            serving.join()
            somebody.close()
            service.close()
    failed = [line for line in said if line["event"] == "round-failed"]
    assert {line["code"] for line in failed} == {"SQLITE_BUSY"}
    assert daemon.failed == 0


@pytest.mark.parametrize("grounds", ["sqlite"], indirect=True)
def test_the_waits_between_tries_grow_up_to_the_interval(grounds):
    with grounds.world() as world:
        world.sections["database"]["url"] += "?timeout=0.05"
        service = a_service(world.sections, world.hand, QuickJudge())
        daemon = Daemon(service)
        waits: list[float] = []
        daemon._poll_in = waits.append
        other = Database(world.sections["database"]["url"])
        with other.transaction() as session:
            session.execute(text("SELECT 1"))
            for _ in range(8):
                with pytest.raises(Exception, match="locked"):
                    daemon.poll()
        assert waits == [2, 4, 8, 16, 32, 64, 120, 120]
        daemon.poll()
        assert daemon.failed == 0
        daemon.give_back()
        other.close()
        service.close()
