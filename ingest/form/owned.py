"""The office's own data in an applicant's place (notice R14): never dropped in silence, never taken for true.

A person may be named like the office's head, a body may have its seat in the office's street: such a value stays, below
every threshold and with its doubt. The office's telephone and addresses are nobody else's: they are taken out, with
the same doubt.
"""

from ingest.form.contacts import emails, phones
from ingest.form.field import FieldType
from ingest.form.fold import fold
from ingest.form.schema import field_of
from ingest.form.text import SHORT
from ingest.form.value import FAILED, Doubt, Normal, listed, warning

_PHONES = frozenset({FieldType.PHONE, FieldType.PHONES})
_MAILS = frozenset({FieldType.EMAIL, FieldType.EMAILS})
_CODES = frozenset({FieldType.PERSON_CODE, FieldType.BODY_CODE, FieldType.VAT})
_FREE = frozenset({"proposal", "theme_other"})  # whoever writes there may well name the office
_SHORTEST = 6  # digits that tell a number; fewer (a postcode) tell nothing


def is_own_value(raw: str, own_values: tuple[str, ...], key: str = "") -> bool:
    """True when a text holds what is the office's own: its whole number, its whole address, or its words.

    Digits ("029278") are the beginning of a phone number. `key` narrows the comparison to what its field can hold: a
    VAT number that begins like the office's telephone is no telephone.
    """
    kind = field_of(key).type if key else None
    looked = raw[:SHORT]
    if kind in _CODES:
        return "".join(filter(str.isalnum, looked)).upper() in {own.replace(" ", "").upper() for own in own_values}
    if kind not in _MAILS and _has_phone(looked, own_values):
        return True
    if kind not in _PHONES and _has_address(looked, own_values):
        return True
    return kind not in _PHONES | _MAILS and _has_words(looked, own_values)


def marked(key: str, normal: Normal, own_values: tuple[str, ...]) -> Normal:
    """The normal form of an applicant's slot with the office's data doubted, or taken out where only its."""
    kind = field_of(key).type
    if key in _FREE or normal.value is None:
        return normal
    if kind in _PHONES | _MAILS:
        return _without(key, normal, own_values)
    if isinstance(normal.value, str) and is_own_value(normal.value, own_values, key):
        return doubted(normal)
    return normal


def doubted(normal: Normal) -> Normal:
    """The same value, left to a person because it may be the office's."""
    doubts = tuple(dict.fromkeys((*normal.warnings, warning(Doubt.OWN_VALUE))))
    return Normal(normal.value, min(normal.confidence_factor, FAILED), doubts)


def _without(key: str, normal: Normal, own_values: tuple[str, ...]) -> Normal:
    values = listed(normal) or [str(normal.value)]
    kept = [one for one in values if not is_own_value(one, own_values, key)]
    if len(kept) == len(values):
        return normal
    if not kept:
        return Normal(None, normal.confidence_factor, (*normal.warnings, warning(Doubt.OWN_VALUE)))
    doubt = warning(Doubt.OWN_VALUE, ",".join(one for one in values if one not in kept))
    return Normal(list(kept), normal.confidence_factor, (*normal.warnings, doubt))


def _has_phone(text: str, own_values: tuple[str, ...]) -> bool:
    begins = tuple(own for own in own_values if own.isdigit() and len(own) >= _SHORTEST)
    return bool(begins) and any(one.removeprefix("+39").startswith(begins) for one in listed(phones(text)))


def _has_address(text: str, own_values: tuple[str, ...]) -> bool:
    return "@" in text and not {own.lower() for own in own_values if "@" in own}.isdisjoint(listed(emails(text)))


def _has_words(text: str, own_values: tuple[str, ...]) -> bool:
    words = f" {fold(text)} "
    names = (fold(own) for own in own_values if not own.isdigit() and "@" not in own)
    return any(name and f" {name} " in words for name in names)
