"""A PDF → pages of words, leaders, rectangles, strokes and widgets.

Every file passes through pikepdf first: it opens damaged files that others refuse, drops owner passwords, and lets
a page whose text runs sideways or upside down be turned before its words are built.
"""

import io
import math
import warnings
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import pdfplumber
import pikepdf

from ingest.form.page import Box, Leader, Page, Stroke
from ingest.form.pdffields import notes_of, widgets_of
from ingest.form.pdfitems import items_of
from ingest.form.pdfwords import Char, words_and_leaders
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

_MALFORMED = (
    ArithmeticError, AttributeError, LookupError, RuntimeError, TypeError, ValueError, pikepdf.PdfError,
)  # fmt: skip
THIN = 2.5  # points: a rectangle thinner than this is a line
_RULE = 14.0  # points: a lone rule at least this long marks where to write


def pages_of_pdf(content: bytes, numbers: Sequence[int] | None = None) -> Iterator[Page]:
    """The pages of a PDF (all, or those in `numbers`, from 1), one at a time so that memory stays flat.

    Raises Unreadable for a file that cannot be opened, is encrypted, or has a page that cannot be interpreted.
    """
    with _opened(content) as pdf:
        with _malformed():
            wanted = sorted(n for n in set(numbers or range(1, len(pdf.pages) + 1)) if 1 <= n <= len(pdf.pages))
            source = _normalised(pdf)
        for number, layout in zip(wanted, _layouts(source, wanted), strict=True):
            with _malformed():
                page = _page(pdf.pages[number - 1], layout, number)
            yield page


@contextmanager
def _malformed() -> Iterator[None]:
    """An object of another type than its place asks for (a /Rotate that is a name) raises whatever it leads to."""
    try:
        yield
    except _MALFORMED as error:
        raise Unreadable(Reason.PART_UNREADABLE, f"a malformed PDF: {type(error).__name__}") from error


def _opened(content: bytes) -> pikepdf.Pdf:
    try:
        return pikepdf.open(io.BytesIO(content))
    except pikepdf.PasswordError as error:
        raise Unreadable(Reason.PART_ENCRYPTED, "PDF needs a password") from error
    except (pikepdf.PdfError, RuntimeError, ValueError, OSError) as error:
        raise Unreadable(Reason.PART_UNREADABLE, "PDF cannot be opened") from error


def _normalised(pdf: pikepdf.Pdf) -> bytes:
    """The file rewritten, with every /Rotate at 0: extraction of rotated pages is unreliable."""
    rotations = [_rotation(page) for page in pdf.pages]
    out = io.BytesIO()
    try:
        for page in pdf.pages:
            page.obj["/Rotate"] = 0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # pikepdf warns of widgets outside /AcroForm; we read them all the same
            pdf.save(out, static_id=True)
        for page, rotation in zip(pdf.pages, rotations, strict=True):
            page.obj["/Rotate"] = rotation
    except (pikepdf.PdfError, RuntimeError, ValueError) as error:
        raise Unreadable(Reason.PART_UNREADABLE, "PDF cannot be rewritten") from error
    return out.getvalue()


def _rotation(page: pikepdf.Page) -> int:
    node: Any = page.obj
    for _ in range(16):
        if node is None:
            return 0
        if node.get("/Rotate") is not None:
            return int(node["/Rotate"]) % 360
        node = node.get("/Parent")
    return 0


def _page(page: pikepdf.Page, layout: dict[str, Any], number: int) -> Page:
    return _built(page, layout, number, _direction(layout["chars"], _rotation(page)))


def _layouts(source: bytes, numbers: Sequence[int]) -> Iterator[dict[str, Any]]:
    """What stands on each page, as plain values, so that its page can be closed at once."""
    try:
        with pdfplumber.open(io.BytesIO(source), pages=list(numbers)) as document:
            for _, page in zip(numbers, document.pages, strict=True):
                yield _layout(page)
                page.close()
    except Exception as error:
        raise Unreadable(Reason.PART_UNREADABLE, f"a page that does not open: {type(error).__name__}") from error


def _layout(page: Any) -> dict[str, Any]:
    found: dict[str, Any] = {"bounds": tuple(float(v) for v in page.bbox)}
    found |= items_of(page)
    found["chars"] = [c for c in _distinct(found["chars"]) if not _off_page(c, found["bounds"])]
    return found


def _off_page(item: Char, bounds: Box) -> bool:
    left, top, right, bottom = bounds
    return bool(item["x1"] < left or item["x0"] > right or item["bottom"] < top or item["top"] > bottom)


def _distinct(chars: list[Char]) -> list[Char]:
    """Without the second copy of letters printed twice to look bold."""
    seen: set[tuple[str, str, int, int]] = set()
    kept = []
    for char in chars:
        key = (char["text"], char["fontname"], round(char["x0"]), round(char["top"]))
        if char["text"].isalnum() and key in seen:  # marks may be leaders under a typed dot
            continue
        seen.add(key)
        kept.append(char)
    return kept


def _direction(chars: list[Char], rotation: int) -> int:
    """Degrees clockwise that make most of the text upright; the page's own rotation when it has no text."""
    directions = Counter(_angle(char) for char in chars if char["text"].strip())
    return directions.most_common(1)[0][0] if directions else rotation


def _angle(char: Char) -> int:
    return round(math.degrees(math.atan2(char["matrix"][1], char["matrix"][0])) / 90) * 90 % 360


def _built(page: pikepdf.Page, layout: dict[str, Any], number: int, turn: int) -> Page:
    place = _placer(layout["bounds"], turn)
    left, top, right, bottom = layout["bounds"]
    upright = [_moved(c, place) for c in layout["chars"] if _angle(c) == turn]
    words, leaders = words_and_leaders(upright)

    def flip(rectangle: Any) -> Box:  # PDF rectangles have their origin at the bottom-left corner of the page
        a, b, c, d = (float(v) for v in rectangle)
        base = float(page.mediabox[3]) + min(top, 0.0)
        return place((min(a, c), base - max(b, d), max(a, c), base - min(b, d)))

    notes, drawn = notes_of(page, flip)
    rectangles, strokes = _shapes(layout, place)
    across = turn in (90, 270)
    return Page(
        number=number,
        width=bottom - top if across else right - left,
        height=right - left if across else bottom - top,
        words=(*words, *notes),
        leaders=(*leaders, *_rules(strokes, rectangles)),
        rectangles=tuple(rectangles),
        strokes=(*strokes, *drawn),
        widgets=widgets_of(page, flip),
        images=tuple(place(_bounds(i)) for i in layout["images"]),
        turned=(turn - _rotation(page)) % 360,
        garbled=_is_garbled(layout["chars"]),
    )


def _placer(bounds: Box, turn: int) -> Callable[[Box], Box]:
    """Boxes of the page as stored (origin top-left) → boxes of the page turned `turn` degrees clockwise."""
    left, top, right, bottom = bounds

    def place(box: Box) -> Box:
        x0, y0, x1, y1 = box
        if turn == 90:
            return (bottom - y1, x0 - left, bottom - y0, x1 - left)
        if turn == 180:
            return (right - x1, bottom - y1, right - x0, bottom - y0)
        if turn == 270:
            return (y0 - top, right - x1, y1 - top, right - x0)
        return (x0 - left, y0 - top, x1 - left, y1 - top)

    return place


def _moved(char: Char, place: Callable[[Box], Box]) -> Char:
    x0, y0, x1, y1 = place(_bounds(char))
    return char | {"x0": x0, "x1": x1, "top": y0, "bottom": y1}


def _bounds(item: Char) -> Box:
    return (float(item["x0"]), float(item["top"]), float(item["x1"]), float(item["bottom"]))


def _shapes(layout: dict[str, Any], place: Callable[[Box], Box]) -> tuple[list[Box], list[Stroke]]:
    rectangles: list[Box] = []
    strokes: list[Stroke] = []
    for rect in layout["rects"]:
        box = place(_bounds(rect))
        if box[2] - box[0] < THIN or box[3] - box[1] < THIN:
            strokes.append(Stroke(box))
            continue
        if rect.get("stroke") or not _is_dark(rect):
            rectangles.append(box)
        if rect.get("fill") and _is_dark(rect):
            strokes.append(Stroke(box, filled=True))
    strokes += [Stroke(place(_bounds(line))) for line in layout["lines"]]
    strokes += [_outline(curve, place(_bounds(curve))) for curve in layout["curves"]]
    return rectangles, strokes


def _outline(curve: Char, box: Box) -> Stroke:
    """A filled shape of four corners, long and thin, is a line: browsers draw the upright borders of cells so."""
    thin, long = sorted((box[2] - box[0], box[3] - box[1]))
    if curve.get("fill") and len(curve["pts"]) <= 5 and thin < THIN and long > _RULE:
        return Stroke(box)
    return Stroke(box, curved=True, filled=_is_dark(curve))


def _is_dark(item: Char) -> bool:
    colour = item.get("non_stroking_color")
    if not item.get("fill") or colour is None:
        return False
    parts = [
        float(v) for v in (colour if isinstance(colour, (tuple, list)) else (colour,)) if isinstance(v, (int, float))
    ]
    if len(parts) == 4:  # CMYK
        return sum(parts) > 1.2
    return bool(parts) and bool(sum(parts) / len(parts) < 0.5)


def _rules(strokes: list[Stroke], rectangles: list[Box]) -> tuple[Leader, ...]:
    """Lone horizontal rules; sides of cells, which meet a vertical line, mark nothing."""
    uprights = [s.box for s in strokes if s.box[3] - s.box[1] > 6 and s.box[2] - s.box[0] < THIN]
    uprights += [(x, r[1], x, r[3]) for r in rectangles for x in (r[0], r[2])]
    found = []
    for stroke in strokes:
        x0, y0, x1, y1 = stroke.box
        if y1 - y0 > THIN or x1 - x0 < _RULE or stroke.curved:
            continue
        touched = any(u[1] - 2 <= y0 <= u[3] + 2 and min(abs(u[0] - x0), abs(u[0] - x1)) < 2 for u in uprights)
        if not touched:
            found.append(Leader((x0, y0 - 8, x1, y1 + 2), "rule"))
    return tuple(found)


def _is_garbled(chars: list[Char]) -> bool:
    """Fonts without a mapping to Unicode give "(cid:7)" or codes of nothing in place of letters."""
    marks = [c["text"] for c in chars if c["text"].strip()]
    if len(marks) < 20:
        return any("(cid:" in m for m in marks)
    letters = sum(m.isalnum() or m in "._…-'’,;:/()_□☐" for m in marks)
    unmapped = sum("(cid:" in m or m == "\ufffd" for m in marks)
    return bool(unmapped > len(marks) * 0.05 or letters < len(marks) * 0.6)
