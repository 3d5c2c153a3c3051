"""Tick glyphs of the symbol fonts, told apart by the font's name.

Text extraction returns ZapfDingbats as plain letters ("4" for ✔) and Wingdings as private-use code points or
letters; only the font says that they are boxes and ticks.
"""

from functools import lru_cache

EMPTY = "☐"
TICKED = "☒"
CHECK = "✓"
FULL = "■"
BULLET = "•"

EMPTY_GLYPHS = frozenset("☐□❑❒❏❐▢◻⬜○◯❍")
TICKED_GLYPHS = frozenset("☒☑⌧⊠✅■◼⬛●◉⦿")
CHECK_GLYPHS = frozenset("✓✔✗✘✕✖╳")

_DINGBATS = {
    "3": CHECK,
    "4": CHECK,
    "5": "✗",
    "6": "✗",
    "7": "✗",
    "8": "✗",
    "n": FULL,
    "l": "●",
    "m": "❍",
} | dict.fromkeys("opqr", EMPTY)
_WINGDINGS = (
    dict.fromkeys((0x6F, 0x71, 0x72, 0xA8, 0x6D, 0x7F, 0xFF, 0xA1, 0xA2, 0xA3, 0x70), EMPTY)
    | dict.fromkeys((0x78, 0xFD, 0xFE, 0x54), TICKED)
    | {0x6E: FULL, 0xFB: "✗", 0xFC: CHECK, 0xD8: BULLET, 0xF0: BULLET, 0xA7: BULLET, 0x6C: "●"}
)
_WINGDINGS2 = dict.fromkeys((0x52, 0x53, 0x54, 0x51), TICKED) | {0x50: CHECK, 0x4F: "✗", 0xA3: EMPTY, 0x2A: EMPTY}
_WEBDINGS = {0x63: EMPTY, 0x61: CHECK, 0x72: "✗", 0x67: FULL}
_SYMBOL = {0xFF: EMPTY, 0xA0: EMPTY, 0xB7: BULLET, 0xD6: CHECK}


@lru_cache(maxsize=4096)  # asked for every letter of a page, often
def printed(text: str, font: str) -> str:  # noqa: PLR0911 - one exit per font family
    """The character a reader sees for `text` drawn in `font` (name with or without subset prefix)."""
    name = font.rpartition("+")[2].replace(" ", "").casefold()
    if "dingbats" in name and "wing" not in name:
        return _DINGBATS.get(text, text)
    if len(text) != 1:
        return text
    code = ord(text) - 0xF000 if 0xF000 <= ord(text) <= 0xF0FF else ord(text)
    for family, table in (("wingdings2", _WINGDINGS2), ("wingdings-2", _WINGDINGS2), ("wingdings", _WINGDINGS)):
        if family in name:
            return table.get(code, text)
    if "webdings" in name:
        return _WEBDINGS.get(code, text)
    if name.startswith("symbol"):
        return _SYMBOL.get(code, text)
    if 0xF000 <= ord(text) <= 0xF0FF:  # private use without a telling font: in practice Wingdings
        return _WINGDINGS.get(code, text)
    return text
