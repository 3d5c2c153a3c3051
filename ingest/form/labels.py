"""The lexicon of printed labels: which words announce which field.

Keys are schema keys, plus some the record does not know: residence and identity document, read
only so that their values are not taken for the body's; merged slots ("C.F./P.IVA"); openers of a group; stops.
"""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from rapidfuzz import fuzz, process

from ingest.form.field import FieldType
from ingest.form.fields import SCHEMA
from ingest.form.fold import fold

OFFICE_BLOCK = "stop.office_block"  # opens the office's own block: nothing after it is the body's
RESIDENCE = "declarant.residence"
IDENTITY_DOCUMENT = "declarant.identity_document"
_OWN = "own_values"
_UNPRINTED = frozenset({FieldType.ISTAT, FieldType.BOOLEAN})


@dataclass(frozen=True, slots=True)
class Label:
    """One printed wording. `id` is set for the canonical form's own labels ("B4"), whose number is printed too."""

    key: str
    text: str
    folded: str
    id: str = ""


@cache
def lexicon() -> tuple[Label, ...]:
    """All wordings, the canonical ones first, then longest first: the first that fits is the most specific."""
    canonical = [
        Label(field.key, field.label_it, fold(field.label_it), field.id)
        for field in SCHEMA
        if field.id and field.type not in _UNPRINTED
    ]
    canonical.append(Label("organisation.phones.mobile", "cell.", "cell", "B11"))
    others = [Label(key, text, fold(text)) for key, texts in _data().items() if key != _OWN for text in texts]
    return (*canonical, *sorted(others, key=lambda label: -len(label.folded)))


@cache
def by_folded() -> dict[str, tuple[Label, ...]]:
    """Exact match: folded wording → its labels (one wording may announce several keys: "codice fiscale")."""
    found: dict[str, tuple[Label, ...]] = {}
    for label in lexicon():
        found[label.folded] = (*found.get(label.folded, ()), label)
    return found


def nearest(text: str, *, at_least: float = 88.0) -> tuple[Label, ...]:
    """The labels whose wording is `text`, else the most similar ones (score 0..100, for misprints and OCR).

    Words shorter than five letters match only exactly: "prov" and "prot" differ by one.
    """
    folded = fold(text)
    if folded in by_folded():
        return by_folded()[folded]
    if len(folded) < 5:
        return ()
    long_enough = [wording for wording in by_folded() if len(wording) >= 5]
    match = process.extractOne(folded, long_enough, scorer=fuzz.ratio, score_cutoff=at_least)
    return by_folded()[match[0]] if match else ()


@cache
def own_values() -> tuple[str, ...]:
    """The office's own data of the first notice (R14): the default of `[notice] own_values`."""
    return tuple(_data()[_OWN])


@cache
def _data() -> dict[str, list[str]]:
    loaded: dict[str, list[str]] = json.loads(files("ingest.data").joinpath("labels.json").read_text("utf-8"))
    return loaded
