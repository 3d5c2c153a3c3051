"""AcroForm widgets and annotations of a PDF page, read from the objects rather than from the drawing.

Form values and comments are in no text layer. A tick is on in any state but /Off ("/No" is a real ON state); a
value may stand in /V without an appearance, or in an appearance without /V.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pikepdf

from ingest.form.page import Box, Stroke, Widget, WidgetKind, Word
from ingest.vocabulary import Method

_PUSH_BUTTON = 1 << 16
_DEPTH = 32  # a field hierarchy deeper than this is a loop
_TEXT_NOTES = ("/FreeText", "/Stamp", "/Text")
_TWO_POINTS = 4  # numbers
_A_FEW = 4  # points of a line drawn by hand that are no circle
_CLOSED = 0.4  # share of its size by which the ends of a circle may miss each other
_CURVES = ("/Ink", "/Circle", "/PolyLine", "/Polygon")
_LINES = ("/Line", "/StrikeOut", "/Underline")


def widgets_of(page: pikepdf.Page, flip: Any) -> tuple[Widget, ...]:
    """Every fillable widget of `page`; `flip` turns a PDF rectangle into a page Box."""
    return tuple(
        widget
        for annotation in _annotations(page)
        if annotation.get("/Subtype") == "/Widget" and (widget := _widget(annotation, flip))
    )


def notes_of(page: pikepdf.Page, flip: Any) -> tuple[tuple[Word, ...], tuple[Stroke, ...]]:
    """Words of text comments and strokes of drawn ones."""
    words: list[Word] = []
    strokes: list[Stroke] = []
    for annotation in _annotations(page):
        kind = str(annotation.get("/Subtype", ""))
        rectangle = annotation.get("/Rect")
        if rectangle is None or not _is_shown(annotation):
            continue
        box = flip(rectangle)
        if kind in _TEXT_NOTES and annotation.get("/Contents") is not None:
            words += words_in(box, str(annotation["/Contents"]), Method.ANNOTATION)
        elif kind == "/Ink" and (paths := _paths(annotation)):
            strokes += [Stroke(flip(bounds), curved=closed) for bounds, closed in paths]
        elif kind in _CURVES:
            strokes.append(Stroke(box, curved=True))
        elif kind in _LINES:
            strokes.append(Stroke(box))
    return tuple(words), tuple(strokes)


def _paths(ink: Any) -> list[tuple[list[float], bool]]:
    """The bounds of each line drawn by hand, and whether it closes like a circle. The comment's own have a margin."""
    found = []
    listed = ink.get("/InkList")
    for path in listed if isinstance(listed, pikepdf.Array) else ():
        points = [float(number) for number in path] if isinstance(path, pikepdf.Array) else []
        if len(points) >= _TWO_POINTS:
            xs, ys = points[::2], points[1::2]
            bounds = [min(xs), min(ys), max(xs), max(ys)]
            size = max(bounds[2] - bounds[0], bounds[3] - bounds[1])
            ends = max(abs(xs[0] - xs[-1]), abs(ys[0] - ys[-1]))
            found.append((bounds, len(xs) > _A_FEW and ends < size * _CLOSED))
    return found


def words_in(box: Box, text: str, method: Method) -> list[Word]:
    """`text` spread over `box`, line by line: positions inside the box are estimates."""
    lines = [line for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n") if line.strip()]
    if not lines:
        return []
    x0, y0, x1, y1 = box
    height = min((y1 - y0) / len(lines), 14.0)
    start = y0 if len(lines) > 1 else (y0 + y1 - height) / 2
    longest = max(len(line) for line in lines)
    step = min((x1 - x0) / max(longest, 1), height * 0.5)
    words = []
    for row, line in enumerate(lines):
        column = 0
        top = start + row * height
        for part in line.split(" "):
            if part.strip():
                left = x0 + column * step
                words.append(
                    Word(part.strip(), (left, top, left + len(part) * step, top + height), method, size=height * 0.8)
                )
            column += len(part) + 1
    return words


def _annotations(page: pikepdf.Page) -> Iterator[Any]:
    listed = page.obj.get("/Annots")
    if not isinstance(listed, pikepdf.Array):
        return
    for annotation in listed:
        if isinstance(annotation, pikepdf.Dictionary):
            yield annotation


def _is_shown(annotation: Any) -> bool:
    return not int(annotation.get("/F", 0)) & 0b100010  # Hidden, NoView


def _inherited(annotation: Any, key: str) -> Any:
    """A field attribute, from the widget or its nearest ancestor that has it (ISO 32000-1 §12.7.3.1)."""
    node = annotation
    for _ in range(_DEPTH):
        if node is None:
            return None
        value = node.get(key)
        if value is not None:
            return value
        node = node.get("/Parent")
    return None


def _full_name(annotation: Any) -> str:
    parts: list[str] = []
    node = annotation
    for _ in range(_DEPTH):
        if node is None:
            break
        if node.get("/T") is not None:
            parts.append(str(node["/T"]))
        node = node.get("/Parent")
    return ".".join(reversed(parts))


def _widget(annotation: Any, flip: Any) -> Widget | None:
    rectangle = annotation.get("/Rect")
    if rectangle is None:
        return None
    kind = str(_inherited(annotation, "/FT") or "")
    base = Widget(_full_name(annotation), WidgetKind.TEXT, flip(rectangle))
    if kind == "/Btn":
        return _tick(base, annotation)
    if kind == "/Sig":
        signed = _inherited(annotation, "/V") is not None
        return replace(base, kind=WidgetKind.SIGNATURE, on=signed)
    if kind == "/Ch":
        return replace(base, kind=WidgetKind.CHOICE, value=_chosen(_inherited(annotation, "/V")))
    if kind == "/Tx":
        return replace(base, value=_written(_inherited(annotation, "/V")) or _drawn(annotation))
    return None


def _tick(base: Widget, annotation: Any) -> Widget | None:
    if int(_inherited(annotation, "/Ff") or 0) & _PUSH_BUTTON:
        return None
    appearance = annotation.get("/AP")
    states = appearance.get("/N") if appearance is not None else None
    names = [str(k)[1:] for k in states.keys()] if isinstance(states, pikepdf.Dictionary) else []  # noqa: SIM118 - a pikepdf Dictionary iterates differently
    own = next((n for n in names if n != "Off"), "")
    shown = annotation.get("/AS")
    value = _inherited(annotation, "/V")
    if shown is not None:
        on = str(shown) != "/Off"
    else:  # no appearance state: the field's value decides, for this kid only when it names its state
        on = value is not None and str(value) != "/Off" and own in ("", str(value).lstrip("/"))
    if value is not None and own and str(value).lstrip("/") == own:
        on = True  # a value without a matching appearance (NeedAppearances)
    state = own or (str(shown)[1:] if on and shown is not None else "")
    return replace(base, kind=WidgetKind.TICK, on=on, state=state)


def _written(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, pikepdf.Stream):
        return value.read_bytes().decode("utf-8", "replace")
    return str(value).lstrip("/") if isinstance(value, pikepdf.Name) else str(value)


def _chosen(value: Any) -> str:
    if isinstance(value, pikepdf.Array):
        return ", ".join(str(item) for item in value)
    return _written(value)


def _drawn(annotation: Any) -> str:
    """The text of the normal appearance, for fields whose /V was lost (simple fonts only)."""
    appearance = annotation.get("/AP")
    stream = appearance.get("/N") if appearance is not None else None
    if not isinstance(stream, pikepdf.Stream):
        return ""
    try:
        instructions = pikepdf.parse_content_stream(stream)
    except pikepdf.PdfError:
        return ""
    parts: list[str] = []
    for instruction in instructions:
        if not isinstance(instruction, pikepdf.ContentStreamInstruction):
            continue
        operands, operator = instruction.operands, instruction.operator
        if str(operator) in ("Tj", "'"):
            parts.append(_plain(operands[0]))
        elif str(operator) == "TJ":
            parts.append("".join(_plain(o) for o in operands[0] if isinstance(o, pikepdf.String)))
    return " ".join(p for p in parts if p.strip()).strip()


def _plain(value: Any) -> str:
    text = bytes(value).decode("cp1252", "replace")
    return text if text.isprintable() else ""
