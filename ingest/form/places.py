"""Municipalities and provinces. Only the nine of the District have an official spelling here.

A short alias ("Cernusco") must be the whole value, never the beginning of another name ("Cernusco Lombardone").
"""

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz.distance import OSA

from ingest.form.fold import fold
from ingest.form.text import tidy
from ingest.form.value import DOUBTFUL, FAILED, Doubt, Normal, warning

_BEFORE = re.compile(r"^(?:(?:il |nel |al )?(?:comune|citt[àa]'?)\s+di\s+|in\s+|a\s+(?=[A-ZÀ-Ù]))", re.IGNORECASE)
_SHORTEST = 3  # letters: "Re", "Lu" and "Ro" are towns far away, "MI" is a province
_POSTCODE = re.compile(r"(?<!\d)\d{5}(?!\d)")
_AFTER = re.compile(r"\s*(?:\(\s*[A-Za-z]{2}|\s-\s*[A-Z]{2}|,\s*[A-Z]{2}|\s[A-Z]{2})\s*\)?\s*$")  # "(MI", "MI )" too
_ALL = re.compile(
    r"(?:tutt[io]|tutti e nove|tutti i (?:nove |9 )?comuni.*|tutti i comuni|(?:l )?inter[oa] (?:distretto|ambito)\b.*"
    r"|tutto (?:il distretto|l ambito|il territorio)\b.*|tutt[io] (?:i )?territori.*)"
)
_PROVINCE_WORDS = re.compile(r"^(?:citta metropolitana di|provincia di|prov di|provincia|prov)\s+")


@dataclass(frozen=True, slots=True)
class Municipality:
    """One of the nine (ISTAT, land-register code, current postcode, those before 25/05/2020)."""

    name: str
    istat: str
    cadastral: str
    postcode: str
    old_postcodes: tuple[str, ...]
    aliases: tuple[str, ...]


@cache
def the_nine() -> tuple[Municipality, ...]:
    """The municipalities of the District."""
    rows = json.loads(files("ingest.data").joinpath("municipalities.json").read_text("utf-8"))
    return tuple(
        Municipality(**{**row, "old_postcodes": tuple(row["old_postcodes"]), "aliases": tuple(row["aliases"])})
        for row in rows
    )


@cache
def _spellings() -> dict[str, Municipality]:
    return {fold(text): place for place in the_nine() for text in (place.name, *place.aliases)}


@cache
def provinces() -> dict[str, str]:
    """Two letters → name."""
    loaded: dict[str, str] = json.loads(files("ingest.data").joinpath("provinces.json").read_text("utf-8"))
    return loaded


def municipality_of(text: str) -> Municipality | None:
    """The one of the nine that the whole text names, by official spelling or alias; None for any other."""
    return _spellings().get(fold(_bare(text)))


def municipality(raw: str) -> Normal:
    """The official spelling of one of the nine, misprints repaired with a warning; any other name as written."""
    text = _bare(raw)
    place = _spellings().get(fold(text))
    if place:
        return Normal(place.name)
    near = _nearest(text)
    if near:
        return Normal(near.name, 0.9, (warning(Doubt.CORRECTED_SPELLING, text),))
    first, comma, _ = text.partition(",")
    inside = municipality_of(first) if comma else None
    if inside:
        return Normal(inside.name, DOUBTFUL, (warning(Doubt.SEVERAL_VALUES),))
    if text and (re.search(r"\d", text) or len(fold(text)) < _SHORTEST):  # what belongs to a neighbouring label
        return Normal(text, FAILED, (warning(Doubt.AMBIGUOUS_POSITION),))
    if text and any(fold(one.name).startswith(f"{fold(text)} ") for one in the_nine()):  # "Cernusco sul"
        return Normal(text, DOUBTFUL, (warning(Doubt.AMBIGUOUS_POSITION),))
    return Normal(text if fold(text) else None)


def municipalities(raw: str) -> Normal:
    """The list of those of the nine that a text names; "tutti" is all; others are left to a warning."""
    if _ALL.fullmatch(fold(raw)):
        return Normal([place.name for place in the_nine()])
    found: list[str] = []
    doubts: list[str] = []
    for part in re.split(r"[,;\n•|]|\s(?:e|ed|-|–)\s", tidy(raw.replace("\n", ";"))):
        if not fold(part):
            continue
        normal = municipality(part)
        if normal.value in {place.name for place in the_nine()}:
            found.append(str(normal.value))
            doubts.extend(normal.warnings)
        else:
            doubts.append(warning(Doubt.NOT_ONE_OF_THE_NINE, tidy(part)[:60]))
    factor = DOUBTFUL if doubts else 1.0
    return Normal(list(dict.fromkeys(found)) or None, factor, tuple(doubts))


def province(raw: str) -> Normal:
    """Two capital letters: "(Mi)", "Milano", "Città Metropolitana di Milano" → "MI"."""
    text = _PROVINCE_WORDS.sub("", fold(raw))
    if text.upper() in {*provinces(), "EE"}:
        return Normal(text.upper())
    names = {fold(name): code for code, name in provinces().items()} | {"monza brianza": "MB", "monza": "MB"}
    names |= {"monza e brianza": "MB", "aquila": "AQ", "valle d aosta": "AO"}
    if text in names:
        return Normal(names[text])
    return Normal(tidy(raw).upper() or None, DOUBTFUL, (warning(Doubt.UNKNOWN_PROVINCE),))


def province_in(raw: str) -> str:
    """The province written after a municipality ("Gessate (MI)", "Gessate (MI"); "" when none is."""
    found = _AFTER.search(tidy(raw))
    letters = "".join(char for char in found[0] if char.isalpha()).upper() if found else ""
    return letters if letters in provinces() else ""


def postcode(raw: str) -> Normal:
    """Five digits; kept as written, with a warning, when it is none (foreign seats exist)."""
    compact = "".join(tidy(raw).split()).upper().replace(".", "")
    compact = re.sub(r"^(?:CAP:?|I-|IT-)", "", compact)
    if re.fullmatch(r"[0-9]{5}", compact):
        return Normal(compact)
    mapped = compact.translate(str.maketrans("OILSB", "01158"))
    if re.fullmatch(r"[0-9]{5}", mapped):
        return Normal(mapped, DOUBTFUL, (warning(Doubt.OCR_CONFUSION, compact),))
    return Normal(compact[:20] or None, DOUBTFUL, (warning(Doubt.INVALID_POSTCODE),))


def _bare(raw: str) -> str:
    """A municipality without "Comune di", its postcode and "(MI)", however often they stand there."""
    text, before = tidy(raw), None
    while text != before:
        before = text
        text = _BEFORE.sub("", _POSTCODE.sub(" ", text).strip(" ,.;:-–/("))
        shorter = _AFTER.sub("", text)
        text = tidy(shorter if fold(shorter) else text).strip(" ,.;:-–/(")
    return text


def _nearest(text: str) -> Municipality | None:
    """A misprint of an official name: one letter off, two in a name of more than eight letters."""
    folded = fold(text)
    for place in the_nine():
        name = fold(place.name)
        allowed = 1 if len(name) <= 8 else 2
        if len(folded) >= 5 and OSA.distance(folded, name, score_cutoff=allowed) <= allowed:
            return place
    return None
