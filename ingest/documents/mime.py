"""The parts of a MIME message, down to its leaves, without decoding names or contents twice.

Walks the standard library's compat32 tree itself: no flattening, so an attachment of a forwarded mail keeps its
place, and a message/rfc822 in base64 (forbidden by RFC 2046 §5.2.1, yet met) is decoded.
"""

import base64
import binascii
import email
import quopri
from collections.abc import Iterator
from dataclasses import dataclass
from email.errors import InvalidBase64LengthDefect
from email.message import Message

from ingest.documents.names import UNNAMED, name_of
from ingest.documents.sniff import HTML, MAIL, TEXT, UNKNOWN, XML, media_type
from ingest.rules import DocumentPath
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

MAX_DEPTH = 50  # multiparts inside multiparts; the parser itself recurses
_STRUCTURAL = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A part with content: `group` is equal for the parts of one multipart, whose signatures may be detached."""

    path: DocumentPath
    name: str
    declared: str  # media type as declared
    content: bytes
    group: DocumentPath
    damaged: str = ""  # why the transfer encoding could not be undone
    mail: bool = False  # content is a message to be parsed again


def leaves_of(raw: bytes, path: DocumentPath = ()) -> Iterator[Leaf]:
    """The leaves of a message: attachments and nested messages, not its texts, not its own signature.

    Raises Unreadable when the message cannot be parsed at all.
    """
    try:
        message = email.message_from_bytes(raw)
    except RecursionError as error:
        raise Unreadable(Reason.LIMIT_REACHED, "MIME parts nested too deep") from error
    except Exception as error:  # the parser leaks ValueError, AttributeError, TypeError and others on mutants
        raise Unreadable(Reason.PART_UNREADABLE, f"MIME: {type(error).__name__}") from error
    if message.get_content_maintype() == "multipart" and message.is_multipart():
        yield from _children(message, path)
    else:
        yield from _leaf(message, (*path, 0), path)


def _children(parent: Message, path: DocumentPath, depth: int = 0) -> Iterator[Leaf]:
    if depth > MAX_DEPTH:
        yield Leaf(path, UNNAMED, "", b"", path, damaged="MIME parts nested too deep")
        return
    signed = parent.get_content_type() == "multipart/signed"
    for index, part in enumerate(parent.get_payload()):
        if not isinstance(part, Message) or (signed and index > 0 and part.get_content_type() in _SIGNATURES):
            continue  # the last part of a multipart/signed signs the mail, not a document
        here = (*path, index)
        if part.get_content_maintype() == "multipart" and part.is_multipart():
            yield from _children(part, here, depth + 1)
        else:
            yield from _leaf(part, here, path)


def _leaf(part: Message, path: DocumentPath, group: DocumentPath) -> Iterator[Leaf]:
    declared = part.get_content_type()
    name = name_of(part)
    if declared in _STRUCTURAL:
        return
    if part.get_content_maintype() == "message" and part.is_multipart():
        yield Leaf(path, name, declared, _nested(part), group, mail=True)
        return
    content, damaged = _content(part)
    if declared in ("text/plain", "text/html") and _is_text_of_the_mail(part, content):
        return
    yield Leaf(path, name, declared, content, group, damaged)


def _is_text_of_the_mail(part: Message, content: bytes) -> bool:
    """Whether this is what the sender wrote, not what he attached (unnamed files declared as text exist)."""
    if part.get_content_disposition() == "attachment" or name_of(part) != UNNAMED:
        return False
    return not content.strip() or media_type(content) in (TEXT, HTML, XML, UNKNOWN, MAIL)


def _content(part: Message) -> tuple[bytes, str]:
    """The decoded bytes, and why they are damaged if they are."""
    try:
        payload = part.get_payload(decode=True)
    except Exception as error:  # noqa: BLE001 - the same leaks as the parser's
        return b"", f"transfer encoding: {type(error).__name__}"
    content = payload if isinstance(payload, bytes) else b""
    if any(isinstance(defect, InvalidBase64LengthDefect) for defect in part.defects):
        return content, "base64 of impossible length"
    return content, ""


def _nested(part: Message) -> bytes:
    """The bytes of a message/rfc822 part, its (forbidden) transfer encoding undone."""
    inner = part.get_payload(0)
    try:
        raw = inner.as_bytes() if isinstance(inner, Message) else b""
    except Exception:  # noqa: BLE001 - the generator leaks what the parser leaks
        return b""
    encoding = str(part.get("content-transfer-encoding", "")).strip().lower()
    if encoding == "base64" and b":" not in raw.strip().split(b"\n", 1)[0]:
        try:
            return base64.b64decode(raw)
        except binascii.Error:
            return b""
    if encoding == "quoted-printable":
        return quopri.decodestring(raw)
    return raw
