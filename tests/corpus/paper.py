"""A sheet of paper: labels, leaders, values and boxes, placed as the many ways of filling place them."""

import io
import random
from dataclasses import dataclass, field

from reportlab.lib.pagesizes import A4
from reportlab.pdfbase.pdfmetrics import stringWidth
from reportlab.pdfgen.canvas import Canvas

from tests.corpus.outlines import draw_outlined

LEFT, RIGHT = 50.0, 545.0


@dataclass
class Style:
    """How the form is printed and filled."""

    leader: str = "_"  # "_", ".", "…" or "rule" or "" for none
    rise: float = 0.0  # points the values stand above the leaders' baseline (negative: below)
    boxes: str = "dingbat"  # dingbat | square | bracket | letter
    mark: str = "strokes"  # on squares: strokes | letter | filled | check
    font: str = "Helvetica"
    value_font: str = "Courier"
    size: float = 10.0
    pitch: float = 20.0
    pushed: bool = False  # the value replaces the beginning of the leader
    wrap: bool = False  # a pushed value breaks at the end of the line
    outlined: bool = False  # the values are filled paths
    by_hand: bool = False  # the values are not drawn: somebody writes them on the print
    comb: bool = False  # codes of digits stand in boxes, a character each


@dataclass
class Paper:
    """Draws rows downwards; starts a new page when the old one is full."""

    style: Style
    size: tuple[float, float] = A4
    rng: random.Random = field(default_factory=lambda: random.Random(0))

    def __post_init__(self) -> None:
        self.buffer = io.BytesIO()
        self.canvas = Canvas(self.buffer, pagesize=self.size)
        self.y = self.size[1] - 60
        self.x = LEFT
        self.values: list[tuple[float, float, str]] = []
        self.pages = 0
        self.hand: list[tuple[int, float, float, str]] = []  # page from 0, x, y from the bottom, text
        self.marks: dict[str, str] = {}  # option's words → "circle" | "strike"

    def done(self) -> bytes:
        self._flush()
        self.canvas.save()
        return self.buffer.getvalue()

    def page(self) -> None:
        self._flush()
        self.pages += 1
        self.canvas.showPage()
        self.y, self.x = self.size[1] - 60, LEFT

    def _flush(self) -> None:
        """Values are typed after the page was printed: in content order they come last."""
        self.canvas.setFont(self.style.value_font, self.style.size * 0.95)
        for x, y, text in self.values:
            if self.style.by_hand:
                self.hand.append((self.pages, x, y, text))
            elif self.style.outlined:
                draw_outlined(self.canvas, x, y, text, self.style.size * 0.9)
            else:
                self.canvas.drawString(x, y, text)
        self.values.clear()

    def row(self, gap: float | None = None) -> None:
        self.y -= gap or self.style.pitch
        self.x = LEFT
        if self.y < 60:
            self.page()

    def label(self, text: str, *, font: str = "", size: float = 0) -> None:
        font, size = font or self.style.font, size or self.style.size
        width = stringWidth(text, font, size)
        if self.x + width > RIGHT + 15:
            self.row()
        self.canvas.setFont(font, size)
        self.canvas.drawString(self.x, self.y, text)
        self.x += width + stringWidth(" ", font, size)

    def heading(self, text: str) -> None:
        self.row(26)
        self.label(text, font="Helvetica-Bold", size=11)
        self.row()

    def blank(self, value: str, width: float) -> None:
        """A place to write, `width` points long, with `value` on it."""
        style = self.style
        needed = stringWidth(value, style.value_font, style.size * 0.95) + 6
        width = max(width, needed)
        if self.x + width > RIGHT + 15 and not style.wrap:
            self.row()
        if style.pushed and style.wrap and value:
            for word in value.split():
                self.label(word)
            width, value = max(14.0, width - needed), ""
            if self.x + width > RIGHT + 15:
                return
        elif style.pushed and value:
            self.canvas.setFont(style.font, style.size)
            self.canvas.drawString(self.x, self.y, value)
            self.x += stringWidth(value, style.font, style.size) + 3
            width = max(12.0, width - needed)
            value = ""
        if style.leader == "rule":
            self.canvas.line(self.x, self.y - 1.5, self.x + width, self.y - 1.5)
        elif style.leader:
            self.canvas.setFont(style.font, style.size)
            count = max(4 if style.leader != "…" else 2, int(width / stringWidth(style.leader, style.font, style.size)))
            self.canvas.drawString(self.x, self.y, style.leader * count)
            width = stringWidth(style.leader * count, style.font, style.size)
        if value:
            self.values.append((self.x + 3, self.y + style.rise, value))
        self.x += width + 5

    def box(self, label: str, *, ticked: bool) -> None:
        style = self.style
        width = stringWidth(label, style.font, style.size) + 20
        if self.x + width > RIGHT + 15:
            self.row()
        if style.boxes == "dingbat":
            self.canvas.setFont("ZapfDingbats", style.size)
            self.canvas.drawString(self.x, self.y, ("✘" if style.mark == "check" else "■") if ticked else "❏")
        elif style.boxes == "bracket":
            self.canvas.setFont(style.font, style.size)
            self.canvas.drawString(self.x, self.y, "[X]" if ticked else "[ ]")
        elif style.boxes == "letter":
            self.canvas.setFont(style.font, style.size)
            self.canvas.drawString(self.x, self.y, "X" if ticked else "")
            if not ticked:
                self.canvas.setFont("ZapfDingbats", style.size)
                self.canvas.drawString(self.x, self.y, "❏")
        else:
            self._square(ticked=ticked)
        self.x += 15
        start = self.x
        self.label(label)
        self._mark(label, start)
        self.x += 8

    def _mark(self, label: str, start: float) -> None:
        """What a pen does to an option's words."""
        how = self.marks.get(label)
        if how == "circle":
            self.canvas.ellipse(start - 4, self.y - 5, self.x + 2, self.y + 11)
        elif how == "strike":
            self.canvas.line(start - 1, self.y + 3, self.x - 1, self.y + 3.4)

    def _square(self, *, ticked: bool) -> None:
        side, x, y = 9.0, self.x, self.y - 1
        self.canvas.rect(x, y, side, side, fill=0)
        if not ticked:
            return
        if self.style.mark == "letter":
            self.canvas.setFont("Helvetica-Bold", 10)
            self.canvas.drawString(x + 1.2 + self.rng.uniform(-1, 1), y + 1 + self.rng.uniform(-1, 1), "X")
        elif self.style.mark == "filled":
            self.canvas.rect(x + 1.5, y + 1.5, side - 3, side - 3, fill=1)
        else:
            self.canvas.line(x - 1, y - 1, x + side + 1, y + side + 1)
            self.canvas.line(x - 1, y + side + 1, x + side + 1, y - 1)
