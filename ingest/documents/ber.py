"""BER to definite lengths, in linear time (X.690 §8.1.3, §8.7).

Signing software writes .p7m with indefinite lengths and the content in chunks; the ASN.1 library joins chunks in
more than linear time (seconds at 25 MB). Bytes that are definite already are kept as they are: signed attributes
must not change.
"""

from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

MAX_DEPTH = 40
_OCTETS, _CHUNKED = 0x04, 0x24


def definite(data: bytes) -> bytes:
    """The first ASN.1 element of `data` with definite lengths and joined octet strings; what follows is dropped.

    Raises Unreadable when it is truncated or nested too deep.
    """
    try:
        return _element(memoryview(data), 0, 0)[0]
    except IndexError as error:
        raise _broken("truncated") from error


def _element(data: memoryview, start: int, depth: int) -> tuple[bytes, int, bool]:
    """An element, where it ended in `data`, and whether it is still the same bytes."""
    if depth > MAX_DEPTH:
        raise _broken("nested too deep")
    tag, body = _tag_end(data, start)
    length, body = _length(data, body)
    end = len(data) if length is None else body + length
    if end > len(data):
        raise _broken("truncated")
    constructed = tag[0] & 0x20
    if not constructed:
        if length is None:
            raise _broken("indefinite primitive")
        return bytes(data[start:end]), end, True
    children, stop, same = _inside(data, body, None if length is None else end, depth)
    if same and length is not None and tag[0] != _CHUNKED:
        return bytes(data[start:end]), end, True
    if tag[0] == _CHUNKED:
        return _encoded(bytes((_OCTETS,)), b"".join(_octets(child) for child in children)), stop, False
    return _encoded(tag, b"".join(children)), stop, False


def _inside(data: memoryview, position: int, end: int | None, depth: int) -> tuple[list[bytes], int, bool]:
    """The elements up to `end`, or up to the end-of-contents mark; and whether they all stayed as they were."""
    children: list[bytes] = []
    same = True
    while end is None or position < end:
        if end is None and data[position] == 0 and data[position + 1] == 0:
            return children, position + 2, same
        child, position, kept = _element(data if end is None else data[:end], position, depth + 1)
        same = same and kept
        children.append(child)
    return children, position, same


def _tag_end(data: memoryview, start: int) -> tuple[bytes, int]:
    position = start + 1
    if data[start] & 0x1F == 0x1F:
        while data[position] & 0x80:
            position += 1
        position += 1
    return bytes(data[start:position]), position


def _length(data: memoryview, position: int) -> tuple[int | None, int]:
    first = data[position]
    if first < 0x80:
        return first, position + 1
    if first == 0x80:
        return None, position + 1
    count = first & 0x7F
    if count > 8:
        raise _broken("impossible length")
    raw = bytes(data[position + 1 : position + 1 + count])
    if len(raw) < count:
        raise _broken("truncated")
    return int.from_bytes(raw), position + 1 + count


def _octets(element: bytes) -> memoryview:
    view = memoryview(element)
    if view[0] != _OCTETS:
        raise _broken("chunk that is no octet string")
    _, body = _length(view, 1)
    return view[body:]


def _encoded(tag: bytes, body: bytes) -> bytes:
    size = len(body)
    if size < 0x80:
        return tag + bytes((size,)) + body
    raw = size.to_bytes((size.bit_length() + 7) // 8)
    return tag + bytes((0x80 | len(raw),)) + raw + body


def _broken(why: str) -> Unreadable:
    return Unreadable(Reason.PART_UNREADABLE, f"ASN.1: {why}")
