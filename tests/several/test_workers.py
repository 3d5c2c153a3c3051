"""Workers: messages judged side by side in one process, and as jobs of a queue that any process may take."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from ingest import ledger
from ingest.app import build
from ingest.config import ConfigError
from ingest.demo.samples import CASA
from ingest.deployments import parse_all
from ingest.jobs import JudgeQueue, install, is_installed, work
from ingest.judging import judge_all, judge_entry, judged
from ingest.record import record_once
from ingest.rounds import RoundReport, collect
from ingest.sandbox import SandboxClosed
from ingest.verdict import Verdict
from models import Organisation
from tests.rounds.conftest import InThisProcess
from tests.servers.postgresql import PostgreSQL
from tests.several.region import AT, Region, a_message, a_region, sections


class SideBySide(InThisProcess):
    """Judges in threads; the first of two waits until the second has begun.

    The documents are opened by one at a time: PDFium bears no two threads, which is why workers are processes.
    """

    workers = 2
    opening = threading.Lock()

    def __init__(self, *, breaks: BaseException | None = None) -> None:
        self.together = threading.Barrier(2, timeout=20)
        self.breaks = breaks
        self.begun: list[Path] = []

    def judge(self, path: Path, context, arrival) -> Verdict:
        self.begun.append(path)
        if self.breaks is not None and len(self.begun) == 1:
            raise self.breaks
        if self.breaks is None and len(self.begun) <= 2:
            self.together.wait()
        with self.opening:
            return super().judge(path, context, arrival)


class Closed(SideBySide):
    """Judges nothing any more, whichever thread asks first."""

    def judge(self, _path: Path, _context, _arrival) -> Verdict:
        raise SandboxClosed


@pytest.fixture
def filled(region: Region) -> Region:
    """Three messages that wait at a."""
    region.deliver("a", a_message("a"))
    region.deliver("a", a_message("a", CASA))
    region.deliver("a", a_message("a", subject="Fattura", attachments=()))
    collect(region.services["a"], RoundReport())
    return region


def attempts(region: Region) -> list[int]:
    return [entry.attempts for entry in region.entries()]


def test_messages_are_judged_side_by_side_and_recorded_in_order_of_arrival(filled: Region):
    service = replace(filled.services["a"], sandbox=SideBySide())  # type: ignore[arg-type]
    found = list(judge_all(service, ledger.pending(filled.db)))
    assert [entry for entry, _ in found] == [1, 2, 3]
    assert [str(outcome) for _, outcome in found] == ["recorded", "recorded", "noted"]
    assert [body.first_entry_id for body in filled.organisations()] == [1, 2]


def test_a_fault_of_the_world_costs_no_message_an_attempt(filled: Region):
    service = replace(filled.services["a"], sandbox=Closed())  # type: ignore[arg-type]
    with pytest.raises(SandboxClosed):
        list(judge_all(service, ledger.pending(filled.db)))
    assert attempts(filled) == [0, 0, 0]
    assert [entry.state for entry in filled.entries()] == ["pending"] * 3


def test_a_message_that_breaks_the_program_does_not_stop_its_neighbours(filled: Region):
    service = replace(filled.services["a"], sandbox=SideBySide(breaks=RuntimeError("ours")))  # type: ignore[arg-type]
    found = dict(judge_all(service, ledger.pending(filled.db)))
    assert sorted(map(str, found.values())) == ["None", "noted", "recorded"]


def test_a_message_tried_before_is_judged_alone(filled: Region):
    ledger.begin_attempt(filled.db, 1, AT)
    ledger.begin_attempt(filled.db, 2, AT)
    sandbox = SideBySide()
    sandbox.together = threading.Barrier(1)  # two at a time would still pass, so count them
    busy, most = [], []
    whole = sandbox.judge

    def watched(path: Path, context, arrival) -> Verdict:
        busy.append(path)
        most.append(len(busy))
        try:
            return whole(path, context, arrival)
        finally:
            busy.remove(path)

    sandbox.judge = watched  # type: ignore[method-assign]
    list(judge_all(replace(filled.services["a"], sandbox=sandbox), [1, 2]))  # type: ignore[arg-type]
    assert most == [1, 1]
    assert attempts(filled)[:2] == [2, 2]


def test_two_that_judged_the_same_message_record_it_once(filled: Region):
    service = filled.services["a"]
    verdict = judged(service, 1, AT)
    both = [record_once(service.db, 1, verdict, service.settings, AT) for _ in range(2)]
    assert [str(outcome) for outcome in both] == ["recorded", "recorded"]
    assert (len(filled.organisations()), len(filled.letters())) == (1, 1)
    assert str(judge_entry(service, 1)) == "recorded"
    assert attempts(filled)[0] == 0, "one that is recorded is not begun again"


@pytest.fixture
def queue(postgresql: PostgreSQL, tmp_path: Path) -> Iterator[Region]:
    name = postgresql.create_database()
    url = postgresql.url(name)
    with a_region(tmp_path, url, judge={"by": "workers", "workers": 2}) as region:
        assert install(url)
        yield region
        for service in region.services.values():
            service.hand_over.__self__.close()  # type: ignore[union-attr]
    postgresql.drop_database(name)


def test_a_round_hands_its_messages_over_and_a_worker_records_each_once(queue: Region):
    queue.deliver("a", a_message("a"))
    queue.deliver("b", a_message("b", CASA))
    for town in "ab":
        assert queue.round(town).outcomes == {}
    queue.round("a")  # hands over only what has no job yet
    assert [entry.state for entry in queue.entries()] == ["pending", "pending"]
    work(list(queue.services.values()), forever=False)
    assert [(entry.outcome, entry.attempts) for entry in queue.entries()] == [("recorded", 1)] * 2
    assert [letter.sender for letter in queue.letters()] == ["a@pec.example.it", "b@pec.example.it"]
    for town in "ab":
        queue.round(town)
    assert [len(post.handed) for post in queue.posts.values()] == [1, 1]


def test_a_lost_job_is_handed_over_again(queue: Region):
    queue.deliver("a", a_message("a"))
    service = queue.services["a"]
    collect(service, RoundReport())
    jobs = JudgeQueue(queue.db.url)
    assert jobs.hand_over([1]) == 1
    assert jobs.hand_over([1]) == 0
    broken = replace(service, sandbox=SideBySide(breaks=OSError("the share is away")))  # type: ignore[arg-type]
    work([broken], forever=False)
    assert [(entry.state, entry.attempts) for entry in queue.entries()] == [("pending", 0)]
    assert jobs.hand_over([1]) == 1
    jobs.close()
    work([service], forever=False)
    assert [entry.outcome for entry in queue.entries()] == ["recorded"]


def test_a_job_that_runs_twice_records_once(queue: Region):
    queue.deliver("a", a_message("a"))
    collect(queue.services["a"], RoundReport())
    jobs = JudgeQueue(queue.db.url)
    for _ in range(2):
        jobs.hand_over([1])
        work([queue.services["a"]], forever=False)
    jobs.close()
    with queue.db.reading() as session:
        assert session.query(Organisation).count() == 1
    assert len(queue.letters()) == 1


def test_the_queue_s_tables_are_made_once(queue: Region):
    assert is_installed(queue.db.url)
    assert not install(queue.db.url)


def test_workers_without_postgresql_are_refused_with_the_key(tmp_path: Path):
    given = sections(tmp_path, f"sqlite:///{tmp_path / 'x.db'}")
    (first, *_) = parse_all({**given, "judge": {"by": "workers"}}, {})
    with pytest.raises(ConfigError, match=r"judge\.by"):
        build(first)
