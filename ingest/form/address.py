"""Streets: the toponym spelled out, the house number apart."""

import re

from ingest.form.fold import fold
from ingest.form.places import municipality_of, province
from ingest.form.text import SHORT, tidy
from ingest.form.value import DOUBTFUL, FAILED, Doubt, Normal, warning

_TOPONYMS = (
    (r"p\.?\s?(?:zz|z)a\.?|piazza", "Piazza"),
    (r"p\.?\s?(?:zz|z)(?:ale|le)\.?|piazzale", "Piazzale"),
    (r"p\.?\s?tta\.?|piazzetta", "Piazzetta"),
    (r"v\.?\s?le\.?|viale", "Viale"),
    (r"l\.?\s?go\.?|largo", "Largo"),
    (r"c\.?\s?so\.?|corso", "Corso"),
    (r"str\.|strada", "Strada"),
    (r"vic\.|v\.lo\.?|vicolo", "Vicolo"),
    (r"loc\.|localit(?:à|a'?)", "Località"),
    (r"fraz\.|frazione", "Frazione"),
    (r"b\.?go\.|borgo", "Borgo"),
    (r"v\.|via", "Via"),
)
_TOPONYM = re.compile(
    "|".join(f"(?P<t{at}>(?:{form})(?![\\w']))" for at, (form, _) in enumerate(_TOPONYMS)), re.IGNORECASE
)
_NUMBER = re.compile(
    r"[\s,]+(?:(?:n(?:um(?:ero)?)?\s?[.°º]?|n\.\s?civ\.?|civico)\s*)?"
    r"(?P<number>s\.?\s?n\.?\s?c\.?|s/n|(?:\d{1,4}(?:\s?/\s?\w{1,3}|\s?(?:bis|ter|quater)|\s?-\s?\d{1,4}|[a-z])?)"
    r"(?:[\s,]+(?:int|interno|scala|sc|piano)\b\.?\s*\w{1,4})*)$",
    re.IGNORECASE,
)
_POSTCODE = 5  # digits: no house has so many
_GLUED = re.compile(r"[^\W\d_]{3}\d")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_BEFORE_NUMBER = re.compile(r"^(?:[\s,;:.]|n(?:um(?:ero)?)?\s?[.°º]|n\s+(?=\d)|civico\b)+", re.IGNORECASE)
_SEAT = re.compile(
    r"^(?P<street>.+?)[\s,–-]+(?P<postcode>\d{5})[\s,–-]+"
    r"(?P<municipality>[^\d(]+?)\s*(?:\(\s*(?P<province>\w{2})\s*\))?$"
)

_TOWN_LAST = re.compile(  # without a postcode: "Viale Europa, 4 bis – Pessano con Bornago (MI)"
    r"^(?P<street>.+?)(?:\s*,\s*|\s+[–-]\s*)(?P<municipality>[^\d,(–]{3,}?)\s*(?:\(\s*(?P<province>[A-Za-z]{2})\s*\))?$"
)
_TOWN = re.compile(
    r"^(?:(?P<before>\d{5})[\s,–-]+(?P<town>[^\d,(]+?)|(?P<name>[^\d,(]+?)[\s,–-]+(?P<after>\d{5}))"
    r"\s*(?:\(\s*(?P<province>\w{2})\s*\))?$"
)


def street(raw: str) -> Normal:
    """A street with its toponym spelled out, without the house number ("P.zza Roma 12/A" → "Piazza Roma").

    A number that stood in the street goes to `number-in-street:12/A`; `ingest.form.checks.settle` moves it.
    """
    name, house = split_street(raw)
    doubts = (warning(Doubt.NUMBER_IN_STREET, house),) if house else ()
    if fold(name) and not _LETTERS.search(name):  # a number alone: what belongs to a neighbouring label
        return Normal(name, FAILED, (*doubts, warning(Doubt.AMBIGUOUS_POSITION)))
    if _GLUED.search(name):  # "Largo Don Minzoni3/A": two values typed into one another
        return Normal(name, DOUBTFUL, (*doubts, warning(Doubt.AMBIGUOUS_POSITION)))
    return Normal(name if fold(name) else None, 1.0, doubts)


def split_street(raw: str) -> tuple[str, str]:
    """(street, house number or ""); "Piazza 25 Aprile" has none, "Via 25 Aprile 3" has."""
    text = tidy(raw).strip(" ,;:-")
    house: list[str] = []
    while (found := _NUMBER.search(text)) and len(fold(text[: found.start()]).split()) > 1:
        house.insert(0, str(number(found["number"]).value or ""))
        text = text[: found.start()].rstrip(" ,;:-")
    return _spelled_out(text), " ".join(house)


def number(raw: str) -> Normal:
    """A house number: "n. 12 / a" → "12/A", "4 BIS" → "4 bis", "s.n.c." → "snc"."""
    text = _BEFORE_NUMBER.sub("", tidy(raw)).strip(" ,;:.")
    if fold(text).replace(" ", "") in {"snc", "sn", "senzanumerocivico", "senzanumero"}:
        return Normal("snc")
    text = re.sub(r"\s*/\s*", "/", text)
    text = re.sub(r"(?<=\d)/?\s?(bis|ter|quater)\b", lambda word: f" {word[1].lower()}", text, flags=re.IGNORECASE)
    text = re.sub(r"^(\d+)(/?)([a-z])$", lambda part: f"{part[1]}{part[2]}{part[3].upper()}", text)
    if len(re.sub(r"\D", "", text)) >= _POSTCODE and "-" not in text:
        return Normal(text, FAILED, (warning(Doubt.AMBIGUOUS_POSITION),))
    return Normal(text if fold(text) else None)


def address_parts(raw: str) -> dict[str, str]:
    """The parts of an address on one line, by schema suffix (street, number, postcode, municipality, province).

    "Via Roma 12/A – 20064 Gorgonzola (MI)" gives all five; a text without a postcode gives its street alone, and
    "Gorgonzola, via Roma 12" the municipality too when it is one of the nine.
    """
    text = tidy(raw[:SHORT])
    found = _SEAT.match(text) or _town_last(text)
    if found:
        name, house = split_street(found["street"])
        code = found.groupdict().get("postcode", "")
        parts = {"street": name, "number": house, "postcode": code, "municipality": found["municipality"]}
        parts["province"] = str(province(found["province"]).value) if found["province"] else ""
        return {key: value.strip(" ,") for key, value in parts.items() if value.strip(" ,")}
    town = _TOWN.match(text)
    if town:
        return {"postcode": town["before"] or town["after"], "municipality": town["town"] or town["name"]}
    first, comma, rest = text.partition(",")
    place = municipality_of(first) if comma else None
    name, house = split_street(rest if place else text)
    parts = {"municipality": place.name if place else "", "street": name, "number": house}
    return {key: value for key, value in parts.items() if value}


def _town_last(text: str) -> re.Match[str] | None:
    """The parts of an address that ends with a town: one of the nine, or any with its province."""
    found = _TOWN_LAST.match(text)
    if not found or not (found["province"] or municipality_of(found["municipality"])):
        return None
    return found if _TOPONYM.match(found["street"]) or split_street(found["street"])[1] else None


def _spelled_out(text: str) -> str:
    found = _TOPONYM.match(text)
    if not found or not found.lastgroup:
        return text
    word = _TOPONYMS[int(found.lastgroup[1:])][1]
    rest = text[found.end() :].lstrip(" .")
    return f"{word} {rest}".strip()
