"""A fast look at a PDF: text per page, fields, drawings. The form reader looks properly, later and at forms only.

pdfium reads the text (it may abort the process on hostile files: the caller's keeper restarts it), pikepdf the
structure; a file pdfium refuses is tried again as rewritten by pikepdf.
"""

import ctypes
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any

import pikepdf
import pypdfium2 as pdfium
from pypdfium2 import raw as pdfium_c

from ingest.documents.budget import Budget
from ingest.documents.pagefacts import PageFacts, ReadImage
from ingest.documents.sniff import PDF
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

MAX_OCR_PAGES = 12  # per document: at two seconds a page
MAX_OBJECTS = 5000  # looked at per page for drawings
MAX_TEXT = 40_000  # characters looked at per page
MIN_LETTERS = 20  # fewer on a page with objects: a scan
MANY_WORDS, FEW_COMMON = 25, 0.02  # from so many words on, a text where fewer are common ones is a shifted alphabet
COMMON = frozenset(
    {"di", "il", "la", "lo", "le", "gli", "un", "una", "del", "della", "dei", "delle", "al", "alla", "da", "in", "nel",
     "nella", "con", "per", "su", "che", "non", "si", "ed", "via", "nome", "data", "prov", "tel", "mail", "email",
     "pec", "codice", "comune", "ente", "the", "of", "and", "to", "for", "der", "die", "und", "de", "les", "et"}
)  # fmt: skip
_WRITTEN_NOTES = frozenset({"/FreeText", "/Ink", "/Stamp"})
_CURVED_STEPS = 4  # Bézier segments: fewer are the corners of a drawn box, more are writing


@dataclass(frozen=True, slots=True)
class _Additions:
    """What pikepdf saw on a page: fields, how many are filled, notes written on it."""

    widgets: int = 0
    written: bool = False


def pdf_pages(content: bytes, budget: Budget, read_image: ReadImage | None) -> tuple[PageFacts, ...]:
    """The facts of every page of a PDF.

    Raises Unreadable: PART_ENCRYPTED when a password is needed to open it (an owner password alone is not),
    LIMIT_REACHED when it has too many pages, PART_UNREADABLE when it is damaged beyond repair.
    """
    additions, rewritten = _structure(content, budget)
    document = _loaded(rewritten or content)
    try:
        facts = tuple(_facts(document, additions, _Reader(content, read_image)))
    finally:
        document.close()
    if rewritten:
        return _after_repair(facts)
    return facts if all(page.scanned or page.text.strip() for page in facts) else _lost(content, facts)


def _lost(content: bytes, facts: tuple[PageFacts, ...]) -> tuple[PageFacts, ...]:
    """A page that shows nothing because its content cannot be decoded is no empty one: a person looks.

    A transfer that altered line ends leaves such files.
    """
    with pikepdf.open(BytesIO(content), suppress_warnings=True) as pdf:
        return tuple(
            replace(page, scanned=page.scanned or (not page.text.strip() and not _decodes(pdf.pages[number])))
            for number, page in enumerate(facts)
        )


def _decodes(page: pikepdf.Page) -> bool:
    found = page.obj.get("/Contents")
    try:
        for stream in found if isinstance(found, pikepdf.Array) else [found] if found is not None else []:
            stream.read_bytes()
    except Exception:  # noqa: BLE001 - qpdf's errors arrive as PdfError, RuntimeError, ValueError, TypeError
        return False
    return True


def _loaded(content: bytes) -> pdfium.PdfDocument:
    try:
        return pdfium.PdfDocument(content)
    except pdfium.PdfiumError as error:
        raise Unreadable(Reason.PART_UNREADABLE, "PDF damaged") from error


def _after_repair(facts: tuple[PageFacts, ...]) -> tuple[PageFacts, ...]:
    """A repaired file may have lost what its pages showed: an empty page is then no harmless one."""
    if not any(usable(page.text) or page.scanned for page in facts):
        raise Unreadable(Reason.PART_UNREADABLE, "PDF damaged, its pages are lost")
    return tuple(replace(page, scanned=not usable(page.text)) for page in facts)


def _structure(content: bytes, budget: Budget) -> tuple[list[_Additions], bytes]:
    """What was added on each page, and the file as pikepdf would write it if pdfium may need that."""
    try:
        with pikepdf.open(BytesIO(content), suppress_warnings=True) as pdf:
            budget.pages(len(pdf.pages))
            additions = [_additions(page) for page in pdf.pages]
            return additions, _rewritten(pdf) if _opens_badly(content) else b""
    except Unreadable:
        raise
    except pikepdf.PasswordError as error:
        raise Unreadable(Reason.PART_ENCRYPTED, "PDF with a password") from error
    except Exception as error:  # qpdf's errors arrive as PdfError, RuntimeError, ValueError, TypeError
        raise Unreadable(Reason.PART_UNREADABLE, f"PDF: {type(error).__name__}") from error


def _opens_badly(content: bytes) -> bool:
    try:
        pdfium.PdfDocument(content).close()
    except pdfium.PdfiumError:
        return True
    return False


def _rewritten(pdf: pikepdf.Pdf) -> bytes:
    target = BytesIO()
    pdf.save(target)
    return target.getvalue()


def _additions(page: pikepdf.Page) -> _Additions:
    widgets, written = 0, False
    for note in list(page.obj.get("/Annots", []))[:MAX_OBJECTS]:
        if not isinstance(note, pikepdf.Dictionary):
            continue
        subtype = str(note.get("/Subtype", ""))
        written = written or subtype in _WRITTEN_NOTES
        if subtype == "/Widget":
            kind, value = _inherited(note, "/FT"), _inherited(note, "/V")
            if kind is None or (str(kind) == "/Btn" and int(_inherited(note, "/Ff") or 0) & 0x10000):
                continue  # a push button
            widgets += 1
            written = written or _filled(note, str(kind), value)
    return _Additions(widgets, written)


def _filled(widget: pikepdf.Dictionary, kind: str, value: Any) -> bool:
    """Whether a field holds something. Text counts even when it is the default: in doubt a form is filled."""
    if kind == "/Btn":
        return str(widget.get("/AS", "/Off")) != "/Off"
    if kind not in ("/Tx", "/Ch") or value is None or not str(value).strip():
        return False
    return kind == "/Tx" or str(value) != str(_inherited(widget, "/DV"))  # a list starts with one of its choices


def _inherited(field: Any, key: str) -> Any:
    """A field attribute, from the field or from one of its parents (ISO 32000-1 §12.7.3.1)."""
    for _ in range(10):
        if not isinstance(field, pikepdf.Dictionary):
            return None
        if key in field:
            return field[key]
        field = field.get("/Parent")
    return None


def _facts(document: pdfium.PdfDocument, additions: list[_Additions], read: "_Reader") -> Iterator[PageFacts]:
    for number, added in enumerate(additions, start=1):
        try:
            page = document[number - 1]
        except (pdfium.PdfiumError, IndexError):
            yield PageFacts("", scanned=True)  # a page object that cannot be loaded: a person looks
            continue
        try:
            yield read.completed(_page_facts(page, added), number)
        finally:
            page.close()


def _page_facts(page: Any, added: _Additions) -> PageFacts:
    textpage = page.get_textpage()
    try:
        text = (
            textpage.get_text_range(0, min(textpage.count_chars(), MAX_TEXT)).replace("\x00", "").replace("\r\n", "\n")
        )
    except pdfium.PdfiumError:
        text = ""
    finally:
        textpage.close()
    objects = pdfium_c.FPDFPage_CountObjects(page.raw)
    scanned = not usable(text) and objects > 0 and not _says_little(page, text, min(objects, MAX_OBJECTS))
    written = added.written or (not scanned and _drawn_upon(page, min(objects, MAX_OBJECTS)))
    return PageFacts(text, scanned=scanned, written=written, widgets=added.widgets)


def usable(text: str) -> bool:
    """Whether a text layer can be read at all: fonts without ToUnicode give "3,$12',=21$'" for words."""
    visible = [char for char in text if not char.isspace()]
    letters = sum(char.isalpha() for char in visible)
    leaders = sum(char in "_.…-–□☐•" for char in visible)
    if letters < MIN_LETTERS or text.count("\ufffd") > len(visible) / 5 or text.count("(cid:") > 20:
        return False
    words = re.findall(r"[^\W\d_]{2,}", text.lower())
    if len(words) >= MANY_WORDS and sum(word in COMMON for word in words) < len(words) * FEW_COMMON:
        return False
    return letters >= (len(visible) - leaders) / 2 and len(re.findall(r"[aeiouAEIOU]", text)) >= letters / 8


def _says_little(page: Any, text: str, count: int) -> bool:
    """Whether a page with few words shows nothing else: "STATUTO" alone on a cover page is no scan."""
    kinds = {pdfium_c.FPDFPageObj_GetType(pdfium_c.FPDFPage_GetObject(page.raw, index)) for index in range(count)}
    words = re.findall(r"[^\W\d_]{2,}", text)
    spoken = [word for word in words if re.search(r"[aeiou]", word, re.IGNORECASE)]
    return kinds == {pdfium_c.FPDF_PAGEOBJ_TEXT} and 0 < len(words) < MANY_WORDS and len(spoken) >= len(words) / 2


def _drawn_upon(page: Any, count: int) -> bool:
    """Whether the page carries writing that is no text: outlined letters, a pen's curves, a picture below the head."""
    height = page.get_height()
    curved = 0
    for index in range(count):
        item = pdfium_c.FPDFPage_GetObject(page.raw, index)
        kind = pdfium_c.FPDFPageObj_GetType(item)
        if kind == pdfium_c.FPDF_PAGEOBJ_PATH:
            curved += _curves(item) > _CURVED_STEPS
        elif kind == pdfium_c.FPDF_PAGEOBJ_IMAGE and _top(item) < height * 0.75:
            return True
    return curved >= 3


def _curves(path: Any) -> int:
    steps = min(pdfium_c.FPDFPath_CountSegments(path), 200)
    kinds = (pdfium_c.FPDFPathSegment_GetType(pdfium_c.FPDFPath_GetPathSegment(path, step)) for step in range(steps))
    return sum(kind == pdfium_c.FPDF_SEGMENT_BEZIERTO for kind in kinds)


def _top(item: Any) -> float:
    """The upper edge of an object, in points from the bottom of the page."""
    edges = [ctypes.c_float() for _ in range(4)]
    pdfium_c.FPDFPageObj_GetBounds(item, *(ctypes.byref(edge) for edge in edges))
    return float(edges[3].value)


@dataclass(slots=True)
class _Reader:
    """OCR of a document's scanned pages, as many as are worth waiting for."""

    content: bytes
    read_image: ReadImage | None
    left: int = MAX_OCR_PAGES

    def completed(self, facts: PageFacts, number: int) -> PageFacts:
        if not facts.scanned or self.read_image is None or self.left <= 0:
            return facts
        self.left -= 1
        text = self.read_image(self.content, PDF, number)
        return replace(facts, text=text, scanned=not usable(text), written=usable(text), ocr=True)
