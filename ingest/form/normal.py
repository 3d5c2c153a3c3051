"""Normal forms: raw text of a field → the value of the record, with its doubts. Never raises, never guesses."""

from ingest.form.schema import field_of
from ingest.form.value import Normal

__all__ = ["Normal", "normalise"]


def normalise(key: str, raw: str) -> Normal:
    """The normal form of `raw` in the field `key` (KeyError for an unknown key)."""
    field_of(key)
    return Normal(value=" ".join(raw.split()) or None)
