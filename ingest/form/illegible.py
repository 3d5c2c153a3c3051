"""What stands in a form but cannot be read is said so, never guessed: handwriting, smudges, stamps over values."""

from dataclasses import replace

from ingest.form.value import Doubt
from ingest.verdict import FieldValue, Reading

ILLEGIBLE = "[illeggibile]"
CONFIDENCE = 0.2


def unguessed(reading: Reading) -> Reading:
    """The reading with every field that holds an illegible word emptied, its place kept for a person to look at."""
    return replace(reading, fields={key: _without_guess(value) for key, value in reading.fields.items()})


def _without_guess(value: FieldValue) -> FieldValue:
    if ILLEGIBLE not in value.raw:
        return value
    warnings = tuple(dict.fromkeys((*value.warnings, Doubt.HANDWRITING)))
    return replace(value, value=None, confidence=min(value.confidence, CONFIDENCE), warnings=warnings)
