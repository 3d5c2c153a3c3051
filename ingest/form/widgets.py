"""Names of the blank form's AcroForm fields, and what they stand for.

A field's full name is its schema key where the key has one slot. Where it has several, the key is a node and its
slots are leaves below it: `themes.abitare`, `organisation.phones.mobile`, `organisation.registrations.runts_number`.
Exclusive choices are radio groups named by the key; the ON state of each button is the option.
"""

from ingest.form.field import FieldType
from ingest.form.fields import SCHEMA

ALL_MUNICIPALITIES = "tutti"
_LISTS = frozenset({FieldType.TICKS, FieldType.MUNICIPALITIES, FieldType.REGISTRATIONS, FieldType.PHONES})
_NODES = (*(field.key for field in SCHEMA if field.type in _LISTS), "organisation.legal_nature_other")
_LEAVES = frozenset(field.key for field in SCHEMA if field.key not in _NODES)
_SPECIAL = {"declarant.birth_province": ("declarant.birth_place", "province"), "signature": ("signature.kind", "field")}
_WORDS = frozenset({"organisation.municipalities", "organisation.legal_nature_other"})


def widget_key(name: str) -> tuple[str, str] | None:
    """(schema key, slot) of a widget's full name; slot "" when the key has one; None for a name that is not ours.

    Slots: themes, attachments: the option ("altro") or "other_text"; municipalities: the name in lower case or
    "tutti"; phones: "landline", "mobile"; legal_nature_other: "public" (radio), "public text", "text";
    registrations: the names of `ingest.form.registers.from_slots`; birth_place: "" and "province";
    signature.kind: "field" (the signature field itself).
    """
    if name in _SPECIAL:
        return _SPECIAL[name]
    if name in _LEAVES:
        return name, ""
    for key in _NODES:
        if name.startswith(f"{key}.") and name.count(".") == key.count(".") + 1:
            slot = name.removeprefix(f"{key}.")
            return key, slot.replace("_", " ") if key in _WORDS else slot
    return None


def state_option(name: str, state: str) -> str:
    """The option that a radio button's ON state stands for ("azienda_speciale" → "azienda speciale")."""
    return state.replace("_", " ") if name.startswith("organisation.legal_nature_other.") else state


def slug(text: str) -> str:
    """A name part for a printed word: letters and underscores only."""
    return "_".join("".join(char if char.isalnum() else " " for char in text.casefold()).split())
