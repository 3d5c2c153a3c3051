"""The disk and the register fail under a round: it ends, the next one completes, nothing is lost or doubled."""

import errno
import os
import resource
import subprocess
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ingest.daemon import Daemon
from ingest.database import Database
from models import Entry
from tests.faults.life import QuickJudge, a_service, live
from tests.faults.powerloss import watched_disk
from tests.faults.promises import broken
from tests.faults.traffic import an_advertisement, an_application
from tests.servers.postgresql import PostgreSQL


@pytest.fixture
def world(grounds):
    with grounds.world() as made:
        yield made


@pytest.fixture
def service(world):
    made = a_service(world.sections, world.hand, QuickJudge())
    yield made
    made.close()


@contextmanager
def files_no_larger_than(size):
    """As a full disk to whoever writes a large file; for root too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def a_disk(folder: Path, size: str):
    """A file system of its own under `folder`."""
    if (
        os.geteuid()
        or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)], check=False).returncode
    ):
        pytest.skip("only root may mount a small disk")
    try:
        yield lambda how: subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True)
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


def a_round(world, service):
    """One round as the daemon does it; the world's fault that ended it, if one did."""
    daemon = Daemon(service)
    try:
        daemon.round()
    except (OSError, SQLAlchemyError) as error:
        return error
    finally:
        world.hand.now += timedelta(minutes=3)
        daemon.tenure._given_back.set()
    return None


def rows(service):
    with service.db.reading() as session:
        return session.query(Entry).count()


def test_a_message_for_which_there_is_no_room_stays_in_the_mailbox_until_there_is(world, service):
    large = an_advertisement(1) + b"x" * 8_000_000
    world.receive(large, an_application(1))
    with files_no_larger_than(6_000_000):
        failed = a_round(world, service)
    assert isinstance(failed, OSError)
    assert failed.errno == errno.EFBIG
    assert list((world.folder / "originals" / "incoming").glob("*")) == []
    live(service, world.hand)
    assert broken(world, service) == []
    assert len(world.provider.letters()) == 1


def test_a_full_disk_and_a_read_only_one_lose_nothing(world, service):
    folder = world.folder / "originals"
    folder.mkdir()
    with a_disk(folder, "600k") as remount:
        filler = folder / "filler"
        filler.write_bytes(b"x" * 500_000)
        world.receive(*(an_application(number) for number in range(1, 4)), an_advertisement(1) + b"y" * 200_000)
        failed = a_round(world, service)
        assert isinstance(failed, OSError)
        assert failed.errno == errno.ENOSPC
        filler.unlink()
        remount("size=50m")
        remount("ro")
        failed = a_round(world, service)
        assert isinstance(failed, OSError)
        assert failed.errno == errno.EROFS
        remount("rw")
        live(service, world.hand)
        assert broken(world, service) == []
        assert len(world.provider.letters()) == 3


@pytest.mark.parametrize("grounds", ["sqlite"], indirect=True)  # one writer at a time is SQLite's own
def test_a_register_held_by_somebody_else_ends_the_round_and_the_next_one_completes(grounds, world):
    waits = f"{world.sections['database']['url']}?timeout=0.2"
    service = a_service({**world.sections, "database": {"url": waits}}, world.hand, QuickJudge())
    somebody = Database(waits)
    world.receive(an_application(1), an_advertisement(1))
    with somebody.transaction() as session:
        session.execute(text("SELECT 1"))
        assert "locked" in str(a_round(world, service))
    live(service, world.hand)
    assert broken(world, service) == []
    somebody.close()
    service.close()


@pytest.mark.parametrize("grounds", ["postgresql"], indirect=True)  # SQLite has no sessions to end
def test_a_database_that_goes_away_in_the_middle_of_a_round_costs_no_message_an_attempt(grounds, world):
    """Every session of the service is ended while it judges, and again when it has judged."""

    class Ending(QuickJudge):
        def judge(self, path, context, arrival):
            end_sessions(grounds.postgresql, world.sections["database"]["url"])
            return super().judge(path, context, arrival)

    service = a_service(world.sections, world.hand, Ending())
    for number in range(1, 5):
        world.receive(an_application(number), an_advertisement(number))
        a_round(world, service)
    calm = replace(service, sandbox=QuickJudge())  # type: ignore[arg-type]
    live(calm, world.hand)
    assert broken(world, calm) == []
    with calm.db.reading() as session:
        assert not [entry.id for entry in session.query(Entry) if "too-many-attempts" in entry.reasons]
    service.close()


def end_sessions(server: PostgreSQL, url: str) -> None:
    name = url.partition("@/")[2].partition("?")[0]
    server._run(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}' AND pid <> pg_backend_pid()"
    )


def test_if_the_power_fails_every_message_of_the_ledger_has_its_original(world, service):
    """At each commit: what the rows name was synced, file and folders, before."""
    world.receive(*(an_application(number) for number in range(1, 4)), an_advertisement(1))
    with watched_disk(service.store, service.db.engine) as disk:
        live(service, world.hand)
    assert disk.unsafe == []
    assert len(disk.seen) == rows(service) == 10
    assert disk.commits > 10


@pytest.mark.parametrize("forgotten", ["file", "folder"])
def test_a_store_that_synced_too_little_would_be_found_out(world, service, monkeypatch, forgotten):
    world.receive(an_application(1))
    with watched_disk(service.store, service.db.engine) as disk:
        counted = os.fsync

        def lazily(given):
            if Path(f"/proc/self/fd/{given}").readlink().is_dir() != (forgotten == "folder"):
                counted(given)

        monkeypatch.setattr(os, "fsync", lazily)
        live(service, world.hand)
        monkeypatch.setattr(os, "fsync", counted)
    assert disk.unsafe
