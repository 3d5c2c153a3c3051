"""Tables that other programs wrote, as CSV: whatever their encoding, separator and spelling of the headings."""

import csv
import io
from collections.abc import Iterator, Mapping

from ingest.form.fold import fold
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

_ENCODINGS = ("utf-8-sig", "cp1252")
_SEPARATORS = ";,\t|"
_SEARCHED = 20  # lines before the headings: some exports begin with a title


def rows_of(raw: bytes, known: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]) -> Iterator[dict[str, str]]:
    """Each row as column name -> text, for the columns of `known` (name -> headings, folded) that the table has.

    Raises Unreadable when no line has a heading for each of `needed`.
    """
    lines = _decoded(raw).splitlines(keepends=True)
    for start, line in enumerate(lines[:_SEARCHED]):
        separator = max(_SEPARATORS, key=line.count)
        headings = [fold(cell.strip()) for cell in next(csv.reader([line], delimiter=separator), [])]
        places = _places(headings, known)
        if all(name in places for name in needed):
            body = io.StringIO("".join(lines[start + 1 :]), newline="")
            for cells in csv.reader(body, delimiter=separator):
                yield {name: cells[at].strip() if at < len(cells) else "" for name, at in places.items()}
            return
    raise Unreadable(Reason.PART_UNSUPPORTED, f"no line has headings for {', '.join(needed)}")


def _decoded(raw: bytes) -> str:
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", "replace")
    for encoding in _ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("latin-1")


def _places(headings: list[str], known: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """Where each known column stands; the first of its headings that occurs wins."""
    places = {}
    for name, spellings in known.items():
        at = next((headings.index(spelling) for spelling in spellings if spelling in headings), None)
        if at is not None:
            places[name] = at
    return places
