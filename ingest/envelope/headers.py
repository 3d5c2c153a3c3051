"""Header fields read from raw bytes, tolerantly: nothing is dropped, nothing raises.

Names are compared without case; values keep their bytes until somebody asks for text, because a raw 8-bit subject
must be decoded by what it contains and not by what a library assumes.
"""

import re
from dataclasses import dataclass
from email.errors import HeaderParseError
from email.header import decode_header

HEADER_BYTES = 1_000_000  # a header block past this is cut: hundreds of recipients fit in a tenth of it
LONGEST_WORDS = 20_000  # characters of encoded words decoded; the library needs seconds for a megabyte
_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:(.*)", re.DOTALL)
_PARAMETER = re.compile(r';\s*([^\s;=*"]{1,100})(\*?)\s*=\s*("(?:[^"\\]|\\.)*+(?:"|\\?\Z)|[^;]*)', re.DOTALL)
_CHARSET = re.compile(  # what mail is written in; Python knows codecs that are no charsets, some of them slow
    r"utf-?(8|16|32)([bl]e)?|iso-?8859-?\d+|latin-?\d+|windows-?\d+|cp-?\d+|koi8-[ru]|mac-?roman|gb\w+|big5|euc-\w+|"
    r"shift_jis|iso-2022-\w+"
)
_MESSAGE_ID = re.compile(r"<\s*([^<>\s]{1,998})\s*>")
BROKEN_LINES = 20  # lines of a header block that are no field and yet do not end it
NEAR = 4000  # bytes below such a line in which another field must stand
_EMPTY_LINE = re.compile(rb"^\r*\n", re.MULTILINE)
_CARRIED = re.compile(  # the fields by which mail shows that its header block goes on
    rb"^(?:content-[a-z-]+|mime-version|message-id|received|return-path|from|to|subject|date|x-[a-z-]+)[ \t]*:",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Headers:
    """The fields of one header block in their order: (lower-case name, unfolded value bytes)."""

    fields: tuple[tuple[str, bytes], ...] = ()

    def raw(self, name: str) -> bytes:
        """The first value of that name, trimmed; b"" when absent."""
        return next((value for key, value in self.fields if key == name), b"")

    def values(self, name: str) -> tuple[str, ...]:
        """Every value of that name as text, encoded words left as they are."""
        return tuple(to_text(value) for key, value in self.fields if key == name)

    def value(self, name: str) -> str:
        """The first value of that name as text, encoded words left as they are; "" when absent."""
        return to_text(self.raw(name))

    def decoded(self, name: str) -> str:
        """The first value of that name with its encoded words decoded (RFC 2047)."""
        return decode_words(self.value(name))

    def token(self, name: str) -> str:
        """The first value trimmed and lower-cased, to be compared as a whole (`X-Ricevuta:  Accettazione `)."""
        return self.value(name).strip().lower()

    def has(self, name: str) -> bool:
        """Whether a field of that name is there, even empty."""
        return any(key == name for key, _ in self.fields)

    def identifiers(self, name: str) -> tuple[str, ...]:
        """The Message-IDs in a field, without angle brackets; a bare one without brackets counts too."""
        found: list[str] = []
        for value in self.values(name):
            bracketed = _MESSAGE_ID.findall(value)
            bare = value.strip().strip("<>")
            found += bracketed or ([bare] if bare and not re.search(r"\s", bare) else [])
        return tuple(dict.fromkeys(found))

    def identifier(self, name: str) -> str:
        """The first Message-ID in a field, without angle brackets; "" when there is none."""
        return next(iter(self.identifiers(name)), "")


def read_headers(raw: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The header block that begins at `start`, and the offset where the body begins.

    The block ends with the first empty line, or before the first line that is no header field. A line that some
    program broke (a fold without its blank) is taken for the rest of the field before it, when fields follow.
    """
    fields: list[tuple[str, list[bytes]]] = []
    position, limit, broken = start, min(end, start + HEADER_BYTES), 0
    while position < limit:
        after = _next_line(raw, position, limit)
        line = raw[position:after].rstrip(b"\r\n")
        if not line:
            return _finished(fields), after
        if line[:1] in b" \t" and fields:
            fields[-1][1].append(line.strip())
        elif found := _FIELD.match(line):
            fields.append((found[1].decode("ascii").lower(), [found[2].strip()]))
        elif not line.isspace():
            broken += 1
            if broken > BROKEN_LINES or not _goes_on(raw, after, limit):
                return _finished(fields), position
            if fields:
                fields[-1][1].append(line.strip())
        position = after
    return _finished(fields), position


def _goes_on(raw: bytes, position: int, limit: int) -> bool:
    """Whether a field that mail carries stands between here and the next empty line."""
    near = min(limit, position + NEAR)
    empty = _EMPTY_LINE.search(raw, position, near)
    return _CARRIED.search(raw, position, empty.start() if empty else near) is not None


def _next_line(raw: bytes, position: int, end: int) -> int:
    found = raw.find(b"\n", position, end)
    return end if found < 0 else found + 1


def _finished(fields: list[tuple[str, list[bytes]]]) -> Headers:
    return Headers(tuple((name, b" ".join(lines).strip()) for name, lines in fields))


def to_text(value: bytes | memoryview, charset: str = "") -> str:
    """Bytes as text: the declared charset when it fits, else UTF-8, else Windows-1252 with marks for the rest."""
    data = bytes(value)
    for name in (charset.strip().strip("\"'").lower(), "utf-8", "cp1252"):
        if not _CHARSET.fullmatch(name):
            continue
        try:
            return data.decode(name)
        except (LookupError, ValueError):  # a charset nobody has, bytes that do not fit
            continue
    return data.decode("cp1252", "replace")


def decode_words(value: str) -> str:
    """Text with its RFC 2047 words decoded; text that breaks the rules comes back as it is."""
    if "=?" not in value:
        return value
    try:
        pieces = decode_header(value[:LONGEST_WORDS])
    except (HeaderParseError, ValueError):  # binascii.Error is a ValueError
        return value
    words: list[str] = []
    for data, charset in pieces:
        words.append(data if isinstance(data, str) else to_text(data, charset or ""))
    return "".join(words)


def parameters(value: str) -> dict[str, str]:
    """The parameters of a Content-Type or Content-Disposition value, quoted or not, names in lower case.

    Continuations (RFC 2231) are joined only for a boundary's sake; a document's name is read elsewhere.
    """
    found: dict[str, str] = {}
    for name, extended, written in _PARAMETER.findall(value):
        text = written.strip()
        if text.startswith('"') and text.endswith('"') and len(text) > 1:
            text = re.sub(r"\\(.)", r"\1", text[1:-1], flags=re.DOTALL)
        if extended:
            text = text.rpartition("'")[2]
        found.setdefault(name.lower(), text)
    return found
