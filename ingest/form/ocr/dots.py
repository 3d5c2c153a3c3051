"""Rows of dots that mark where to write, told from the full stops of what was written over them."""

import cv2
import numpy as np

from ingest.form.ocr.raster import Grey, Places
from ingest.form.ocr.squares import Bounds

_DOT = (1, 8)  # pixels: side of a dot at 200 dpi
_FAR = 46  # pixels: a gap in the dots at most this wide may be covered by a typed letter or two
_FEWEST = 6  # dots of a row
_BEYOND = 45  # steps: how far a row of dots goes on under typed letters
_PITCH = (4.0, 17.0)  # pixels between two dots of a leader


def dotted_rows(ink: Grey) -> tuple[tuple[Bounds, ...], Grey]:
    """Bounds of every dotted leader in pixels, and the ink of its dots."""
    count, labels, stats, centres = cv2.connectedComponentsWithStats(ink, connectivity=8)
    lone = [
        index
        for index in range(1, count)
        if _DOT[0] <= stats[index][2] <= _DOT[1] and _DOT[0] <= stats[index][3] <= _DOT[1] and stats[index][4] >= 2
    ]
    dots = np.zeros_like(ink)
    rows: list[Bounds] = []
    taken: set[int] = set()
    for found in sorted(_runs(lone, centres), key=len, reverse=True):
        run = [i for i in found if i not in taken]
        pitch = _pitch([float(centres[i][0]) for i in run])
        if len(run) < _FEWEST or pitch is None:
            continue
        ours = [i for i in run if _in_step(i, run, centres, pitch)]
        if len(ours) < _FEWEST:
            continue
        ours = _continued(ours, lone, centres, pitch)
        taken |= set(ours)
        dots[np.isin(labels, ours)] = 1
        rows += [_bounds(group, stats) for group in _unbroken(ours, centres)]
    return tuple(rows), dots


def _unbroken(ours: list[int], centres: Places) -> list[list[int]]:
    """The dots parted where a label or a long value stands between them: each part is a leader of its own."""
    groups: list[list[int]] = []
    for index in sorted(ours, key=lambda i: float(centres[i][0])):
        if groups and centres[index][0] - centres[groups[-1][-1]][0] <= _FAR:
            groups[-1].append(index)
        else:
            groups.append([index])
    return [group for group in groups if len(group) >= _FEWEST // 2]


def _bounds(group: list[int], stats: Places) -> Bounds:
    left, top = min(int(stats[i][0]) for i in group), min(int(stats[i][1]) for i in group)
    right, low = max(int(stats[i][0] + stats[i][2]) for i in group), max(int(stats[i][1] + stats[i][3]) for i in group)
    return (left, top, right, low)


def _continued(ours: list[int], lone: list[int], centres: Places, pitch: float) -> list[int]:
    """With the dots that go on in step beyond typed letters."""
    places = np.array([centres[i][0] for i in ours])
    steps = np.round((places - places[0]) / pitch)
    if len(set(steps)) < _FEWEST:
        return ours
    exact, start = np.polyfit(steps, places, 1)
    height = float(np.median([centres[i][1] for i in ours]))
    found = set(ours)
    for index in lone:
        x, y = centres[index]
        step = (x - start) / exact
        beyond = max(steps.min() - step, step - steps.max())
        if abs(y - height) <= 2.2 and beyond <= _BEYOND and abs(step - round(step)) * exact <= 0.9:
            found.add(index)
    return sorted(found)


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


def _in_step(index: int, run: list[int], centres: Places, pitch: float) -> bool:
    """Whether another dot of the run stands at a small multiple of the pitch."""
    x = centres[index][0]
    for other in run:
        distance = abs(centres[other][0] - x)
        steps = round(distance / pitch)
        if other != index and 1 <= steps <= 6 and abs(distance - steps * pitch) <= 1.2 + 0.1 * steps:
            return True
    return False
