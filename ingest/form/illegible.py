"""What stands in a form but cannot be read is said so, never guessed: handwriting, smudges, stamps over values.

Words keep the engine's guess, since a badly printed label may still be known by it; a value that rests on one does not.
"""

from collections.abc import Mapping
from dataclasses import replace

from ingest.form.field import FieldType
from ingest.form.schema import field_of
from ingest.form.value import Doubt, warning
from ingest.verdict import FieldValue, Reading
from ingest.vocabulary import Method

ILLEGIBLE = "[illeggibile]"
UNREAD = 0.05  # confidence of a word that is a guess; no other doubt brings a value so low


_DOUBTED = 0.45  # confidence of what could be read on a page where most could not
_FEWEST, _MOSTLY = 4, 0.5  # written values, and the share of them that cannot be read, that tell a page filled by hand
_TICKED = frozenset({FieldType.ENUM, FieldType.TICKS, FieldType.BOOLEAN, FieldType.MUNICIPALITIES})


def unguessed(reading: Reading) -> Reading:
    """The reading with every field that holds an illegible word emptied, its place kept for a person to look at.

    Where most of a page's written values are so, the others on it are doubted too: a label may have slipped among them.
    """
    fields = {key: _without_guess(value) for key, value in reading.fields.items()}
    by_hand = _pages_by_hand(fields)
    return replace(
        reading,
        fields={
            key: _doubted(value) if _is_written(key, value) and (value.document, value.page) in by_hand else value
            for key, value in fields.items()
        },
    )


def _is_written(key: str, value: FieldValue) -> bool:
    return value.method is Method.OCR and field_of(key).type not in _TICKED


def _pages_by_hand(fields: Mapping[str, FieldValue]) -> frozenset[tuple[int, int]]:
    pages: dict[tuple[int, int], list[bool]] = {}
    for key, value in fields.items():
        if _is_written(key, value):
            pages.setdefault((value.document, value.page), []).append(value.raw == ILLEGIBLE)
    return frozenset(page for page, lost in pages.items() if len(lost) >= _FEWEST and sum(lost) > _MOSTLY * len(lost))


def _doubted(value: FieldValue) -> FieldValue:
    warnings = tuple(dict.fromkeys((*value.warnings, warning(Doubt.HANDWRITING))))
    return replace(value, confidence=min(value.confidence, _DOUBTED), warnings=warnings)


def _without_guess(value: FieldValue) -> FieldValue:
    guessed = value.method is Method.OCR and value.confidence <= UNREAD
    if not guessed and ILLEGIBLE not in value.raw:
        return value
    warnings = tuple(dict.fromkeys((*value.warnings, warning(Doubt.HANDWRITING))))
    return replace(value, value=None, raw=ILLEGIBLE, confidence=min(value.confidence, UNREAD), warnings=warnings)
