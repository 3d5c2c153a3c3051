"""Rows of dots that mark where to write, told from the full stops of what was written over them.

A leader's dots are evenly spaced, so where they run on under typed letters is known.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from ingest.form.ocr.raster import Grey, Places
from ingest.form.ocr.squares import Bounds

_DOT = (1, 8)  # pixels: side of a dot at 200 dpi
_FAR = 46  # pixels: a gap in the dots at most this wide may be covered by a typed letter or two
_FEWEST = 6  # dots of a row
_LONG = 30  # dots that tell their distance by themselves
_ALIKE, _FEW = 3, 3  # rows that tell a page's distance; dots that tell a row covered by a value
_BEYOND = 90  # steps: how far a row of dots goes on under typed letters
_HALF = 0.5  # share of the ink in the middle of a free dot that tells one covered by a letter
_PITCH = (4.0, 17.0)  # pixels between two dots of a leader


@dataclass(frozen=True, slots=True)
class _Comb:
    """Where a row's dots lie: the first one's `x` at step 0, the distance, and the row's height at each x."""

    start: float
    pitch: float
    slope: float
    level: float

    def at(self, step: int) -> tuple[int, int]:
        x, y = self.exactly(step)
        return round(x), round(y)

    def exactly(self, step: int) -> tuple[float, float]:
        x = self.start + step * self.pitch
        return x, self.slope * x + self.level

    def step(self, x: float) -> float:
        return (x - self.start) / self.pitch


@dataclass(frozen=True, slots=True)
class Row:
    """The dots at one height: the `steps` of all and of those `free` of letters, and `half` their side in pixels."""

    comb: _Comb
    half: int
    steps: tuple[int, ...]
    free: frozenset[int]

    @property
    def lone(self) -> frozenset[int]:
        """The free dots between free dots."""
        return frozenset(step for step in self.free if {step - 1, step + 1} <= self.free)

    def exactly(self, step: int) -> tuple[float, float]:
        """The middle of a dot."""
        return self.comb.exactly(step)


@dataclass(frozen=True, slots=True)
class Dotted:
    """`leaders`: bounds of every dotted leader. `lone`: the dots between free dots, to wipe whole."""

    leaders: tuple[Bounds, ...]
    rows: tuple[Row, ...]
    lone: Grey


def dotted_rows(ink: Grey) -> Dotted:
    """Every dotted leader of a page, all in pixels."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    lone = [
        index
        for index in range(1, count)
        if _DOT[0] <= stats[index][2] <= _DOT[1] and _DOT[0] <= stats[index][3] <= _DOT[1] and stats[index][4] >= 2
    ]
    page = _Rows(ink, lone, (labels, stats, centres))
    pieces = [piece for run in _runs(lone, centres) for piece in _close(run, centres)]
    for ours in sorted(pieces, key=len, reverse=True):
        comb = None if page.taken & {*ours} else _comb(ours, centres, page.pitch() if len(ours) < _LONG else None)
        if comb is not None:
            half = float(np.median([stats[i][2:4] for i in ours])) / 2
            page.take(comb, ours, max(1, round(half)))
    page.take_covered()
    return Dotted(tuple(page.bounds), tuple(page.rows), page.dots)


class _Rows:
    """The rows found so far. A page's rows are printed alike: what most show is known of those that are covered."""

    def __init__(self, ink: Grey, lone: list[int], found: tuple[Places, Places, Places]) -> None:
        self.ink, self.lone = ink, lone
        self.labels, self.stats, self.centres = found
        self.dots = np.zeros_like(ink)
        self.bounds: list[Bounds] = []
        self.rows: list[Row] = []
        self.taken: set[int] = set()
        self.pitches: list[tuple[float, int]] = []

    def take(self, comb: _Comb, ours: list[int], half: int) -> None:
        """Marks the dots of a row."""
        steps = _inked(comb, self.ink, ours, self.centres)
        near = {i: step for i in self.lone if (step := self._step(comb, i, half)) is not None}
        groups = _unbroken(steps, frozenset(near.values()))
        within = {step for group in groups for step in group}
        near = {i: step for i, step in near.items() if step in within}
        self.taken |= {*near, *ours}
        self.pitches.append((comb.pitch, half))
        row = Row(comb, half, tuple(sorted(within)), frozenset(near.values()))
        among = [i for i, step in near.items() if step in row.lone]  # beside a letter it may be a full stop
        alone = cv2.dilate(np.isin(self.labels, among).astype(np.uint8), np.ones((3, 3), np.uint8))
        self.dots |= np.asarray(alone, np.uint8)
        self.rows.append(row)
        self.bounds += [_bounds(group, comb, half) for group in groups]

    def _step(self, comb: _Comb, index: int, half: int) -> int | None:
        """The step of the row that a free dot stands at; None for a comma or what stands beside it."""
        x, y = (float(v) for v in self.centres[index])
        step = comb.step(x)
        level = comb.slope * x + comb.level
        beside = abs(y - level) > 2.2 or abs(step - round(step)) * comb.pitch > 1.4
        return None if beside or self.stats[index][3] > 2 * half + 2 else round(step)

    def pitch(self) -> float | None:
        """The page's own distance, once enough rows have shown it."""
        return float(np.median([p for p, _ in self.pitches])) if len(self.pitches) >= _ALIKE else None

    def take_covered(self) -> None:
        """Rows of which a long value leaves a few dots: at the page's own distance, with ink at every step between."""
        pitch = self.pitch()
        if pitch is None:
            return
        half = round(float(np.median([h for _, h in self.pitches])))
        left = sorted((i for i in self.lone if i not in self.taken), key=lambda i: float(self.centres[i][1]))
        while left:
            level = float(self.centres[left[0]][1])
            group = [i for i in left if float(self.centres[i][1]) - level <= 2.2]
            left = left[len(group) :]
            for ours in _phases(group, self.centres, pitch):
                comb = _stepped(ours, self.centres, pitch)
                if self._ends_free(comb, ours) and not self._holds(comb, ours):
                    self.take(comb, ours, half)

    def _ends_free(self, comb: _Comb, ours: list[int]) -> bool:
        """Whether ink stands at every step and a free dot at an end: an address has full stops between letters."""
        own = {round(comb.step(float(self.centres[i][0]))) for i in ours}
        steps = _inked(comb, self.ink, ours, self.centres)
        whole = sum(min(own) <= step <= max(own) for step in steps) > 0.9 * (max(own) - min(own) + 1)
        return whole and not own.isdisjoint((steps[0], steps[-1]))

    def _holds(self, comb: _Comb, ours: list[int]) -> bool:
        """Whether a row found before lies where these dots would be."""
        own = [comb.at(round(comb.step(float(self.centres[i][0])))) for i in ours]
        return any(x0 < x < x1 and abs(y1 - y) < 8 for x0, _, x1, y1 in self.bounds for x, y in own)


def _close(run: list[int], centres: Places) -> list[list[int]]:
    """The evenly spaced dots of a run, parted where a step is missing: beyond a label another leader begins."""
    pitch = _pitch([float(centres[i][0]) for i in run])
    pieces: list[list[int]] = []
    for index in run if pitch is not None else ():
        gap = float(centres[index][0] - centres[pieces[-1][-1]][0]) if pieces else 0.0
        if pieces and pitch is not None and abs(gap - pitch) <= 1.7:
            pieces[-1].append(index)
        else:
            pieces.append([index])
    return [piece for piece in pieces if len(piece) >= _FEWEST]


def _stepped(ours: list[int], centres: Places, pitch: float) -> _Comb:
    """A row of a known distance through these dots."""
    start, height = (float(np.median([centres[i][k] for i in ours])) for k in (0, 1))
    start += float(np.median([_off(float(centres[i][0]) - start, pitch) for i in ours]))
    return _Comb(start, pitch, 0.0, height)


def _off(distance: float, pitch: float) -> float:
    """How far a distance is from a whole number of steps."""
    return distance - round(distance / pitch) * pitch


def _phases(group: list[int], centres: Places, pitch: float) -> list[list[int]]:
    """Dots at one height that are in step with each other, at least a few of them."""
    found = []
    left = list(group)
    while len(left) >= _FEW:
        first = max(left, key=lambda i: sum(abs(_off(float(centres[j][0] - centres[i][0]), pitch)) < 1.2 for j in left))
        ours = [j for j in left if abs(_off(float(centres[j][0] - centres[first][0]), pitch)) < 1.2]
        if len(ours) < _FEW:
            break
        found.append(ours)
        left = [i for i in left if i not in ours]
    return found


def _comb(ours: list[int], centres: Places, pitch: float | None) -> _Comb:
    """The place and height of a row of neighbouring dots; its distance is measured where the page's is not known."""
    if pitch is not None:
        return _stepped(ours, centres, pitch)
    places, heights = (np.array([centres[i][k] for i in ours]) for k in (0, 1))
    exact, start = np.polyfit(np.arange(len(ours)), places, 1)
    slope, level = np.polyfit(places, heights, 1) if len(ours) > _LONG else (0.0, float(np.median(heights)))
    return _Comb(float(start), float(exact), float(slope), float(level))


def _inked(comb: _Comb, ink: Grey, ours: list[int], centres: Places) -> list[int]:
    """The steps from the first to the last dot: beyond those that stand free, as far as a dot may lie at every step."""
    own = [round(comb.step(float(centres[i][0]))) for i in ours]
    least = _HALF * float(np.median([_dark(ink, comb.at(step)) for step in own]))  # a label's edge has less
    first, last = min(own), max(own)
    while first > min(own) - _BEYOND and _dark(ink, comb.at(first - 1)) > least:
        first -= 1
    while last < max(own) + _BEYOND and _dark(ink, comb.at(last + 1)) > least:
        last += 1
    return [step for step in range(first, last + 1) if step in own or _dark(ink, comb.at(step)) > least]


def _dark(ink: Grey, place: tuple[int, int]) -> int:
    """Pixels of ink at the middle of a dot."""
    x, y = place
    inside = 0 < y < ink.shape[0] - 1 and 0 < x < ink.shape[1] - 1
    return int(ink[y - 1 : y + 2, x - 1 : x + 2].sum()) if inside else 0


def _unbroken(steps: list[int], free: frozenset[int]) -> list[list[int]]:
    """The steps parted where a label stands between the dots: each part is a leader of its own.

    One missing dot between two long parts is worn print; a label's own full stop is no leader.
    """
    groups: list[list[int]] = []
    for step in steps:
        if groups and step - groups[-1][-1] == 1:
            groups[-1].append(step)
        else:
            groups.append([step])
    joined: list[list[int]] = []
    for group in groups:
        if joined and group[0] - joined[-1][-1] == 2 and min(len(group), len(joined[-1])) >= _FEWEST:
            joined[-1] += group
        else:
            joined.append(group)
    return [group for group in joined if len(free & {*group}) >= (_FEWEST // 2 if len(group) < _FEWEST else 1)]


def _bounds(group: list[int], comb: _Comb, half: int) -> Bounds:
    (left, first), (right, last) = comb.at(group[0]), comb.at(group[-1])
    return (left - half, min(first, last) - half, right + half + 1, max(first, last) + half + 1)


def _runs(lone: list[int], centres: Places) -> list[list[int]]:
    """Dots at one height, with no gap wider than `_FAR`."""
    runs: list[list[int]] = []
    open_runs: list[list[int]] = []
    for index in sorted(lone, key=lambda i: centres[i][0]):
        x, y = centres[index]
        near = [run for run in open_runs if x - centres[run[-1]][0] <= _FAR and abs(centres[run[-1]][1] - y) <= 2.2]
        open_runs = [run for run in open_runs if x - centres[run[-1]][0] <= _FAR]
        if near:
            min(near, key=lambda run: abs(centres[run[-1]][1] - y)).append(index)
        else:
            runs.append([index])
            open_runs.append(runs[-1])
    return runs


def _pitch(places: list[float]) -> float | None:
    """The usual distance of neighbouring dots; None when they are not evenly spaced."""
    gaps = np.diff(sorted(places))
    close = gaps[(gaps >= _PITCH[0]) & (gaps <= _PITCH[1])]
    if len(close) < _FEWEST // 2:
        return None
    pitch = float(np.median(close))
    return pitch if float((np.abs(close - pitch) <= 1.7).mean()) >= 0.6 else None
