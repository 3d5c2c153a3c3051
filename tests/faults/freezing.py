"""A daemon stopped as by SIGSTOP past its lease, another that takes over, and the first woken amid its work.

What it can do then: nothing to the register, whose every transaction asks for the lease first. What it may still do is
end the one step it was stopped in: hand over the letter it had begun, which its successor calls uncertain and never
sends again, or move a message that already lies where it belongs.
"""

import os
import random
import signal
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from ingest.app import Service
from ingest.mailbox import MailboxUnavailable
from models import Entry, EntryState, Lease, Letter, LetterState
from tests.faults.killing import Grounds, Toll, outcomes, small_post
from tests.faults.life import LEASE, QuickJudge, Running, a_service, live
from tests.faults.promises import broken
from tests.faults.promises import told as counted
from tests.faults.traffic import an_advertisement, an_application
from tests.faults.world import Victim, World

PAST_ITS_LEASE = timedelta(minutes=30)
_UNDER_WAY = (LetterState.QUEUED, LetterState.SUBMITTING, LetterState.SUBMITTED, LetterState.ACCEPTED)


def frozen_everywhere(
    grounds: Grounds, victim: Victim, *, step: int = 1, first: int = 0, only: str = "", at_most: int | None = None
) -> Toll:
    """One stop before each effect of a whole life (each `step`-th, from `first` on), each in a world of its own.

    `only` effects whose names begin so, `at_most` so many.

    `toll.where`: before which effects it held the register, so that nobody could take over until it was woken (SQLite)
    or the database had ended its session (PostgreSQL).
    """
    toll = Toll()
    with grounds.world(toll.broken) as world:
        small_post(world)
        met = victim.live(world)["met"]
        expected = outcomes(world, toll)
    toll.effects = len(met)
    chosen = [number for number in range(first, len(met), step) if met[number].startswith(only)]
    for frozen in chosen[:at_most]:
        when = f"stopped before effect {frozen} ({met[frozen]})"
        with grounds.world(toll.broken) as world:
            small_post(world)
            second = a_service(world.sections, world.hand, QuickJudge(), world.witness)
            pid, ended = victim.begin(world, frozen=frozen)
            try:
                await_stop(pid)
                start = world.hand.now
                world.hand.now += PAST_ITS_LEASE
                toll.where[met[frozen]] += not _takes_over(second, world)
            finally:
                os.kill(pid, signal.SIGCONT)
            ended()  # it may have failed: what it was in the middle of is gone
            world.hand.now = max(world.hand.now, start + 2 * PAST_ITS_LEASE)
            if not _takes_over(second, world):
                toll.broken.append(f"{when}: nobody can work on the register")
            second.close()
            toll.kills += 1
            found = outcomes(world, toll, when)
            if found != expected:
                toll.broken.append(f"{when}: {found}, not {expected}")
    return toll


def _takes_over(second: Service, world: World, tries: int = 6) -> bool:
    """A whole life of the second; False while the stopped one holds the register, which the second must bear."""
    for _ in range(tries):
        try:
            live(second, world.hand)
        except MailboxUnavailable:
            return False  # it was stopped while it numbered the maildir
        except SQLAlchemyError:
            time.sleep(0.3)
        else:
            return True
    return False


def await_stop(pid: int, seconds: float = 30.0) -> None:
    """Until a process stands still, or has ended."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        state = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()[0]
        if state in "TZX":
            return
        time.sleep(0.01)
    raise AssertionError("the process was never stopped")


@dataclass
class Freezes:
    """What two daemons that are stopped again and again came to."""

    stopped: int = 0
    takeovers: int = 0
    entries: int = 0
    letters: int = 0
    uncertain: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    broken: list[str] = field(default_factory=list)


def frozen_again_and_again(grounds: Grounds, messages: int, seed: int) -> Freezes:
    """Two real daemons share a mailbox while `messages` arrive; one or the other is stopped past its lease and woken.

    Time is real here; the lease is shortened to LEASE seconds in the two processes. Seven in ten messages are
    applications of bodies of their own, two the same forms again, one an advertisement.
    """
    dice, told = random.Random(seed), Freezes()
    with grounds.world(told.broken) as world, Victim() as one, Victim() as other:
        clock = Running(world.hand.now)
        world.provider.now = clock
        bodies = messages * 7 // 10
        post = [an_application(number) for number in range(bodies)]
        post += [an_application(number, 2) for number in range(messages * 2 // 10)]
        post += [an_advertisement(number) for number in range(messages - len(post))]
        dice.shuffle(post)
        world.foresee(*post)
        world.sections["mailbox"]["poll_every"] = "1s"
        world.receive(*post[: messages // 2])
        pids = [process.begin(world, daemon=clock.shared())[0] for process in (one, other)]
        watcher = a_service(world.sections, clock, QuickJudge())
        rest, some = post[messages // 2 :], max(1, messages // 10)
        while rest or _at_work(watcher, world):
            world.receive(*rest[:some])
            del rest[:some]
            pid = dice.choice(pids)
            os.kill(pid, signal.SIGSTOP)
            time.sleep(LEASE * dice.uniform(1.2, 2.0))
            os.kill(pid, signal.SIGCONT)
            told.stopped += 1
            time.sleep(dice.uniform(0.1, 1.5))
            if told.stopped > messages + 10:
                told.broken.append("they never come to an end")
                break
        for pid in pids:
            os.kill(pid, signal.SIGTERM)
        for process in (one, other):
            ended = process.ended()
            if ended["status"]:
                told.broken.append(f"a daemon ended with {ended['status']}")
        world.hand.now = clock() + PAST_ITS_LEASE
        world.provider.now = world.hand
        last = a_service(world.sections, world.hand, QuickJudge(), world.witness)
        live(last, world.hand)
        _count(told, world, last)
        last.close()
        watcher.close()
    return told


def _at_work(service: Service, world: World) -> bool:
    """Whether messages wait to be read, judged or filed, or letters to be sent."""
    with service.db.reading() as session:
        waiting = session.scalar(select(func.count()).select_from(Entry).where(Entry.state == EntryState.PENDING))
        queued = select(func.count()).select_from(Letter).where(Letter.state.in_(_UNDER_WAY))
        waiting = (waiting or 0) + (session.scalar(queued) or 0)
    return bool(waiting or world.inbox.folders()["INBOX"])


def _count(told: Freezes, world: World, service: Service) -> None:
    told.broken += broken(world, service)
    found = counted(service)
    told.entries, told.letters, told.uncertain = found.messages, found.letters, found.uncertain
    with service.db.reading() as session:
        told.takeovers = session.scalars(select(Lease.token)).one()
        told.outcomes = Counter(str(outcome) for outcome in session.scalars(select(Entry.outcome)))
