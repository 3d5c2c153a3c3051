"""One way of comparing printed words: without case, accents, apostrophes, symbols, ligatures and letter-spacing."""

import re
import unicodedata
from functools import lru_cache

_REMEMBERED = 100  # characters: longer texts come once
_SPACED = re.compile(r"(?<!\w)\w(?: \w){3,}(?!\w)")  # "C H I E D E", "9 9 9 0 0"
_ABBREVIATION = re.compile(r"\b(?:[a-z]\.\s?)+[a-z]\b\.?(?!\w)")  # "c.f.", "p. e. c.", "o.d.v"
_ORDINALS = str.maketrans({"º": " ", "ª": " ", "°": " "})  # NFKC would make letters of them
_NOT_WORD = re.compile(r"[^\w]+|_+")
_INVISIBLE = frozenset({"Cf", "Co", "Cn", "Cs", "Cc"})  # soft hyphens, zero widths, private use, controls


def fold(text: str) -> str:
    """Words in lower case, single blanks: "QUALITA'" → "qualita", "C.F." → "cf", "C H I E D E" → "chiede".

    Symbols and private-use glyphs (tick boxes) vanish; apostrophes separate ("dell'ente" → "dell ente").
    """
    return _folded(text) if len(text) <= _REMEMBERED else _folded.__wrapped__(text)


@lru_cache(maxsize=4096)  # labels and words of the lexicon come again and again
def _folded(text: str) -> str:
    spaced = "".join(" " if char in "\t\n\r\f\v\xa0" else char for char in text.translate(_ORDINALS))
    visible = "".join(char for char in spaced if unicodedata.category(char) not in _INVISIBLE)
    plain = unicodedata.normalize("NFKC", visible).casefold()
    plain = "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))
    plain = _SPACED.sub(lambda run: run[0].replace(" ", ""), plain)
    plain = _ABBREVIATION.sub(lambda run: re.sub(r"[.\s]", "", run[0]), plain)
    return " ".join(_NOT_WORD.sub(" ", plain).split())


def squeeze(text: str) -> str:
    """The folded text without blanks, for words broken by odd letter-spacing ("CH IE DE" → "chiede")."""
    return fold(text).replace(" ", "")
