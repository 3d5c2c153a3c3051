"""Labels broken over two lines: "nella | sua qualità di", "ENTE/ASSOCIAZIONE/ | COMITATO". The first part moves down.

Both parts together are a wording of the lexicon, and what follows the second is written for the whole.
"""

from dataclasses import replace

from ingest.form.fold import fold
from ingest.form.page import Word
from ingest.form.row import Row
from ingest.form.wordings import wordings

_LINE = 20.0  # points from one line to the next
_MOST = 5  # words of a part


def with_whole_labels(rows: list[Row]) -> list[Row]:
    """The same rows, the beginning of a broken label set before its end."""
    result = list(rows)
    for at in range(len(result) - 1):
        above, below = result[at], result[at + 1]
        length = _broken(above, below)
        if length:
            moved = above.items[-length:]
            result[at] = replace(above, items=above.items[:-length])
            result[at + 1] = replace(below, items=(*moved, *below.items))
    return [row for row in result if row.items]


def _broken(above: Row, below: Row) -> int:
    """How many words at the end of a row begin a label that the next row ends; 0 for none."""
    if not above.items or not below.items or above.cell != below.cell:
        return 0
    if not 0 < below.box[3] - above.box[3] < _LINE:
        return 0
    if above.items[-1].box[2] < below.box[0] or above.box[2] < below.items[0].box[2]:
        return 0  # no line that was full
    tail, head = _words(above.items[::-1])[::-1], _words(below.items)
    for length in range(min(len(tail), _MOST), 0, -1):
        before = " ".join(word.text for word in tail[-length:])
        for end in range(min(len(head), _MOST), 0, -1):
            whole = fold(f"{before} {' '.join(word.text for word in head[:end])}")
            if whole in wordings() and fold(before) not in wordings():
                return length
    return 0


def _words(items: tuple[object, ...]) -> list[Word]:
    found: list[Word] = []
    for item in items[:_MOST]:
        if not isinstance(item, Word):
            break
        found.append(item)
    return found
