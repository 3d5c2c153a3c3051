"""The parts of a MIME message, down to its leaves, as slices of its bytes.

No flattening, so an attachment of a forwarded mail keeps its place; and no part is written again, so what the rules
forbid yet mail programs do (a broken line among headers, a boundary nobody stated) costs no attachment.
"""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ingest.documents.names import UNNAMED, name_of
from ingest.documents.sniff import HTML, MAIL, TEXT, UNKNOWN, XML, in_base64, media_type
from ingest.envelope.mime import PARTS, Part, decoded, enclosed, from_base64, message
from ingest.rules import DocumentPath

MAX_DEPTH = 50  # multiparts inside multiparts
_STRUCTURAL = frozenset({"message/delivery-status", "message/disposition-notification", "text/rfc822-headers"})
_SIGNATURES = frozenset({"application/pkcs7-signature", "application/x-pkcs7-signature", "application/pgp-signature"})
_UNIX = frozenset({"x-uuencode", "uuencode", "x-uue", "uue"})
_BASE64_LETTERS = re.compile(rb"[^A-Za-z0-9+/]")


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

    Any bytes give leaves. A message whose headers do not say that it has parts has them if its body says so.
    """
    top = message(raw)
    children = top.children() or top.told_children()
    if children or top.is_multipart:
        yield from _children(top, children, path, 0)
    else:
        yield from _leaf(top, (*path, 0), path)


def _children(parent: Part, children: tuple[Part, ...], path: DocumentPath, depth: int) -> Iterator[Leaf]:
    if depth > MAX_DEPTH:
        yield Leaf(path, UNNAMED, "", b"", path, damaged="MIME parts nested too deep")
        return
    if not children and bytes(parent.content()).strip():
        yield Leaf((*path, 0), UNNAMED, "", bytes(parent.content()), path, damaged="a multipart without parts")
    for index, part in enumerate(children):
        if parent.media_type == "multipart/signed" and index > 0 and part.media_type in _SIGNATURES:
            continue  # the last part of a multipart/signed signs the mail, not a document
        here = (*path, index)
        if part.is_multipart:
            yield from _children(part, part.children(), here, depth + 1)
        else:
            yield from _leaf(part, here, path, digest=parent.media_type == "multipart/digest")
    if len(children) >= PARTS:
        yield Leaf((*path, PARTS), UNNAMED, "", b"", path, damaged="too many parts")


def _leaf(part: Part, path: DocumentPath, group: DocumentPath, *, digest: bool = False) -> Iterator[Leaf]:
    declared, name = part.media_type, name_of(part.headers)
    if declared in _STRUCTURAL:
        return
    if declared.startswith("message/") or (digest and not part.headers.has("content-type")):  # RFC 2046 §5.1.5
        yield Leaf(path, name, declared, enclosed(part), group, mail=True)
        return
    content, damaged = _content(part)
    if declared in ("text/plain", "text/html") and _is_text_of_the_mail(part, name, content):
        return
    yield Leaf(path, name, declared, content, group, damaged)


def _is_text_of_the_mail(part: Part, name: str, content: bytes) -> bool:
    """Whether this is what the sender wrote, not what he attached (unnamed files declared as text exist)."""
    if name != UNNAMED or part.headers.token("content-disposition").startswith("attachment"):
        return False
    return not content.strip() or media_type(content) in (TEXT, HTML, XML, UNKNOWN, MAIL)


def _content(part: Part) -> tuple[bytes, str]:
    """The decoded bytes and why they are damaged, if they are; unannounced base64 is known by its start."""
    body = bytes(part.content())
    if part.encoding == "base64" and len(_BASE64_LETTERS.sub(b"", body.partition(b"=")[0])) % 4 == 1:
        return body, "base64 of impossible length"
    if part.encoding in _UNIX:
        try:
            return _of_unix(body), ""
        except binascii.Error:
            return body, "broken uuencoding"
    content = decoded(part)
    return from_base64(content) if in_base64(content) else content, ""


def _of_unix(body: bytes) -> bytes:
    """What a uuencoded file stands for. Raises binascii.Error for a line that is none."""
    found = bytearray()
    for line in body.partition(b"begin ")[2].splitlines()[1:]:
        if line.strip() == b"end":
            break
        counted = (((line[0] - 32) & 63) + 2) // 3 * 4 if line else 0  # encoders leave rubbish behind these
        found += binascii.a2b_uu(line[: counted + 1])
    return bytes(found)
