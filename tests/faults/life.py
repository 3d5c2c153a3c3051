"""What one life of the service does: rounds, a minute apart, until there is nothing left to do."""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from ingest import tenure
from ingest.app import Service, build
from ingest.config import example_settings
from ingest.daemon import Daemon
from ingest.fleet import Fleet
from ingest.judge import judge_file
from ingest.rules import Arrival, Context, Progress
from ingest.verdict import Verdict
from tests.faults.witness import testify

MOST_ROUNDS = 12
QUIET = 2  # rounds without anything to do
LEASE = 2.0  # seconds, where real daemons run in real time


@dataclass
class Hand:
    """A clock that is moved by hand."""

    now: datetime

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True)
class Running:
    """A clock that runs as the real one does, from a time of its own; several processes may share it."""

    at: datetime
    since: float = field(default_factory=time.monotonic)

    def __call__(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self.since)

    def shared(self) -> tuple[str, float]:
        """For another process of this machine."""
        return self.at.isoformat(), self.since


@dataclass
class QuickJudge:
    """Stands for the sandbox: judges in this process, and remembers the verdicts on messages that never change."""

    meet: Callable[[str], None] = lambda _effect: None
    known: dict[str, Verdict] = field(default_factory=dict)
    workers: int = 1

    def judge(self, path: Path, context: Context, arrival: Arrival) -> Verdict:
        self.meet("judge")
        known = self.known.get(path.stem)
        return known or judge_file(path, context, arrival, Progress())

    def learn(self, paths: list[Path], context: Context, now: datetime) -> None:
        for path in paths:
            sha256 = hashlib.sha256(path.read_bytes()).hexdigest()
            if sha256 not in self.known:
                self.known[sha256] = judge_file(path, context, Arrival(now=now, internal_date=None), Progress())

    def abort(self) -> None: ...

    def close(self) -> None: ...


def a_service(
    sections: dict[str, dict[str, Any]],
    clock: Callable[[], datetime],
    judge: QuickJudge | None,
    witness: Path | None = None,
) -> Service:
    """The service as the composition root builds it; with `judge` it needs no worker process.

    `witness`: where it notes what it committed.
    """
    service = build(example_settings(**sections), clock)
    testify(service.db, witness)
    return service if judge is None else replace(service, sandbox=judge)  # type: ignore[arg-type]


def serve(service: Service) -> None:
    """The daemon itself, in real time and with a short lease, until SIGTERM."""
    tenure.LASTS = timedelta(seconds=LEASE)
    fleet = Fleet([service])
    fleet.listen_to_signals()
    fleet.run()


def live(service: Service, hand: Hand, rounds: int = MOST_ROUNDS) -> int:
    """Rounds until two in a row found nothing to do; how many that took. The mailbox is given back."""
    daemon = Daemon(service)
    idle = 0
    try:
        for number in range(rounds):
            report = daemon.round()
            hand.now += timedelta(minutes=1)
            busy = report is None or report.collected or report.submitted or report.failed or report.filed
            idle = 0 if busy else idle + 1
            if idle == QUIET:
                return number + 1
    finally:
        daemon.give_back()
    return rounds
