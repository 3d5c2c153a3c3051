"""What the schema says about one field of Allegato 1: the shape of a row of the table in `ingest.form.fields`."""

from dataclasses import dataclass
from enum import StrEnum


class FieldType(StrEnum):
    """Which normal form a value has. List types hold JSON lists; the others hold a string or a boolean."""

    TEXT = "text"
    PERSON = "person"  # surname and name, titles stripped
    ORGANISATION = "organisation"  # a body's name, as written
    ENUM = "enum"  # one of the options
    TICKS = "ticks"  # list of options
    BOOLEAN = "boolean"
    DATE = "date"  # ISO 8601
    PERSON_CODE = "person-code"  # 16 characters
    BODY_CODE = "body-code"  # 11 digits
    VAT = "vat"  # 11 digits
    MUNICIPALITY = "municipality"
    MUNICIPALITIES = "municipalities"  # list, from the nine
    PROVINCE = "province"  # 2 letters
    STREET = "street"
    NUMBER = "number"
    POSTCODE = "postcode"  # 5 digits
    ISTAT = "istat"  # 6 digits, derived
    PHONE = "phone"  # E.164
    PHONES = "phones"  # list of E.164
    EMAIL = "email"  # lower case
    EMAILS = "emails"  # list, lower case
    URL = "url"
    REGISTRATIONS = "registrations"  # list of {register, section, number, date, status, raw}


class Need(StrEnum):
    """What the office does when a field is missing."""

    BLOCK = "block"  # nothing identifies the body without it: a person looks first
    INTEGRATE = "integrate"  # asked for in an integration letter
    NOTE = "note"  # shown to the clerk, asked of nobody
    OPTIONAL = "optional"


class Group(StrEnum):
    """The parts of the form, in their printed order."""

    DECLARANT = "declarant"
    ORGANISATION = "organisation"
    CONTACT = "contact"
    THEMES = "themes"
    DECLARATIONS = "declarations"
    ATTACHMENTS = "attachments"
    CLOSING = "closing"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of an enumeration: its value in the record and the words printed beside its box."""

    value: str
    label_it: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field: everything that reader, completeness, letters, console, exports and blank form know of it."""

    key: str
    id: str  # number printed on the canonical form ("B4"); "" when the form has no slot for it
    label_it: str  # as printed
    hint_it: str  # tooltip and help of the console
    type: FieldType
    need: Need
    group: Group
    options: tuple[Option, ...] = ()
    threshold: float = 0.75  # read with less confidence than this, a value is shown to a person, not stored as true
    personal: bool = False  # a person's data: never in a publishable export
    question_it: str = ""  # a noun phrase that follows "La preghiamo di indicare:"; "" when nobody is asked
    length: int = 0  # characters that fit on the blank form; 0 = no limit
