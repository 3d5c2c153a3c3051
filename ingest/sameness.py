"""The same form more than once in one message: a PDF beside its signed copy, a scan beside its text.

Same values: one adhesion. Same body with other values: both stay, and a person looks.
"""

import json
from dataclasses import replace

from ingest.verdict import Document, Reading
from ingest.vocabulary import Reason

_OF_THE_COPY = ("signature.kind", "signature.text")  # these differ between a form and its signed copy


def distinct(readings: tuple[Reading, ...], documents: tuple[Document, ...]) -> tuple[Reading, ...]:
    """The different forms, in their order, each with what its being one of several means."""
    groups: dict[str, list[Reading]] = {}
    for reading in readings:
        groups.setdefault(_content(reading), []).append(reading)
    kept = [_best(group, documents) for group in groups.values()]
    codes = [_code(reading) for reading in kept]
    return tuple(_marked(reading, codes) for reading in kept)


def _best(group: list[Reading], documents: tuple[Document, ...]) -> Reading:
    """Of equal forms the one with a digital signature, else the one read with most confidence."""
    best = max(group, key=lambda reading: (_is_signed(reading, documents), _confidence(reading)))
    return _adding(best, Reason.SAME_FORM_TWICE) if len(group) > 1 else best


def _marked(reading: Reading, codes: list[str]) -> Reading:
    if len(codes) == 1:
        return reading
    several = _adding(reading, Reason.SEVERAL_FORMS)
    own = _code(reading)
    return _adding(several, Reason.POSSIBLE_MATCH) if own and codes.count(own) > 1 else several


def _adding(reading: Reading, reason: Reason) -> Reading:
    return reading if reason in reading.reasons else replace(reading, reasons=(*reading.reasons, reason))


def _content(reading: Reading) -> str:
    values = {key: field.value for key, field in reading.fields.items() if key not in _OF_THE_COPY}
    # a reading without any value equals no other: two unreadable forms are two
    return json.dumps(values, sort_keys=True) if any(values.values()) else f"{reading.document}:{reading.pages}"


def _code(reading: Reading) -> str:
    field = reading.fields.get("organisation.fiscal_code")
    return str(field.value) if field and field.value else ""


def _is_signed(reading: Reading, documents: tuple[Document, ...]) -> bool:
    return 0 <= reading.document < len(documents) and bool(documents[reading.document].signatures)


def _confidence(reading: Reading) -> float:
    return sum(field.confidence for field in reading.fields.values()) / max(1, len(reading.fields))
