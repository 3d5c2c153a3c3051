"""Where a page's lines of text are: what the detector found, cut at wide gaps, and what it overlooked."""

import itertools
from collections.abc import Iterable, Sequence

import cv2
import numpy as np

from ingest.form.ocr.raster import Grey
from ingest.form.ocr.squares import Bounds

_GAP = 34  # pixels without ink (12 points): two things on one line
_REACH = 60  # pixels: how far beyond its columns a line may go on
_BLANK = 8  # pixels without ink between two letters of a line
_EDGE = 9  # pixels: how near the end of a leader the blank before the value lies
_LETTER = (11, 70)  # pixels: height of a letter or of a line of letters
_FEWEST = 12  # pixels of ink that may be a character
_MOST = 260  # segments of a page


def segments_of(lines: Iterable[Bounds], ink: Grey, leaders: Sequence[Bounds] = ()) -> list[Bounds]:
    """Tight bounds of every piece of text, top to bottom. What stands on a leader is no piece with what does not."""
    seen = np.zeros_like(ink)
    found: list[Bounds] = []
    for box in _joined(lines):
        x0, x1 = _inked(ink, seen, box)
        y0, y1 = box[1], box[3]
        fresh = ink[y0:y1, x0:x1] * (1 - seen[y0:y1, x0:x1])
        seen[max(0, y0 - 2) : y1 + 2, max(0, x0 - 2) : x1 + 2] = 1
        edges = [b[i] - x0 for b in leaders if y0 < b[3] < y1 + 12 for i in (0, 2)]
        for first, last in _parts(fresh, edges):
            found += [(x0 + first + a, y0 + b, x0 + first + c, y0 + d) for a, b, c, d in _pieces(fresh[:, first:last])]
    found += _overlooked(ink * (1 - seen))
    return sorted(found, key=lambda b: (b[1], b[0]))[:_MOST]


def _joined(lines: Iterable[Bounds]) -> list[Bounds]:
    """What the detector found, neighbours on one line as one: it cuts through letters where it parts them."""
    joined: list[Bounds] = []
    for box in sorted(lines, key=lambda b: b[0]):
        at = next((i for i, other in enumerate(joined) if _continues(other, box)), None)
        if at is None:
            joined.append(box)
        else:
            one = joined[at]
            joined[at] = (one[0], min(one[1], box[1]), max(one[2], box[2]), max(one[3], box[3]))
    return sorted(joined, key=lambda b: (b[3] - b[1]) * (b[2] - b[0]), reverse=True)


def _continues(one: Bounds, box: Bounds) -> bool:
    shared = min(one[3], box[3]) - max(one[1], box[1])
    higher = max(one[3] - one[1], box[3] - box[1])
    return shared > 0.7 * higher and box[0] - one[2] < _GAP


def _inked(ink: Grey, seen: Grey, box: Bounds) -> tuple[int, int]:
    """From where to where a line's ink goes on without a wide blank, beyond the columns the detector gave it."""
    x0, y0, x1, y1 = box
    left, right = max(0, x0 - _REACH), min(ink.shape[1], x1 + _REACH)
    columns = (ink[y0:y1, left:right] * (1 - seen[y0:y1, left:right])).sum(axis=0)
    start, end = x0 - left, x1 - left
    while start > 0 and columns[max(0, start - _BLANK) : start].any():
        start -= 1
    while end < len(columns) and columns[end : end + _BLANK].any():
        end += 1
    return left + start, left + end


def _parts(ink: Grey, edges: Sequence[int]) -> list[tuple[int, int]]:
    """Columns from and to of the parts between the ends of leaders, cut where there is no ink."""
    width = ink.shape[1]
    empty = ink.sum(axis=0) == 0
    cuts = {0, width}
    for edge in edges:
        near = [x for x in range(max(1, edge - _EDGE), min(width - 1, edge + _EDGE)) if empty[x] and empty[x - 1]]
        if near:
            cuts.add(min(near, key=lambda x: abs(x - edge)))
    ordered = sorted(cuts)
    return list(itertools.pairwise(ordered))


def _pieces(ink: Grey) -> list[Bounds]:
    """The parts of a line that wide gaps separate."""
    columns = np.flatnonzero(ink.sum(axis=0))
    if not len(columns):
        return []
    cuts = np.flatnonzero(np.diff(columns) > _GAP)
    starts = [columns[0], *columns[cuts + 1]]
    ends = [*columns[cuts], columns[-1]]
    found = []
    for start, end in zip(starts, ends, strict=True):
        part = ink[:, start : end + 1]
        rows = np.flatnonzero(part.sum(axis=1))
        if int(part.sum()) >= _FEWEST and rows[-1] - rows[0] >= 3:
            found.append((int(start), int(rows[0]), int(end) + 1, int(rows[-1]) + 1))
    return found


def _overlooked(ink: Grey) -> list[Bounds]:
    """Lone letters and digits outside every line the detector saw."""
    joined = cv2.dilate(ink, np.ones((3, 15), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = []
    for index in range(1, count):
        x, y, width, height, _ = (int(v) for v in stats[index])
        part = ink[y : y + height, x : x + width]
        if not _LETTER[0] <= height - 2 <= _LETTER[1] or int(part.sum()) < 2 * _FEWEST:
            continue
        found += [(x + a, y + b, x + c, y + d) for a, b, c, d in _pieces(part) if d - b >= _LETTER[0]]
    return found


def widest_lines(ink: Grey, most: int = 5) -> list[Bounds]:
    """The longest runs of letter-high ink, for a first look without the detector."""
    joined = cv2.dilate(ink, np.ones((1, 25), np.uint8))
    count, _, stats, _ = cv2.connectedComponentsWithStats(joined, connectivity=8)
    found = [
        (int(x), int(y), int(x + width), int(y + height))
        for x, y, width, height, area in stats[1:count]
        if 14 <= height <= 48 and width > 5 * height and area > 0.4 * width * height
    ]
    return sorted(found, key=lambda b: b[0] - b[2])[:most]


def crops_of(clean: Grey, segments: Sequence[Bounds]) -> list[Grey]:
    """The pictures of the segments, with the margin the engines were taught with."""
    return [_crop(clean, segment) for segment in segments]


def _crop(clean: Grey, segment: Bounds) -> Grey:
    x0, y0, x1, y1 = segment
    margin = max(3, round((y1 - y0) * 0.16))
    height, width = clean.shape
    part = clean[max(0, y0 - margin) : min(height, y1 + margin), max(0, x0 - margin) : min(width, x1 + margin)]
    if part.shape[0] >= 24:
        return np.ascontiguousarray(part)
    factor = 24 / part.shape[0]
    return np.asarray(cv2.resize(part, None, fx=factor, fy=factor, interpolation=cv2.INTER_CUBIC), np.uint8)
