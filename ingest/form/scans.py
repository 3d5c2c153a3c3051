"""The pictures of one message, each page read at most once: by triage for its role, by the form reader for its fields.

Without the extra `ocr` nothing is read and a scan goes to a person. The engines are loaded with the first picture.
"""

import hashlib
from importlib.util import find_spec

from ingest.documents.pagefacts import ReadImage
from ingest.form.page import Page, Word
from ingest.verdict import Unreadable

MAX_PAGES = 16  # of one message; further ones go to a person
_NEEDED = ("rapidocr", "onnxruntime", "cv2", "numpy")


class Scans:
    """What was read from pictures while one message is judged. Lives no longer than that."""

    def __init__(self, language: str = "ita", *, available: bool | None = None) -> None:
        self.available = all(find_spec(name) for name in _NEEDED) if available is None else available
        self._language = language
        self._left = MAX_PAGES
        self._pages: dict[tuple[bytes, int], Page | None] = {}

    def reader(self) -> ReadImage | None:
        """What triage asks for the text of a picture; None without the engines."""
        return self.text if self.available else None

    def text(self, content: bytes, media_type: str, number: int) -> str:
        """The text of page `number` (from 1), a line per line; "" when it cannot be read. Never raises Unreadable."""
        page = self.page(content, media_type, number)
        return "" if page is None else text_of(page)

    def page(self, content: bytes, media_type: str, number: int) -> Page | None:
        """The page as the form reader sees it; None without the engines, beyond the limit, or when it is broken."""
        key = (hashlib.sha256(content).digest(), number)
        if key not in self._pages:
            self._pages[key] = self._read(content, media_type, number)
        return self._pages[key]

    def seen(self, content: bytes, number: int) -> bool:
        """Whether this page was read already."""
        return self._pages.get((hashlib.sha256(content).digest(), number)) is not None

    def _read(self, content: bytes, media_type: str, number: int) -> Page | None:
        if not self.available or self._left <= 0:
            return None
        from ingest.form.ocr.scanned import scanned_page  # noqa: PLC0415 - half a second and the engines: only when needed

        self._left -= 1
        try:
            return scanned_page(content, media_type, number, self._language)
        except Unreadable:
            return None


def text_of(page: Page) -> str:
    """The words of a page line by line, in reading order."""
    lines: list[list[Word]] = []
    for word in sorted(page.words, key=lambda w: w.box[3]):
        if lines and word.box[3] - lines[-1][0].box[3] < 5:
            lines[-1].append(word)
        else:
            lines.append([word])
    return "\n".join(" ".join(w.text for w in sorted(line, key=lambda w: w.box[0])) for line in lines)
