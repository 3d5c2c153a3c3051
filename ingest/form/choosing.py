"""Boxes of a page → the choices they stand for → what was chosen in each field.

Two boxes ticked where one is allowed are a conflict for a person: no value, the candidates kept as raw text.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ingest.form.choices import PUBLIC_KIND, STATES, Choice, Match, best_match
from ingest.form.field import FieldType
from ingest.form.fold import fold
from ingest.form.glyphs import CHECK_GLYPHS
from ingest.form.page import Box, Page, Stroke, Word, around
from ingest.form.row import Blank, Item, Row
from ingest.form.schema import field_of
from ingest.form.ticks import Tick
from ingest.form.value import Doubt, warning
from ingest.form.wordings import MARK, NUMBERED
from ingest.verdict import FieldValue, Value
from ingest.vocabulary import Method

_ANCHORS = (
    ("organisation.legal_nature", r"natura giuridica|forma giuridica|tipologia (?:di )?ente"),
    ("organisation.registrations", r"\biscrizion[ei]\b"),
    ("organisation.municipalities", r"comuni del distretto|comuni in cui"),
    ("themes", r"in particolare per|tematic|are[ae] di interesse|voce che interessa"),
    ("attachments_declared", r"\ballegati\b|\bsi allega\b"),
    ("declarant.capacity", r"in qualita di"),
    ("contact.same_as_declarant", r"\breferente\b"),
    ("declarations.art4_body", r"\bdichiara\b"),
)
_X = frozenset({"x", "X", "×"}) | CHECK_GLYPHS
_NEXT_LINE = 14.0  # points between a line and the one its words wrap to
_LONGEST = 22  # words of an option's label


@dataclass(frozen=True, slots=True)
class Chosen:
    """A box with the choice printed beside it."""

    choice: Choice
    tick: Tick
    text: str
    box: Box
    page: int = 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """A page's rows without its boxes, and the choices they stood for."""

    rows: list[Row]
    chosen: list[Chosen]
    orphans: list[Tick]  # boxes whose words mean no known choice


def choose(rows: list[Row], page: Page, choices: tuple[Choice, ...], group: str = "") -> Sheet:
    """The choices of a page; where "altro" is followed by a place to write, a mark stays as its label.

    `group` is the field whose boxes came last on the page before.
    """
    choosing = _Choosing(rows, page, choices, group)
    kept = [replace(row, items=tuple(choosing.items_of(number))) for number, row in enumerate(rows)]
    return Sheet(kept, choosing.chosen, choosing.orphans)


class _Choosing:
    """The field whose boxes came last, and the choices met so far."""

    def __init__(self, rows: list[Row], page: Page, choices: tuple[Choice, ...], group: str) -> None:
        self.rows = rows
        self.page = page
        self.choices = choices
        self.group = group
        self.taken: frozenset[tuple[str, str]] = frozenset()
        self.chosen: list[Chosen] = []
        self.orphans: list[Tick] = []
        self.used: list[Word] = []  # words at the start of the next row that a box at a line's end took

    def items_of(self, number: int) -> list[Item]:
        """The items of a row without the words of its options."""
        queue = list(_with_letters(self.rows[number], self.choices, self.group))
        queue, self.used = [item for item in queue if item not in self.used], []
        if _boxes_follow(queue) and self._names_a_choice(_words_after(queue)):
            queue = _boxes_first(queue)
        self.group = _anchored(queue, self.group)
        items: list[Item] = []
        while queue:
            item = queue.pop(0)
            items.append(item)
            if isinstance(item, Tick):
                items += self._option(item, queue, number)
        return items

    def _option(self, tick: Tick, queue: list[Item], number: int) -> list[Item]:
        """Takes the option's words off `queue`; gives what stands in for them."""
        if len(queue) > 1 and isinstance(queue[0], Word) and NUMBERED.match(queue[0].text):
            queue.pop(0)
        words = _words_after(queue) or _next_cell(self.rows, number)
        match = self._match(words)
        if len(words) == len(queue):
            further = _next_line(self.rows, number)
            wrapped = self._match([*words, *further]) if further else None
            if wrapped and wrapped.length > len(words) and (match is None or wrapped.score >= match.score):
                self.used = further[: wrapped.length - len(words)]
                words, match = [*words, *further], wrapped
        if match is None and number:  # a box beside the middle of a label of two lines
            above = [w for w in self.rows[number - 1].items if isinstance(w, Word) and w.box[0] > tick.box[2] - 2]
            while above and NUMBERED.match(above[0].text):
                above.pop(0)
            words = [*above, *words]
            match = self._match(words)
        if match is None:
            self.orphans.append(tick)
            return []
        used = words[: match.length]
        choice = match.choice
        self.taken |= {(choice.key, choice.value)}
        self.group = _group_after(choice)
        marked = _marked(tick, used, self.page.strokes)
        marked = replace(marked, confidence=marked.confidence * (0.7 + 0.3 * match.score))
        box = self.page.displayed(around([tick.box, *(w.box for w in used)]))
        self.chosen.append(Chosen(choice, marked, " ".join(w.text for w in used), box, self.page.number))
        here = [word for word in used if word not in self.used]
        if queue[: len(here)] != here:
            return []
        del queue[: len(here)]
        mark = choice.key if choice.writes else "runts" if choice.value == "runts" else ""
        return [replace(used[0], text=f"{MARK}{mark}")] if mark else []

    def _names_a_choice(self, words: list[Word]) -> bool:
        """Whether `words` end with a choice: then the box after them is theirs."""
        matches = ((at, self._match(words[at:])) for at in range(len(words)))
        return any(match is not None and at + match.length == len(words) for at, match in matches)

    def _match(self, words: list[Word]) -> Match | None:
        return best_match([w.text for w in words], self.choices, self.group, self.taken)


def _group_after(choice: Choice) -> str:
    return PUBLIC_KIND if (choice.key, choice.value) == ("organisation.legal_nature", "public_body") else choice.key


def _anchored(items: list[Item], group: str) -> str:
    """The field that a heading on this row opens."""
    text = fold(" ".join(i.text for i in items if isinstance(i, Word)))
    return next((key for key, pattern in _ANCHORS if re.search(pattern, text)), group)


def _words_after(queue: list[Item]) -> list[Word]:
    words: list[Word] = []
    for item in queue[:_LONGEST]:
        if not isinstance(item, Word):
            break
        words.append(item)
    return words


def _next_cell(rows: list[Row], number: int) -> list[Word]:
    """The words of the cell right of a box that stands alone in its own."""
    if rows[number].cell is None or len(rows[number].items) > 1 or number + 1 >= len(rows):
        return []
    return _words_after(list(rows[number + 1].items))


def _next_line(rows: list[Row], number: int) -> list[Word]:
    """The words that begin the next line: a label may wrap behind its box, or within itself."""
    if number + 1 >= len(rows) or rows[number + 1].cell != rows[number].cell:
        return []
    below = rows[number + 1]
    if below.box[1] - rows[number].box[3] > _NEXT_LINE:
        return []
    return _words_after(list(below.items))


def _boxes_follow(items: list[Item]) -> bool:
    """Whether the row prints each box after its words ("sì □ no □")."""
    ticks = [i for i, item in enumerate(items) if isinstance(item, Tick)]
    return bool(ticks) and isinstance(items[0], Word) and ticks[-1] == len(items) - 1


def _boxes_first(items: list[Item]) -> list[Item]:
    result: list[Item] = []
    words: list[Item] = []
    for item in items:
        if isinstance(item, Tick):
            result += [item, *words]
            words = []
        else:
            words.append(item)
    return result + words


def _with_letters(row: Row, choices: tuple[Choice, ...], group: str) -> tuple[Item, ...]:
    """A letter X typed where the box was printed, or before an option that has none, is a ticked box."""
    items = list(row.items)
    for i, item in enumerate(items):
        if isinstance(item, Word) and item.text.strip("_") in _X:
            words = _words_after(items[i + 1 :])
            match = best_match([w.text for w in words], choices, group, frozenset())
            if match and match.score == 1.0 and (i == 0 or isinstance(items[i - 1], (Word, Blank))):
                items[i] = Tick(item.box, on=True, method=item.method, confidence=0.88)
    return tuple(items)


def _marked(tick: Tick, words: list[Word], strokes: tuple[Stroke, ...]) -> Tick:
    """Circles around an option's words, and lines through them."""
    box = around([w.box for w in words])
    width, height = box[2] - box[0], box[3] - box[1]
    for stroke in strokes:
        x0, y0, x1, y1 = stroke.box
        covers = min(x1, box[2]) - max(x0, box[0])
        if stroke.curved and y0 < box[1] + 2 and y1 > box[3] - 2 and y1 - y0 < height * 3.2 and covers > width * 0.35:
            if x1 - x0 < width * 1.8 + 40 and not tick.on:
                return replace(tick, on=True, confidence=0.6, warnings=(Doubt.CIRCLED,))
        elif _crosses(stroke, box):
            return replace(tick, on=False, confidence=0.6, warnings=(Doubt.STRUCK_OUT,))
    return tick


def is_struck(box: Box, strokes: Iterable[Stroke]) -> bool:
    """Whether a straight line runs through a word; the line it stands on does not."""
    return any(not stroke.curved and _crosses(stroke, box) for stroke in strokes)


def _crosses(stroke: Stroke, box: Box) -> bool:
    x0, y0, x1, y1 = stroke.box
    covers = min(x1, box[2]) - max(x0, box[0])
    depth = ((y0 + y1) / 2 - box[1]) / max(box[3] - box[1], 0.1)  # 0 the top, 1 the bottom, 0.77 what words stand on
    return y1 - y0 < 4 and 0.25 < depth < 0.7 and covers > (box[2] - box[0]) * 0.6


def chosen_fields(chosen: Iterable[Chosen], document: int) -> dict[str, FieldValue]:
    """One value per field that has boxes; absent when no box of a field is ticked (booleans: False)."""
    by_key: dict[str, list[Chosen]] = {}
    for one in chosen:
        if one.choice.key not in (STATES, "organisation.registrations"):
            by_key.setdefault(one.choice.key, []).append(one)
    fields: dict[str, FieldValue] = {}
    for key, boxes in by_key.items():
        found = _field(key, boxes, document)
        if found:
            fields[key] = found
    return fields


def _field(key: str, boxes: list[Chosen], document: int) -> FieldValue | None:
    on = [b for b in boxes if b.tick.on]
    struck = any(Doubt.STRUCK_OUT in b.tick.warnings for b in boxes)
    shown = on or boxes
    warnings = tuple(dict.fromkeys(w for b in shown for w in b.tick.warnings))
    confidence = min(b.tick.confidence for b in shown)
    kind = field_of(key).type
    value: Value
    if kind is FieldType.BOOLEAN:
        value = bool(on)
    elif not on:
        if not struck:
            return None
        value = None
    elif kind in (FieldType.TICKS, FieldType.MUNICIPALITIES):
        value = list(dict.fromkeys(b.choice.value for b in on))
    else:
        values = list(dict.fromkeys(b.choice.value for b in on))
        value = values[0]
        if len(values) > 1:
            value, confidence, warnings = None, 0.3, (*warnings, warning(Doubt.CONFLICTING_TICKS))
    return FieldValue(
        value=value,
        raw=" | ".join(b.text for b in on),
        document=document,
        page=shown[0].page,
        box=around([b.box for b in shown]),
        method=shown[0].tick.method,
        confidence=round(confidence, 3),
        warnings=warnings,
    )


def method_of(words: Iterable[Word]) -> Method:
    """The way most of a value's words were read."""
    methods = [w.method for w in words]
    return max(methods, key=methods.count) if methods else Method.TEXT
