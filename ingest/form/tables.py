"""Tables whose first line holds the labels: each value stands in the cell below its label."""

from dataclasses import replace
from itertools import groupby

from ingest.form.page import Box, Word, around
from ingest.form.row import Row
from ingest.form.wordings import is_label, starts_with_label

_LONGEST = 8  # words of a label


def under_their_labels(rows: list[Row]) -> list[Row]:
    """`rows` with the cells under a line of label cells moved into those cells.

    A line of labels: at least two cells at one height, each beginning with a label and nothing written after it.
    """
    rows = _unwrapped(rows)
    by_cell: dict[Box, list[Row]] = {}
    for row in rows:
        if row.cell:
            by_cell.setdefault(row.cell, []).append(row)
    heads = [cell for cell, inside in by_cell.items() if _is_label_only(inside)]
    moved: dict[Box, Box] = {}
    for head in heads:
        band = [c for c in by_cell if abs(c[1] - head[1]) < 3]
        below = next((c for c in by_cell if abs(c[1] - head[3]) < 4 and abs(c[0] - head[0]) < 4), None)
        if len(band) > 1 and all(c in heads for c in band) and below and not _is_label(by_cell[below]):
            moved[below] = head
    result: list[Row] = []
    for row in rows:
        if row.cell in moved:
            continue
        result.append(row)
        if row.cell and row.cell in moved.values() and row is by_cell[row.cell][-1]:
            values = [v for below, head in moved.items() if head == row.cell for v in by_cell[below]]
            result += [replace(v, cell=row.cell) for v in values]
    return result


def _unwrapped(rows: list[Row]) -> list[Row]:
    """`rows` with the lines of a cell joined where together they are one label: "Legale" over "rappresentante"."""
    result: list[Row] = []
    for cell, group in groupby(rows, key=lambda row: row.cell):
        lines = list(group)
        items = tuple(item for line in lines for item in line.items)
        words = [item.text for item in items if isinstance(item, Word)]
        if cell and len(lines) > 1 and len(words) == len(items) <= _LONGEST and is_label(" ".join(words)):
            result.append(replace(lines[0], items=items, box=around([line.box for line in lines])))
        else:
            result += lines
    return result


def _is_label(rows: list[Row]) -> bool:
    return starts_with_label([i.text for i in rows[0].items if isinstance(i, Word)]) or _one_word(rows)


def _is_label_only(rows: list[Row]) -> bool:
    """One line that begins with a label, with no place to write and no digit."""
    items = [i for row in rows for i in row.items]
    words = [i.text for i in items if isinstance(i, Word)]
    written = any(c.isdigit() or c == "@" for word in words for c in word)
    return len(words) == len(items) and not written and _is_label(rows)


def _one_word(rows: list[Row]) -> bool:
    """Whether the cell is "Sede" or "VIA": too short to be told from values, unless they fill it."""
    words = [i.text for row in rows for i in row.items if isinstance(i, Word)]
    return len(words) == 1 and is_label(words[0])
