"""One field of a form as the review page shows it: its input, where the value came from, what is doubtful about it."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from ingest.console.inputs import FIELDS, GROUPS, Typed, kind_of, options_of, texts_of
from ingest.form.doubts import doubt_it
from ingest.form.field import Field, Group, Option
from ingest.form.value import Doubt
from ingest.matching import believed
from ingest.notice import read_unsurely
from ingest.relation import SENDER_FALLBACK
from ingest.rules import Notice
from ingest.verdict import FieldValue
from ingest.vocabulary import Method
from models import Correction

_SOURCES = {
    Method.ACROFORM: "dal campo del PDF", Method.ANNOTATION: "da una nota sul PDF",
    Method.TEXT: "dal testo del documento",
    Method.OCR: "dalla lettura ottica", Method.METADATA: "dai dati del messaggio",
}  # fmt: skip
_SUGGESTS = "suggest="
_NOTES = (str(Doubt.DECLARED_ABSENT), str(Doubt.PENDING), str(Doubt.COPIED), str(Doubt.CORRECTED_SPELLING))


@dataclass(frozen=True, slots=True)
class Slot:
    """One input with all that is known about its value. `box` in points of page `page` of document `document`."""

    key: str
    number: str  # printed on the form
    label: str
    hint: str
    kind: str
    options: tuple[Option, ...]
    texts: tuple[str, ...]
    before: tuple[str, ...]  # what the input was shown with
    doubtful: bool
    source: str
    doubts: tuple[str, ...]
    suggestions: tuple[str, ...]
    raw: str
    page: int
    box: tuple[float, float, float, float] | None
    missing: bool
    by: str = ""  # who set the value
    error: str = ""
    may_keep: bool = False  # a value that fails its check may be kept by a tick


@dataclass(frozen=True, slots=True)
class Form:
    """What slots are made of."""

    fields: Mapping[str, FieldValue]
    corrections: Iterable[Correction]
    missing: Iterable[str]
    document: int
    notice: Notice


def groups(form: Form, sent: Typed | None = None) -> list[tuple[str, list[Slot]]]:
    """The slots in the printed order of the form; with what a clerk typed, when it could not be taken."""
    who = {one.key: one.who for one in form.corrections}
    sure = believed(form.fields)
    made: dict[Group, list[Slot]] = {group: [] for group in GROUPS}
    for field in FIELDS:
        made[field.group].append(_slot(field, form, sent, who.get(field.key, ""), sure=field.key in sure))
    return [(GROUPS[group], slots) for group, slots in made.items()]


def unsure(fields: Mapping[str, FieldValue]) -> list[Field]:
    """The fields whose value is shown but not stored as true before a person has looked at it."""
    sure = believed(fields)
    return [
        field for field in FIELDS
        if field.key in fields and field.key not in sure and texts_of(field, fields[field.key].value)
    ]  # fmt: skip


def _slot(field: Field, form: Form, sent: Typed | None, who: str, *, sure: bool) -> Slot:
    read = form.fields.get(field.key)
    texts = texts_of(field, read.value) if read else ()
    before = texts
    if sent is not None and field.key in sent.texts:
        texts, before = sent.texts[field.key], sent.before[field.key]
    error = sent.errors.get(field.key, "") if sent else ""
    warnings = [one for one in read.warnings if one != SENDER_FALLBACK] if read else []
    placed = read is not None and read.document == form.document and read.box[2] > read.box[0]
    return Slot(
        key=field.key, number=field.id, label=field.label_it, hint=field.hint_it, kind=kind_of(field),
        options=options_of(field, form.notice, (*texts, *before)), texts=texts, before=before,
        doubtful=not who and read is not None and _doubtful(field, read, warnings, sure=sure),
        source=_source(field, read, who), doubts=tuple(doubt_it(one) for one in warnings),
        suggestions=tuple(dict.fromkeys(one.partition(_SUGGESTS)[2] for one in warnings if _SUGGESTS in one)),
        raw=read.raw if read and read.raw and (read.raw,) != texts else "", page=read.page if read and placed else 0,
        box=read.box if read and placed else None, missing=field.key in form.missing, by=who, error=error,
        may_keep=bool(error) and kind_of(field) == "text",
    )  # fmt: skip


def _doubtful(field: Field, read: FieldValue, warnings: list[str], *, sure: bool) -> bool:
    if any(one.partition(":")[0] not in _NOTES for one in warnings):
        return True
    return (not sure and bool(texts_of(field, read.value))) or (
        bool(read.raw.strip()) and read_unsurely(field.key, read)
    )


def _source(field: Field, read: FieldValue | None, who: str) -> str:
    if who:
        return f"valore indicato da {who}"
    if read is None:
        return "non trovato nel modulo"
    if SENDER_FALLBACK in read.warnings:
        return "indirizzo da cui è stata inviata la PEC: non è scritto nel modulo"
    level = "bassa" if read_unsurely(field.key, read) else "alta" if read.confidence >= 0.95 else "buona"
    page = f", pagina {read.page}" if read.page else ""
    return f"{_SOURCES[read.method]}{page}; attendibilità {level} ({round(100 * read.confidence)}%)"
