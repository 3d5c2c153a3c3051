"""Boxes to tick in the ink of a page: the frame is found first, then the ink within is weighed against other boxes'."""

from dataclasses import dataclass, replace

import cv2
import numpy as np

from ingest.form.ocr.raster import Grey, Places

Bounds = tuple[int, int, int, int]

_SIDE = (15, 46)  # pixels: 5.4 to 16.5 points
_STROKE = 11  # pixels: sides of a frame are straight for at least this long
_USUAL = 4  # boxes that tell a page's usual size
_LONE = 23  # pixels: side of a crossed box on a page that has no others
_SIDE_SEEN = 0.7  # share of a side that is drawn straight
_BESIDE = 6  # pixels: a blot with ink so near on its left or right is a letter of a word
_SPECK = 6  # pixels of ink that may be dirt
_CLEAR = 0.035  # share of ink by which an empty box may exceed the page's emptiest boxes
_MARKED = 0.10  # share of ink by which a ticked box exceeds them


@dataclass(frozen=True, slots=True)
class Square:
    """A box to tick. `around`: what to wipe, a tick reaching beyond its frame included. `sure`: of its state, 0..1."""

    bounds: Bounds
    around: Bounds
    weight: float = 0.0  # share of ink inside
    on: bool = False
    sure: float = 0.95


def squares_in(ink: Grey) -> tuple[Square, ...]:
    """The boxes to tick of a page, top to bottom, with their state."""
    found = _filled(ink)
    _, labels, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    for bounds in _framed(ink):
        if _stands_alone(ink, bounds, labels, stats) and not any(_meet(bounds, other.bounds) for other in found):
            found.append(_weighed(bounds, ink))
    framed = [square.weight for square in found if square.weight < 1]
    base = min(float(np.percentile(framed, 20)), 0.12) if framed else 0.0
    return tuple(sorted((_judged(square, base) for square in found), key=lambda s: (s.bounds[1], s.bounds[0])))


def _stands_alone(ink: Grey, bounds: Bounds, labels: Places, stats: Places) -> bool:
    """Whether the frame, with the tick that reaches beyond it, has blank paper on both sides."""
    x0, y0, x1, y1 = bounds
    inside = [index for index in np.unique(labels[max(0, y0) : y1, max(0, x0) : x1]) if index]
    near = [stats[i] for i in inside if max(stats[i][2], stats[i][3]) <= 2 * _SIDE[1]]
    left = min([x0, *(int(s[0]) for s in near)])
    right = max([x1, *(int(s[0] + s[2]) for s in near)])
    before, after = ink[y0:y1, max(0, left - _BESIDE) : max(0, left - 1)], ink[y0:y1, right + 1 : right + _BESIDE]
    return int(before.sum()) < _SPECK and int(after.sum()) < _SPECK


def _framed(ink: Grey) -> list[Bounds]:
    """Empty or ticked frames: what is left of the ink when only straight strokes are kept encloses a square."""
    solid = cv2.morphologyEx(ink, cv2.MORPH_CLOSE, np.ones((3, 3), np.uint8))
    across = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((1, _STROKE), np.uint8))
    down = cv2.morphologyEx(solid, cv2.MORPH_OPEN, np.ones((_STROKE, 1), np.uint8))
    lines = cv2.dilate(cv2.bitwise_or(across, down), np.ones((3, 3), np.uint8))
    outlines, tree = cv2.findContours(lines, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    found: list[Bounds] = []
    holes = [
        o for o, (_, _, _, parent) in zip(outlines, tree[0] if tree is not None else (), strict=True) if parent >= 0
    ]
    for outline in holes:
        x, y, width, height = cv2.boundingRect(outline)
        bounds = (x - 2, y - 2, x + width + 2, y + height + 2)
        straight = cv2.contourArea(outline) > 0.72 * (width - 1) * (height - 1)
        if straight and _is_square(bounds) and _is_drawn(ink, across, down, bounds):
            found.append(bounds)
    usual = float(np.median([b[2] - b[0] for b in found])) if len(found) >= _USUAL else 0.0
    found = [b for b in found if b[2] - b[0] > 0.78 * usual]  # a capital D is smaller than the page's boxes
    for bounds in _crossed(solid, across, down):
        alike = 0.85 * usual < bounds[2] - bounds[0] < 1.5 * usual if usual else bounds[2] - bounds[0] >= _LONE
        if alike and not any(_meet(bounds, other) for other in found):
            found.append(bounds)
    return [bounds for bounds in found if not _in_a_comb(bounds, found)]


def _crossed(ink: Places, across: Places, down: Places) -> list[Bounds]:
    """Frames whose tick leaves no hole: a lone blot with a straight stroke along each of its sides."""
    count, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    found = []
    for x, y, width, height, _ in stats[1:count]:
        bounds = (int(x), int(y), int(x + width), int(y + height))
        if not _is_square(bounds):
            continue
        rows = across[y : y + height, x : x + width].mean(axis=1)
        columns = down[y : y + height, x : x + width].mean(axis=0)
        deep = max(4, round(0.28 * max(width, height)))
        if min(rows[:deep].max(), rows[-deep:].max(), columns[:deep].max(), columns[-deep:].max()) > _SIDE_SEEN:
            found.append(bounds)
    return found


def _is_square(bounds: Bounds) -> bool:
    wide, high = bounds[2] - bounds[0], bounds[3] - bounds[1]
    return 0.78 < wide / max(high, 1) < 1.28 and _SIDE[0] <= min(wide, high) and max(wide, high) <= _SIDE[1]


def _is_drawn(ink: Grey, across: Places, down: Places, bounds: Bounds) -> bool:
    """Whether all four sides are straight strokes that meet at the corners: a letter O or D has none there."""
    x0, y0, x1, y1 = (max(0, v) for v in bounds)
    slack = 3
    top, low = (across[max(0, y - slack) : y + slack + 1, x0:x1].max(axis=0, initial=0) for y in (y0, y1))
    left, right = (down[y0:y1, max(0, x - slack) : x + slack + 1].max(axis=1, initial=0) for x in (x0, x1))
    sides = (top, low, left, right)
    if not all(side.size > 0 and float(side.mean()) > 0.7 for side in sides):
        return False
    x0, y0, x1, y1 = _outer(ink, (x0, y0, x1, y1))
    first, low, high, last = (
        int(ink[max(0, y - 2) : y + 3, max(0, x - 2) : x + 3].sum()) >= 4 for x in (x0, x1) for y in (y0, y1)
    )
    return first + low + high + last >= 3 or (first and last)  # a box with a shadow lacks two


def _outer(ink: Grey, bounds: Bounds) -> Bounds:
    """The frame's outer edge: thick frames and bold letters reach further than their hole tells."""
    x0, y0, x1, y1 = bounds
    for _ in range(5):
        x0 -= bool(x0 > 0 and ink[y0:y1, x0 - 1].mean() > 0.6)
        y0 -= bool(y0 > 0 and ink[y0 - 1, x0:x1].mean() > 0.6)
        x1 += bool(x1 < ink.shape[1] - 1 and ink[y0:y1, x1 + 1].mean() > 0.6)
        y1 += bool(y1 < ink.shape[0] - 1 and ink[y1 + 1, x0:x1].mean() > 0.6)
    return x0, y0, x1, y1


def _in_a_comb(bounds: Bounds, all_bounds: list[Bounds]) -> bool:
    """Whether the frame is one of a row of touching frames, a character each."""
    near = [
        other
        for other in all_bounds
        if abs(other[1] - bounds[1]) < 5
        and other != bounds
        and min(abs(other[0] - bounds[2]), abs(other[2] - bounds[0])) < 7
    ]
    return len(near) >= 2 or (len(near) == 1 and sum(abs(o[1] - bounds[1]) < 5 for o in all_bounds) >= 4)


def _filled(ink: Grey) -> list[Square]:
    """Solid squares: boxes blackened, or printed as ticked ones."""
    core = cv2.morphologyEx(ink, cv2.MORPH_OPEN, np.ones((_SIDE[0] - 2, _SIDE[0] - 2), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(core, connectivity=8)
    found = []
    for index in range(1, count):
        x, y, width, height, area = (int(v) for v in stats[index])
        if max(width, height) <= _SIDE[1] and 0.7 < width / height < 1.4 and area > 0.8 * width * height:
            bounds = (x - 1, y - 1, x + width + 1, y + height + 1)
            found.append(Square(bounds, _grown(bounds, 4, ink), 1.0))
    return found


def _weighed(bounds: Bounds, ink: Grey) -> Square:
    x0, y0, x1, y1 = bounds
    inset = max(3, round((x1 - x0) * 0.27))
    inside = ink[max(0, y0 + inset) : y1 - inset, max(0, x0 + inset) : x1 - inset]
    weight = min(0.99, float(inside.mean())) if inside.size else 0.0
    return Square(bounds, _grown(bounds, 7 if weight > _MARKED else 3, ink), weight)


def _judged(square: Square, base: float) -> Square:
    excess = square.weight - base
    if excess <= _CLEAR:
        return square
    if excess >= _MARKED:
        return replace(square, on=True)
    return replace(square, on=excess > (_CLEAR + _MARKED) / 2, sure=0.5)


def _grown(bounds: Bounds, by: int, ink: Grey) -> Bounds:
    height, width = ink.shape
    return (
        max(0, bounds[0] - by),
        max(0, bounds[1] - by),
        min(width, bounds[2] + by),
        min(height, bounds[3] + by),
    )


def _meet(one: Bounds, other: Bounds) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
