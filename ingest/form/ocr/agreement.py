"""Two readings of one line → words, each as sure as the readings agree on it.

Non-obvious rule: what cannot be read stays as a word so unsure that no value comes of it, so that a place somebody
wrote on is never taken for an empty one.
"""

import itertools
import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, replace

from rapidfuzz.distance import Levenshtein
from stdnum.it import iva

from ingest.form.glyphs import CHECK_GLYPHS, EMPTY_GLYPHS, TICKED_GLYPHS
from ingest.form.identifiers import is_person_code
from ingest.form.illegible import UNREAD
from ingest.form.ocr.alphabet import at_home
from ingest.form.ocr.codes import settled_code
from ingest.form.ocr.engines import Line, Sign
from ingest.form.places import municipality_of

AGREED, CHECKED, ALONE, DISPUTED = 0.96, 0.95, 0.8, 0.45
_HALF = 0.5  # below: the first engine itself does not believe it
_UNLIKE = 0.5  # share of equal characters below which two readings are of no common text
_DOUBTED = 0.75  # the first engine's own certainty below which even the same reading twice is doubtful
_BELIEVED = 0.9  # the first engine's own certainty that stands against an unlike second reading
_SENTENCE = 6  # words
_SHORT = 4  # characters: of shorter lines the second engine often says nothing at all
_BOXES = EMPTY_GLYPHS | TICKED_GLYPHS | CHECK_GLYPHS  # what a line reader says of a box's state is no evidence
_NUMBERED = re.compile(r"\)?([A-G]\d{1,2})[A-Za-zÀ-ú][A-Za-zÀ-ú./'-]+$")
_STRAY = re.compile(r"\./|/\.|\.\.|…|[a-zà-ù]{2}\.[A-Z]")  # dots of a leader between typed figures
_WHOLE = re.compile(
    r"\d+|\d\d/\d\d/\d{4}|\(?(?:[A-HJ-Z]{2}|MI)\)?|[A-ZÀ-Ú]?[a-zà-ú]{5,},?|di|del|sul|con|la|il|e|della|San|Via"
)  # "BI" may have been a "BL" whose foot was lost
_AMONG_FIGURES = re.compile(r"(?<=[\d/])\.(?=[\d/])|\.+(?=[@.])|(?<=@)\.+")  # a leader's dots, left over
_FIGURED = re.compile(r"[\dQ]*\d[\dQ]*")  # a nought on a dot looks like a Q
_ADDRESS = re.compile(r"@|^(?:https?:|www)", re.IGNORECASE)
_ADDRESS_GOES_ON = re.compile(r"@?[a-z0-9][a-z0-9_.-]*")
_UNSURE_IN_ADDRESS = re.compile(r"gu|\.@|@\.", re.IGNORECASE)
_OPENING = "([{\"'«“"
_MIXED = re.compile(r"(?=.*[A-Za-z])(?=.*\d)")


@dataclass(frozen=True, slots=True)
class Spoken:
    """A word: where it begins and ends (0..1 of the line's width), how sure (0..1)."""

    text: str
    start: float
    end: float
    sure: float


@dataclass(frozen=True, slots=True)
class _Second:
    """The other engine's reading of the line: its words' keys, and whether the whole line is the same."""

    given: Counter[str]
    same_line: bool


def agreed_words(first: Line, second: str | None, *, dots: bool = False) -> list[Spoken]:
    """The words of a line. `second`: the other engine's reading, None without one; `dots`: written on a leader."""
    words = _undotted(first) if dots else [list(word) for word in first.words]
    code = settled_code("".join(sign.text for word in words for sign in word), second) if second else None
    if code:
        return [Spoken(code, words[0][0].at, words[-1][-1].at, DISPUTED)]
    if second and words:
        words = _spaced(words, second)
    words = [part for word in words for part in _apart(word)]
    if second is None:
        return [_spoken(word, None, dots=dots) for word in words]
    words = [at_home(word, second.split()) for word in words]
    same_line = _key(second) == _key("".join(sign.text for word in words for sign in word))
    other = _Second(Counter(_key(word) for word in second.split()), same_line)
    spoken = [_spoken(word, other, dots=dots) for word in words]
    return _listed(_unended(_joined_addresses(spoken)) if dots else spoken)


def _listed(words: list[Spoken]) -> list[Spoken]:
    """A line that is exactly the name of one of the municipalities: as good as a check digit."""
    name = " ".join(word.text for word in words)
    place = municipality_of(name)
    if place is None or place.name != name:
        return words
    return [word if word.sure <= UNREAD else replace(word, sure=max(word.sure, CHECKED)) for word in words]


def _unended(words: list[Spoken]) -> list[Spoken]:
    """Whether a full stop or a dot of the leader ends a sentence, nobody knows."""
    if len(words) < _SENTENCE:
        return words
    return [*words[:-1], replace(words[-1], sure=min(words[-1].sure, DISPUTED))]


def _joined_addresses(words: list[Spoken]) -> list[Spoken]:
    """Addresses have no blanks: one in an address over dots is a full stop that was taken for one of them."""
    joined: list[Spoken] = []
    for word in words:
        last = joined[-1] if joined else None
        if last and _ADDRESS.search(last.text) and _ADDRESS_GOES_ON.fullmatch(word.text):
            sure = min(last.sure, word.sure, DISPUTED)
            joined[-1] = Spoken(f"{last.text.rstrip('.')}.{word.text}", last.start, word.end, sure)
        else:
            joined.append(word)
    return joined


def _spoken(word: list[Sign], second: _Second | None, *, dots: bool) -> Spoken:
    text = unicodedata.normalize("NFKC", "".join(sign.text for sign in word))
    bare = _AMONG_FIGURES.sub("", text) if dots else text
    tailed = dots and "Q" in bare and bool(_FIGURED.fullmatch(bare))
    text = bare.replace("Q", "0") if tailed else bare
    if tailed and second and text not in second.given:
        second = None  # both engines saw the tail: no agreement on a nought
    own = min(sign.sure for sign in word) * 0.5 + sum(sign.sure for sign in word) / len(word) * 0.5
    half = (word[-1].at - word[0].at) / max(len(word) - 1, 1) / 2 or 0.01
    sure = min(DISPUTED, own) if text in _BOXES else _judged(text, own, second)
    if tailed and second is None:
        sure = min(sure, DISPUTED)
    if dots and sure != CHECKED and not _WHOLE.fullmatch(text):
        sure = min(sure, DISPUTED)  # a full stop may be lost to the dots, or the foot of an L
    return Spoken(text, max(0.0, word[0].at - half), min(1.0, word[-1].at + half), round(sure, 3))


def _judged(text: str, own: float, second: _Second | None) -> float:
    """The certainty of a word the first engine is `own` sure of; UNREAD when it is no more than a guess."""
    compact = re.sub(r"[^0-9A-Z]", "", text.upper())
    if own > _HALF and ((len(compact) == 11 and iva.is_valid(compact)) or is_person_code(compact)):
        return CHECKED
    if second is None or (own > _BELIEVED and not second.given and len(text) <= _SHORT and text.isalnum()):
        return min(own, ALONE) if own > _HALF else UNREAD
    key = _key(text)
    if second.same_line or second.given[key] > 0 or not key:
        return AGREED if own > _DOUBTED and not _is_ambiguous(text) else DISPUTED
    likeness = max((Levenshtein.normalized_similarity(key, other) for other in second.given), default=0.0)
    if own < _HALF or (likeness < _UNLIKE and own < _BELIEVED):
        return UNREAD
    return min(DISPUTED, own)


def _is_ambiguous(text: str) -> bool:
    """Shapes both engines confuse alike: capital I and small l in an address, letters among digits.

    On a rule the tail of a q is that of a g, and in an address no language tells "laqu" from "lagu".
    """
    if _ADDRESS.search(text) and _UNSURE_IN_ADDRESS.search(text):
        return True
    if "@" in text:
        return text != text.lower() and text != text.upper()
    if _STRAY.search(text):
        return True
    return bool(_MIXED.search(text)) and len(text) > 4 and not re.fullmatch(r"[A-Z]{1,3}\d{1,3}|\d{1,4}/[A-Za-z]", text)


def _key(text: str) -> str:
    """What two readings must share: letters and digits, and the signs that matter inside an address."""
    plain = unicodedata.normalize("NFKC", text).replace("’", "'").replace("—", "-").replace("–", "-")
    kept = "".join(char for char in plain if char.isalnum() or char in "@.,;_/'-+&!|")
    return kept.lstrip("._").rstrip("_")


def _undotted(first: Line) -> list[list[Sign]]:
    """Words without the dots of a leader that was read along with them, save the one that ends a sentence."""
    words: list[list[Sign]] = []
    for word in first.words:
        parts: list[list[Sign]] = [[]]
        signs = list(word)
        for at, sign in enumerate(signs):
            doubled = sign.text in ".…" and any(signs[i].text in ".…" for i in (at - 1, at + 1) if 0 <= i < len(signs))
            if doubled or sign.text == "…":
                parts.append([])
            else:
                parts[-1].append(sign)
        words += [part[_dots(part) : len(part) - _dots(part[::-1])] for part in parts]
    words = [word for word in words if word]
    end = first.words[-1][-2:] if first.words else ()
    if len(words) >= _SENTENCE and end[-1].text == "." and end[0].text.isalpha():
        words[-1].append(end[-1])
    return words


def _dots(signs: list[Sign]) -> int:
    """How many dots a word begins with."""
    for count, sign in enumerate(signs):
        if sign.text not in ".…":
            return count
    return len(signs)


def _apart(word: list[Sign]) -> list[list[Sign]]:
    """A word without blanks; the number of a label glued to its label ("B10tel.") stands alone."""
    signs = [sign for sign in word if sign.text.strip()]
    match = _NUMBERED.match("".join(sign.text for sign in signs))
    cut = match.end(1) if match and all(len(sign.text) == 1 for sign in signs) else 0
    if len(signs) > 1 and signs[0].text in ")]":
        return [signs[:1], *([signs[1:cut]] if cut > 1 else []), signs[max(cut, 1) :]]
    return [part for part in (signs[:cut], *_off_boxes(signs[cut:])) if part]


def _off_boxes(signs: list[Sign]) -> list[list[Sign]]:
    """A box read as a character stands apart from the word it was glued to."""
    parts: list[list[Sign]] = [[]]
    for sign in signs:
        if sign.text in _BOXES:
            parts += [[sign], []]
        else:
            parts[-1].append(sign)
    return parts


def _spaced(words: list[list[Sign]], second: str) -> list[list[Sign]]:
    """The same characters parted where the second reading parts them: it is the better judge of blanks."""
    signs = [sign for word in words for sign in word if sign.text.strip()]
    letters = [i for i, sign in enumerate(signs) if sign.text.isalnum()]
    theirs = [char for char in second if char.isalnum()]
    if "".join(signs[i].text for i in letters).casefold() != "".join(theirs).casefold():
        return words
    if any("@" in sign.text for sign in signs) or len(letters) != len(theirs):
        return words  # the second engine parts addresses at their signs
    starts = {0}
    seen = 0
    for part in second.split():
        count = sum(char.isalnum() for char in part)
        if count and seen:
            at = letters[seen]
            ahead = len(part) - len(part.lstrip(_OPENING))  # brackets and quotes that open this word
            while ahead and at > letters[seen - 1] + 1 and signs[at - 1].text in _OPENING:
                at, ahead = at - 1, ahead - 1
            starts.add(at)
        seen += count
    ordered = [*sorted(starts), len(signs)]
    return [signs[a:b] for a, b in itertools.pairwise(ordered) if a < b]
