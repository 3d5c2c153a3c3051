"""Bodies' names: what a name suggests about the legal nature, and the key under which two spellings meet."""

import re

from ingest.form.fold import fold
from ingest.form.hints import KINDS

_COOPERATIVE = r"(?:coop(?:erativ[ae])? soc(?:ial[ei])?|soc(?:ieta)? coop(?:erativa)? (?:soc(?:iale)?)|scs)"
_NATURES = (
    ("cooperative_consortium", rf"\bconsorzio\b.*\b(?:{_COOPERATIVE}|coop\w*)\b"),
    ("social_cooperative", rf"\b{_COOPERATIVE}\b"),
    ("odv", r"\bodv\b|\borganizzazione di volontariato\b"),
    ("aps", r"\baps\b|\b(?:associazione|ass\w*) (?:di )?promozione sociale\b"),
    ("philanthropic", r"\bente filantropico\b"),
    ("network", r"\brete associativa\b"),
    ("mutual_aid", r"\bmutuo soccorso\b|\bsoms\b"),
    ("foundation", r"\bfond(?:azione| ne)?\b"),
    ("religious_body", r"\bparr(?:occhia)?\b|\bente ecclesiastico\b|\bcongregazione\b|\bdiocesi\b|\bente religioso\b"),
    ("trade_union", r"\bcgil\b|\bcisl\b|\buil\b|\bsindacat\w+\b|\bconfcommercio\b|\bconfartigianato\b"),
    ("public_body", (r"\baz(?:ienda)? spec(?:iale)?\b|^asc\b|\bistituto comprensivo\b|\bist compr\b|^ic\b|^liceo\b"
     r"|\bistituzione scolastica\b|\bdirezione didattica\b|\bcpia\b|\basst\b|\baler\b|^comune di\b|^scuola statale\b"
     r"|\bafol\b|\bazienda (?:pubblica )?di servizi alla persona\b|\bistituto (?:tecnico|professionale)\b")),
    ("social_enterprise", r"\bimpresa sociale\b"),
)  # fmt: skip
_SPELLED = (
    (r"\b(?:ass ne|ass ni|assoc|ass)\b", "associazione"),
    (r"\bfond(?: ne)?\b", "fondazione"),
    (r"\bparr\b", "parrocchia"),
    (r"\b(?:ic|ist compr(?:ensivo)?)\b", "istituto comprensivo"),
    (r"\bist\b", "istituto"),
    (r"\b(?:asc|az spec cons|az(?:ienda)? spec(?:iale)? cons(?:ortile)?)\b", "azienda speciale consortile"),
    (r"\baz spec\b", "azienda speciale"),
    (r"\bcons\b", "consorzio"),
    (r"\bcoop\b", "cooperativa"),
    (r"\bsoc\b", "sociale"),
    (r"\b(?:s|ss|san|santo|santa|santi|sant)\b", "s"),
)
_NOT_A_BODY = ("consiglio", "collegio", "direttivo", "cda", "comitato direttivo", "presidente", "legale", "ufficio")
_POINTS = re.compile(
    r"\b(?:sopra\w*|sotto\w*|suddett\w|predett\w|indicat\w|stess\w|medesim\w|scrivente|seguente)\b|^(?:di )?cui\b"
)
_SHORTEST = 3
_LEGAL_WORDS = re.compile(
    r"\b(?:associazione (?:di )?(?:promozione sociale|volontariato)|organizzazione di volontariato"
    r"|ente (?:del )?terzo settore"
    r"|associazione sportiva dilettantistica|societa sportiva dilettantistica|a responsabilita limitata"
    r"|(?:sociale |societa )?cooperativa(?: sociale)?(?: a r ?l)?|impresa sociale|associazione"
    r"|a rl|a r l|arl|scrl|scs|scarl|srl"
    r"|aps|odv|onlus|ets|asd|ssd)\b"
)


def legal_nature_in(name: str) -> str | None:
    """The legal nature that a body's name gives away, as a suggestion; None when it does not, or gives two.

    "ONLUS" is a tax status, not a legal form. A social cooperative is a social enterprise by law (D.Lgs. 112/2017).
    """
    folded = fold(name)
    found = [nature for nature, pattern in _NATURES if re.search(pattern, folded)]
    if "cooperative_consortium" in found:
        return "cooperative_consortium"
    if found and found[0] == "social_cooperative" and found[1:] in ([], ["social_enterprise"]):
        return "social_cooperative"
    return found[0] if len(found) == 1 else None


def match_name(name: str) -> str:
    """The key under which two spellings of a body's name meet: abbreviations spelled out, legal-form words dropped.

    Never empty for a name with a letter: "Associazione APS" is its own key.
    """
    key = fold(name)
    for pattern, word in _SPELLED:
        key = re.sub(pattern, word, key)
    bare = " ".join(_LEGAL_WORDS.sub(" ", key).split())
    return bare or key


def names_body(text: str) -> bool:
    """Whether words name a body: neither one of its organs, nor "dell'ente", nor "dell'associazione sopra indicata"."""
    folded = fold(text)
    if folded.startswith(_NOT_A_BODY) or len(folded) < _SHORTEST or folded in KINDS or _POINTS.search(folded):
        return False
    first = text.lstrip("\"“”«'‘’")[:1]
    return first.isupper() or folded.startswith(tuple(KINDS)) or legal_nature_in(text) is not None
