"""Draws one page of one document of a stored original, in a process of its own that may die of it.

Started as `python -m ingest.drawing` with a `Wanted` as JSON on its standard input; answers with one line of JSON (the
page's size in points) and the bytes of a PNG. Exit status 3: this page cannot be drawn.
"""

import json
import sys
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pikepdf
import pypdfium2 as pdfium
from PIL import Image, ImageFilter, ImageOps

from ingest.confined import give_up
from ingest.documents import OpenedDocument, documents_in
from ingest.envelope import open_envelope
from ingest.rules import Arrival, Context, DocumentPath, Limits, Notice, Progress
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

SCALE = 1.6  # pixels per point: 115 dpi
LARGE = 2.8
MAX_SIDE = 2600  # pixels
MAX_PIXELS = 60_000_000  # of a picture as it comes
BLUR = 14  # pixels: no letter of a document survives it
CANNOT = 3
_COLOURS = 96
_A4_HEIGHT = 842.0  # points: a photograph counts as a page of this height (ingest.form.ocr.raster)
_NO_NOTICE = Notice("", "", datetime.fromtimestamp(0, UTC))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which page, and how: `path` where the document lies inside the original, `page` from 1."""

    original: str
    path: DocumentPath
    sha256: str
    page: int
    large: bool = False
    blurred: bool = False


class _OthersAside(Mapping[DocumentPath, Reason]):
    """Sets every document aside but the one wanted, and what it is wrapped in."""

    def __init__(self, wanted: DocumentPath) -> None:
        self._wanted = wanted

    def __getitem__(self, path: DocumentPath) -> Reason:
        if self._wanted[: len(path)] == path:
            raise KeyError(path)
        return Reason.LIMIT_REACHED

    def __iter__(self) -> Iterator[DocumentPath]:
        return iter(())

    def __len__(self) -> int:
        return 1


def main() -> int:
    """Draws what standard input asks for."""
    asked: dict[str, Any] = json.loads(sys.stdin.buffer.read())
    limits = Limits(**asked.pop("limits"))
    give_up(limits)
    wanted = Wanted(**(asked | {"path": tuple(asked["path"])}))
    try:
        picture, size = drawn(wanted, limits)
    except Unreadable:
        return CANNOT
    sys.stdout.buffer.write(json.dumps(size).encode() + b"\n" + picture)
    return 0


def drawn(wanted: Wanted, limits: Limits) -> tuple[bytes, tuple[float, float]]:
    """PNG and page size in points. Raises Unreadable when there is no such page or it cannot be drawn."""
    found = _document(wanted, limits)
    factor = LARGE if wanted.large else SCALE
    is_pdf = found.document.media_type == "application/pdf"
    picture, size = (_pdf if is_pdf else _photograph)(found.content, wanted.page, factor)
    if wanted.blurred:
        picture = picture.filter(ImageFilter.GaussianBlur(BLUR * factor / SCALE))
    target = BytesIO()
    picture.quantize(_COLOURS, method=Image.Quantize.FASTOCTREE).save(target, "PNG", optimize=False)
    return target.getvalue(), size


def _document(wanted: Wanted, limits: Limits) -> OpenedDocument:
    moment = datetime.fromtimestamp(0, UTC)
    opened = open_envelope(Path(wanted.original).read_bytes(), Context(_NO_NOTICE), Arrival(moment))
    progress = Progress(aside=_OthersAside(wanted.path))
    for found in documents_in(opened.original, limits, progress):
        if found.document.path == wanted.path and found.document.sha256 == wanted.sha256:
            return found
    raise Unreadable(Reason.PART_UNREADABLE, "no such document")


def _pdf(content: bytes, number: int, factor: float) -> tuple[Image.Image, tuple[float, float]]:
    try:
        document = _opened(content)
        try:
            document.init_forms()  # else filled fields are not drawn
            page = document[number - 1]
            width, height = page.get_size()
            scale = min(factor, MAX_SIDE / max(width, height, 1.0))
            picture = page.render(scale=scale, may_draw_forms=True).to_pil().convert("RGB")
            page.close()
        finally:
            document.close()
    except (pdfium.PdfiumError, IndexError, ValueError) as error:
        raise Unreadable(Reason.PART_UNREADABLE, f"page {number} cannot be drawn") from error
    return picture, (width, height)


def _opened(content: bytes) -> pdfium.PdfDocument:
    """The PDF, as pikepdf would write it where pdfium refuses it as it is."""
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError:
        target = BytesIO()
        try:
            with pikepdf.open(BytesIO(content), suppress_warnings=True) as pdf:
                pdf.save(target)
        except Exception as error:  # qpdf's errors arrive as PdfError, RuntimeError, ValueError, TypeError
            raise Unreadable(Reason.PART_UNREADABLE, f"PDF: {type(error).__name__}") from error
        return pdfium.PdfDocument(target.getvalue())


def _photograph(content: bytes, number: int, factor: float) -> tuple[Image.Image, tuple[float, float]]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as image:
                image.seek(number - 1)
                small = image.width * image.height <= MAX_PIXELS
                picture = ImageOps.exif_transpose(image).convert("RGB") if small else None
    except Exception as error:  # Pillow's readers leak SyntaxError, struct.error, OverflowError and more
        raise Unreadable(Reason.PART_UNREADABLE, f"picture: {type(error).__name__}") from error
    if picture is None:
        raise Unreadable(Reason.PART_TOO_LARGE, "picture with too many pixels")
    points = _A4_HEIGHT / max(picture.size)
    size = (picture.width * points, picture.height * points)
    picture.thumbnail((size[0] * factor, size[1] * factor))
    return picture, size


if __name__ == "__main__":
    sys.exit(main())
