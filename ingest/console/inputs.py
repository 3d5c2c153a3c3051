"""A form's fields as inputs a clerk types into, and what was typed as values of the record.

What was not touched is never written: each input carries the text it was shown with, and only a different one counts.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.datastructures import FormData

from ingest.console.look import harmless
from ingest.form.doubts import doubt_it
from ingest.form.field import Field, FieldType, Group, Option
from ingest.form.normal import normalise
from ingest.form.options import REGISTERS, REGISTRATION_STATES
from ingest.form.places import municipality_of
from ingest.form.schema import SCHEMA
from ingest.form.value import FAILED, Doubt
from ingest.readout import phone_it
from ingest.rules import Notice
from ingest.verdict import Value

LONGEST = 20_000  # characters of one input
_SEAT = "organisation.registered_office"
_MANY = (FieldType.TICKS, FieldType.MUNICIPALITIES)
_LINES = ("proposal", "organisation.registrations")
_BROKEN = (Doubt.CHECK_DIGIT, Doubt.WRONG_LENGTH, Doubt.PERSONAL_CODE, Doubt.BODY_CODE, Doubt.MIXED_SCRIPT,
           Doubt.CONTROL_CHARACTERS, Doubt.TOO_LONG)  # fmt: skip
_EMPTY = (Doubt.DECLARED_ABSENT, Doubt.PENDING)
FIELDS = tuple(field for field in SCHEMA if field.type is not FieldType.ISTAT)  # that one follows the municipality
GROUPS: Mapping[Group, str] = {
    Group.DECLARANT: "A. Chi sottoscrive", Group.ORGANISATION: "B. L'ente", Group.CONTACT: "C. Il referente",
    Group.THEMES: "D. Tematiche e proposta", Group.DECLARATIONS: "E. Dichiarazioni", Group.ATTACHMENTS: "F. Allegati",
    Group.CLOSING: "G. Luogo, data e firma",
}  # fmt: skip
YES_NO = (Option("si", "sì"), Option("no", "no"))


@dataclass(frozen=True, slots=True)
class Typed:
    """What a clerk sent: the values that changed, what cannot be taken as it is, and every text as it was typed."""

    changes: dict[str, Value]
    errors: dict[str, str]
    texts: dict[str, tuple[str, ...]]
    before: dict[str, tuple[str, ...]]


def kind_of(field: Field) -> str:
    """Which input a field has: select, ticks, lines or text."""
    if field.type in (FieldType.ENUM, FieldType.BOOLEAN):
        return "select"
    if field.type in _MANY:
        return "ticks"
    return "lines" if field.key in _LINES else "text"


def options_of(field: Field, notice: Notice, shown: tuple[str, ...] = ()) -> tuple[Option, ...]:
    """The choices of a field; what is chosen already stays a choice."""
    if field.type is FieldType.BOOLEAN:
        return YES_NO
    known = field.options
    if field.key == "themes":
        known = tuple(Option(key, label) for key, label in notice.themes.items()) or known
    elif field.type is FieldType.MUNICIPALITIES:
        known = tuple(Option(name, name) for name in notice.municipalities)
    there = {option.value for option in known}
    return (*known, *(Option(one, one) for one in shown if one and one not in there))


def texts_of(field: Field, value: Value) -> tuple[str, ...]:
    """A value as its input shows it: one text, or one per ticked box. () for nothing."""
    if value in (None, "", []):
        return ()
    if isinstance(value, bool):
        return ("si" if value else "no",)
    if isinstance(value, list):
        if field.type in _MANY:
            return tuple(_clean(str(one)) for one in value)
        return (
            _clean("; ".join(_registration(one) if isinstance(one, dict) else _shown(field, one) for one in value)),
        )
    return (_clean(_shown(field, value)),)


def typed(form: FormData, notice: Notice) -> Typed:
    """What a form of the page says."""
    found = Typed({}, {}, {}, {})
    for field in FIELDS:
        if f"c.{field.key}" not in form and f"p.{field.key}" not in form:
            continue
        many = field.type in _MANY
        before = _sent(form, f"p.{field.key}")
        text = _sent(form, f"c.{field.key}")
        found.before[field.key], found.texts[field.key] = before, text
        if (set(text) == set(before)) if many else (text == before):
            continue
        _take(found, field, text, options_of(field, notice, before), kept=f"t.{field.key}" in form)
    place = found.changes.get(f"{_SEAT}.municipality", "")
    if f"{_SEAT}.municipality" in found.changes:
        known = municipality_of(place) if isinstance(place, str) else None
        found.changes[f"{_SEAT}.istat"] = known.istat if known else None
    return found


def value_of(field: Field, text: tuple[str, ...], options: tuple[Option, ...]) -> tuple[Value, str]:
    """The value of what an input holds, and in Italian what is wrong with it ("" when nothing is)."""
    if not text:
        return None, ""
    kind = kind_of(field)
    if kind in ("ticks", "select"):
        if any(one not in {option.value for option in options} for one in text):
            return None, "scegli una delle voci proposte"
        if field.type is FieldType.BOOLEAN:
            return text[0] == "si", ""
        return (list(text) if kind == "ticks" else text[0]), ""
    normal = normalise(field.key, text[0], options if field.options else ())
    codes = {one.partition(":")[0] for one in normal.warnings}
    if normal.value is None:
        empty = codes & set(_EMPTY)
        return None, "" if empty else _wrong(normal.warnings)
    broken = normal.confidence_factor <= FAILED or codes & set(_BROKEN)
    return normal.value, _wrong(normal.warnings) if broken else ""


def _take(found: Typed, field: Field, text: tuple[str, ...], options: tuple[Option, ...], *, kept: bool) -> None:
    value, wrong = value_of(field, text, options)
    if wrong and not (kept and kind_of(field) == "text" and value is not None):
        found.errors[field.key] = wrong
    else:
        found.changes[field.key] = value


def _sent(form: FormData, name: str) -> tuple[str, ...]:
    texts = (_clean(one[:LONGEST]) for one in form.getlist(name) if isinstance(one, str))
    return tuple(text for text in texts if text)


def _clean(text: str) -> str:
    return str(harmless(text.replace("\r\n", "\n"))).strip()


def _wrong(warnings: tuple[str, ...]) -> str:
    return "; ".join(doubt_it(one) for one in warnings) or "non è un valore valido per questo campo"


def _shown(field: Field, value: object) -> str:
    text = str(value)
    if field.type is FieldType.DATE and len(text) == 10 and text[4:5] == "-":
        return f"{text[8:]}/{text[5:7]}/{text[:4]}"
    return phone_it(text) if field.type in (FieldType.PHONE, FieldType.PHONES) else text


def _registration(one: Mapping[str, str]) -> str:
    if one.get("raw"):
        return one["raw"]
    day = one.get("date", "")
    parts = (
        _label(REGISTERS, one.get("register", "")),
        f"sez. {one['section']}" if one.get("section") else "",
        f"n. {one['number']}" if one.get("number") else "",
        f"del {day[8:]}/{day[5:7]}/{day[:4]}" if len(day) == 10 else "",
        _label(REGISTRATION_STATES, one.get("status", "")),
    )
    return " ".join(part for part in parts if part)


def _label(options: tuple[Option, ...], value: str) -> str:
    return next((option.label_it for option in options if option.value == value), "")
