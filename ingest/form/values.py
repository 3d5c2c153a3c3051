"""What tells a value from print, word by word."""

from ingest.form.page import Word
from ingest.form.row import Row
from ingest.form.spans import Label, Piece, is_bare_hint, is_hint, is_marker

_LONE = frozenset("-–—/")


def is_prose(label: Label, following: Piece | None) -> bool:
    """Whether "il" and "n." are running text: no date, no number follows."""
    if label.text.strip(" .:°º").casefold() not in ("il", "n", "in data", "al n") or label.id:
        return False
    if not isinstance(following, Word):
        return False
    return not any(c.isdigit() for c in following.text) and following.text.casefold().strip(".,") not in (
        "snc",
        "s.n.c",
        "sn",
        "s/n",
        "//",
    )


def beside(row: Row, other: Row) -> bool:
    """Whether the cell of `other` is right of, or under, the cell of `row`."""
    a, b = row.cell, other.cell
    if a is None or b is None:
        return False
    return abs(b[0] - a[2]) < 6 and b[1] < a[3] and b[3] > a[1]


def as_words(label: Label) -> list[Word]:
    """A label's words again, their places estimated."""
    parts = label.text.split()
    x0, y0, x1, y1 = label.box
    total = max(sum(len(p) + 1 for p in parts) - 1, 1)
    words, at = [], 0
    for part in parts:
        start, end = x0 + (x1 - x0) * at / total, x0 + (x1 - x0) * (at + len(part)) / total
        words.append(Word(part, (start, y0, end, y1)))
        at += len(part) + 1
    return words


def lone_mark(words: list[Word]) -> list[Word]:
    """The dash or bar that is all that follows a label with its colon; [] for anything else."""
    return words if len(words) == 1 and words[0].text in _LONE else []


def is_punctuation(word: Word) -> bool:
    """Whether a word has neither letter nor digit."""
    return not any(c.isalnum() for c in word.text)


def without_hints(words: list[Word]) -> list[Word]:
    """Words without leading punctuation and without parentheses that explain the label."""
    kept: list[Word] = []
    inside: list[Word] = []
    for word in words:
        if inside or word.text.startswith("("):
            inside.append(word)
            if ")" in word.text:
                if not is_hint([w.text for w in inside]):
                    kept += [] if inside and is_hint([w.text for w in inside]) else inside
                inside = []
            continue
        kept.append(word)
    kept += inside
    if is_bare_hint([w.text for w in kept]):
        return []
    while kept and is_punctuation(kept[0]) and not (is_marker(kept[0].text) or kept[0].text == "/"):
        kept.pop(0)
    return kept
