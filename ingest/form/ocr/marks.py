"""What is printed besides text: rules, dotted leaders, boxes to tick; found in the ink and then wiped from the picture.

A letter written over a rule keeps its own ink: only what is no taller than the rule is wiped.
"""

from dataclasses import dataclass, field

import cv2
import numpy as np

from ingest.form.ocr.dots import dotted_rows
from ingest.form.ocr.raster import Grey, Places, ink_of
from ingest.form.ocr.squares import Bounds, Square, squares_in
from ingest.form.ocr.undotted import undotted

_RULE = 34  # pixels: 12 points, longer than any stroke of a letter
_UPRIGHT = 55  # pixels: 20 points
_PIECE = 24  # pixels: a broken line's pieces are at least this long
_BREAK = 9
_ONWARD = 60  # pixels: how far it goes on
_COVERED = 0.25  # share of a line's length that its rows cover, even where it is a little askew
_STUB = 10  # pixels: a piece that goes on a line already found
_THICK = 10  # pixels: a thicker bar is no rule
_WORD = 72  # pixels: 26 points; what is longer is no row of feet
_BESIDE = (4, 14)  # pixels above and below a rule, where letters have their ink
_FEET = 0.85  # share of the columns with ink there, from which a short rule is taken for strokes of letters: "zza"


@dataclass(frozen=True, slots=True)
class Marks:
    """All in pixels. `clean`: the picture without them."""

    clean: Grey
    ink: Grey
    rules: tuple[Bounds, ...] = ()
    uprights: tuple[Bounds, ...] = ()
    dotted: tuple[Bounds, ...] = ()
    squares: tuple[Square, ...] = field(default=())


def marks_in(grey: Grey) -> Marks:
    """The marks of a straight page at 200 dpi."""
    ink = ink_of(grey)
    squares = squares_in(ink)
    clean = grey.copy()
    for square in squares:
        x0, y0, x1, y1 = square.around
        clean[y0:y1, x0:x1] = 255
        ink[y0:y1, x0:x1] = 0
    dotted = dotted_rows(ink)
    bare = ink.copy()  # dots and the feet of letters between them would look like a rule
    for left, top, right, low in dotted.leaders:
        bare[max(0, top) : low, max(0, left) : right] = 0
    rules, flat = _lines(bare, (_RULE, 1))
    if dotted.rows:
        clean = undotted(clean, dotted.rows)
        clean[dotted.lone > 0] = 255
        ink = ink_of(clean)
    uprights, tall = _lines(ink, (1, _UPRIGHT))
    _wipe(clean, ink, flat, across=True)
    _wipe(clean, ink, tall, across=False)
    return Marks(clean, ink, rules, uprights, dotted.leaders, squares)


def _lines(ink: Grey, shape: tuple[int, int]) -> tuple[tuple[Bounds, ...], Grey]:
    """Straight lines at least as long as `shape` (columns, rows), and their pixels."""
    across = shape[0] > shape[1]
    thicker = cv2.dilate(ink, _bar(1, 3) if across else _bar(3, 1))  # lines in steps where the page is a little skewed
    pieces = cv2.morphologyEx(thicker, cv2.MORPH_OPEN, _bar(_PIECE, 1) if across else _bar(1, _PIECE))
    joined = cv2.morphologyEx(pieces, cv2.MORPH_CLOSE, _bar(_BREAK, 1) if across else _bar(1, _BREAK))
    seeds = cv2.morphologyEx(joined, cv2.MORPH_OPEN, _bar(*shape))
    straight = _continued(np.asarray(seeds, np.uint8), thicker, across=across)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(straight, connectivity=8)
    found = []
    kept = np.zeros_like(straight)
    for index in range(1, count):
        x, y, width, height, _ = (int(v) for v in stats[index])
        part = labels[y : y + height, x : x + width] == index
        covered = part.mean(axis=1 if across else 0) > _COVERED  # not the feet of letters that stand on the line
        thick = np.flatnonzero(covered)
        if not len(thick) or thick[-1] - thick[0] >= _THICK:
            continue
        if across and width < _WORD and _are_letters(ink, x, (y + int(thick[0]), y + int(thick[-1]) + 1), width):
            continue
        part &= covered[:, None] if across else covered[None, :]
        kept[y : y + height, x : x + width][part] = 1
        first, last = int(thick[0]), int(thick[-1]) + 1
        found.append((x, y + first, x + width, y + last) if across else (x + first, y, x + last, y + height))
    return tuple(found), kept


def _are_letters(ink: Grey, x: int, y: tuple[int, int], width: int) -> bool:
    """Whether letters lie along the whole of a short line: it is their own feet, or heads, run together by a blur."""
    (near, far), (top, low) = _BESIDE, y
    above = ink[max(0, top - far) : max(0, top - near), x : x + width]
    below = ink[low + near : low + far, x : x + width]
    return any(bool(band.size) and bool(band.any(axis=0).mean() >= _FEET) for band in (above, below))


def _continued(seeds: Grey, ink: Places, *, across: bool) -> Grey:
    """The lines with the shorter pieces at their ends: single underscores with a hair between them."""
    short = cv2.morphologyEx(ink, cv2.MORPH_OPEN, _bar(_STUB, 1) if across else _bar(1, _STUB))
    chain = cv2.morphologyEx(cv2.bitwise_or(short, seeds), cv2.MORPH_CLOSE, _bar(5, 1) if across else _bar(1, 5))
    reach = cv2.dilate(seeds, _bar(2 * _ONWARD + 1, 1) if across else _bar(1, 2 * _ONWARD + 1))
    _, labels = cv2.connectedComponents(np.asarray(cv2.bitwise_and(chain, reach), np.uint8), connectivity=8)
    touched = np.unique(labels[seeds > 0])
    return np.asarray(np.isin(labels, touched[touched > 0]).astype(np.uint8) | seeds, np.uint8)


def _bar(columns: int, rows: int) -> Grey:
    return np.ones((rows, columns), np.uint8)


def _wipe(clean: Grey, ink: Grey, line: Grey, *, across: bool) -> None:
    """Paper where `line` runs, except where a letter crosses it or stands on it."""
    grown = cv2.dilate(line, _bar(13, 3) if across else _bar(3, 13))  # its ends are ragged
    beside = cv2.bitwise_and(ink, 1 - grown)
    reach = _bar(1, 7) if across else _bar(7, 1)
    touching = cv2.morphologyEx(beside, cv2.MORPH_OPEN, _bar(1, 2) if across else _bar(2, 1))
    gone = (grown > 0) & (cv2.dilate(touching, reach) == 0)
    clean[gone] = 255
    ink[gone] = 0
