"""Pictures of pages, drawn by a process with limits: a hostile file costs itself alone, never the console.

The last few stay in memory, so that a page's picture and its measures are drawn once. Clear pictures of what may be an
identity document are never kept.
"""

import json
import subprocess
import sys
import threading
from dataclasses import asdict, dataclass, field
from functools import lru_cache

from ingest.drawing import Wanted
from ingest.rules import Limits
from ingest.worker import environment

SECONDS = 25.0
LARGEST = 12_000_000  # bytes of one picture
_KEPT = 24
_TWO_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG and the size of its page in points."""

    png: bytes = field(repr=False)
    width: float
    height: float


def picture_of(wanted: Wanted, limits: Limits, *, keep: bool = True) -> Picture | None:
    """The picture; None when the page cannot be drawn."""
    return _kept(wanted, limits) if keep else _drawn(wanted, limits)


@lru_cache(maxsize=_KEPT)
def _kept(wanted: Wanted, limits: Limits) -> Picture | None:
    return _drawn(wanted, limits)


def _drawn(wanted: Wanted, limits: Limits) -> Picture | None:
    asked = json.dumps({**asdict(wanted), "limits": asdict(limits)}).encode()
    with _TWO_AT_ONCE, subprocess.Popen(
        [sys.executable, "-m", "ingest.drawing"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, env=environment(), start_new_session=True,
    ) as process:  # fmt: skip
        overdue = threading.Timer(SECONDS, process.kill)
        overdue.start()
        answer = b""
        try:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                process.stdin.write(asked)
                process.stdin.close()
            except BrokenPipeError:
                return None
            answer = process.stdout.read(LARGEST + 1)
        finally:
            if len(answer) > LARGEST:
                process.kill()
            process.wait()
            overdue.cancel()
    return _picture(answer) if process.returncode == 0 else None


def _picture(answer: bytes) -> Picture | None:
    head, _, png = answer.partition(b"\n")
    try:
        width, height = json.loads(head)
        return Picture(png, float(width), float(height)) if png.startswith(b"\x89PNG") else None
    except (ValueError, TypeError):
        return None
