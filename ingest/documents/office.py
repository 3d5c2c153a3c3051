"""The text of .docx and .odt files, in reading order, from their own XML (content controls included).

An office file is one page here: where its pages break is decided by whoever prints it.
"""

from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.documents.archive import open_archive
from ingest.documents.budget import Budget
from ingest.documents.pagefacts import PageFacts
from ingest.documents.pdf import usable
from ingest.documents.sniff import DOCX
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

_PARAGRAPHS = frozenset({"p", "h", "tr", "table-row"})
_BLANKS = {"tab": "\t", "br": "\n", "cr": "\n", "s": " ", "line-break": "\n"}


def office_page(content: bytes, kind: str, budget: Budget) -> PageFacts:
    """The facts of a .docx or .odt. Raises Unreadable when it is broken, too large or has a password."""
    archive = open_archive(content)
    wanted = ("word/header", "word/document.xml", "word/footer") if kind == DOCX else ("content.xml",)
    texts: list[str] = []
    pictures = False
    for member in archive.members():
        inside = member.info.filename
        pictures = pictures or inside.startswith(("word/media/", "Pictures/"))
        if inside == "META-INF/manifest.xml" and b"encryption-data" in archive.read(member, budget):
            raise Unreadable(Reason.PART_ENCRYPTED, "office file with a password")
        if inside.startswith(wanted) and inside.endswith(".xml"):
            texts.append(_text(_root(inside, archive.read(member, budget))))
    if not texts:
        raise Unreadable(Reason.PART_UNREADABLE, "office file without a text")
    text = "\n".join(texts)
    return PageFacts(text, scanned=pictures and not usable(text))


def _root(name: str, xml: bytes) -> Element:
    try:
        return fromstring(xml)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        raise Unreadable(Reason.PART_UNREADABLE, f"{name}: {type(error).__name__}") from error


def _text(root: Element) -> str:
    """All text below an element, a line per paragraph; iterative, as nesting is the sender's choice."""
    pieces: list[str] = []
    stack: list[Element | str] = [root]
    while stack:
        item = stack.pop()
        if isinstance(item, str):
            pieces.append(item)
            continue
        tag = _local(item)
        if tag in ("delText", "instrText"):
            continue
        if tag in _PARAGRAPHS:
            pieces.append("\n")
        pieces.append(_BLANKS.get(tag, "") + _symbol(item, tag) + (item.text or ""))
        for child in reversed(item):
            stack.append(child.tail or "")
            stack.append(child)
    return "".join(pieces)


def _symbol(item: Element, tag: str) -> str:
    """The tick of a content control or of a symbol font, which is no text in the XML."""
    attributes = {key.rpartition("}")[2]: value for key, value in item.attrib.items()}
    if tag == "checked":
        return "☒ " if attributes.get("val", "1") in ("1", "true", "on") else ""
    if tag == "sym":
        return {"F0FE": "☒", "F0FC": "✓", "F0FD": "☒", "F078": "☒"}.get(attributes.get("char", "").upper(), "☐")
    return ""


def _local(item: Element) -> str:
    return item.tag.rpartition("}")[2] if isinstance(item.tag, str) else ""
