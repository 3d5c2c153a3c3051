"""What was read on a form, as rows of plain Italian: for letters and wherever a person checks a reading.

Rows hold no control characters and no direction marks, are bounded in length, and mask the fiscal codes of persons.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from ingest.form.schema import field_of
from ingest.notice import below_threshold
from ingest.relation import SENDER_FALLBACK
from ingest.verdict import FieldValue

LONGEST = 300  # characters of one value
_PERSON_CODE = re.compile(
    r"\b([A-Z]{6}[0-9LMNPQRSTUV]{2}[A-Z][0-9LMNPQRSTUV]{2})[A-Z][0-9LMNPQRSTUV]{3}[A-Z]\b", re.IGNORECASE
)
_SEAT = "organisation.registered_office"
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_PHONE_IT = re.compile(r"\+39(\d{2,3})(\d+)")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    label: str
    text: str
    doubtful: bool = False  # read below its threshold, or with a warning
    note: str = ""


# label, the keys it is made of; the first key that carries a warning makes the row doubtful
_ROWS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("Denominazione", ("organisation.name",)),
    ("Sigla", ("organisation.acronym",)),
    ("Natura giuridica", ("organisation.legal_nature", "organisation.legal_nature_other")),
    ("Tipo di cooperativa", ("organisation.cooperative_type",)),
    ("Codice fiscale dell'ente", ("organisation.fiscal_code",)),
    ("Partita IVA", ("organisation.vat_number",)),
    ("Indirizzo della sede legale", (f"{_SEAT}.street", f"{_SEAT}.number")),
    ("Comune della sede legale", (f"{_SEAT}.postcode", f"{_SEAT}.municipality", f"{_SEAT}.province")),
    ("Sede operativa", ("organisation.operating_office",)),
    ("Telefono", ("organisation.phones",)),
    ("E-mail", ("organisation.emails",)),
    ("PEC", ("organisation.pec",)),
    ("Iscrizioni in registri e albi", ("organisation.registrations",)),
    ("Comuni in cui opera", ("organisation.municipalities",)),
    ("In rete con", ("organisation.network",)),
    ("Chi sottoscrive", ("declarant.name",)),
    ("Codice fiscale di chi sottoscrive", ("declarant.fiscal_code",)),
    ("In qualità di", ("declarant.capacity", "declarant.office")),
    ("Referente", ("contact.name", "contact.role")),
    ("Telefono del referente", ("contact.phone",)),
    ("E-mail del referente", ("contact.email",)),
    ("Tematiche", ("themes", "theme_other")),
)


def rows(fields: Mapping[str, FieldValue], themes: Mapping[str, str]) -> tuple[Row, ...]:
    """The rows that have something to say. `themes` gives the notice's printed labels."""
    made = (_row(label, keys, fields, themes) for label, keys in _ROWS)
    return tuple(row for row in made if row.text)


def plain(text: str, longest: int = LONGEST) -> str:
    """One line of harmless text: no controls, no direction or zero-width marks, single blanks, bounded."""
    kept = "".join(" " if unicodedata.category(mark) in ("Zl", "Zp", "Cc") else mark for mark in text)
    kept = "".join(mark for mark in kept if unicodedata.category(mark) not in ("Cf", "Cs", "Cn", "Co"))
    line = " ".join(kept.split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def masked(text: str) -> str:
    """The text with persons' fiscal codes shortened to their first eleven characters: RSSMRA70A41*****."""
    return _PERSON_CODE.sub(r"\1*****", text)


def phone_it(number: str) -> str:
    """An E.164 number as Italians write it ("02 9278434"); others unchanged."""
    if number.startswith("+3902"):
        return f"02 {number[5:]}"
    found = _PHONE_IT.fullmatch(number)
    return f"{found[1]} {found[2]}" if found else number


def value_text(key: str, value: object, themes: Mapping[str, str]) -> str:
    """A field's value in words: labels for enumerations, lists joined, phones spelled, codes masked."""
    if value is None or value == "" or value is False:
        return ""
    if value is True:
        return "sì"
    if isinstance(value, list):
        texts = [value_text(key, item, themes) for item in value[:20]]
        return plain(", ".join(text for text in texts if text))
    if isinstance(value, dict):
        return _registration(value)
    return masked(plain(_word(key, str(value), themes)))


def _row(label: str, keys: tuple[str, ...], fields: Mapping[str, FieldValue], themes: Mapping[str, str]) -> Row:
    present = [(key, fields[key]) for key in keys if key in fields]
    texts = [value_text(key, field.value, themes) for key, field in present]
    doubtful = any(below_threshold(key, field) for key, field in present)
    fallback = any(SENDER_FALLBACK in field.warnings for _, field in present)
    text = plain(_joined(keys, [text for text in texts if text]))
    return Row(label, text, doubtful, "indirizzo da cui è stata inviata la PEC" if fallback else "")


def _joined(keys: tuple[str, ...], texts: list[str]) -> str:
    return (" " if keys[0].startswith(f"{_SEAT}.p") else ", ").join(texts)


def day_it(text: str) -> str:
    """An ISO day as Italians write it, "15/07/2021"; anything else as it is."""
    return f"{text[8:]}/{text[5:7]}/{text[:4]}" if _ISO_DAY.fullmatch(text) else text


def _word(key: str, value: str, themes: Mapping[str, str]) -> str:
    if key == "themes":
        return themes.get(value, value)
    if key == "date" or key.endswith("_date"):
        return day_it(value)
    if key.endswith((".phone", ".phones")):
        return phone_it(value)
    try:
        options = field_of(key).options
    except KeyError:
        return value
    return next((option.label_it for option in options if option.value == value), value)


def _registration(entry: Mapping[object, object]) -> str:
    known = {str(key): plain(str(value), 80) for key, value in entry.items() if value}
    name = _word("organisation.registrations", known.get("register", ""), {})
    number, section, day = known.get("number"), known.get("section"), known.get("date")
    parts = [
        name,
        f"sez. {section}" if section else "",
        f"n. {number}" if number else "",
        f"dal {day_it(day)}" if day else "",
    ]
    return " ".join(part for part in parts if part)
