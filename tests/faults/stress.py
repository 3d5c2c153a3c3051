"""A real daemon on SQLite while two shells ask for its log without pause and messages arrive three at a time.

By hand for minutes: python -m tests.faults.soak --stress MINUTES
"""

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from tests.faults.installed import Installed

EVERY, AT_ONCE, SHELLS = 2.0, 3, 2  # seconds between arrivals, messages of each, who asks


@dataclass
class Stressed:
    """What came of it. All is well when `broken` is empty."""

    messages: int = 0
    asks: int = 0
    failed_rounds: int = 0
    missing: int = 0  # recorded, and not in the file after the daemon's death
    broken: list[str] = field(default_factory=list)


def stressed(folder: Path, seconds: float, poll: str = "5s") -> Stressed:
    """Arrivals for so many seconds; then everything must have been recorded, be seen, and survive the daemon."""
    here, told, enough = Installed(folder), Stressed(), threading.Event()
    here.begin(poll)
    with here.daemon():
        shells = [threading.Thread(target=_ask, args=(here, told, enough)) for _ in range(SHELLS)]
        for shell in shells:
            shell.start()
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            here.drop(AT_ONCE)
            enough.wait(EVERY)
        here.await_recorded(120.0)
        enough.set()
        for shell in shells:
            shell.join()
        seen = here.seen()
    left, recorded = here.left(), here.recorded()
    told.messages, told.failed_rounds = here.dropped, here.log.count('"round-failed"')
    told.missing = here.dropped - left
    counts = {"recorded, as the daemon says": recorded, "seen by another process": seen, "left after its death": left}
    told.broken += [f"{number} of {here.dropped} {what}" for what, number in counts.items() if number != here.dropped]
    told.broken += [f"a round failed: {line}" for line in here.log.splitlines() if '"round-failed"' in line]
    return told


def _ask(here: Installed, told: Stressed, enough: threading.Event) -> None:
    """One shell: what it sees never gets less."""
    before = 0
    while not enough.is_set():
        try:
            seen = here.seen()
        except AssertionError as failed:
            told.broken.append(f"ask {told.asks}: {failed}")
        else:
            if seen < before:
                told.broken.append(f"ask {told.asks}: {seen} messages after {before}")
            before = seen
        told.asks += 1
