"""One page as the form reader sees it, whatever it came from: words, leaders, boxes, strokes, widgets.

Coordinates are points with the origin at the top-left corner of the page turned so that its text reads upright;
`displayed` maps a box back to the page as a viewer shows it (after /Rotate), which is what a record cites.
"""

from dataclasses import dataclass
from enum import StrEnum

from ingest.vocabulary import Method

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
    mark: str  # "_", ".", "…", "rule" or "widget"


@dataclass(frozen=True, slots=True)
class Stroke:
    """A drawn straight segment, a curve's bounds (`curved`), or a dark filled shape (`filled`)."""

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
    """An AcroForm field's widget. `on` for ticks: any appearance state but /Off."""

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
    turned: int = 0  # degrees clockwise the displayed page had to be turned to read upright: 0, 90, 180, 270
    garbled: bool = False  # the text layer cannot be trusted (fonts without a mapping to Unicode)

    def displayed(self, box: Box) -> Box:
        """`box` in the coordinates of the page as a viewer shows it."""
        x0, y0, x1, y1 = box
        if self.turned == 90:
            return (y0, self.width - x1, y1, self.width - x0)
        if self.turned == 180:
            return (self.width - x1, self.height - y1, self.width - x0, self.height - y0)
        if self.turned == 270:
            return (self.height - y1, x0, self.height - y0, x1)
        return box


def around(boxes: "list[Box] | tuple[Box, ...]") -> Box:
    """The smallest box holding all `boxes` (at least one)."""
    return (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
