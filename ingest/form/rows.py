"""Words of a page → rows in reading order, with what is written on each leader.

A value typed over, above or below a leader belongs to that leader, whatever text order says: rows that carry only
such floating values are given back to the leaders they overlap, all on the same side of the page's leaders.
"""

from dataclasses import replace

from ingest.form.cells import cell_of, cells_of, combs_of
from ingest.form.floating import settled
from ingest.form.page import Box, Leader, Page, WidgetKind, Word, around
from ingest.form.pdffields import words_in
from ingest.form.row import Blank, Item, Row, bottom_gap, overlap
from ingest.form.ticks import Tick, ticks_of
from ingest.form.wordings import starts_with_label
from ingest.vocabulary import Method

_ON = (-7.5, 4.0)  # points between the bottom of a value and the bottom of the leader it is typed over


def rows_of(page: Page) -> list[Row]:
    """Rows of `page` in reading order: cell by cell inside tables, line by line elsewhere."""
    ticks, words = ticks_of(page)
    written, blanks = _widgets(page)
    printed = [w for w in words if not _repeats_a_widget(w, written)]
    cells, boxes = _told_apart(cells_of(page), printed, [b.box for b in blanks])
    blanks += [Blank(box, "comb") for box in combs_of(page)]
    blanks += boxes
    rules = tuple(leader for leader in page.leaders if not _strikes(leader, printed))
    blanks += [Blank(leader.box, leader.mark) for leader in _distinct(rules, blanks)]
    printed, blanks = _fill(printed, blanks)
    rows = _ticked(_lines([*printed, *blanks], cells), ticks, cells)
    return _labelled_from_above(settled(rows))


def _told_apart(cells: list[Box], words: list[Word], widgets: list[Box]) -> tuple[list[Box], list[Blank]]:
    """Cells of tables, and lone frames to write in, whose label stands outside. The frame of a widget is neither."""
    kept: list[Box] = []
    frames: list[Blank] = []
    for cell in cells:
        if any(
            overlap(w, cell) > 0.8 and overlap(cell, w) > 0.8 and w[1] < cell[3] and w[3] > cell[1] for w in widgets
        ):
            continue
        inside = [w.text for w in words if cell_of(w.box, [cell])]
        lone = not any(_touch(cell, other) for other in cells if other != cell)
        if lone and cell[3] - cell[1] < 44 and not starts_with_label(inside):
            frames.append(Blank((cell[0], cell[1], cell[2], cell[3]), "frame"))
        else:
            kept.append(cell)
    return kept, frames


def _touch(cell: Box, other: Box) -> bool:
    return (
        cell[0] - 2.5 <= other[2]
        and other[0] - 2.5 <= cell[2]
        and cell[1] - 2.5 <= other[3]
        and other[1] - 2.5 <= cell[3]
    )


def _labelled_from_above(rows: list[Row]) -> list[Row]:
    """A line of labels with a line of places to write under it becomes one line: label, place, label, place."""
    result: list[Row] = []
    for row in rows:
        last = result[-1] if result else None
        blanks = [i for i in row.items if isinstance(i, Blank)]
        merges = (
            last is not None
            and len(blanks) == len(row.items)
            and last.cell == row.cell
            and all(isinstance(i, Word) for i in last.items)
            and starts_with_label([i.text for i in last.items if isinstance(i, Word)])
            and 0 < row.box[1] - last.box[1] < 32
            and abs(last.items[0].box[0] - blanks[0].box[0]) < 12
        )
        if last is None or not merges:
            result.append(row)
            continue
        items: list[Item] = []
        words = list(last.items)
        for i, blank in enumerate(blanks):
            end = blanks[i + 1].box[0] - 6 if i + 1 < len(blanks) else blank.box[2] + 4
            above = [w for w in words if w.box[0] < end]
            words = words[len(above) :]
            items += [*above, blank]
        items += words
        result[-1] = replace(last, items=tuple(items), box=around([last.box, row.box]))
    return result


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
        w for w in written if w.box[1] - 2 <= middle[1] <= w.box[3] + 2 and w.box[0] - 60 <= middle[0] <= w.box[2] + 60
    ]
    return any(w.text == word.text for w in near)


def _strikes(leader: Leader, words: list[Word]) -> bool:
    """Whether a rule runs through words instead of under them."""
    if leader.mark != "rule":
        return False
    line = leader.box[3] - 2
    return any(
        w.box[1] + 0.2 * (w.box[3] - w.box[1]) < line < w.box[3] - 0.3 * (w.box[3] - w.box[1])
        and overlap(w.box, leader.box) > 0.5
        for w in words
    )


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
    low, high = (-40.0, 2.0) if blank.mark in ("comb", "frame") else _ON
    if blank.mark in ("comb", "frame") and word.box[1] < blank.box[1] - 3:
        return 0.0
    if blank.mark == "rule" and gap > 1.2:  # a line through the words, not under them
        return 0.0
    if word.text in "()[]":
        return 0.0
    if not low <= gap <= high:
        return 0.0
    return overlap(word.box, blank.box) - min(abs(gap), 10) / 100


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
