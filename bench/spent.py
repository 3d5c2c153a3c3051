"""Processor seconds instead of the clock's: other work on the machine does not move them."""

import resource
import time
from contextlib import suppress
from pathlib import Path

from bench.peaks import descendants


def with_workers() -> float:
    """Of this process and of the processes that judge for it, those that ended included; of no server beside them."""
    return time.process_time() + of_ended_children() + sum(_of(pid) for pid in descendants() if _judges(pid))


def of_ended_children() -> float:
    """Of child processes that were waited for, and of theirs."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def with_others(pids: tuple[int, ...]) -> float:
    """Of this process and of some others, which must live."""
    return time.process_time() + sum(map(_of, pids))


def _of(pid: int) -> float:
    with suppress(OSError):  # it ended meanwhile, and is among the ended ones
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[0]) / 1e9
    return 0.0


def _judges(pid: int) -> bool:
    with suppress(OSError):
        return b"ingest.confined" in Path(f"/proc/{pid}/cmdline").read_bytes()
    return False
