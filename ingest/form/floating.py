"""Values typed above or below their leaders, in lines of their own, given back to the leaders they stand at.

All the values of a page stand on the same side: where a line could belong to two lines of leaders, the lines that
could not tell; when they do not, the value carries its doubt.
"""

from collections import Counter
from dataclasses import replace

from ingest.form.page import Word
from ingest.form.row import Blank, Row, overlap
from ingest.form.wordings import starts_with_label

_FLOAT = 15.0  # points a floating row may stand away from its leaders


def settled(rows: list[Row]) -> list[Row]:
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
    words = [item.text for item in row.items if isinstance(item, Word)]
    return len(words) == len(row.items) > 0 and not starts_with_label(words)


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
