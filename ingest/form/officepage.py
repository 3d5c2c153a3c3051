"""A .docx or .odt → one page of words, leaders, boxes and cells, with invented distances.

Order, lines, cells and content controls are the file's own; boxes only keep what stands left of what. A value typed
into a leader ("____Prisma____") stands on that leader.
"""

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.form.glyphs import CHECK_GLYPHS, EMPTY_GLYPHS, TICKED_GLYPHS, printed
from ingest.form.odtcontrols import with_states
from ingest.form.page import Box, Channel, Leader, Page, Stroke, Word
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

_STEP, _LINE, _LEFT, _WIDTH = 5.5, 16.0, 50.0, 495.0  # points: character, line, margin, table
_LARGEST = 60_000_000  # bytes of one part, unpacked
_LEAKS = (
    OSError,
    ValueError,
    EOFError,
    LookupError,
    RuntimeError,
    struct.error,
    zlib.error,
)  # zipfile, on damaged files
_PARTS = re.compile(r"^(?:word/(?:header\d*|document|footer\d*)\.xml|content\.xml)$")
_LEADER = re.compile(r"_{2,}|\.{3,}|…+")
_STRUCK = "\ue001"  # a private character, put before every word that is struck out
_TICKS = "".join(EMPTY_GLYPHS | TICKED_GLYPHS | CHECK_GLYPHS)
_TOKEN = re.compile(rf"[{_TICKS}]|[^\s{_TICKS}]+")
_WITH_TEXT = frozenset({"p", "h", "span", "t", "a", "control"})
_TAB_LEADERS = {"underscore": "_", "heavy": "_", "dot": ".", "middleDot": "."}
_BLANKS = {"tab": "\t", "br": "\n", "cr": "\n", "line-break": "\n", "s": " "}
_SKIPPED = frozenset(
    {"forms", "moveFrom", "del", "Fallback", "delText", "instrText", "annotation", "tracked-changes", "sequence-decls"}
    | {"pPr", "rPr"}
)


@dataclass(slots=True)
class _Sheet:
    """What was laid out so far."""

    words: list[Word] = field(default_factory=list)
    leaders: list[Leader] = field(default_factory=list)
    cells: list[Box] = field(default_factory=list)
    strokes: list[Stroke] = field(default_factory=list)
    y: float = 40.0


def pages_of_office(content: bytes) -> Iterator[Page]:
    """The one page of a .docx or .odt. Raises Unreadable for a broken, encrypted or oversized file."""
    sheet = _Sheet()
    try:
        for root in _roots(content):
            _flow(root, sheet)
    except RecursionError as error:
        raise Unreadable(Reason.PART_UNREADABLE, "an office file nested without end") from error
    yield Page(
        number=1,
        width=max([595.0, *(w.box[2] + 20 for w in sheet.words)]),
        height=max(842.0, sheet.y + 40),
        words=tuple(sheet.words),
        leaders=tuple(sheet.leaders),
        rectangles=tuple(sheet.cells),
        strokes=tuple(sheet.strokes),
        channel=Channel.OFFICE,
    )


def _roots(content: bytes) -> list[Element]:
    """The parts that hold text: headers, body, footers."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [m for m in archive.infolist() if _PARTS.match(m.filename)]
            if any(m.file_size > _LARGEST or m.flag_bits & 1 for m in members):
                raise Unreadable(Reason.PART_TOO_LARGE, "a part of an office file")
            order = ("word/header", "word/document", "content", "word/footer")
            members.sort(key=lambda m: next(i for i, prefix in enumerate(order) if m.filename.startswith(prefix)))
            found = [with_states(fromstring(archive.read(m), forbid_dtd=True)) for m in members]
    except (zipfile.BadZipFile, ParseError, DefusedXmlException, *_LEAKS) as error:
        raise Unreadable(Reason.PART_UNREADABLE, "an office file that does not open") from error
    if not found:
        raise Unreadable(Reason.PART_UNREADABLE, "an office file without a document")
    return found


def _local(item: Element) -> str:
    return item.tag.rpartition("}")[2] if isinstance(item.tag, str) else ""


def _flow(item: Element, sheet: _Sheet) -> None:
    """Paragraphs as lines, tables as cells, in the order of the file."""
    for child in item:
        name = _local(child)
        if name in _SKIPPED:
            continue
        if name in ("p", "h"):
            for line in _text(child).replace("\t", _tab(child)).split("\n"):
                _line(line, _LEFT, sheet.y, sheet)
                sheet.y += _LINE if line.strip() else _LINE / 2
        elif name in ("tbl", "table"):
            _table(child, sheet)
        else:
            _flow(child, sheet)


def _table(item: Element, sheet: _Sheet) -> None:
    for row in _named(item, ("tr", "table-row")):
        cells = list(_named(row, ("tc", "table-cell")))
        texts = ["\n".join(_text(p) for p in _named(cell, ("p", "h"))) for cell in cells]
        if not texts:
            continue
        width = _WIDTH / len(texts)
        lines = max(text.count("\n") + 1 for text in texts)
        height = lines * _LINE + 4
        for column, text in enumerate(texts):
            left = _LEFT + column * width
            sheet.cells.append((left, sheet.y, left + width, sheet.y + height))
            longest = max(len(line) for line in text.split("\n"))
            step = min(_STEP, (width - 6) / max(longest, 1))
            for number, line in enumerate(text.split("\n")):
                _line(line, left + 3, sheet.y + 3 + number * _LINE, sheet, step)
        sheet.y += height
    sheet.y += _LINE


def _named(item: Element, names: tuple[str, ...]) -> Iterator[Element]:
    """Descendants with one of `names`, not those inside one another."""
    for child in item:
        if _local(child) in names:
            yield child
        elif _local(child) not in _SKIPPED:
            yield from _named(child, names)


def _text(item: Element) -> str:
    """The text of a paragraph: tabs and breaks kept, content controls and check boxes read by their state."""
    parts: list[str] = [item.text or ""] if _local(item) in _WITH_TEXT else []
    for child in item:
        name = _local(child)
        if name in _BLANKS:
            parts.append(_BLANKS[name])
        elif name == "sym":
            parts.append(_symbol(child))
        elif name == "sdt":
            parts.append(_control(child))
        elif name == "checkBox":
            parts.append("☒ " if _is_on(child) else "☐ ")
        elif name == "txbxContent":
            parts.append("\n" + "\n".join(_text(p) for p in _named(child, ("p",))) + "\n")
        elif name not in _SKIPPED and not (name == "r" and _is_hidden(child)):
            parts.append(_crossed(_text(child)) if _is_struck(child) else _text(child))
        if _local(item) in ("p", "h", "span", "a") and child.tail:
            parts.append(child.tail)
    return "".join(parts)


def _symbol(item: Element) -> str:
    try:
        return printed(chr(int(_attribute(item, "char"), 16)), _attribute(item, "font"))
    except (ValueError, OverflowError):
        return ""


def _is_struck(run: Element) -> bool:
    """Whether a run's characters are struck out (ECMA-376 §17.3.2.37)."""
    marks = [e for properties in run if _local(properties) == "rPr" for e in properties]
    return any(_local(e) in ("strike", "dstrike") and _attribute(e, "val") not in ("0", "false", "off") for e in marks)


def _crossed(text: str) -> str:
    return re.sub(r"\S+", lambda word: _STRUCK + word[0], text)


def _is_hidden(run: Element) -> bool:
    return any(_local(e) == "vanish" for properties in run if _local(properties) == "rPr" for e in properties)


def _tab(item: Element) -> str:
    """What stands for a tab in this paragraph: a leader where its tab stops draw one (ECMA-376 §17.3.1.37)."""
    for properties in item:
        if _local(properties) == "pPr":
            stops = (_attribute(stop, "leader") for tabs in properties if _local(tabs) == "tabs" for stop in tabs)
            return next((f" {_TAB_LEADERS[leader] * 12} " for leader in stops if leader in _TAB_LEADERS), "\t")
    return "\t"


def _control(item: Element) -> str:
    """A content control: its state when it is a box, nothing when it shows only its prompt."""
    boxes = [e for e in item.iter() if _local(e) == "checkbox"]
    if boxes:
        checked = next((e for e in boxes[0].iter() if _local(e) == "checked"), None)
        return "☒" if checked is not None and _attribute(checked, "val") in ("1", "true", "on") else "☐"
    if any(_local(e) == "showingPlcHdr" for e in item.iter()):
        return "____"
    return "".join(_text(child) for child in item if _local(child) == "sdtContent")


def _is_on(box: Element) -> bool:
    """A legacy form's box: its state, else its default."""
    for name in ("checked", "default"):
        for found in box:
            if _local(found) == name:
                return _attribute(found, "val") not in ("0", "false", "off")
    return False


def _attribute(item: Element, name: str) -> str:
    return next((v for k, v in item.attrib.items() if k.rpartition("}")[2] == name), "")


def _line(text: str, left: float, top: float, sheet: _Sheet, step: float = _STEP) -> None:
    """One line laid out: words, and leaders with what was typed into them."""
    x = left
    bottom = top + 11.0
    for chunk in re.findall(r"\t+|[^\t]+", text):
        if chunk.startswith("\t"):
            x += 20.0 * len(chunk)
            continue
        for match in re.finditer(r"\S+", chunk):
            _token(match[0], x + match.start() * step, (top, bottom), step, sheet)
        x += len(chunk) * step


def _strike(sheet: _Sheet, box: Box) -> None:
    """A line through a word, joined with the one through the word before it."""
    last = sheet.strokes[-1].box if sheet.strokes else None
    if last and last[1] == box[1] and 0 <= box[0] - last[2] <= 2 * _STEP:
        sheet.strokes[-1] = Stroke((*last[:2], *box[2:]))
    else:
        sheet.strokes.append(Stroke(box))


def _token(text: str, x: float, band: tuple[float, float], step: float, sheet: _Sheet) -> None:
    """A run without blanks: a label may be glued to its leader, a value stand inside one."""
    top, bottom = band
    if _STRUCK in text:
        text = text.replace(_STRUCK, "")
        middle = (top + bottom) / 2
        _strike(sheet, (x, middle, x + len(text) * step, middle + 0.4))
    leaders = list(_LEADER.finditer(text))
    if leaders:
        end = len(text) if len(leaders) > 1 or leaders[0].end() == len(text) else leaders[-1].end()
        span = (x + leaders[0].start() * step, top, x + max(end, leaders[-1].end()) * step, bottom)
        sheet.leaders.append(Leader(span, text[leaders[0].start()]))
    plain = _LEADER.sub(lambda m: " " * len(m[0]), text)
    for match in _TOKEN.finditer(plain):
        box = (x + match.start() * step, top, x + match.end() * step, bottom)
        sheet.words.append(Word(match[0], box))
