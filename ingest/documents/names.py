"""File names of attachments: decoded as far as possible, and harmless.

A name is shown, never used as a path, and never chooses a parser.
"""

import re
import unicodedata
from email.errors import HeaderParseError
from email.header import decode_header
from email.message import Message
from email.utils import collapse_rfc2231_value

from ingest.envelope.headers import Headers

MAX_LENGTH = 200
_LONGEST_HEADER = 20_000  # bytes looked at: the standard parser's time grows with the square of them
UNNAMED = "senza nome"
_FORBIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})  # controls, bidi marks, lone surrogates
_ENCODED_WORD = re.compile(r"=\?[\w.*-]+\?[bq]\?[^?\s]*\?=", re.IGNORECASE)


def clean_name(raw: str) -> str:
    """A name without path, control or bidi characters, at most 200 characters long, its extension kept."""
    last = re.split(r"[/\\]", raw.replace("\r", "").replace("\n", ""))[-1]
    visible = "".join(" " if char == "\t" else char for char in last if char == "\t" or not _hidden(char))
    name = " ".join(unicodedata.normalize("NFC", visible).split())
    if len(name) > MAX_LENGTH:
        stem, dot, ending = name.rpartition(".")
        ending = f"{dot}{ending}" if stem and len(ending) <= 10 else ""
        name = name[: MAX_LENGTH - len(ending)] + ending
    return name if name.strip(". ") else UNNAMED


def name_of(headers: Headers) -> str:
    """The cleaned file name a MIME part declares: RFC 2231, RFC 2047 words even in quotes, raw 8-bit bytes."""
    for header, parameter in (("content-disposition", "filename"), ("content-type", "name")):
        raw = _decoded(headers.raw(header)[:_LONGEST_HEADER], "cp1252").replace("\r", "")
        found = _parameter(raw, header, parameter) if raw else ""
        if found:
            return clean_name(_words_decoded(found))
    return UNNAMED


def archive_name(name: str, *, utf8: bool) -> str:
    """The cleaned name of a zip member; without the UTF-8 flag zipfile gives cp437, Italian Windows wrote cp850."""
    if not utf8:
        try:
            raw = name.encode("cp437")
        except UnicodeEncodeError:
            return clean_name(name)
        name = _decoded(raw, "cp850")
    return clean_name(name)


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in _FORBIDDEN


def _decoded(raw: bytes, fallback: str) -> str:
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode(fallback, "replace")


def _parameter(raw: str, header: str, parameter: str) -> str:
    message = Message()
    message[header] = raw
    try:
        value = message.get_param(parameter, "", header)
        return collapse_rfc2231_value(value) if isinstance(value, tuple) else str(value)
    except (ValueError, LookupError, TypeError, AttributeError):  # the standard parser gives up in several ways
        return ""


def _words_decoded(name: str) -> str:
    if not _ENCODED_WORD.search(name):
        return name
    try:
        pieces = decode_header(name)
        return "".join(
            piece if isinstance(piece, str) else piece.decode(charset or "utf-8", "replace")
            for piece, charset in pieces
        )
    except (HeaderParseError, LookupError, ValueError):
        return name
