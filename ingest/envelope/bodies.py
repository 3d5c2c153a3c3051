"""The human text and the plain headers of an isolated message, without its attachments.

mail-parser reads a small copy made of the wanted headers and the text parts alone: it would flatten a whole message,
hold it several times in memory and mix an attached mail's text with the sender's. What it cannot read faithfully
(raw 8-bit headers, unknown charsets, damage that makes it raise) is read from the bytes here.
"""

import html
import re
from dataclasses import dataclass

import mailparser

from ingest.envelope.headers import decode_words, to_text
from ingest.envelope.mime import Part, decoded

LONGEST_TEXT = 100_000  # characters handed on
LARGEST_PART = 200_000  # encoded bytes read of one text part
TEXT_PARTS = 20
DEPTH = 10
_WANTED = ("subject", "from", "to", "date", "message-id")
_BOUNDARY = b"----=_text-parts-only"
_TAG = re.compile(r"/?[A-Za-z][A-Za-z0-9]{0,20}")
_SILENT = frozenset({"script", "style", "head", "title"})
_BREAKING = frozenset({"p", "br", "div", "tr", "li", "h1", "h2", "h3", "table"})


@dataclass(frozen=True, slots=True)
class Body:
    """What a person reads of a message."""

    subject: str
    text: str


def read_body(top: Part) -> Body:
    """Subject and text of a message; both "" where there is none. Never raises."""
    parts = tuple(_text_parts(top, 0))[:TEXT_PARTS]
    parsed = _by_mail_parser(_copy_without_attachments(top, parts))
    own = Body(_subject(top), _text_of(*(_texts(parts, kind) for kind in ("text/plain", "text/html"))))
    if parsed is None:
        return own
    faithful_subject = parsed.subject and top.headers.raw("subject").isascii()
    return Body(
        parsed.subject if faithful_subject else own.subject,
        parsed.text if parsed.text and "\ufffd" not in parsed.text else own.text,
    )


def _text_parts(part: Part, depth: int) -> list[Part]:
    """The parts that are text to read; attached messages are not descended into."""
    if part.is_multipart and depth < DEPTH:
        found: list[Part] = []
        for child in part.children():
            found += _text_parts(child, depth + 1)
            if len(found) >= TEXT_PARTS:
                break
        return found
    return [part] if part.media_type in ("text/plain", "text/html") and not part.is_attachment else []


def _texts(parts: tuple[Part, ...], media_type: str) -> list[str]:
    chosen = [part for part in parts if part.media_type == media_type]
    return [to_text(decoded(part, LARGEST_PART), part.parameter("charset")) for part in chosen]


def _subject(top: Part) -> str:
    return decode_words(top.headers.value("subject"))


def _copy_without_attachments(top: Part, parts: tuple[Part, ...]) -> bytes:
    lines = [_line(name, value) for name, value in top.headers.fields if name in _WANTED]
    lines = list(dict.fromkeys(lines))
    lines += [b"MIME-Version: 1.0", b'Content-Type: multipart/mixed; boundary="' + _BOUNDARY + b'"', b""]
    for part in parts:
        described = ("content-type", "content-transfer-encoding")
        lines.append(b"--" + _BOUNDARY)
        lines += [_line(name, value) for name, value in part.headers.fields if name in described]
        lines += [b"", bytes(part.content()[:LARGEST_PART]).replace(_BOUNDARY, b"")]
    return b"\r\n".join([*lines, b"--" + _BOUNDARY + b"--", b""])


def _line(name: str, value: bytes) -> bytes:
    return name.encode("ascii") + b": " + value.replace(b"\r", b" ")[:10_000]


def _by_mail_parser(copy: bytes) -> Body | None:
    try:
        mail = mailparser.parse_from_bytes(copy)
        plain, marked = [str(text) for text in mail.text_plain], [str(text) for text in mail.text_html]
        subject = mail.subject
    except Exception:  # noqa: BLE001 - AttributeError and others leak from it on damaged mail; the bytes are read instead
        return None
    return Body(subject if isinstance(subject, str) else "", _text_of(plain, marked))


def _text_of(plain: list[str], marked: list[str]) -> str:
    """The plain text, else the marked-up one without its marks; at most LONGEST_TEXT characters."""
    written = "\n".join(text.strip() for text in plain if text.strip())
    if not written:
        written = "\n".join(without_marks(text[:LARGEST_PART]) for text in marked)
    return written.replace("\r\n", "\n").strip()[:LONGEST_TEXT]


def without_marks(text: str) -> str:
    """HTML as the words a person reads, a line per block.

    One pass over the angle brackets: html.parser takes minutes over a few thousand comments left open.
    """
    first, *pieces = text.split("<")
    words, awaited = [first], ""
    for piece in pieces:
        mark, closed, after = piece.partition(">")
        tag = _TAG.match(mark)
        name = tag[0].lower() if tag else ""
        if awaited == "-->":
            awaited, after = ("", piece.partition("-->")[2]) if "-->" in piece else (awaited, "")
        elif awaited:
            awaited = "" if name == awaited else awaited
        elif mark.startswith("!--"):
            awaited, after = ("", piece.partition("-->")[2]) if "-->" in piece else ("-->", "")
        elif name in _SILENT:
            awaited = "/" + name
        if awaited:
            continue
        words.append("\n" if name.strip("/") in _BREAKING else "")
        words.append(after if closed else "")
    lines = (" ".join(line.split()) for line in html.unescape("".join(words)).splitlines())
    return "\n".join(line for line in lines if line)
