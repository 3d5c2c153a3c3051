"""The long version of the kill tests, whose figures are in docs/reliability.md.

    python -m tests.faults.soak --kills 1000 [--seed 1] [--database sqlite] [--mailbox maildir] [--everywhere]
    python -m tests.faults.soak --days 3
    python -m tests.faults.soak --stops --frozen 1000 --database sqlite --mailbox maildir
    python -m tests.faults.soak --lines 400 --outages
    python -m tests.faults.soak --stress 10

In all but the last other processes are at the register beside the service (--strangers 0: none). Each line of its table
is one series; it ends with 1 when a promise was broken.
"""

import argparse
import logging
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import structlog

from ingest.demo.tls import server_certificate
from tests.faults.freezing import frozen_again_and_again, frozen_everywhere
from tests.faults.killing import Grounds, Toll, a_day, killed_at_random, killed_everywhere
from tests.faults.lines import Line, recovery, struck_lines
from tests.faults.strangers import Strangers
from tests.faults.stress import stressed
from tests.faults.world import Victim
from tests.servers.dovecot import running_dovecot
from tests.servers.postgresql import running_postgresql

DATABASES = ("sqlite", "postgresql")
MAILBOXES = ("maildir", "imap")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=0, help="at random instants, over all series together")
    parser.add_argument("--everywhere", action="store_true", help="at every boundary of a whole life")
    parser.add_argument("--days", type=int, default=0, help="simulated days in each series, with faults of all kinds")
    parser.add_argument("--stops", action="store_true", help="stopped past the lease, at every boundary")
    parser.add_argument("--frozen", type=int, default=0, help="messages under two daemons stopped and woken in turn")
    parser.add_argument("--lines", type=int, default=0, help="breaks of each line, half of them by step")
    parser.add_argument("--outages", action="store_true", help="how long after an outage everything is done")
    parser.add_argument("--stress", type=float, default=0, help="minutes of a real daemon that others ask unceasingly")
    parser.add_argument("--strangers", type=int, default=2, help="other processes at the register; 0: none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=DATABASES, help="one only; default: both")
    parser.add_argument("--mailbox", choices=MAILBOXES, help="one only; default: both")
    args = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    places = [
        (database, mailbox)
        for database in ([args.database] if args.database else DATABASES)
        for mailbox in ([args.mailbox] if args.mailbox else MAILBOXES)
    ]
    bad = 0
    with ExitStack() as stack:
        victim = stack.enter_context(Victim())
        strangers = stack.enter_context(Strangers(args.strangers, args.seed)) if args.strangers else None
        for number, (database, mailbox) in enumerate(places):
            with _grounds(database, mailbox, strangers) as grounds:
                bad += _of_one_place(args, f"{database} {mailbox}", grounds, victim)
                if args.kills:
                    share, seed = -(-args.kills // len(places)), args.seed + number
                    series = partial(killed_at_random, grounds, victim, share, seed)
                    bad += _told(f"{database} {mailbox} at random, seed {seed}", series)
        bad += _lines(args.lines, args.seed, strangers) if args.lines else 0
        if args.outages:
            _outages(strangers)
        if strangers and strangers.done:
            sys.stdout.write(f"strangers' acts: {dict(sorted(strangers.done.items()))}\n")
    bad += _stress(args.stress) if args.stress else 0
    return 1 if bad else 0


def _of_one_place(args: argparse.Namespace, title: str, grounds: Grounds, victim: Victim) -> int:
    """The series that were asked for, on one database with one mailbox; how many promises they broke."""
    bad, rash = 0, replace(grounds, impatient=True)
    if args.everywhere:
        bad += _told(f"{title} everywhere", partial(killed_everywhere, grounds, victim))
    for seed in range(args.seed, args.seed + args.days):
        bad += _told(f"{title} day, seed {seed}", partial(a_day, grounds, victim, seed))
    if args.stops:
        bad += _told(f"{title} stops", partial(frozen_everywhere, rash, victim))
    if args.frozen:
        bad += _told_of_freezes(rash, args.frozen, args.seed)
    return bad


def _stress(minutes: float) -> int:
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="stress-") as folder:
        found = stressed(Path(folder), 60 * minutes)
    sys.stdout.write(
        f"stress: {found.messages} messages, {found.asks} asks, {found.failed_rounds} failed rounds, "
        f"{found.missing} missing, {len(found.broken)} broken, {time.monotonic() - begun:.0f} s\n"
    )
    sys.stdout.writelines(f"  {words}\n" for words in found.broken)
    return len(found.broken)


def _lines(strikes: int, seed: int, strangers: Strangers | None) -> int:
    bad = 0
    for line in Line:
        with _grounds_of(line, strangers) as grounds:
            bad += _told(f"{line} at random bytes", lambda: struck_lines(grounds, line, strikes // 2, seed))  # noqa: B023
            by_step = partial(struck_lines, grounds, line, strikes // 2, seed, every_step=True)
            bad += _told(f"{line} at each step", by_step)
    return bad


def _outages(strangers: Strangers | None) -> None:
    for line in Line:
        with _grounds_of(line, strangers) as grounds:
            for seconds in (1, 60, 600):
                after = recovery(grounds, line, timedelta(seconds=seconds)).total_seconds()
                sys.stdout.write(f"{line} away for {seconds} s: everything done {after:.0f} s after it was back\n")
                sys.stdout.flush()


def _grounds_of(line: Line, strangers: Strangers | None) -> "AbstractContextManager[Grounds]":
    database = "postgresql" if line is Line.POSTGRESQL else "sqlite"
    return _grounds(database, "imap" if line is Line.IMAP else "maildir", strangers)


def _told_of_freezes(grounds: Grounds, messages: int, seed: int) -> int:
    begun = time.monotonic()
    found = frozen_again_and_again(grounds, messages, seed)
    sys.stdout.write(f"frozen: {found}, {time.monotonic() - begun:.0f} s\n")
    sys.stdout.flush()
    return len(found.broken)


def _told(title: str, series: Callable[[], Toll]) -> int:
    """Runs a series and prints its line; how many promises it broke."""
    begun = time.monotonic()
    toll = series()
    sys.stdout.write(
        f"{title}: {toll.kills} kills, {toll.messages} messages, {toll.letters} letters, {toll.uncertain} uncertain, "
        f"{len(toll.broken)} broken, {time.monotonic() - begun:.0f} s, {dict(toll.where)}\n"
    )
    for words in toll.broken:
        sys.stdout.write(f"  {words}\n")
    sys.stdout.flush()
    return len(toll.broken)


@contextmanager
def _grounds(database: str, mailbox: str, strangers: Strangers | None) -> Iterator[Grounds]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        server = stack.enter_context(running_postgresql()) if database == "postgresql" else None
        imap = stack.enter_context(running_dovecot()) if mailbox == "imap" else None
        certificate = server_certificate(folder, datetime.now(UTC)) if imap else None
        yield Grounds(folder / "worlds", server, imap, certificate, strangers=strangers)


if __name__ == "__main__":
    sys.exit(main())
