"""What one document is: its kind, its pages, its own signatures. No containers here."""

import hashlib
import re
import warnings
from io import BytesIO
from xml.etree.ElementTree import ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring
from PIL import Image

from ingest.documents import sniff
from ingest.documents.budget import Budget
from ingest.documents.classify import asks_to_take_part, document_role, roles_of
from ingest.documents.office import office_page
from ingest.documents.pagefacts import PageFacts, ReadImage
from ingest.documents.pdf import pdf_pages, usable
from ingest.documents.signatures import pades_signatures
from ingest.verdict import Document, Unreadable
from ingest.vocabulary import Reason, Role

MAX_PIXELS = 60_000_000  # an A3 page at 500 dpi
LOGO_SIDES = (450, 600)  # pixels: a picture smaller than this holds no page
MAX_XML = 5_000_000
_PROMISES = (".pdf", ".p7m", ".p7s", ".tsd", ".docx", ".odt", ".zip", ".doc", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
_MERE = frozenset({sniff.VCARD, sniff.CALENDAR, "image/gif"})


def describe(  # noqa: PLR0913 - what a document is takes all of it
    name: str, content: bytes, kind: str, budget: Budget, read_image: ReadImage | None, *, converted: bytes = b""
) -> Document:
    """The document, without its path. `kind` is what `sniff.media_type` said; `converted` the .docx it is read from.

    Raises Unreadable when it is broken, encrypted, of an unsupported kind or beyond a limit.
    """
    if kind == sniff.PDF:
        pages = pdf_pages(content, budget, read_image)
    elif converted:
        pages = (office_page(converted, sniff.DOCX, budget),)
    elif kind in (sniff.DOCX, sniff.ODT):
        pages = (office_page(content, kind, budget),)
    elif kind == sniff.HEIC:
        pages = (PageFacts("", scanned=True),)
    elif kind.startswith("image/"):
        pages = _picture(content, kind, budget, read_image)
    else:
        pages = _plain(name, content, kind)
    return _document(name, content, kind, pages)


def _document(name: str, content: bytes, kind: str, pages: tuple[PageFacts, ...]) -> Document:
    roles = roles_of(pages)
    role = document_role(roles)
    if kind == sniff.XML and _is_segnatura(content):
        role, roles = Role.SEGNATURA, ()
    elif role in (Role.FORM, Role.BLANK_FORM) and kind in (sniff.TEXT, sniff.HTML):
        raise Unreadable(Reason.PART_UNSUPPORTED, f"a form as {kind}")
    # a picture whose words say nothing known may be a form read badly: only a person can tell
    unknown = any(page.ocr and page.text for page in pages) and role == Role.OTHER
    scanned = unknown or (any(page.scanned for page in pages) and role != Role.FORM)
    asks = role in (Role.OTHER, Role.COVER_LETTER) and any(asks_to_take_part(page) for page in pages)
    return Document(
        name=name,
        sha256=hashlib.sha256(content).hexdigest(),
        media_type=kind,
        pages=len(pages),
        role=role,
        role_by_page=roles,
        signatures=pades_signatures(content) if kind == sniff.PDF else (),
        reasons=((Reason.SCAN_NEEDS_PERSON,) if scanned else ()) + ((Reason.REQUEST_WITHOUT_FORM,) if asks else ()),
    )


def _picture(content: bytes, kind: str, budget: Budget, read_image: ReadImage | None) -> tuple[PageFacts, ...]:
    """One page per frame of a photograph or scan; a logo or an icon is a page that shows nothing to read."""
    (width, height), frames = _size(content)
    if (min(width, height), max(width, height)) < LOGO_SIDES or min(width, height) < LOGO_SIDES[0] or kind in _MERE:
        return (PageFacts(""),)
    budget.pages(frames)
    return tuple(_frame(content, kind, number, read_image) for number in range(1, frames + 1))


def _frame(content: bytes, kind: str, number: int, read_image: ReadImage | None) -> PageFacts:
    text = read_image(content, kind, number) if read_image else ""
    return PageFacts(text, scanned=not usable(text), written=usable(text), ocr=True)


def _size(content: bytes) -> tuple[tuple[int, int], int]:
    """Pixels and frames, from the header alone."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(BytesIO(content)) as image:
                size, frames = image.size, int(getattr(image, "n_frames", 1))
    except Image.DecompressionBombError as error:
        raise Unreadable(Reason.PART_TOO_LARGE, "picture with too many pixels") from error
    except Exception as error:  # Pillow's readers leak SyntaxError, struct.error, OverflowError and more
        raise Unreadable(Reason.PART_UNREADABLE, f"picture: {type(error).__name__}") from error
    if size[0] * size[1] > MAX_PIXELS:
        raise Unreadable(Reason.PART_TOO_LARGE, f"picture of {size[0]} x {size[1]} pixels")
    return size, frames


def _plain(name: str, content: bytes, kind: str) -> tuple[PageFacts, ...]:
    """Everything that has no pages of its own."""
    if kind == sniff.XML:
        _check_xml(content)
        return ()
    if kind in _MERE:
        return ()
    if kind == "application/encrypted":
        raise Unreadable(Reason.PART_ENCRYPTED, "office file with a password")
    if kind not in (sniff.TEXT, sniff.HTML):
        raise Unreadable(Reason.PART_UNSUPPORTED, kind)
    if name.lower().endswith(_PROMISES):
        raise Unreadable(Reason.PART_UNREADABLE, "not what its name promises")
    return (PageFacts(content[:200_000].decode("utf-8", "replace")),)


def _check_xml(content: bytes) -> None:
    """Raises Unreadable when an XML attachment is broken or hostile. Large ones are not looked at."""
    if len(content) > MAX_XML:
        return
    try:
        fromstring(content.removeprefix(b"\xef\xbb\xbf").lstrip())
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(Reason.PART_UNREADABLE, f"XML: {type(error).__name__}") from error


def _is_segnatura(content: bytes) -> bool:
    """Whether an XML is the protocol data one administration sends another (DPCM 31 October 2000; AgID 2021)."""
    return re.search(rb"<(?:[\w.-]+:)?[Ss]egnatura", content[:5000]) is not None
