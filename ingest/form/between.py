"""Values typed in the middle of their leaders: "Il/La sottoscritto/a ____ Anna Villa ____ nato/a a ____ Lodi ____".

On such a page each value has a leader before it and the rest of it behind; on any other, words between two leaders are
print. What no print holds between leaders, an address or a number, tells the one from the other.
"""

from collections.abc import Sequence
from dataclasses import replace

from ingest.form.page import Word
from ingest.form.row import Blank, Row
from ingest.form.spans import Piece

Placed = tuple[Piece, Row, int]  # a piece, its row and the row's number
_SURE = 2  # addresses and numbers found between leaders
_DIGITS = 5
_LONGEST = 20  # words


def filled_between(placed: Sequence[Placed]) -> list[Placed]:
    """The same pieces; on a page filled so, each value set into the leader before it and the one behind taken away."""
    runs = _runs(placed)
    if sum(_is_datum(placed[start + 1 : end]) for start, end in runs) < _SURE:
        return list(placed)
    result: list[Placed] = []
    at = 0
    for start, end in runs:
        leader, row, number = placed[start]
        words = tuple(piece for piece, _, _ in placed[start + 1 : end] if isinstance(piece, Word))
        result += placed[at:start]
        if isinstance(leader, Blank):
            result.append((replace(leader, words=words), row, number))
        at = end + 1
    return [*result, *placed[at:]]


def _runs(placed: Sequence[Placed]) -> list[tuple[int, int]]:
    """(index of the leader before, index of the leader behind) of each run of words; a leader belongs to one run."""
    runs: list[tuple[int, int]] = []
    at = 0
    while at < len(placed):
        end = at + 1
        labelled = at > 0 and not isinstance(placed[at - 1][0], Blank)
        if labelled and _is_empty(placed[at][0]):
            while end < len(placed) and isinstance(placed[end][0], Word) and placed[end][1].cell == placed[at][1].cell:
                end += 1
            if at + 1 < end < min(len(placed), at + _LONGEST) and _is_empty(placed[end][0]):
                runs.append((at, end))
                end += 1
        at = end
    return runs


def _is_empty(piece: Piece) -> bool:
    return isinstance(piece, Blank) and not piece.words and piece.mark not in ("comb", "frame", "widget", "rule")


def _is_datum(run: Sequence[Placed]) -> bool:
    text = " ".join(piece.text for piece, _, _ in run if isinstance(piece, Word))
    return "@" in text or sum(char.isdigit() for char in text) >= _DIGITS
