"""A page of a scan, photograph or PDF → a grey picture of at most A3 at 200 dpi, paper white and ink dark."""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import Any

import cv2
import numpy as np
import pypdfium2 as pdfium
from PIL import Image, ImageOps

from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

Grey = np.ndarray[Any, np.dtype[np.uint8]]
Places = np.ndarray[Any, np.dtype[Any]]  # rows of x, y in pixels

DPI = 200
POINT = DPI / 72  # pixels per point
A4 = (595.0, 842.0)  # points
MAX_PIXELS = 60_000_000  # of a picture as it comes: an A3 page at 500 dpi
_AMPLE = 3400  # pixels of the shorter side: half of them are enough
_MAX_SIDE = 1200.0  # points: a larger page is drawn smaller
PDF = "application/pdf"


@dataclass(frozen=True, slots=True)
class Raster:
    """`grey`: rows by columns, 0 black to 255 white. `points`: points per pixel. `photo`: a paper may lie in it."""

    grey: Grey
    points: float
    photo: bool = False


def raster_of(content: bytes, media_type: str, number: int) -> Raster:
    """Page `number` (from 1) as a picture, turned as a viewer shows it.

    Raises Unreadable: PART_TOO_LARGE beyond the pixel limit, PART_UNREADABLE when broken.
    """
    return _drawn(content, number) if media_type == PDF else _picture(content, number)


def _drawn(content: bytes, number: int) -> Raster:
    try:
        document = pdfium.PdfDocument(content)
        try:
            document.init_forms()  # else filled fields are not drawn
            page = document[number - 1]
            width, height = page.get_size()
            scale = POINT * min(1.0, _MAX_SIDE / max(width, height, 1.0))
            grey = page.render(scale=scale, grayscale=True, may_draw_forms=True).to_numpy().copy()
            page.close()
        finally:
            document.close()
    except (pdfium.PdfiumError, IndexError, ValueError) as error:
        raise Unreadable(Reason.PART_UNREADABLE, f"page {number} cannot be drawn") from error
    return Raster(np.asarray(grey.reshape(grey.shape[:2]), np.uint8), 1 / scale)


def _picture(content: bytes, number: int) -> Raster:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as image:
                pixels = image.width * image.height
                grey = _frame(image, number) if pixels <= MAX_PIXELS else None
    except Exception as error:  # Pillow's readers leak SyntaxError, struct.error, OverflowError and more
        raise Unreadable(Reason.PART_UNREADABLE, f"picture: {type(error).__name__}") from error
    if grey is None:
        raise Unreadable(Reason.PART_TOO_LARGE, f"picture of {pixels} pixels")
    return Raster(grey, A4[1] / max(grey.shape), photo=True)


def _frame(image: Image.Image, number: int) -> Grey:
    image.seek(number - 1)
    image.draft("L", (image.width // 2, image.height // 2) if min(image.size) > _AMPLE else image.size)
    return np.asarray(_opaque(ImageOps.exif_transpose(image)).convert("L"), dtype=np.uint8)


def _opaque(image: Image.Image) -> Image.Image:
    """Transparent pixels are paper."""
    if image.mode not in ("RGBA", "LA", "P", "PA"):
        return image
    solid = image.convert("RGBA")
    paper = Image.new("RGBA", solid.size, "white")
    return Image.alpha_composite(paper, solid)


def sized(raster: Raster) -> Raster:
    """The same at 200 dpi: what follows measures in pixels of this size."""
    factor = raster.points * POINT
    if abs(factor - 1) < 0.02:
        return raster
    size = (max(1, round(raster.grey.shape[1] * factor)), max(1, round(raster.grey.shape[0] * factor)))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    return Raster(cv2.resize(raster.grey, size, interpolation=how).astype(np.uint8), 1 / POINT, raster.photo)


def whitened(grey: Grey) -> Grey:
    """Shadows and yellow paper made white: each pixel over the paper around it."""
    small = cv2.resize(grey, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    paper = cv2.morphologyEx(small, cv2.MORPH_CLOSE, np.ones((15, 15), np.uint8))
    paper = cv2.resize(cv2.GaussianBlur(paper, (31, 31), 0), (grey.shape[1], grey.shape[0]))
    flat = np.asarray(cv2.divide(grey, np.maximum(paper, 1), scale=255), np.uint8)
    return np.asarray(cv2.medianBlur(flat, 3) if _speckled(flat) else flat, dtype=np.uint8)


def _speckled(grey: Grey) -> bool:
    """Whether the picture is strewn with single dark pixels, as bad scanners and faxes do."""
    dark = (grey < 128).astype(np.uint8)
    lone = dark & (cv2.filter2D(dark, -1, np.ones((3, 3), np.uint8)) <= 1)
    return int(lone.sum()) > 0.0008 * grey.size


def ink_of(grey: Grey) -> Grey:
    """1 where there is ink, 0 where there is paper."""
    level, _ = cv2.threshold(grey, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    return (grey < min(max(level, 120), 200)).astype(np.uint8)
