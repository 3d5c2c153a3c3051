"""The schema of Allegato 1 and what is missing from a reading. The table itself stands in `ingest.form.fields`."""

from collections.abc import Mapping
from typing import Any, Protocol

from ingest.form.bodies import legal_nature_in
from ingest.form.field import Field, FieldType, Group, Need, Option
from ingest.form.fields import SCHEMA

__all__ = ["SCHEMA", "Field", "FieldType", "Group", "Need", "Option", "field_of", "identity_incomplete", "missing"]

_BY_KEY = {field.key: field for field in SCHEMA}
_ADDRESSES = ("organisation.emails", "organisation.pec", "contact.email")
_CONTACTS = ("contact.name", "contact.phone", "contact.same_as_declarant", "organisation.phones", *_ADDRESSES)


class Holding(Protocol):
    """Anything with a value: a FieldValue, or a stored one."""

    @property
    def value(self) -> Any:
        """The normal form; None when declared empty."""


def field_of(key: str) -> Field:
    """The field of a schema key; KeyError for anything else."""
    return _BY_KEY[key]


def identity_incomplete(values: Mapping[str, Holding]) -> bool:
    """True when nothing identifies the body: neither its name (B1) nor its fiscal code (B4)."""
    return not (_has(values, "organisation.name") or _has(values, "organisation.fiscal_code"))


def missing(values: Mapping[str, Holding], *, signature_needed: bool = True) -> tuple[str, ...]:
    """The keys to ask for, in printed order.

    A legal nature that the name gives away is not asked for. `signature_needed` says whether this sender has to
    sign (art. 65 CAD); a public body is never asked for one (art. 47 CAD). Any one of B12, B13 and C4 is enough.
    """
    asked = {
        "declarant.name": _has(values, "declarant.name"),
        "organisation.name": _has(values, "organisation.name"),
        "organisation.legal_nature": _has(values, "organisation.legal_nature") or _nature_is_clear(values),
        "organisation.fiscal_code": _has(values, "organisation.fiscal_code"),
        "organisation.registered_office.municipality": _has(values, "organisation.registered_office.municipality"),
        "organisation.emails": any(_has(values, key) for key in _ADDRESSES),
        "contact.name": any(_has(values, key) for key in _CONTACTS),
        "themes": _has(values, "themes") or _has(values, "theme_other"),
        "attachments_declared": not _lacks_delegation(values),
        "signature.kind": _is_signed(values) or not signature_needed or _is_public(values),
    }
    return tuple(field.key for field in SCHEMA if not asked.get(field.key, True))


def _value(values: Mapping[str, Holding], key: str) -> Any:
    return values[key].value if key in values else None


def _has(values: Mapping[str, Holding], key: str) -> bool:
    return bool(_value(values, key))


def _nature_is_clear(values: Mapping[str, Holding]) -> bool:
    return _is_public(values) or legal_nature_in(str(_value(values, "organisation.name") or "")) is not None


def _is_public(values: Mapping[str, Holding]) -> bool:
    return _value(values, "organisation.legal_nature") == "public_body" or bool(
        _value(values, "declarations.public_body")
    )


def _lacks_delegation(values: Mapping[str, Holding]) -> bool:
    declared = _value(values, "attachments_declared") or []
    return _value(values, "declarant.capacity") == "delegate" and "delegation" not in declared


def _is_signed(values: Mapping[str, Holding]) -> bool:
    return _value(values, "signature.kind") not in (None, "", "none")
