"""The pieces of a printed line: words, places to write with what is on them, boxes to tick."""

from dataclasses import dataclass

from ingest.form.page import Box, Word
from ingest.form.ticks import Tick


@dataclass(frozen=True, slots=True)
class Blank:
    """A place to write, and the words found on it."""

    box: Box
    mark: str
    words: tuple[Word, ...] = ()
    doubtful: bool = False  # the words could also belong to the leader on the other side


Item = Word | Blank | Tick


@dataclass(frozen=True, slots=True)
class Row:
    """What stands on one line of one block (a table cell, or the page outside tables), left to right."""

    items: tuple[Item, ...]
    box: Box
    cell: Box | None = None


def bottom_gap(box: Box, other: Box) -> float:
    """Points by which `box` ends below `other`."""
    return box[3] - other[3]


def overlap(box: Box, other: Box) -> float:
    """Share of the width of `box` that lies over `other`."""
    shared = min(box[2], other[2]) - max(box[0], other[0])
    return max(0.0, shared) / max(box[2] - box[0], 0.1)
