"""The long version of the kill tests, whose figures are in docs/reliability.md.

    python -m tests.faults.soak --kills 1000 [--seed 1] [--database sqlite] [--mailbox maildir] [--everywhere]

Each line of its table is one series; it ends with 1 when a promise was broken.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from ingest.demo.tls import server_certificate
from tests.faults.killing import Grounds, Toll, a_day, killed_at_random, killed_everywhere
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
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=DATABASES, help="one only; default: both")
    parser.add_argument("--mailbox", choices=MAILBOXES, help="one only; default: both")
    args = parser.parse_args()
    places = [
        (database, mailbox)
        for database in ([args.database] if args.database else DATABASES)
        for mailbox in ([args.mailbox] if args.mailbox else MAILBOXES)
    ]
    bad = 0
    with Victim() as victim:
        for number, (database, mailbox) in enumerate(places):
            with _grounds(database, mailbox) as grounds:
                if args.everywhere:
                    bad += _told(f"{database} {mailbox} everywhere", lambda: killed_everywhere(grounds, victim))
                for day in range(args.days):
                    seed = args.seed + day
                    bad += _told(f"{database} {mailbox} day, seed {seed}", lambda: a_day(grounds, victim, seed))  # noqa: B023
                if args.kills:
                    share, seed = -(-args.kills // len(places)), args.seed + number
                    bad += _told(
                        f"{database} {mailbox} at random, seed {seed}",
                        lambda: killed_at_random(grounds, victim, share, seed),  # noqa: B023
                    )
    return 1 if bad else 0


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
def _grounds(database: str, mailbox: str) -> Iterator[Grounds]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="faults-")))
        server = stack.enter_context(running_postgresql()) if database == "postgresql" else None
        imap = stack.enter_context(running_dovecot()) if mailbox == "imap" else None
        certificate = server_certificate(folder, datetime.now(UTC)) if imap else None
        yield Grounds(folder / "worlds", server, imap, certificate)


if __name__ == "__main__":
    sys.exit(main())
