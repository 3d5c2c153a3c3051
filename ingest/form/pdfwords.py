"""Characters of a PDF page → words and leaders.

Leaders are taken out before words are built, in content order: a value typed over dots would otherwise come
out as "R..O...S..S..I" when characters are sorted by position.
"""

import re
import unicodedata
from itertools import pairwise, zip_longest
from typing import Any

from ingest.form.glyphs import CHECK_GLYPHS, EMPTY_GLYPHS, TICKED_GLYPHS, printed
from ingest.form.page import Box, Leader, Word, around

_MARKS = frozenset("_.…·‥")
_WEIGHT = {"…": 3, "‥": 2}
_TICK_GLYPHS = EMPTY_GLYPHS | TICKED_GLYPHS | CHECK_GLYPHS
_LIGATURES = {"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl"}
_INVISIBLE = dict.fromkeys(
    map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff\u00ad")
)

_NO_ROOM = 0.05  # of the size of the letters
_TOUCHING = 0.25  # likewise: the letters of one word
_SPARE = 5  # dots that stay a leader when the one before them is taken away

Char = dict[str, Any]  # pdfplumber's own shape

_NO_MEANING = re.compile(r"\(cid:\d+\)")
UNMAPPED = "\ufffd"  # a glyph whose meaning the font does not tell


def words_and_leaders(chars: list[Char]) -> tuple[tuple[Word, ...], tuple[Leader, ...]]:
    """Words and leaders of upright `chars` (pdfplumber's, in content order), both in reading order."""
    leaders, rest = _without_leaders(chars)
    words = [word for run in _runs(rest) if (word := _word(run))]
    return tuple(sorted(words, key=lambda w: (w.box[1], w.box[0]))), tuple(leaders)


def _without_leaders(chars: list[Char]) -> tuple[list[Leader], list[Char | None]]:
    """`None` stands in the rest where a leader was taken out, so that words do not join across it."""
    leaders: list[Leader] = []
    rest: list[Char | None] = []
    at = 0
    while at < len(chars):
        end = _leader_end(chars, at)
        if end == at or _ends_abbreviation(chars, at):
            rest.append(chars[at])
            at += 1
            continue
        run = [c for c in chars[at:end] if c["text"] in _MARKS]
        leaders.append(Leader(around([_box(c) for c in run]), run[0]["text"]))
        rest.append(None)
        at = end
    return leaders, rest


def _ends_abbreviation(chars: list[Char], at: int) -> bool:
    """Whether the first dot of a leader is the last one of "S.r.l." typed right before it: it can spare one."""
    around_it = chars[max(0, at - 2) : at + 1 + _SPARE]
    if len(around_it) < 3 + _SPARE or not around_it[1]["text"].isalpha():
        return False
    if any(char["text"] != "." for char in (around_it[0], *around_it[2:])):
        return False
    return all(
        abs(b["x0"] - a["x1"]) < a["size"] * _TOUCHING and abs(b["bottom"] - a["bottom"]) < a["size"] * _TOUCHING
        for a, b in pairwise(around_it[:3])
    )


def _leader_end(chars: list[Char], start: int) -> int:
    """Index after the leader that begins at `start`; `start` itself when none does.

    Blanks, and the bars of "____/____", are part of a leader when leader marks stand on both sides.
    """
    if chars[start]["text"] not in _MARKS:
        return start
    end, weight, at = start, 0, start
    while at < len(chars) and at - end <= 3:
        char = chars[at]
        if abs(char["bottom"] - chars[start]["bottom"]) > char["size"] * 0.3:
            break
        if char["text"] in _MARKS:
            if (char["text"] == "_") != (chars[start]["text"] == "_"):
                break
            if at > end and char["x0"] - chars[end - 1]["x1"] > char["size"] * 2.5:
                break
            weight += _WEIGHT.get(char["text"], 1)
            end = at + 1
        elif char["text"] not in " /\u00a0" or (char["text"] == "/" and chars[at - 1]["text"] == "/"):
            break  # "____//____": two bars together are written, one is the form's
        at += 1
    needed = 2 if chars[start]["text"] == "_" else 3
    return end if weight >= needed else start


def _runs(chars: list[Char | None]) -> list[list[Char]]:
    runs: list[list[Char]] = [[]]
    for char, following in zip_longest(chars, chars[1:]):
        if char is not None and runs[-1] and _takes_no_room(char, following):
            continue
        if char is None or not char["text"].strip():
            runs.append([])
            continue
        if runs[-1] and _apart(runs[-1][-1], char):
            runs.append([])
        runs[-1].append(char)
        if _is_tick(char):  # a box glued to its label is still a box
            runs.append([])
    return [run for run in runs if run]


def _takes_no_room(char: Char, following: Char | None) -> bool:
    """Whether a zero width, or a blank drawn in its place, stands where the next letter of its word does."""
    unseen = not char["text"].translate(_INVISIBLE).strip()
    return (
        unseen
        and following is not None
        and abs(following["x0"] - char["x0"]) < char["size"] * _NO_ROOM
        and (abs(following["bottom"] - char["bottom"]) < char["size"])
    )


def _is_tick(char: Char) -> bool:
    return printed(char["text"], char["fontname"]) in _TICK_GLYPHS


def _apart(last: Char, char: Char) -> bool:
    size = max(last["size"], char["size"], 1.0)
    gap = char["x0"] - last["x1"]
    shifted = abs(char["bottom"] - last["bottom"]) > size * 0.35
    return shifted or gap > size * 0.19 or gap < -size * 0.6 or _is_tick(char)


def _word(run: list[Char]) -> Word | None:
    text = "".join(_LIGATURES.get(t := printed(c["text"], c["fontname"]), t) for c in run)
    text = unicodedata.normalize("NFC", text).translate(_INVISIBLE)
    if len(run) > 1:  # a lone one is some bullet
        text = _NO_MEANING.sub(UNMAPPED, text)
    if not text.strip():
        return None
    return Word(text, around([_box(c) for c in run]), size=max(c["size"] for c in run))


def _box(char: Char) -> Box:
    return (char["x0"], char["top"], char["x1"], char["bottom"])
