"""Letters typed over rows of dots, as they were before: the darkness of each dot is taken off the picture.

Non-obvious rule: a row's free dots tell what a dot alone looks like. Where it is grey, what is darker is a letter's;
only its black middle tells nothing of the letter under it, and is filled from around.
"""

from collections.abc import Sequence
from typing import Any

import cv2
import numpy as np

from ingest.form.ocr.dots import Row
from ingest.form.ocr.raster import Grey

Shade = np.ndarray[Any, np.dtype[np.float32]]  # 0 paper to 1 ink

_REACH = 7  # pixels around the middle of a dot
_RIM = 2  # pixels: how far its grey goes beyond its half side
_DARKER = 80  # of 100 free dots as many are at most as dark, at each pixel: the others are noise
_FEWEST = 8  # free dots that tell their row's own shade
_PALE, _FAINT = 0.05, 0.15  # darkness of a dot, and of what it leaves, that is none
_BLACK = 0.6  # darkness of a dot under which nothing shows
_AROUND = 2  # pixels from which a dot's middle is filled


def undotted(grey: Grey, rows: Sequence[Row]) -> Grey:
    """The picture of a page without its rows of dots."""
    shade = np.asarray((255 - grey) / np.float32(255), np.float32)
    samples = [_free_dots(shade, row) for row in rows]
    every = [sample for of_row in samples for sample in of_row]
    if not every:
        return grey
    left, hidden = shade.copy(), np.zeros_like(grey)
    for row, own in zip(rows, samples, strict=True):
        dot = _dot(own if len(own) >= _FEWEST else every, row.half)
        for place in map(row.exactly, row.steps):
            _take_off(shade, dot, place, (left, hidden))
    bare = np.asarray(np.rint(255 - left * 255), np.uint8)
    filled = cv2.inpaint(bare, hidden, _AROUND, cv2.INPAINT_TELEA)
    return np.asarray(np.where(hidden > 0, np.minimum(filled, _beside(bare, hidden)), filled), np.uint8)


def _beside(bare: Grey, hidden: Grey) -> Grey:
    """At each place the paler of the nearest known ones left and right of it: the foot of an L goes on under a dot."""
    height, width = bare.shape
    rows, columns = np.arange(height)[:, None], np.arange(width)
    before = np.maximum.accumulate(np.where(hidden, 0, columns), axis=1)
    after = np.minimum.accumulate(np.where(hidden, width - 1, columns)[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(np.maximum(bare[rows, before], bare[rows, after]), np.uint8)


def _free_dots(shade: Shade, row: Row) -> list[Shade]:
    """The pictures of a row's dots that stand among free dots."""
    size = (2 * _REACH + 1, 2 * _REACH + 1)
    return [np.asarray(cv2.getRectSubPix(shade, size, row.exactly(step)), np.float32) for step in sorted(row.lone)]


def _dot(samples: Sequence[Shade], half: int) -> Shade:
    """What a dot alone looks like."""
    dot = np.zeros((2 * _REACH + 1, 2 * _REACH + 1), np.float32)
    near = slice(max(0, _REACH - half - _RIM), _REACH + half + _RIM + 1)
    dot[near, near] = np.percentile(np.stack(samples), _DARKER, axis=0)[near, near]
    dot[dot < _PALE] = 0
    return dot


def _take_off(shade: Shade, dot: Shade, place: tuple[float, float], into: tuple[Shade, Grey]) -> None:
    """Writes what a dot leaves of the ink at its place, and where nothing shows under it."""
    x, y = round(place[0]), round(place[1])
    if not (_REACH <= x < shade.shape[1] - _REACH and _REACH <= y < shade.shape[0] - _REACH):
        return
    middle = (_REACH - (place[0] - x), _REACH - (place[1] - y))
    over = cv2.getRectSubPix(dot, dot.shape, middle)
    here = (slice(y - _REACH, y + _REACH + 1), slice(x - _REACH, x + _REACH + 1))
    ink = 1 - (1 - shade[here]) / np.maximum(1 - over, _PALE)
    ink = np.clip((ink - _FAINT) / (1 - _FAINT), 0, 1)
    left, hidden = into
    left[here] = np.where(over > 0, np.minimum(left[here], ink), left[here])
    hidden[here] |= np.asarray(over > _BLACK, np.uint8)
