"""Words of a page → rows in reading order, with what is written on each leader.

A value typed over, above or below a leader belongs to that leader, whatever text order says: rows that carry only
such floating values are given back to the leaders they overlap, all on the same side of the page's leaders.
"""

from collections import Counter
from dataclasses import dataclass, replace

from ingest.form.cells import cell_of, cells_of, combs_of
from ingest.form.page import Box, Leader, Page, WidgetKind, Word, around
from ingest.form.pdffields import words_in
from ingest.form.ticks import Tick
from ingest.form.ticks import ticks_of
from ingest.verdict import Method

_ON = (-7.5, 4.0)  # points between the bottom of a value and the bottom of the leader it is typed over
_FLOAT = 15.0  # points a floating row may stand away from its leaders


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


def rows_of(page: Page) -> list[Row]:
    """Rows of `page` in reading order: cell by cell inside tables, line by line elsewhere."""
    cells = cells_of(page)
    ticks, words = ticks_of(page)
    written, blanks = _widgets(page)
    printed = [w for w in words if not _repeats_a_widget(w, written)]
    blanks += [Blank(box, "comb") for box in combs_of(page)]
    blanks += [Blank(leader.box, leader.mark) for leader in _distinct(page.leaders, blanks)]
    printed, blanks = _fill(printed, blanks)
    rows = _ticked(_lines([*printed, *blanks], cells), ticks, cells)
    return _settled(rows, page)


def _widgets(page: Page) -> tuple[list[Word], list[Blank]]:
    words: list[Word] = []
    blanks: list[Blank] = []
    for widget in page.widgets:
        if widget.kind in (WidgetKind.TEXT, WidgetKind.CHOICE):
            inside = tuple(words_in(widget.box, widget.value, Method.ACROFORM))
            words += inside
            x0, _, x1, y1 = widget.box
            height = min(12.0, y1 - widget.box[1])
            blanks.append(Blank((x0, y1 - height, x1, y1), "widget", inside))
    return words, blanks


def _repeats_a_widget(word: Word, written: list[Word]) -> bool:
    """A flattened copy of a field's value, drawn where the field stands."""
    middle = ((word.box[0] + word.box[2]) / 2, (word.box[1] + word.box[3]) / 2)
    near = [
        w for w in written if w.box[1] - 8 <= middle[1] <= w.box[3] + 8 and w.box[0] - 80 <= middle[0] <= w.box[2] + 80
    ]
    return any(w.text == word.text for w in near)


def _distinct(leaders: tuple[Leader, ...], blanks: list[Blank]) -> list[Leader]:
    """Leaders that are not the bottom line of a widget, and not a rule drawn under printed leaders."""
    kept: list[Leader] = []
    for leader in sorted(leaders, key=lambda found: found.mark == "rule"):
        taken = [b.box for b in blanks] + [k.box for k in kept]
        if not any(overlap(leader.box, box) > 0.6 and abs(bottom_gap(leader.box, box)) < 6 for box in taken):
            kept.append(leader)
    return kept


def _fill(words: list[Word], blanks: list[Blank]) -> tuple[list[Word], list[Blank]]:
    """Words typed over a blank go into it."""
    filled: dict[int, list[Word]] = {}
    free: list[Word] = []
    for word in words:
        best = max(range(len(blanks)), key=lambda i: _fit(word, blanks[i]), default=-1)
        if best >= 0 and _fit(word, blanks[best]) > 0.5:
            filled.setdefault(best, []).append(word)
        else:
            free.append(word)
    return free, [
        replace(blank, words=tuple(sorted((*blank.words, *filled.get(i, ())), key=lambda w: (w.box[1], w.box[0]))))
        if i in filled
        else blank
        for i, blank in enumerate(blanks)
    ]


def _fit(word: Word, blank: Blank) -> float:
    """0..1: how surely `word` is written on `blank`."""
    gap = bottom_gap(word.box, blank.box)
    low, high = (_ON[0], _ON[1] + 4) if blank.mark == "comb" else _ON
    if not low <= gap <= high:
        return 0.0
    return overlap(word.box, blank.box) - abs(gap) / 100


def _lines(items: list[Item], cells: list[Box]) -> list[Row]:
    blocks: dict[Box | None, list[Item]] = {}
    for item in items:
        blocks.setdefault(cell_of(item.box, cells), []).append(item)
    rows: list[Row] = []
    for cell, inside in blocks.items():
        rows += [_row(line, cell) for line in _clusters(inside)]
    return rows


def _ticked(rows: list[Row], ticks: list[Tick], cells: list[Box]) -> list[Row]:
    """Each box to tick set into the row beside it; a box alone in its cell makes a row of its own."""
    for tick in ticks:
        cell = cell_of(tick.box, cells)
        middle = (tick.box[1] + tick.box[3]) / 2
        near = [
            (abs((row.box[1] + row.box[3]) / 2 - middle), i)
            for i, row in enumerate(rows)
            if row.cell == cell and row.box[1] - 5 <= middle <= row.box[3] + 3
        ]
        if near:
            row = rows[min(near)[1]]
            items = tuple(sorted((*row.items, tick), key=lambda i: i.box[0]))
            rows[min(near)[1]] = replace(row, items=items)
        else:
            rows.append(Row((tick,), tick.box, cell))
    return sorted(rows, key=_reading_order)


def _reading_order(row: Row) -> tuple[float, float, float]:
    if row.cell:
        return (round(row.cell[1] / 4) * 4, row.cell[0], row.box[1])
    return (row.box[3] - 10, row.box[0], row.box[1])


def _clusters(items: list[Item]) -> list[list[Item]]:
    lines: list[list[Item]] = []
    for item in sorted(items, key=lambda i: i.box[3]):
        height = 10.0 if isinstance(item, Blank) else min(item.box[3] - item.box[1], 14.0)
        if lines and item.box[3] - lines[-1][0].box[3] <= max(height * 0.42, 3.5):
            lines[-1].append(item)
        else:
            lines.append([item])
    return [sorted(line, key=lambda i: i.box[0]) for line in lines]


def _row(items: list[Item], cell: Box | None) -> Row:
    return Row(tuple(items), around([i.box for i in items]), cell)


def _settled(rows: list[Row], page: Page) -> list[Row]:
    """Rows with floating values moved onto the leaders above or below them."""
    floating = {i: _sides(i, rows) for i in range(len(rows)) if _may_float(rows[i])}
    floating = {i: sides for i, sides in floating.items() if sides}
    sure = Counter(next(iter(sides))[0] for sides in floating.values() if len(sides) == 1)
    for i, sides in floating.items():
        target, doubtful = _chosen(sides, sure)
        if target is not None:
            rows[target] = _with_words(rows[target], rows[i], doubtful=doubtful)
            rows[i] = Row((), rows[i].box, rows[i].cell)
    return [row for row in rows if row.items]


def _may_float(row: Row) -> bool:
    return bool(row.items) and all(isinstance(item, Word) for item in row.items)


def _sides(at: int, rows: list[Row]) -> list[tuple[str, int, float]]:
    """(side, row index, distance) of each row whose empty leaders lie under or over every word of row `at`."""
    found = []
    for i, row in enumerate(rows):
        if i == at or row.cell != rows[at].cell:
            continue
        blanks = [b for b in row.items if isinstance(b, Blank) and not b.words and b.mark != "comb"]
        gap = _gap(rows[at], blanks)
        if gap is None or abs(gap) > _FLOAT:
            continue
        found.append(("below" if gap > 0 else "above", i, abs(gap)))
    return found


def _gap(row: Row, blanks: list[Blank]) -> float | None:
    """Points from the blanks to the words; None unless each word overlaps one of the blanks."""
    if not blanks:
        return None
    for word in row.items:
        starts = any(b.box[0] - 3 <= word.box[0] and overlap(word.box, b.box) > 0.5 for b in blanks)
        if not starts:
            return None
    return row.items[0].box[3] - blanks[0].box[3]


def _chosen(sides: list[tuple[str, int, float]], sure: Counter[str]) -> tuple[int | None, bool]:
    if len(sides) == 1:
        return sides[0][1], False
    for side, _ in sure.most_common(1):
        same = [s for s in sides if s[0] == side]
        if len(same) == 1:
            return same[0][1], False
    nearest = sorted(sides, key=lambda s: s[2])
    return nearest[0][1], nearest[1][2] - nearest[0][2] < 3


def _with_words(row: Row, floating: Row, *, doubtful: bool) -> Row:
    given: dict[int, list[Word]] = {}
    for word in floating.items:
        if isinstance(word, Word):
            places = [i for i, b in enumerate(row.items) if isinstance(b, Blank)]
            given.setdefault(max(places, key=lambda i: overlap(word.box, row.items[i].box)), []).append(word)
    items = tuple(
        replace(item, words=(*item.words, *given[i]), doubtful=doubtful)
        if i in given and isinstance(item, Blank)
        else item
        for i, item in enumerate(row.items)
    )
    return replace(row, items=items)
