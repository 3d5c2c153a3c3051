"""What a service does before anything else: is the register the register, or does a copy of a lost one wait."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from ingest.daemon import Daemon
from ingest.post import Submission, SubmissionState
from ingest.rescue.lost_register import save
from ingest.sqlite_file import RegisterFile, RegisterLostError
from ingest.trouble import Trouble
from ingest.watch import is_open
from models import Condition
from tests.faults.killing import Grounds
from tests.faults.life import QuickJudge, a_service, live
from tests.faults.traffic import an_advertisement, an_application


@pytest.fixture
def world(tmp_path):
    with Grounds(tmp_path).world() as made:
        yield made


@pytest.fixture
def register(world):
    return Path(world.sections["database"]["url"].removeprefix("sqlite:///"))


def a_life(world):
    service = a_service(world.sections, world.hand, QuickJudge())
    live(service, world.hand)
    return service


def lost(service) -> RegisterFile:
    with pytest.raises(RegisterLostError), service.db.reading() as session:
        session.connection()
    file = service.db.file
    assert isinstance(file, RegisterFile)
    return file


def older_in_its_place(register, world):
    """A copy of before the last message takes the register's place; the service that lost it saved its own."""
    older = shutil.copy(register, register.with_name("older.db"))
    world.receive(an_application(1))
    service = a_life(world)
    Path(older).replace(register)
    assert save(lost(service), world.hand.now) is not None


def test_a_process_that_has_the_lost_files_open_itself_compares_nothing(world, register):
    """SQLite would read the one's log through the other's index: whoever stands by must begin again first."""
    world.receive(an_application(1))
    first, standby = a_life(world), a_service(world.sections, world.hand, QuickJudge())
    with standby.db.reading() as session:
        session.connection()
    daemon = Daemon(standby)
    for suffix in ("-wal", "-shm"):
        register.with_name(register.name + suffix).unlink()
    assert save(lost(first), world.hand.now) is not None
    with capture_logs() as said, pytest.raises(RegisterLostError):
        daemon.keep_lease()
    assert [line["event"] for line in said] == ["register-lost"]
    assert daemon.stopping.is_set()
    assert RegisterFile(register).in_doubt


def test_while_a_person_has_to_choose_no_round_is_made_and_nothing_is_compared_again(world, register):
    older_in_its_place(register, world)
    letters = len(world.provider.letters())
    waiting = a_service(world.sections, world.hand, QuickJudge())
    daemon = Daemon(waiting)
    world.receive(an_advertisement(2), an_application(2))
    with capture_logs() as said:
        for _ in range(3):
            assert daemon.round() is None
            daemon.mail()
    assert [line["waits"] for line in said if line["event"] == "register-compared"] == [True]
    assert "1 entry" not in daemon.register.waits
    assert "entry" in daemon.register.waits
    assert len(world.provider.letters()) == letters
    assert not daemon.tenure.held
    with pytest.raises(RegisterLostError), daemon.office.db.transaction():
        raise AssertionError("a decision was let through")
    with waiting.db.reading() as session:
        (condition,) = session.scalars(select(Condition).where(Condition.code == Trouble.REGISTER_REPLACED))
        assert condition.detail == daemon.register.waits
    waiting.close()


def test_once_the_person_chose_the_service_goes_on_by_itself(world, register):
    older_in_its_place(register, world)
    service = a_service(world.sections, world.hand, QuickJudge())
    daemon = Daemon(service)
    assert daemon.round() is None
    for left in register.parent.glob(f"{register.name}.rescued-*"):
        left.rename(left.with_name(f"elsewhere-{left.name}"))
    assert daemon.round() is not None
    assert daemon.register.waits == ""
    assert not is_open(service.db, Trouble.REGISTER_REPLACED)
    daemon.give_back()
    service.close()


def test_a_register_that_busy_hands_hold_is_compared_at_the_next_try(world, register):
    older_in_its_place(register, world)
    world.sections["database"]["url"] += "?timeout=0.1"
    service = a_service(world.sections, world.hand, QuickJudge())
    daemon = Daemon(service)
    with service.db.doubtful().transaction() as session:
        session.connection()
        with pytest.raises(OSError, match="held by somebody else"):
            daemon.keep_lease()
    assert not daemon.keep_lease()
    assert "entry" in daemon.register.waits
    service.close()


class Refusing:
    """A way out that takes nothing the first times."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.taken: list[tuple[str, ...]] = []

    def submit(self, raw, sender, *to):
        if self.refusals:
            self.refusals -= 1
            return Submission(SubmissionState.UNREACHABLE, "away")
        self.taken.append(to)
        return Submission(SubmissionState.ACCEPTED, "taken")


def test_the_office_is_told_once_by_a_mail_that_is_tried_until_it_is_taken(world, register):
    older_in_its_place(register, world)
    world.sections["alerts"] = {"host": "localhost", "to": ["a@comune.example", "b@comune.example"]}
    out = Refusing(3)
    service = replace(a_service(world.sections, world.hand, QuickJudge()), alerts=out)  # type: ignore[arg-type]
    daemon = Daemon(service)
    for _ in range(5):
        assert not daemon.keep_lease()
    assert sorted(out.taken) == [("a@comune.example",), ("b@comune.example",)]
    again = Daemon(service)
    assert not again.keep_lease()
    assert len(out.taken) == 2
    service.close()
