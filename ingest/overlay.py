"""Draws what was read onto the document it was read from: a box and the field's name for every value.

Opens foreign files, so it runs as `python -m ingest.overlay` in a process of its own that may die of it: an `Asked` as
JSON on standard input, a PDF on standard output. Exit status 3: this document cannot be drawn.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path

import pikepdf
from PIL import Image, ImageOps
from reportlab.lib.colors import Color
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from ingest.confined import give_up
from ingest.documents import documents_in, documents_in_file
from ingest.documents.sniff import PDF
from ingest.envelope import open_envelope
from ingest.rules import Arrival, Context, Limits, Notice, Progress
from ingest.verdict import Adhesion, FieldValue, Unreadable
from ingest.vocabulary import Reason

CANNOT = 3
_A4_HEIGHT = 842.0  # points: a photograph counts as a page of this height
_SURE, _DOUBTFUL = Color(0, 0.45, 0.2), Color(0.8, 0.25, 0)
_HOME = Path(__file__).parent.parent  # where the package is found, installed or not
_TYPE = 5.5  # points: small enough to leave the form readable


@dataclass(frozen=True, slots=True)
class Mark:
    """One value's place: `box` in points of the page as displayed, from its top left; `sure` above its threshold."""

    page: int  # from 1
    box: tuple[float, float, float, float]
    label: str
    sure: bool


def marks_of(adhesions: Sequence[Adhesion], document: int, thresholds: Mapping[str, float]) -> tuple[Mark, ...]:
    """The marks of every value read from the document with this index."""
    return tuple(
        Mark(value.page, value.box, f"{key} {value.confidence:.2f}", _is_sure(value, thresholds.get(key, 1.0)))
        for adhesion in adhesions
        for key, value in adhesion.fields.items()
        if value.document == document and value.page > 0
    )


def _is_sure(value: FieldValue, threshold: float) -> bool:
    return value.value is not None and value.confidence >= threshold and not value.warnings


def overlaid(file: str, document: int, marks: Sequence[Mark], limits: Limits, *, mail: bool) -> bytes:
    """The PDF with its marks, drawn in a process with `limits`. Raises Unreadable when it cannot be drawn.

    `document` is the index among the documents of `file`; `mail` tells a message from a bare document.
    """
    asked: dict[str, object] = {"file": file, "document": document, "limits": asdict(limits)}
    asked["marks"] = [asdict(mark) for mark in marks]
    asked["mail"] = mail
    command = [sys.executable, "-m", "ingest.overlay"]
    try:
        done = subprocess.run(  # noqa: S603 - our own module
            command,
            input=json.dumps(asked).encode(),
            capture_output=True,
            timeout=limits.seconds,
            check=False,
            cwd=_HOME,
        )
    except subprocess.TimeoutExpired as late:
        raise Unreadable(Reason.PART_TIMED_OUT, "overlay") from late
    if done.returncode or not done.stdout.startswith(b"%PDF"):
        raise Unreadable(Reason.PART_UNREADABLE, "overlay")
    return done.stdout


def main() -> int:
    """Draws what standard input asks for."""
    asked = json.loads(sys.stdin.buffer.read())
    limits = Limits(**asked["limits"])
    give_up(limits)
    marks = [Mark(m["page"], tuple(m["box"]), m["label"], m["sure"]) for m in asked["marks"]]
    try:
        content, media_type = _document(asked["file"], asked["document"], limits, mail=asked["mail"])
        sys.stdout.buffer.write(drawn(content, media_type, marks))
    except (Unreadable, pikepdf.PdfError, OSError, ValueError):
        return CANNOT
    return 0


def _document(file: str, document: int, limits: Limits, *, mail: bool) -> tuple[bytes, str]:
    content = Path(file).read_bytes()
    if mail:
        content = _original(content, limits)
        found = documents_in(content, limits, Progress())
    else:
        found = documents_in_file(file, content, limits, Progress())
    if document >= len(found):
        raise Unreadable(Reason.PART_UNREADABLE, "no such document")
    return found[document].content, found[document].document.media_type


def _original(raw: bytes, limits: Limits) -> bytes:
    epoch = datetime.fromtimestamp(0, UTC)
    return open_envelope(raw, Context(Notice("", "", epoch), limits=limits), Arrival(now=epoch)).original


def drawn(content: bytes, media_type: str, marks: Sequence[Mark]) -> bytes:
    """The document as a PDF with a box and a label per mark."""
    if media_type != PDF and not media_type.startswith("image/"):
        raise Unreadable(Reason.PART_UNSUPPORTED, media_type)
    if media_type != PDF:
        content = _on_a_page(content)
    with pikepdf.open(BytesIO(content)) as pdf:
        for number, page in enumerate(pdf.pages, start=1):
            here = [mark for mark in marks if mark.page == number]
            if here:
                _draw(page, here)
        target = BytesIO()
        pdf.save(target)
    return target.getvalue()


def _draw(page: pikepdf.Page, marks: Sequence[Mark]) -> None:
    x0, y0, x1, y1 = (float(v) for v in page.cropbox)
    width, height = x1 - x0, y1 - y0
    if int(page.obj.get("/Rotate", 0)) % 180:
        width, height = height, width
    out = BytesIO()
    canvas = Canvas(out, pagesize=(width, height))
    for mark in marks:
        left, top, right, bottom = mark.box
        colour = _SURE if mark.sure else _DOUBTFUL
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(0.7)
        canvas.rect(left - 1, height - bottom - 1, right - left + 2, bottom - top + 2)
        canvas.setFillColor(colour)
        canvas.setFont("Helvetica", _TYPE)
        canvas.drawString(left, height - top + 1.5, mark.label)
    canvas.save()
    with pikepdf.open(BytesIO(out.getvalue())) as drawing:
        page.add_overlay(drawing.pages[0], pikepdf.Rectangle(x0, y0, x1, y1))


def _on_a_page(content: bytes) -> bytes:
    """A picture as a page of the height the reader gives it."""
    with Image.open(BytesIO(content)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    scale = _A4_HEIGHT / max(upright.size)
    size = (upright.width * scale, upright.height * scale)
    out = BytesIO()
    canvas = Canvas(out, pagesize=size)
    canvas.drawImage(ImageReader(upright), 0, 0, *size)
    canvas.save()
    return out.getvalue()


if __name__ == "__main__":
    sys.exit(main())
