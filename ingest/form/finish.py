"""What follows from several boxes and slots together, before the fields are checked against each other."""

import re
from collections.abc import Sequence
from dataclasses import replace

from ingest.form.field import Group
from ingest.form.fields import SCHEMA
from ingest.form.fold import fold
from ingest.form.page import Page
from ingest.form.value import Doubt
from ingest.rules import Notice
from ingest.verdict import FieldValue

_NATURE = "organisation.legal_nature"
_OTHER = "organisation.legal_nature_other"
_WITHOUT_NATURE = ("azienda speciale", "istituzione scolastica")


def finished(
    fields: dict[str, FieldValue], pages: Sequence[Page], notice: Notice, document: int
) -> dict[str, FieldValue]:
    """`fields` with "tutti" spelled out, the kind of public body put right, and printed declarations counted."""
    found = dict(fields)
    _all_municipalities(found, notice)
    _public_kind(found)
    _printed_declarations(found, pages, document)
    return found


def _all_municipalities(found: dict[str, FieldValue], notice: Notice) -> None:
    value = found.get("organisation.municipalities")
    if value and isinstance(value.value, list) and "tutti" in value.value:
        found["organisation.municipalities"] = replace(value, value=list(notice.municipalities))


def _public_kind(found: dict[str, FieldValue]) -> None:
    """A ticked kind of public body without the box of the public body: the nature follows, with its doubt."""
    kind = found.get(_OTHER)
    if kind and kind.value == "altro":
        found.pop(_OTHER)
    if kind and kind.value in _WITHOUT_NATURE and _NATURE not in found:
        found[_NATURE] = replace(
            kind, value="public_body", confidence=min(kind.confidence, 0.8), warnings=(Doubt.INFERRED_FROM_KIND,)
        )


def _printed_declarations(found: dict[str, FieldValue], pages: Sequence[Page], document: int) -> None:
    """A declaration printed without a box to tick is declared by signing."""
    open_ones = [field for field in SCHEMA if field.group is Group.DECLARATIONS and field.key not in found]
    texts = [(page, fold(re.sub(r"-\s+", "", " ".join(w.text for w in page.words)))) for page in pages if open_ones]
    for field in open_ones:
        wanted = fold(field.label_it.split("(")[0])
        for page, text in texts:
            if wanted in text:
                box = (0.0, 0.0, page.width, page.height)
                found[field.key] = FieldValue(
                    True, wanted, document, page.number, box, confidence=0.85, warnings=(Doubt.PRINTED,)
                )
                break
