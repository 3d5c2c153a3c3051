"""Drawn geometry: table cells, combs (one box per character), squares to tick."""

from ingest.form.page import Box, Page, WidgetKind, around

_CELL = (24.0, 9.0)  # points: nothing narrower or lower is a cell
_SQUARE = (4.5, 17.0)  # points: side of a square to tick
_TALLEST = 260.0  # points: a higher box frames a whole section
_MOST_POINTS = 900  # crossings of ruling lines; more is a drawing, not a table


def squares_of(page: Page) -> list[Box]:
    """Squares to tick: small, about square, not part of a comb, not the border of a widget."""
    combed = {box for comb in _comb_groups(page) for box in comb}
    small = [r for r in page.rectangles if _is_square(r) and r not in combed] + rounded_of(page)
    widgets = [w.box for w in page.widgets if w.kind is WidgetKind.TICK]
    return [r for i, r in enumerate(small) if not any(_same(r, o) for o in (*small[:i], *widgets))]


def rounded_of(page: Page) -> list[Box]:
    """Boxes with rounded corners, as browsers print them: outlines one in the other, as wide as high.

    A lone outline is a letter or a circle somebody drew.
    """
    square = [s for s in page.strokes if s.curved and _is_frame(s.box)]
    found: list[Box] = []
    for stroke in square:
        twins = [s for s in square if s is not stroke and _same(s.box, stroke.box)]
        if not stroke.filled and twins and not any(_same(stroke.box, box) for box in found):
            found.append(stroke.box)
    return found


def _is_frame(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return 7.5 <= width <= _SQUARE[1] and abs(width - height) < 0.4


def combs_of(page: Page) -> list[Box]:
    """Runs of at least four equal touching boxes, each for one character."""
    return [around(group) for group in _comb_groups(page)]


def cells_of(page: Page) -> list[Box]:
    """Cells of ruled tables, the innermost only."""
    combed = {box for comb in _comb_groups(page) for box in comb}
    found = {_rounded(r) for r in page.rectangles if _is_cell(r) and r not in combed}
    found |= {_rounded(c) for c in _crossed(page) if _is_cell(c)}
    ordered = sorted(found, key=_area)
    kept: list[Box] = []
    for cell in ordered:
        if not any(inside(k, cell) for k in kept):
            kept.append(cell)
    return kept


def cell_of(box: Box, cells: list[Box]) -> Box | None:
    """The smallest cell that holds the middle of `box`."""
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return next((c for c in cells if c[0] - 1 <= x <= c[2] + 1 and c[1] - 1 <= y <= c[3] + 1), None)


def inside(box: Box, outer: Box) -> bool:
    """Whether `box` lies within `outer` (two points of tolerance)."""
    return box[0] >= outer[0] - 2 and box[1] >= outer[1] - 2 and box[2] <= outer[2] + 2 and box[3] <= outer[3] + 2


def _same(box: Box, other: Box) -> bool:
    return all(abs(a - b) < 2.5 for a, b in zip(box, other, strict=True))


def _is_square(box: Box) -> bool:
    width, height = box[2] - box[0], box[3] - box[1]
    return _SQUARE[0] <= width <= _SQUARE[1] and _SQUARE[0] <= height <= _SQUARE[1] and 0.6 < width / height < 1.67


def _is_cell(box: Box) -> bool:
    return box[2] - box[0] >= _CELL[0] and _CELL[1] <= box[3] - box[1] <= _TALLEST


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _rounded(box: Box) -> Box:
    return (round(box[0]), round(box[1]), round(box[2]), round(box[3]))


def _comb_groups(page: Page) -> list[list[Box]]:
    small = sorted(
        {r for r in page.rectangles if 6 <= r[2] - r[0] <= 26 and 8 <= r[3] - r[1] <= 30},
        key=lambda r: (round(r[1]), r[0]),
    )
    groups: list[list[Box]] = []
    for box in small:
        last = groups[-1][-1] if groups else None
        if last and abs(last[1] - box[1]) < 1.5 and -1 <= box[0] - last[2] < 3 and abs(_area(last) - _area(box)) < 40:
            groups[-1].append(box)
        else:
            groups.append([box])
    return [group for group in groups if len(group) >= 4]


def _crossed(page: Page) -> list[Box]:
    """Cells between crossing lines, whose four sides are all drawn."""
    flat = [s.box for s in page.strokes if not s.curved and not s.filled]
    across = _merged([(b[1], b[0], b[2]) for b in flat if b[3] - b[1] < 3 and b[2] - b[0] > 12])
    down = _merged([(b[0], b[1], b[3]) for b in flat if b[2] - b[0] < 3 and b[3] - b[1] > 8])
    if len(down) < 2 or len(across) < 2:
        return []
    points = {(x, y) for y, x0, x1 in across for x, y0, y1 in down if x0 - 2 <= x <= x1 + 2 and y0 - 2 <= y <= y1 + 2}
    if len(points) > _MOST_POINTS:
        return []
    cells = []
    for x, y in points:
        rights = sorted(px for px, py in points if py == y and px > x + 3 and _joined(across, y, x, px))
        lows = sorted(py for px, py in points if px == x and py > y + 3 and _joined(down, x, y, py))
        corner = next(
            (
                (px, py)
                for py in lows
                for px in rights
                if (px, py) in points and _joined(across, py, x, px) and _joined(down, px, y, py)
            ),
            None,
        )
        if corner:
            cells.append((x, y, *corner))
    return cells


def _joined(lines: list[tuple[float, float, float]], at: float, start: float, end: float) -> bool:
    return any(line[0] == at and line[1] - 2 <= start and end <= line[2] + 2 for line in lines)


def _merged(lines: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """Lines at (nearly) one height joined where they touch; (height, start, end)."""
    merged: list[tuple[float, float, float]] = []
    heights: list[float] = []
    for at, start, end in sorted(lines):
        height = next((h for h in heights if abs(h - at) < 2), None)
        if height is None:
            heights.append(at)
        merged.append((at if height is None else height, start, end))
    result: list[tuple[float, float, float]] = []
    for at, start, end in sorted(merged):
        if result and result[-1][0] == at and start <= result[-1][2] + 2.5:
            result[-1] = (at, result[-1][1], max(end, result[-1][2]))
        else:
            result.append((at, start, end))
    return result
