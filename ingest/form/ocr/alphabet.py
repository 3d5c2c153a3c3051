"""Characters no Italian form holds: what an engine taught on many alphabets reads into worn print ("Caşsina", "M!").

Non-obvious rule: such a character is replaced only by what the other engine read in its place, never by a rule alone.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ingest.form.ocr.engines import Sign

_HOME = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZàèéìíîòóùúÀÈÉÌÍÎÒÓÙÚ")
_LIKE = {
    "!": "Il1i",
    "|": "Il1i",
    "¡": "i",
    "ı": "i",
    "ł": "l",
    "Ł": "L",
    "ß": "B",
    "l": "Il",
    "I": "Il",
    "ø": "o",
    "Ø": "O",
    "đ": "d",
}
_ODD = re.compile(r"^ll|^l(?=[bcdfgjkmnpqrstvz])|[a-zà-ú]I")


def at_home(word: Sequence[Sign], second: Iterable[str]) -> list[Sign]:
    """The word with its foreign characters as the other engine reads them, where all others are the same in both."""
    signs = list(word)
    odd = _ODD.search("".join(sign.text for sign in signs)) is not None  # capital I taken for small l, or the reverse
    foreign = {at for at, s in enumerate(signs) if _is_foreign(s.text) or (odd and s.text in "Il")}
    if not foreign:
        return signs
    for other in second:
        if _ODD.search(other):
            continue
        if len(other) == len(signs) and all(_fits(s.text, other[at], at in foreign) for at, s in enumerate(signs)):
            return [replace(sign, text=other[at]) if at in foreign else sign for at, sign in enumerate(signs)]
    return signs


def _is_foreign(char: str) -> bool:
    return (char in _LIKE and char not in "Il") or (char.isalpha() and char not in _HOME)


def _fits(char: str, other: str, foreign: bool) -> bool:  # noqa: FBT001 - a flag of this very comparison
    if not foreign:
        return char == other
    return other in _LIKE.get(char, "") or unicodedata.normalize("NFD", char)[0] == other
