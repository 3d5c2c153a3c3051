"""Ink on a place to write that no word accounts for: handwriting or a smudge the engines passed over."""

from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from ingest.form.ocr.raster import POINT, Grey
from ingest.form.ocr.squares import Bounds
from ingest.form.page import Box

_ABOVE, _BELOW = 40, 8  # pixels: how far above and below a leader writing on it reaches
_MARK = (13, 46)  # pixels: sides of a box to tick
_NEAR = (7, 40)  # pixels between a box and its label
_HEIGHT, _INK = 12, 40  # pixels: the least that is taken for writing


def marks_beside(words: Sequence[Box], ink: Grey) -> list[Bounds]:
    """Bounds of lone unread blots as large as a box to tick, close before a word: crosses where a box should be."""
    _, _, stats, _ = cv2.connectedComponentsWithStats(_unread(words, ink), connectivity=8)
    starts = [(box[0] * POINT, (box[1] + box[3]) / 2 * POINT) for box in words]
    found = []
    for x, y, width, height, area in ([int(v) for v in s] for s in stats[1:]):
        if not (_MARK[0] <= min(width, height) and max(width, height) <= _MARK[1]) or area < _INK:
            continue
        right, middle = x + width, y + height / 2
        if any(_NEAR[0] <= start - right <= _NEAR[1] and abs(level - middle) < 14 for start, level in starts):
            found.append((x, y, right, y + height))
    return found


def _unread(words: Sequence[Box], ink: Grey) -> Grey:
    rest = ink.copy()
    for box in words:
        x0, y0, x1, y1 = (round(v * POINT) for v in box)
        rest[max(0, y0 - 6) : y1 + 6, max(0, x0 - 6) : x1 + 6] = 0
    return rest


def unread_on(leaders: Iterable[Bounds], words: Sequence[Box], ink: Grey) -> list[Bounds]:
    """Bounds of what is written on each leader and was not read."""
    rest = _unread(words, ink)
    found: list[Bounds] = []
    for x0, y0, x1, y1 in leaders:
        top = max(0, y0 - _ABOVE)
        strip = rest[top : y1 + _BELOW, x0:x1]
        if not strip.size:
            continue  # a rule found at the very edge of the picture
        band = np.asarray(cv2.morphologyEx(strip, cv2.MORPH_CLOSE, np.ones((3, 9), np.uint8)))
        _, _, stats, _ = cv2.connectedComponentsWithStats(band, connectivity=8)
        parts = [tuple(int(v) for v in s) for s in stats[1:] if s[3] >= _HEIGHT and s[4] >= _INK]
        if parts:
            left, high = min(p[0] for p in parts), min(p[1] for p in parts)
            right, low = max(p[0] + p[2] for p in parts), max(p[1] + p[3] for p in parts)
            found.append((x0 + left, top + high, x0 + right, top + low))
            rest[top + high : top + low, x0 + left : x0 + right] = 0
    return found
