"""Persons: names without titles, the capacity they act in and the office they hold."""

import re

from ingest.form.fold import fold
from ingest.form.text import tidy
from ingest.form.value import DOUBTFUL, Doubt, Normal, warning

_TITLE = re.compile(
    r"(?:sig(?:\.?\s?r?(?:a|na))?|signora?|signorina|dott(?:\.?\s?ssa|oressa|ore)?|dr(?:\.?\s?ssa)?|d\.?\s?ssa"
    r"|ing|arch|avv(?:ocat[oa])?|rag(?:ionier[ea])?|geom(?:etra)?|prof(?:\.?\s?ssa|essoressa|essore)?|mons(?:ignor)?"
    r"|don|suor|padre|madre|fra|frate|cav(?:alier)?|comm|on|p\.i)\b\.?[\s,]*",
    re.IGNORECASE,
)
_DELEGATE = re.compile(r"\b(?:delegat[oa]|procuratore|procuratrice|per delega|per procura)\b")
_REPRESENTATIVE = re.compile(r"\b(?:legale rappresentante|rappresentante legale|l r|lr|legale rapp(?:te)?)\b")
_OFFICES = re.compile(
    r"\b(?:vice\s?president[e]|president[e](?: pro tempore)?|direttor[e](?: generale)?|direttrice"
    r"|dirigente scolastic[oa]"
    r"|amministrat(?:ore|rice)(?: unic[oa]| delegat[oa])?|consiglier[ea](?: delegat[oa])?|coordinat(?:ore|rice)"
    r"|segretari[oa](?: generale)?|parroco|tesorier[ea]|responsabile|commissario(?: straordinario)?)\b"
)
_ROLE = re.compile(r"(?:responsabile|coordinat(?:ore|rice)|segreteria|segretari[oa]|vice\s?presidente|direttrice)\b")


def person_name(raw: str) -> Normal:
    """A person's name as written, without leading titles ("Dott.ssa", "don", "Sig."); the raw text keeps them."""
    name = tidy(raw).strip(" ,;:-/_")
    while (title := _TITLE.match(name)) and fold(name[title.end() :]):
        name = name[title.end() :].lstrip(" ,;:-/_.")
    if _ROLE.match(fold(name)):
        return Normal(name, DOUBTFUL, (warning(Doubt.AMBIGUOUS_POSITION),))
    if any(character.isdigit() or character == "@" for character in name):  # something else is written beside it
        return Normal(name, DOUBTFUL, (warning(Doubt.AMBIGUOUS_POSITION),))
    return Normal(name if fold(name) else None)


def capacity(raw: str) -> Normal:
    """In which capacity somebody signs: an office alone, without "legale rappresentante", is `other`."""
    text = fold(raw)
    if text in {"legal representative", "delegate", "other"}:
        return Normal(text.replace(" ", "_"))
    if _REPRESENTATIVE.search(text):
        return Normal("legal_representative")
    if _DELEGATE.search(text) and not re.search(r"\b(?:amministrat\w+|consiglier\w) delegat", text):
        return Normal("delegate")
    return Normal("other") if text else Normal(None)


def office_in(raw: str) -> str | None:
    """The office named in a capacity ("Presidente e legale rappresentante" → "Presidente"); None when none is."""
    found = _OFFICES.search(fold(raw))
    return found[0].capitalize() if found else None
