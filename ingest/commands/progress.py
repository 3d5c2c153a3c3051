"""Progress of long work: a bar on a terminal, a line now and then elsewhere."""

import sys
import time
from collections.abc import Iterator, Sequence
from typing import TypeVar

Item = TypeVar("Item")
_WIDTH = 30
_SECONDS_BETWEEN_LINES = 10.0


def with_progress(items: Sequence[Item], what: str) -> Iterator[Item]:
    """The items, one by one, telling on standard error how many are done."""
    terminal, told = sys.stderr.isatty(), time.monotonic()
    for done, item in enumerate(items, start=1):
        yield item
        if terminal:
            filled = _WIDTH * done // len(items)
            sys.stderr.write(f"\r{what} [{'#' * filled}{'.' * (_WIDTH - filled)}] {done}/{len(items)}")
            if done == len(items):
                sys.stderr.write("\n")
        elif done == len(items) or time.monotonic() - told >= _SECONDS_BETWEEN_LINES:
            told = time.monotonic()
            sys.stderr.write(f"{what} {done}/{len(items)}\n")
