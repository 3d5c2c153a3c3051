"""One page as the form reader sees it, whatever it came from: words, leaders, boxes, strokes, widgets.

Coordinates are points with the origin at the top-left corner of the page as displayed (after /Rotate).
"""

from dataclasses import dataclass
from enum import StrEnum

from ingest.verdict import Method

Box = tuple[float, float, float, float]  # x0, y0, x1, y1 with x0 <= x1 and y0 <= y1


class Channel(StrEnum):
    """How the page's words were obtained."""

    TEXT = "text"
    OCR = "ocr"
    OFFICE = "office"  # .docx, .odt: boxes are synthetic (order and rows are true, distances are not)


@dataclass(frozen=True, slots=True)
class Word:
    """A run of printed characters without blanks. Tick glyphs of symbol fonts are already mapped to Unicode."""

    text: str
    box: Box
    method: Method = Method.TEXT
    confidence: float = 1.0
    size: float = 10.0  # font size in points


@dataclass(frozen=True, slots=True)
class Leader:
    """A run of underscores, dots or a thin rule that marks where to write."""

    box: Box
    mark: str  # "_", ".", "…" or "rule"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A drawn straight segment (also the sides of a rectangle that is not a box to tick) or a curve's bounds."""

    box: Box
    curved: bool = False
    filled: bool = False


class WidgetKind(StrEnum):
    """Kinds of AcroForm widgets."""

    TEXT = "text"
    TICK = "tick"
    CHOICE = "choice"
    SIGNATURE = "signature"


@dataclass(frozen=True, slots=True)
class Widget:
    """An AcroForm field's widget. `on` for ticks: any appearance state but /Off (allegato1.md §1.2)."""

    name: str  # fully qualified
    kind: WidgetKind
    box: Box
    value: str = ""
    on: bool = False
    state: str = ""  # the ON state's name of this widget, e.g. "Yes", "No", "odv"


@dataclass(frozen=True, slots=True)
class Page:
    """One page of a document."""

    number: int  # from 1, in its document
    width: float
    height: float
    words: tuple[Word, ...] = ()
    leaders: tuple[Leader, ...] = ()
    rectangles: tuple[Box, ...] = ()  # drawn rectangles: cells, comb boxes, squares to tick
    strokes: tuple[Stroke, ...] = ()
    widgets: tuple[Widget, ...] = ()
    images: tuple[Box, ...] = ()
    channel: Channel = Channel.TEXT
