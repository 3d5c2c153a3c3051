"""Where things go on the blank form: a cursor that moves down the pages, rows of labelled slots, lists of boxes."""

from collections.abc import Sequence
from dataclasses import dataclass

from ingest.form.acroform import FieldTree, Slot
from ingest.form.page import Box
from ingest.form.sheet import ACCENT, HEIGHT, WIDTH, Run, Sheet
from ingest.form.typeface import wrapped

LEFT, RIGHT = 46.0, WIDTH - 46.0
TOP, BOTTOM = 50.0, HEIGHT - 50.0
_GAP = 8.0  # between the slots of a row
_LABEL, _TEXT = 7.6, 8.4  # sizes
_SQUARE = 9.0
_LINE = 10.6  # between the lines of a paragraph


@dataclass(frozen=True, slots=True)
class Cell:
    """A labelled slot: its share of the row's width, its height in points."""

    slot: Slot
    id: str
    label: str
    share: float
    height: float = 17.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A box to tick and its words. `state` is the option of an exclusive group, "" for a box of its own."""

    slot: Slot
    label: str
    state: str = ""


class Layout:
    """The cursor. Nothing is split between pages: what does not fit begins the next."""

    def __init__(self, sheet: Sheet, tree: FieldTree) -> None:
        self.sheet = sheet
        self.tree = tree
        self.y = TOP
        sheet.new_page()

    def room(self, height: float) -> None:
        """Begin a new page unless `height` points are left."""
        if self.y + height > BOTTOM:
            self.close_page()
            self.sheet.new_page()
            self.y = TOP

    def close_page(self) -> None:
        """Print the page's number."""
        text = f"Allegato 1 – pagina {self.sheet.pages}"
        x = RIGHT - self.sheet.regular.width(text, 7)
        self.sheet.decorate(Run(x, HEIGHT - 28, text, 7))

    def heading(self, text: str, keep: float = 60.0) -> None:
        """A section's heading, with at least `keep` points of its section below it."""
        self.room(24 + keep)
        self.y += 8
        self.sheet.bar((LEFT, self.y, LEFT + 3, self.y + 13))
        self.sheet.say("H2", Run(LEFT + 9, self.y + 10.3, text, 10.5, bold=True, colour=ACCENT))
        self.y += 20

    def paragraph(self, text: str, size: float = _TEXT, *, bold: bool = False) -> None:
        """Text over the whole width."""
        face = self.sheet.bold if bold else self.sheet.regular
        lines = wrapped(text, face, size, RIGHT - LEFT)
        step = size * 1.32
        self.room(step * len(lines))
        runs = [Run(LEFT, self.y + size + step * at, line, size, bold=bold) for at, line in enumerate(lines)]
        self.sheet.say("P", *runs)
        self.y += step * len(lines) + 5

    def row(self, *cells: Cell) -> None:
        """Slots side by side, each below its label."""
        height = max(cell.height for cell in cells)
        self.room(height + 18)
        width = RIGHT - LEFT + _GAP
        x = LEFT
        for cell in cells:
            end = x + width * cell.share - _GAP
            self._label(x, self.y + 8, cell.id, cell.label)
            box = (x, self.y + 11, end, self.y + 11 + cell.height)
            self.sheet.outline(box)
            self._field(cell, box)
            x = end + _GAP
        self.y += height + 18

    def choices(self, id_: str, lead: str, boxes: Sequence[Choice], columns: int = 1) -> None:
        """A lead, then boxes with their words, row by row in `columns` of equal width."""
        width = (RIGHT - LEFT) / columns
        lines = [wrapped(box.label, self.sheet.regular, _TEXT, width - _SQUARE - 12) for box in boxes]
        rows = [lines[at : at + columns] for at in range(0, len(lines), columns)]
        heights = [max(len(words) for words in row) * _LINE + 4.4 for row in rows]
        self.room(sum(heights) + (14 if lead else 2))
        if lead:
            self._label(LEFT, self.y + 8, id_, lead)
            self.y += 12.5
        for at, height in enumerate(heights):
            for column, words in enumerate(rows[at]):
                self._choice(boxes[at * columns + column], words, LEFT + column * width)
            self.y += height
        self.y += 4

    def _choice(self, choice: Choice, words: list[str], x: float) -> None:
        box = (x, self.y + 0.8, x + _SQUARE, self.y + 0.8 + _SQUARE)
        self.sheet.outline(box, 0.7)
        tree, slot, state = self.tree, choice.slot, choice.state
        widget = tree.choice(slot, state, box) if state else tree.tick(slot, box)
        self.sheet.place(widget, choice.slot.tooltip)
        start = x + _SQUARE + 5
        self.sheet.say("P", *(Run(start, self.y + 8.4 + _LINE * at, line, _TEXT) for at, line in enumerate(words)))

    def _field(self, cell: Cell, box: Box) -> None:
        inner = (box[0] + 0.5, box[1] + 0.5, box[2] - 0.5, box[3] - 0.5)
        draw = self.tree.signature if cell.slot.name == "signature" else self.tree.text
        self.sheet.place(draw(cell.slot, inner), cell.slot.tooltip)

    def _label(self, x: float, y: float, id_: str, text: str) -> None:
        runs = [Run(x, y, text, _LABEL)]
        if id_:
            start = x + self.sheet.bold.width(f"{id_} ", _LABEL) + 1
            runs = [Run(x, y, id_, _LABEL, bold=True, colour=ACCENT), Run(start, y, text, _LABEL)]
        self.sheet.say("P", *runs)
