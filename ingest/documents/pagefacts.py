"""What classification knows of a page: little, quickly read, the same for PDF, office files, photographs and scans."""

from collections.abc import Callable
from dataclasses import dataclass

ReadImage = Callable[[bytes, str, int], str]
"""OCR: (content, media type, page number from 1) → the page's text, "" when nothing could be read."""


@dataclass(frozen=True, slots=True)
class PageFacts:
    """One page. `scanned`: it shows something, but has no usable text."""

    text: str
    scanned: bool = False
    written: bool = False  # something was added to the printed page: a filled field, a note, a drawing, a picture
    widgets: int = 0  # fields to fill
    ocr: bool = False  # the text was read from the picture
