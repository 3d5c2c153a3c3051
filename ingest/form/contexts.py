"""Which field a printed label means, given the part of the form it stands in.

"via", "n.", "tel." and "C.F." announce the declarant's residence, the body's seat, its branch or the contact person:
only the part of the form tells. A value of a part the record does not know goes to DROPPED.
"""

from enum import StrEnum

from ingest.form.fold import fold
from ingest.form.labels import IDENTITY_DOCUMENT, OFFICE_BLOCK, RESIDENCE
from ingest.form.spans import Label
from ingest.form.wordings import FAX, ID_ONLY, NAME_PART, OPERATING, STOP, SURNAME_PART

DROPPED = "dropped"  # recognised, deliberately not recorded
INLINE_CAPACITY = "declarant.capacity/inline"
BIRTH_PROVINCE = "declarant.birth_province"
MERGED_CODES = "organisation.fiscal_code_or_vat_number"
MERGED_MAIL = "organisation.email_or_pec"
PLACE_AND_DATE = "place_and_date"
_SEAT = "organisation.registered_office"
_REG = "organisation.registrations"


class Part(StrEnum):
    """Parts of a form, as the labels met so far tell them."""

    HEAD = "head"
    DECLARANT = "declarant"
    RESIDENCE = "residence"
    BODY = "body"
    SEAT = "seat"
    BRANCH = "branch"
    REGISTRATION = "registration"
    CONTACT = "contact"
    REQUEST = "request"
    CLOSING = "closing"
    OFFICE = "office"


_OPENS = {  # keys that open a part wherever they stand
    "declarant.birth_place": Part.DECLARANT,
    "declarant.capacity": Part.DECLARANT,
    "declarant.office": Part.DECLARANT,
    RESIDENCE: Part.RESIDENCE,
    IDENTITY_DOCUMENT: Part.RESIDENCE,
    "organisation.acronym": Part.BODY,
    "organisation.legal_nature": Part.BODY,
    OPERATING: Part.BRANCH,
    _REG: Part.REGISTRATION,
    "organisation.municipalities": Part.BODY,
    "organisation.network": Part.BODY,
    "themes": Part.REQUEST,
    "proposal": Part.REQUEST,
    "attachments_declared": Part.CLOSING,
    "place": Part.CLOSING,
    OFFICE_BLOCK: Part.OFFICE,
}
_ANY_PERSON = frozenset({"cognome e nome", "nome e cognome", "cognome nome", "nome cognome"})  # no contact named yet
_HEADINGS = (
    (("spett", "alla c a", "al comune"), Part.OFFICE),
    (("dichiarante", "dati del dichiarante", "dati del legale", "dati anagrafici"), Part.DECLARANT),
    (("dati del referente",), Part.CONTACT),
    (("ente", "dati"), Part.BODY),
    (("oggetto",), Part.HEAD),
    (("dichiara", "manifesta", "chiede"), Part.REQUEST),
)
_UNRECORDED = (RESIDENCE, IDENTITY_DOCUMENT, OFFICE_BLOCK)
_PERSON_PARTS = (Part.DECLARANT, Part.RESIDENCE)
_BODY_PARTS = (Part.BODY, Part.SEAT, Part.BRANCH, Part.REGISTRATION, Part.HEAD)
_ADDRESS = ("street", "number", "postcode", "municipality")


def resolve(label: Label, part: Part) -> tuple[str, Part] | None:  # noqa: PLR0911 - one exit per kind of label
    """(record key or DROPPED or STOP, the part that follows); None when the words mean no label here."""
    keys = label.keys
    if keys[0].startswith("other:"):
        return _written_beside(keys[0].removeprefix("other:"), part)
    if ID_ONLY in keys:
        return STOP, part
    if label.id:
        return _canonical(keys[0], label.id, part)
    if STOP in keys:
        return STOP, _after_heading(fold(label.text), part)
    if part is Part.OFFICE and not _reopens(keys, label):
        return DROPPED, Part.OFFICE
    if "representative" in keys:
        if part in _PERSON_PARTS:
            return INLINE_CAPACITY, Part.DECLARANT
        return ("declarant.name", Part.DECLARANT) if part in _BODY_PARTS else None
    for key in keys:
        found = _by_part(key, label, part)
        if found:
            return found
    return None


def _after_heading(text: str, part: Part) -> Part:
    """The part a heading opens. The addressee's block is the office's own, down to the subject."""
    return next((opened for words, opened in _HEADINGS if text.startswith(words)), part)


def _written_beside(key: str, part: Part) -> tuple[str, Part]:
    """Where the words after a box "altro" go."""
    if key in ("organisation.legal_nature", "organisation.legal_nature_other"):
        return "organisation.legal_nature_other", Part.BODY
    if key == "themes":
        return "theme_other", Part.REQUEST
    if key == "runts":
        return f"{_REG}.runts", Part.REGISTRATION
    if key == _REG:
        return f"{_REG}.other_text", Part.REGISTRATION
    return DROPPED, part


def _canonical(key: str, number: str, part: Part) -> tuple[str, Part]:
    """A label with its printed number: the part is known beyond doubt."""
    if number.startswith("A"):
        return key, Part.DECLARANT
    if number.startswith("C"):
        return key, Part.CONTACT
    if number == "B9":
        return OPERATING, Part.BRANCH
    if number == "B15":
        return _REG, Part.REGISTRATION
    if number.startswith("B"):
        address = key.startswith(_SEAT)
        return key, Part.SEAT if address else Part.BODY
    return key, Part.CLOSING if number.startswith(("F", "G")) else Part.REQUEST if number[0] in "DE" else part


def _reopens(keys: tuple[str, ...], label: Label) -> bool:
    return "sottoscr" in label.text.casefold() or bool(
        {"organisation.name", "contact.name", "signature", "themes"} & set(keys)
    )


def _by_part(key: str, label: Label, part: Part) -> tuple[str, Part] | None:  # noqa: C901, PLR0911, PLR0912 - one flat table of cases reads better than six small ones
    text = label.text.casefold()
    if "in qualit" in text and key == "declarant.office":
        key = "declarant.capacity"
    if key in _OPENS:
        if key == "themes" and part is Part.CLOSING:
            return None
        if key == _REG and part is Part.REQUEST and text.startswith("iscritt"):
            return key, Part.REGISTRATION  # "DICHIARA di essere iscritto al RUNTS: n. … dal …"
        if key == _REG and part in (Part.CONTACT, Part.REQUEST, *_PERSON_PARTS, Part.CLOSING):
            return None
        return DROPPED if key in _UNRECORDED else key, _OPENS[key]
    if key == "declarant.name":
        if "sottoscr" in text or "sig." in text:
            return (key, Part.DECLARANT) if part is not Part.REQUEST or "sottoscr" in text else None
        return _person_name(part)
    if key in (NAME_PART, SURNAME_PART):
        if part is Part.CONTACT:
            return f"contact.name/{key}", part
        return (f"declarant.name/{key}", Part.DECLARANT) if part in (Part.HEAD, *_PERSON_PARTS) else None
    if key == "declarant.birth_date":
        if part is Part.DECLARANT or (part in (Part.HEAD, Part.RESIDENCE) and "nasc" in text):
            return key, Part.DECLARANT
        return None
    if key in ("declarant.fiscal_code", "organisation.fiscal_code"):
        if part in _PERSON_PARTS:
            return "declarant.fiscal_code", part
        if part is Part.CONTACT:
            return DROPPED, part
        return ("organisation.fiscal_code", part) if part in _BODY_PARTS else None
    if key in ("organisation.vat_number", MERGED_CODES):
        return key, Part.BODY if part in _PERSON_PARTS else part
    if key == "organisation.name":
        if part in (Part.REQUEST, Part.CLOSING) and not text.startswith(("denominazione", "ragione")):
            return None
        return key, Part.BODY
    if key.startswith(f"{_SEAT}."):
        return _address(key, label, part)
    if key.startswith(f"{_REG}."):
        return (key, part) if part is Part.REGISTRATION else None
    if key == FAX:  # "tel./fax" is a telephone
        contact, body = ("contact.phone", "organisation.phones") if "tel." in text else (DROPPED, FAX)
        return _reach(contact, body, part)
    if key in ("organisation.phones", "organisation.phones.mobile"):
        return _reach("contact.phone", key, part)
    if key in ("organisation.emails", "organisation.pec", MERGED_MAIL):
        return _reach("contact.email", key, part)
    if key == "organisation.website":
        return (key, part) if part in _BODY_PARTS else (DROPPED, part)
    if key == "contact.name":
        if fold(text) in _ANY_PERSON and part in (Part.HEAD, Part.OFFICE, *_PERSON_PARTS):
            return "declarant.name", Part.DECLARANT
        return key, Part.CONTACT
    if key == "contact.role":
        if part in _PERSON_PARTS:
            return "declarant.office", Part.DECLARANT
        return (key, part) if part is Part.CONTACT else None
    if key == "declarations":
        return STOP, Part.REQUEST
    if key in ("contact.phone", "contact.email") and "referente" in text:
        return key, Part.CONTACT
    if key == "contact.phone":
        return _reach(key, "organisation.phones", part)
    if key == "signature" or key.startswith("signature."):
        return ("signature.text", Part.CLOSING) if part is not Part.HEAD else None
    if key in (PLACE_AND_DATE, "date"):
        return _closing_date(text, part)
    if key in ("iban", "other.code", "phones.after_representative"):
        return DROPPED, part
    return None


def _person_name(part: Part) -> tuple[str, Part] | None:
    if part is Part.CONTACT:
        return "contact.name", part
    return ("declarant.name", Part.DECLARANT) if part in (Part.HEAD, *_PERSON_PARTS) else None


def _address(key: str, label: Label, part: Part) -> tuple[str, Part] | None:  # noqa: PLR0911 - one exit per part
    text = label.text.casefold()
    leaf = key.rpartition(".")[2]
    if leaf == "municipality" and "sede" in text:
        return key, Part.SEAT
    if part in (Part.BODY, Part.SEAT):
        return key, Part.SEAT
    if leaf == "province" and part is Part.DECLARANT:
        return BIRTH_PROVINCE, part
    if part is Part.BRANCH:
        return f"{OPERATING}/{leaf}", part
    if part is Part.RESIDENCE or (part is Part.DECLARANT and leaf in _ADDRESS):
        return DROPPED, Part.RESIDENCE
    if part is Part.REGISTRATION and leaf == "number":
        return f"{_REG}.number", part
    if part in (Part.CONTACT, Part.REGISTRATION):
        return DROPPED, part
    return None


def _reach(contact: str, body: str, part: Part) -> tuple[str, Part] | None:
    if part is Part.CONTACT:
        return contact if body != DROPPED else DROPPED, part
    if part in _PERSON_PARTS:
        return DROPPED, part
    return (body, part) if part in _BODY_PARTS else None


def _closing_date(text: str, part: Part) -> tuple[str, Part] | None:
    if part in (Part.CLOSING, Part.REQUEST, Part.CONTACT) or "luogo" in text or text.strip(" ,:'") in ("lì", "li"):
        both = "luogo" in text and "data" in text
        return PLACE_AND_DATE if both else "date", Part.CLOSING
    return None
