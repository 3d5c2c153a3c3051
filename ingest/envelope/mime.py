"""MIME structure as slices of the raw message: no byte is decoded, joined or written again.

A signature holds over the bytes that travelled, so parts are pairs of offsets. Callers descend one level at a time
and only where they mean to: there is no walk over everything, since a forwarded certified message carries a second
envelope, and a forger would like us to find his.
"""

import base64
import quopri
import re
from dataclasses import dataclass

from ingest.envelope.headers import Headers, decode_words, parameters, read_headers

PARTS = 2000  # children looked at per multipart
DELIMITER_LIKE = 200_000  # lines that begin like a delimiter, looked at before giving up
_NOT_BASE64 = re.compile(rb"[^A-Za-z0-9+/]")
_COMMENT = re.compile(r"\([^()]*\)")
_BEFORE_HEADERS = re.compile(  # what programs that save mail leave on top of it: a mark, blank lines, mbox's separator
    rb"(?:\xef\xbb\xbf)?(?:[ \t]*+\r*+\n){0,100}+(?:>?From [^\n]*\n)?(?=[!-9;-~]{1,200}[ \t]*:)"
)
_LATE_HEADERS = re.compile(rb"(?:[ \t]*+\r*+\n){1,5}+(?=content-(?:type|disposition)[ \t]*:)", re.IGNORECASE)
_TOLD = re.compile(  # a delimiter line and, below it, a header of a part
    rb"^--([^\r\n]{0,199}[^\s])[ \t]*+\r*+\n(?=content-[a-z-]+[ \t]*:)", re.IGNORECASE | re.MULTILINE
)
_NO_QUOTED_PRINTABLE = re.compile(rb"=(?![0-9A-Fa-f]{2}|[ \t]*\r?\n)")


@dataclass(frozen=True, slots=True)
class Part:
    """One entity of a message: raw[start:end] is the whole part, raw[body:end] what follows its header block."""

    raw: bytes
    start: int
    body: int
    end: int
    headers: Headers

    @property
    def media_type(self) -> str:
        """`type/subtype` in lower case; text/plain when not stated (RFC 2045 §5.2)."""
        stated = "".join(_COMMENT.sub("", self.headers.token("content-type").partition(";")[0]).split())
        return stated if stated.count("/") == 1 else "text/plain"

    @property
    def is_multipart(self) -> bool:
        """Whether the part has children."""
        return self.media_type.startswith("multipart/")

    @property
    def encoding(self) -> str:
        """Content-Transfer-Encoding in lower case; "" when not stated."""
        stated = self.headers.token("content-transfer-encoding").partition(";")[0]
        return _COMMENT.sub("", stated).strip().strip('"')

    @property
    def name(self) -> str:
        """File name as stated (Content-Disposition, else Content-Type), only to recognise fixed names."""
        for field, key in (("content-disposition", "filename"), ("content-type", "name")):
            stated = parameters(self.headers.value(field)).get(key, "")
            if stated:
                return decode_words(stated).strip()
        return ""

    @property
    def is_attachment(self) -> bool:
        """Whether the part is a file rather than text to read."""
        return bool(self.name) or self.headers.token("content-disposition").startswith("attachment")

    def parameter(self, name: str) -> str:
        """A parameter of Content-Type; "" when absent."""
        return parameters(self.headers.value("content-type")).get(name, "")

    def whole(self) -> memoryview:
        """The part with its header block, exactly as it travelled."""
        return memoryview(self.raw)[self.start : self.end]

    def content(self) -> memoryview:
        """The body exactly as it travelled, still encoded."""
        return memoryview(self.raw)[self.body : self.end]

    def children(self) -> tuple["Part", ...]:
        """The parts between the delimiter lines, in order; () for anything but a multipart.

        A child ends before exactly one line end, which belongs to the delimiter (RFC 2046 §5.1.1). A missing last
        delimiter ends the last child with the parent. Without the stated boundary the body's own lines tell it.
        """
        boundary = self.parameter("boundary").rstrip()
        if not self.is_multipart:
            return ()
        # header values were decoded leniently: the bytes are found again by the same rule
        wanted = b"--" + _boundary_bytes(boundary, self.headers.raw("content-type"))
        stated = _spans(self, wanted) if boundary else []
        return tuple(part_at(self.raw, start, end) for start, end in stated) or self.told_children()

    def told_children(self) -> tuple["Part", ...]:
        """The parts between lines like the first one that headers of a part follow, whatever the part's own say."""
        told = _TOLD.search(self.raw, self.body, self.end)
        spans = _spans(self, b"--" + told[1]) if told else []
        return tuple(part_at(self.raw, start, end) for start, end in spans)


def part_at(raw: bytes, start: int, end: int) -> Part:
    """The part whose bytes are raw[start:end]; a blank line or two above its headers do not make them its text."""
    late = _LATE_HEADERS.match(raw, start, end)
    headers, body = read_headers(raw, late.end() if late else start, end)
    return Part(raw, start, body, end, headers)


def message(raw: bytes) -> Part:
    """The outermost part of a message; what was left above its header block is passed over."""
    above = _BEFORE_HEADERS.match(raw)
    return part_at(raw, above.end() if above else 0, len(raw))


def _boundary_bytes(boundary: str, field: bytes) -> bytes:
    for codec in ("utf-8", "cp1252"):
        try:
            encoded = boundary.encode(codec)
        except UnicodeEncodeError:
            continue
        if encoded in field:
            return encoded
    return boundary.encode("utf-8", "replace")


def _spans(part: Part, wanted: bytes) -> list[tuple[int, int]]:
    """Offsets of the children: whole lines that are the delimiter, blanks at the end allowed."""
    raw, begun = part.raw, -1
    spans: list[tuple[int, int]] = []
    position = raw.find(wanted, max(part.body - 1, 0), part.end)
    for _ in range(DELIMITER_LIKE):
        if position < 0 or len(spans) >= PARTS:
            break
        line_end = raw.find(b"\n", position, part.end)
        line_end = part.end if line_end < 0 else line_end
        rest = raw[position + len(wanted) : min(line_end, position + len(wanted) + 80)].strip()
        at_line_start = position in (0, part.body) or raw[position - 1 : position] == b"\n"
        if at_line_start and rest in (b"", b"--"):
            if begun >= 0:
                spans.append((begun, max(begun, _before_line_end(raw, position))))
            begun = -1 if rest else min(line_end + 1, part.end)
            if rest:
                break
        position = raw.find(b"\n" + wanted, line_end, part.end)
        position = position + 1 if position >= 0 else -1
    if begun >= 0:
        spans.append((begun, part.end))
    return spans


def _before_line_end(raw: bytes, delimiter: int) -> int:
    if raw[delimiter - 2 : delimiter] == b"\r\n":
        return delimiter - 2
    return delimiter - 1


def decoded(part: Part, limit: int = -1) -> bytes:
    """The body without its transfer encoding. `limit` bounds the encoded bytes read, -1 for all of them.

    Damage never raises: characters outside the alphabet are skipped, a torn last group is dropped.
    """
    body = part.content()
    if limit >= 0:
        body = body[:limit]
    if part.encoding == "base64":
        return from_base64(bytes(body))
    if part.encoding == "quoted-printable":
        return quopri.decodestring(bytes(body))
    return bytes(body)


def enclosed(part: Part) -> bytes:
    """The message a message/rfc822 part holds; a transfer encoding it may not have (RFC 2046 §5.2.1) is undone."""
    content = bytes(part.content())
    if b"\n" not in content:
        content = content.replace(b"\r", b"\n")
    if part.encoding == "base64" and b":" not in content[:2000].lstrip().partition(b"\n")[0]:
        return from_base64(content)
    if part.encoding == "quoted-printable" and not _NO_QUOTED_PRINTABLE.search(content):
        return quopri.decodestring(content)
    return content


def from_base64(data: bytes) -> bytes:
    """What base64 text stands for, whatever surrounds it; decoding stops at the padding."""
    clean = data.translate(None, b"\r\n \t")
    clean = clean.partition(b"=")[0]
    if _NOT_BASE64.search(clean):
        clean = _NOT_BASE64.sub(b"", clean)
    if len(clean) % 4 == 1:
        clean = clean[:-1]
    return base64.b64decode(clean + b"=" * (-len(clean) % 4))
