"""Values that wrap within their own column, beside another label: each line's words go after what they continue.

    Denominazione: Parrocchia San      Natura giuridica: Ente religioso
    Martino                            civilmente riconosciuto

Only a column that was full goes on, and only back at its own left edge.
"""

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from ingest.form.page import Word
from ingest.form.row import Row
from ingest.form.wordings import starts_with_label

_APART = 14.0  # points between two columns, at least
_EDGE = 2.5  # points by which a line's beginning may miss the column's
_LINE = 18.0  # points from one line to the next


def with_wrapped_columns(rows: list[Row]) -> list[Row]:
    """The same rows, the continued lines of columns taken into the row they continue."""
    result: list[Row] = []
    right = max((row.box[2] for row in rows), default=0.0)
    for row in rows:
        above = result[-1] if result else None
        parts = _wrapped(above, row, right) if above else None
        if above and parts:
            result[-1] = replace(above, items=tuple(word for part in parts for word in part))
        else:
            result.append(row)
    return result


def _wrapped(above: Row, row: Row, right: float) -> list[list[Word]] | None:
    """The columns of `above`, each with what goes on in `row`; None when `row` is a line of its own."""
    if not (above.items and row.items) or above.cell != row.cell:
        return None
    if not 0 < row.items[0].box[3] - above.items[0].box[3] < _LINE:
        return None
    first, second = _words(above), _words(row)
    columns, lines = _columns(first or []), _columns(second or [])
    labelled = len(columns) > 1 and all(starts_with_label([word.text for word in column]) for column in columns)
    if not labelled or not lines or any(starts_with_label([word.text for word in line]) for line in lines):
        return None
    ends = [column[0].box[0] - _APART for column in columns[1:]] + [right]
    for line in lines:
        at = next((i for i, c in enumerate(columns) if abs(c[0].box[0] - line[0].box[0]) < _EDGE), None)
        if at is None or columns[at][-1].box[2] + line[0].box[2] - line[0].box[0] < ends[at] - _APART:
            return None
        columns[at] = [*columns[at], *line]
    return columns


def _words(row: Row) -> list[Word] | None:
    """The words of a row that is nothing else."""
    words = [item for item in row.items if isinstance(item, Word)]
    return words if len(words) == len(row.items) else None


def _columns(words: Sequence[Word]) -> list[list[Word]]:
    """The words of a row, apart where a wide gap is."""
    columns: list[list[Word]] = [[word] for word in words[:1]]
    for word, following in pairwise(words):
        if following.box[0] - word.box[2] > _APART:
            columns.append([])
        columns[-1].append(following)
    return columns
