"""What stands in a form but cannot be read is said so, never guessed: handwriting, smudges, stamps over values.

Words keep the engine's guess, since a badly printed label may still be known by it; a value that rests on one does not.
"""

from dataclasses import replace

from ingest.form.value import Doubt, warning
from ingest.verdict import FieldValue, Method, Reading

ILLEGIBLE = "[illeggibile]"
UNREAD = 0.05  # confidence of a word that is a guess; no other doubt brings a value so low


def unguessed(reading: Reading) -> Reading:
    """The reading with every field that holds an illegible word emptied, its place kept for a person to look at."""
    return replace(reading, fields={key: _without_guess(value) for key, value in reading.fields.items()})


def _without_guess(value: FieldValue) -> FieldValue:
    guessed = value.method is Method.OCR and value.confidence <= UNREAD
    if not guessed and ILLEGIBLE not in value.raw:
        return value
    warnings = tuple(dict.fromkeys((*value.warnings, warning(Doubt.HANDWRITING))))
    return replace(value, value=None, raw=ILLEGIBLE, confidence=min(value.confidence, UNREAD), warnings=warnings)
