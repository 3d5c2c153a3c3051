"""Fiscal codes of bodies and persons, VAT numbers: normal form and check digits.

A wrong check digit is a warning. A repair is only ever suggested, and only when exactly one edit gives a valid code.
"""

import re
import unicodedata

from stdnum.it import codicefiscale, iva

from ingest.form.text import tidy
from ingest.form.value import DOUBTFUL, FAILED, Doubt, Normal, warning

_TO_DIGIT = str.maketrans("OQDILSBZG", "000115826")
_TO_LETTER = str.maketrans("01582", "OISBZ")
_PERSON = re.compile(r"[A-Z]{6}[0-9LMNPQRSTUV]{2}[ABCDEHLMPRST][0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{3}[A-Z]")
_DIGIT_PLACES = frozenset({6, 7, 9, 10, 12, 13, 14})
_LABELS = re.compile(
    r"\b(?:cod(?:ice)?\.?\s*fisc(?:ale)?\.?|part(?:ita)?\.?\s*i\.?\s*v\.?\s*a\b\.?|p\.?\s*iva\b|c\.?\s?f\b\.?|p\.?\s?i\b\.)[\s:]*",
    re.IGNORECASE,
)
_MOST_DIGITS = 9  # of a body's eleven
_BETWEEN = re.compile(r"[/;,|\n]|\s[-–—]\s|\se\s+(?=(?:IT)?\s?\d{5}|[A-Z]{6})", re.IGNORECASE)
_MARKERS = re.compile(r"\b(?:stess[oa]|idem|uguale|come sopra)\b", re.IGNORECASE)


def codes_in(raw: str) -> tuple[str, ...]:
    """The codes written in a slot, upper case, without blanks, dots and "IT"; "99900010150 / 04532840966" gives two."""
    text = _LABELS.sub("/", _MARKERS.sub("/", unicodedata.normalize("NFKC", raw)))
    found: list[str] = []
    for part in _BETWEEN.split(text):
        compact = "".join(char for char in part.upper() if char.isascii() and char.isalnum())
        if re.fullmatch(r"IT[0-9A-Z]{11}", compact):
            compact = compact[2:]
        found.extend(_parted(compact))
    if len(found) > 1 and not any(len(code) in {11, 16} for code in found):
        found = ["".join(found)]  # one code in pieces: "999000/10150"
    if any(iva.is_valid(code) for code in found):  # beside a code that is sure, "R.E.A. MI-1234567" is none
        found = [code for code in found if sum(map(str.isdigit, code)) >= _MOST_DIGITS or _PERSON.fullmatch(code)]
    return tuple(dict.fromkeys(code for code in found if any(char.isdigit() for char in code)))


def body_code(raw: str) -> Normal:
    """The fiscal code of a body: 11 digits, check digit and office."""
    codes = codes_in(raw)
    if not codes:
        return Normal(None, FAILED, (warning(Doubt.WRONG_LENGTH),))
    chosen = next((code for code in codes if iva.is_valid(code)), codes[0])
    normal = _one_body_code(chosen)
    others = [code for code in codes if code != chosen]
    if others:
        doubt = warning(Doubt.SEVERAL_VALUES, ",".join(others))
        return Normal(normal.value, min(normal.confidence_factor, DOUBTFUL), (*normal.warnings, doubt))
    return normal


def person_code(raw: str) -> Normal:
    """The fiscal code of a person: 16 characters, check character, omocodia accepted."""
    codes = codes_in(raw)
    code = next((one for one in codes if len(one) == 16), codes[0] if codes else "")
    if not 10 <= len(code) <= 20:
        return Normal(None, FAILED, (warning(Doubt.WRONG_LENGTH),))
    if len(code) == 11 and code.isdigit():
        return Normal(code, FAILED, (warning(Doubt.BODY_CODE),))
    if len(code) != 16:
        return Normal(code, FAILED, (warning(Doubt.WRONG_LENGTH),))
    if is_person_code(code):
        return Normal(code)
    placed = _by_place(code)
    if is_person_code(placed):
        return Normal(placed, DOUBTFUL, (warning(Doubt.OCR_CONFUSION, code),))
    return Normal(code, FAILED, (warning(Doubt.CHECK_DIGIT),))


def split_codes(raw: str) -> tuple[Normal | None, Normal | None]:
    """(fiscal code, VAT number) of a merged slot "C.F./P.IVA": one number, two, or "04532840966 stesso".

    A code beginning with 8 or 9 is a fiscal code without VAT; else the printed order decides.
    """
    codes = codes_in(raw)
    if not codes:
        return None, None
    if len(codes) == 1:
        same = Normal(None, 1.0, (warning(Doubt.SAME_AS_ABOVE),)) if _MARKERS.search(raw) else None
        return _one_body_code(codes[0]), same
    first, second = codes[:2]
    if second[0] in "89" and first[0] not in "89":
        first, second = second, first
    return _one_body_code(first), _one_body_code(second)


def is_person_code(code: str) -> bool:
    """True for a well-formed personal code whose check character is right."""
    return bool(_PERSON.fullmatch(code)) and codicefiscale.calc_check_digit(code[:-1]) == code[-1]


def repairs(code: str) -> tuple[str, ...]:
    """The valid codes one edit away from a body's code: a lost digit, a wrong one, two swapped, one too many."""
    digits = "0123456789"
    tried: set[str] = set()
    if len(code) == 10:
        tried = {code[:i] + digit + code[i:] for i in range(11) for digit in digits}
    elif len(code) == 11:
        tried = {code[:i] + digit + code[i + 1 :] for i in range(11) for digit in digits}
        tried |= {code[:i] + code[i + 1] + code[i] + code[i + 2 :] for i in range(10)}
    elif len(code) == 12:
        tried = {code[:i] + code[i + 1 :] for i in range(12)}
    return tuple(sorted(one for one in tried if iva.is_valid(one)))


def _one_body_code(code: str) -> Normal:
    if iva.is_valid(code):
        return Normal(code)
    if _PERSON.fullmatch(code):
        check = () if is_person_code(code) else (warning(Doubt.CHECK_DIGIT),)
        return Normal(code, FAILED, (warning(Doubt.PERSONAL_CODE), *check))
    if not code.isdigit():
        mapped = code.translate(_TO_DIGIT)
        if iva.is_valid(mapped):
            return Normal(mapped, DOUBTFUL, (warning(Doubt.OCR_CONFUSION, code),))
    if not 8 <= len(code) <= 16 or sum(char.isdigit() for char in code) < 6:
        return Normal(None, FAILED, (warning(Doubt.WRONG_LENGTH),))
    candidates = repairs(code) if code.isdigit() else ()
    suggestion = f"suggest={candidates[0]}" if len(candidates) == 1 else ""
    length = () if len(code) == 11 else (warning(Doubt.WRONG_LENGTH),)
    return Normal(code, FAILED, (warning(Doubt.CHECK_DIGIT, suggestion), *length))


def _parted(compact: str) -> list[str]:
    """Two codes written one after the other, apart."""
    for first in (11, 16):
        head, tail = compact[:first], compact[first:]
        if len(tail) in {11, 16} and (iva.is_valid(head) or _PERSON.fullmatch(head)):
            return [head, tail]
    return [compact] if compact else []


def _by_place(code: str) -> str:
    return "".join(
        char.translate(_TO_DIGIT) if at in _DIGIT_PLACES and char in "OIB" else
        char.translate(_TO_LETTER) if at not in _DIGIT_PLACES else char
        for at, char in enumerate(code)
    )  # fmt: skip


def masked(code: str) -> str:
    """A personal code as lists show it: the first eleven characters, then asterisks."""
    return f"{tidy(code)[:11]}{'*' * max(len(code) - 11, 0)}"
