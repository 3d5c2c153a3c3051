"""Boxes to tick, however they are drawn, and whether they are ticked.

A box is a glyph, a vector square, a form widget, or a pair of brackets; a tick is another glyph, a letter X, drawn
strokes, or a filled square. Each mark belongs to the nearest box, never to a line of text.
"""

import re
from dataclasses import dataclass
from itertools import pairwise

from ingest.form.cells import rounded_of, squares_of
from ingest.form.glyphs import CHECK_GLYPHS, EMPTY_GLYPHS, TICKED_GLYPHS
from ingest.form.page import Box, Page, Stroke, WidgetKind, Word, around
from ingest.vocabulary import Method

_BRACKETS = re.compile(r"^([\[(])\s*([xX✓✔✗✘✕]?)\s*([\])])$")
_LETTERS = frozenset({"X", "x", "×", "*"}) | CHECK_GLYPHS
_FULL = frozenset("■◼⬛●")


@dataclass(frozen=True, slots=True)
class Tick:
    """A box to tick. `confidence` is that of its state."""

    box: Box
    on: bool
    method: Method = Method.TEXT
    confidence: float = 0.97
    name: str = ""  # of the widget
    warnings: tuple[str, ...] = ()


def ticks_of(page: Page) -> tuple[list[Tick], list[Word]]:
    """Every box to tick of `page`, and the words that are neither box nor tick."""
    words = list(page.words)
    ticks = [Tick(w.box, w.on, Method.ACROFORM, 0.99, w.name) for w in page.widgets if w.kind is WidgetKind.TICK]
    boxes, words = _glyph_boxes(words)
    ticks += [t for t in boxes if not _near_any(t.box, [k.box for k in ticks])]
    bracketed, words = _bracketed(words)
    ticks += bracketed
    squares = [s for s in squares_of(page) if not _near_any(s, [t.box for t in ticks])]
    rounded = rounded_of(page)
    marks = tuple(s for s in page.strokes if s.filled or not _is_as_big(s.box, rounded))
    ticks += [_drawn(square, marks) for square in squares]
    return _lettered(ticks, words)


def _glyph_boxes(words: list[Word]) -> tuple[list[Tick], list[Word]]:
    ticks: list[Tick] = []
    rest: list[Word] = []
    for word in words:
        if word.text in TICKED_GLYPHS:
            ticks.append(Tick(word.box, on=True, method=word.method, confidence=0.97 * word.confidence))
        elif word.text in EMPTY_GLYPHS:
            ticks.append(Tick(word.box, on=False, method=word.method, confidence=0.97 * word.confidence))
        else:
            rest.append(word)
    return _merged(ticks), rest


def _merged(ticks: list[Tick]) -> list[Tick]:
    """A ticked glyph printed over an empty one is one box; a full square over an empty one is its filling."""
    kept: list[Tick] = []
    for tick in sorted(ticks, key=lambda t: not t.on):
        if not _near_any(tick.box, [k.box for k in kept]):
            kept.append(tick)
    return kept


def _bracketed(words: list[Word]) -> tuple[list[Tick], list[Word]]:
    """Boxes like "[X]", "[ ]", "( x )": in one word, or in two or three on a line."""
    ticks: list[Tick] = []
    rest: list[Word] = []
    at = 0
    ordered = sorted(words, key=lambda w: (round(w.box[3] / 3), w.box[0]))
    while at < len(ordered):
        for length in (1, 2, 3):
            group = ordered[at : at + length]
            close = all(b.box[0] - a.box[2] < 14 for a, b in pairwise(group))
            match = _BRACKETS.match("".join(w.text for w in group)) if close else None
            if match and len(group) == length and (match[1], match[3]) in (("[", "]"), ("(", ")")):
                ticks.append(Tick(around([w.box for w in group]), on=bool(match[2]), confidence=0.96))
                at += length
                break
        else:
            rest.append(ordered[at])
            at += 1
    return ticks, rest


def _drawn(square: Box, strokes: tuple[Stroke, ...]) -> Tick:
    """The state of a vector square, from what is drawn over it."""
    inside = [s for s in strokes if _crosses(s.box, square)]
    lines = [s for s in inside if not s.filled]
    if any(s.filled for s in inside) or len(lines) >= 2:
        return Tick(square, on=True, confidence=0.95)
    if lines:  # one stroke: a tick drawn as one curve or one line
        return Tick(square, on=True, confidence=0.9)
    return Tick(square, on=False, confidence=0.95)


def _is_as_big(box: Box, rounded: list[Box]) -> bool:
    """Whether an outline is a rounded box's own."""
    return any(abs(box[0] - frame[0]) < 0.8 and abs(box[2] - frame[2]) < 0.8 for frame in rounded)


def _crosses(stroke: Box, square: Box) -> bool:
    """Whether a stroke is a mark in `square`: centred on it, not one of its sides, not a long line through it."""
    side = square[2] - square[0]
    x, y = (stroke[0] + stroke[2]) / 2, (stroke[1] + stroke[3]) / 2
    centred = abs(x - (square[0] + square[2]) / 2) < side * 0.55 and abs(y - (square[1] + square[3]) / 2) < side * 0.6
    width, height = stroke[2] - stroke[0], stroke[3] - stroke[1]
    is_side = min(width, height) < 1.2 and (
        min(abs(x - square[0]), abs(x - square[2])) < 1.5 or min(abs(y - square[1]), abs(y - square[3])) < 1.5
    )
    return centred and not is_side and side * 0.3 < max(width, height) < side * 2.6


def _lettered(ticks: list[Tick], words: list[Word]) -> tuple[list[Tick], list[Word]]:
    """Letters X and check glyphs written over or beside a box tick it."""
    result = list(ticks)
    rest: list[Word] = []
    for word in words:
        if word.text not in _LETTERS:
            rest.append(word)
            continue
        distances = sorted((_distance(word.box, tick.box), i) for i, tick in enumerate(result))
        if not distances or distances[0][0] > 9:
            rest.append(word)
            continue
        nearest, i = distances[0]
        certain = len(distances) < 2 or distances[1][0] - nearest > 4
        old = result[i]
        confidence = 0.95 if certain and nearest < 6 else 0.7
        result[i] = Tick(old.box, True, word.method, confidence * word.confidence, old.name, old.warnings)
    return result, rest


def _distance(box: Box, other: Box) -> float:
    dx = (box[0] + box[2]) / 2 - (other[0] + other[2]) / 2
    dy = (box[1] + box[3]) / 2 - (other[1] + other[3]) / 2
    return float((dx * dx + dy * dy) ** 0.5)


def _near_any(box: Box, others: list[Box]) -> bool:
    side = max(box[2] - box[0], box[3] - box[1], 6.0)
    return any(_distance(box, other) < side * 0.6 for other in others)
