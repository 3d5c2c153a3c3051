"""Peak memory of a round's processes, read from the kernel while they live (getrusage would hand on the parent's)."""

import multiprocessing
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path


def peaks_of(work: Callable[..., None], *args: object) -> tuple[float, int, int]:
    """Runs `work(*args)` in a fresh process: seconds, its own peak, the highest peak below it (both MiB)."""
    started = time.perf_counter()
    process = multiprocessing.get_context("spawn").Process(target=work, args=args)
    process.start()
    assert process.pid is not None
    own, below = 0, 0
    while process.is_alive():
        own = max(own, _peak(process.pid))
        below = max([below, *map(_peak, descendants(process.pid))])
        process.join(0.02)
    if process.exitcode:
        raise RuntimeError(f"the measured process ended with {process.exitcode}")
    return time.perf_counter() - started, own, below


def _peak(pid: int) -> int:
    with suppress(OSError):  # it ended meanwhile
        for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
    return 0


def descendants(pid: int | None = None) -> list[int]:
    """The processes below one, or below this one."""
    pid = pid or os.getpid()
    found: list[int] = []
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (task / "children").read_text(encoding="ascii").split()):
                found += [child, *descendants(child)]
    return found
