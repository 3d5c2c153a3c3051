"""When two forms speak of the same body: by fiscal code if it was surely read, else by name, if a person says so.

The fiscal code alone is not enough either: local sections of national bodies share one.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass

from rapidfuzz.fuzz import token_set_ratio, token_sort_ratio
from stdnum.it import iva

from ingest.form.fold import fold
from ingest.notice import below_threshold, read_unsurely
from ingest.relation import SENDER_FALLBACK
from ingest.verdict import FieldValue, Value

_CODE, _NAME = "organisation.fiscal_code", "organisation.name"
_OF_THE_COPY = ("signature.kind", "signature.text")  # these differ between a form and its signed copy
_FAILED = ("check-digit", "wrong-length", "personal-code", "several-values", "own-value", "mixed-script")
_EMPTY = ("declared-absent", "pending")  # the form says that there is none
_LEGAL_FORM = re.compile(
    r"\b(?:associazione|organizzazione|fondazione|cooperativa|societa|impresa|ente|comitato|consorzio|ass|org|soc|coop"
    r"|sociale|sociali|onlus|odv|aps|ets|scarl|scs|srl|arl|a r ?l|asd|di volontariato|di promozione"
    r"|del terzo settore|sezione di|sez)\b"
)
_ALIKE = 70  # of 100: names below it are two bodies' names
_SAME_PERSON = 85


@dataclass(frozen=True, slots=True)
class Identity:
    """What a form says about who its body is; empty where it does not say, or not surely."""

    code: str  # fiscal code that passed its check and was surely read
    code_doubtful: bool  # something stands in the slot, but it cannot be believed
    name: str
    match_name: str
    pec: str
    representative: str


def identity_of(fields: Mapping[str, FieldValue]) -> Identity:
    """Who the body of a form is."""
    written = fields.get(_CODE)
    code = _sure(fields, _CODE)
    valid = iva.is_valid(code)  # a body's code has the check digit of a VAT number
    pec = fields.get("organisation.pec")
    own_pec = pec is not None and SENDER_FALLBACK not in pec.warnings
    return Identity(
        code=code if valid else "",
        code_doubtful=written is not None and bool(written.value) and not valid,
        name=_sure(fields, _NAME),
        match_name=match_name(_sure(fields, _NAME)),
        pec=_sure(fields, "organisation.pec").lower() if own_pec else "",
        representative=_sure(fields, "declarant.name"),
    )


def match_name(name: str) -> str:
    """The name folded and without its legal form; the whole folded name when nothing else is left of it."""
    folded = fold(name)
    return " ".join(_LEGAL_FORM.sub(" ", folded).split()) or folded


def alike(one: str, other: str) -> bool:
    """True when two match names may be one body's; an unknown name is like any other."""
    return not one or not other or max(token_set_ratio(one, other), token_sort_ratio(one, other)) >= _ALIKE


def same_person(one: str, other: str) -> bool:
    """True when two names may be one person's, in whichever order; an unknown name is like any other."""
    return not one or not other or token_sort_ratio(fold(one), fold(other)) >= _SAME_PERSON


def believed(fields: Mapping[str, FieldValue]) -> dict[str, Value]:
    """The values that may be stored as true: read surely enough, or declared empty. The rest is only shown.

    What stands in a field and gave no value ("tel: boh") is not believed to be empty: it would wipe out what an
    earlier form said.
    """
    return {
        key: field.value
        for key, field in fields.items()
        if not read_unsurely(key, field)
        and not _failed(field)
        and (field.value not in (None, "", []) or _warned(field, _EMPTY))
    }


def content_key(fields: Mapping[str, FieldValue]) -> str:
    """SHA-256 over all values of a form: equal for a form sent again as another file. "" when it has none."""
    values = {
        key: field.value
        for key, field in fields.items()
        if field.value not in (None, "", []) and key not in _OF_THE_COPY and SENDER_FALLBACK not in field.warnings
    }
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest() if values else ""


def _sure(fields: Mapping[str, FieldValue], key: str) -> str:
    field = fields.get(key)
    if field is None or not isinstance(field.value, str) or below_threshold(key, field) or _failed(field):
        return ""
    return field.value


def _failed(field: FieldValue) -> bool:
    return _warned(field, _FAILED)


def _warned(field: FieldValue, codes: tuple[str, ...]) -> bool:
    return any(warning.partition(":")[0] in codes for warning in field.warnings)
