"""Raw text made fit to keep: one kind of blank, composed accents, nothing invisible."""

import re
import unicodedata

LONGEST = 10_000  # characters of a free text that are kept
SHORT = 1_000  # characters of any other field that are looked at: patterns cost the square of it
_LIGATURES = {ord(char): unicodedata.normalize("NFKC", char) for char in "ﬀﬁﬂﬃﬄﬅﬆ"}
_BROKEN = re.compile(r"(?<=[a-zà-ù])[-\u2010\u00ad][ \t]*+\n\s*+(?=[a-zà-ù])")  # a word split at the line's end
_LEADERS = re.compile(r"(?:[_.…]\s?){4,}|_{2,}|…+")  # dots and underscores left around a typed value
_SILENT = frozenset("\u00ad\ufeff")  # soft hyphen, byte order mark: no doubt about them
_HIDDEN = frozenset({"Cf", "Cc", "Co", "Cs", "Cn"})


def tidy(raw: str) -> str:
    """One line without leaders, control characters or private-use glyphs."""
    return " ".join(tidy_lines(raw).split())


def tidy_lines(raw: str) -> str:
    """The same, lines kept (free text)."""
    joined = _BROKEN.sub("", raw.replace("\r\n", "\n").replace("\r", "\n"))
    visible = "".join(
        char if char == "\n" or unicodedata.category(char) not in _HIDDEN else " " if char == "\t" else ""
        for char in joined
    )
    composed = unicodedata.normalize("NFC", visible.translate(_LIGATURES))
    lines = (" ".join(_LEADERS.sub(" ", line).split()) for line in composed.split("\n"))
    return "\n".join(lines).strip()


def hides_characters(raw: str) -> bool:
    """True when the text holds characters nobody sees (zero widths, direction marks, controls)."""
    return any(
        unicodedata.category(char) in {"Cf", "Cc"} and char not in "\t\n\r" and char not in _SILENT for char in raw
    )
