"""Tables for a terminal and JSON for programs; text from messages loses its control characters first."""

import json
import shutil
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

_PADDED = 120  # characters a column is filled up to; one endless subject must not widen every other line


def print_json(value: Any) -> None:
    """One JSON document on standard output; signs that could drive a terminal are escaped, so nothing is lost."""
    told = json.dumps(value, ensure_ascii=False, indent=1, default=str)
    sys.stdout.write("".join(_escaped(char) if _drives(char) and char != "\n" else char for char in told) + "\n")


def print_csv(exported: bytes) -> None:
    """A CSV file on standard output, its lines as they are; what could drive a terminal becomes a blank."""
    told = exported.decode()
    sys.stdout.write("".join(" " if _drives(char) and char not in "\r\n" else char for char in told))


def harmless(text: str) -> str:
    """The text without control, format and bidi characters: a subject may not drive the reader's terminal."""
    return "".join(" " if _drives(char) else char for char in text)


def _drives(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Co", "Cs", "Zl", "Zp")


def _escaped(char: str) -> str:
    return json.dumps(char)[1:-1]


def print_table(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """A table as wide as the terminal; the widest columns give way first. Piped output is never cut."""
    cells = [[harmless("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [max(len(line[column]) for line in [list(headings), *cells]) for column in range(len(headings))]
    if sys.stdout.isatty():
        room = shutil.get_terminal_size().columns
        while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > 8:
            widths[widths.index(max(widths))] -= 1
    pads = [min(width, _PADDED) for width in widths]
    for line in [list(headings), ["─" * width for width in pads], *cells]:
        cut = (
            text if len(text) <= width else text[: width - 1] + "…" for text, width in zip(line, widths, strict=True)
        )
        sys.stdout.write("  ".join(text.ljust(width) for text, width in zip(cut, pads, strict=True)).rstrip() + "\n")
