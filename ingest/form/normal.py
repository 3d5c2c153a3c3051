"""Normal forms: raw text of a field → the value of the record, with its doubts.

Never raises on any text, never guesses. The normal form of a normal form is itself (lists joined by "; ").
"""

import re
from collections.abc import Callable, Mapping

from rapidfuzz import fuzz

from ingest.form.absence import absence
from ingest.form.address import number, street
from ingest.form.bodies import legal_nature_in
from ingest.form.contacts import email, emails, looks_certified, phone, phones, split_addresses, url
from ingest.form.dates import date_in, without_dates
from ingest.form.field import Field, FieldType, Option
from ingest.form.fold import fold
from ingest.form.identifiers import body_code, person_code, split_codes
from ingest.form.people import capacity, person_name
from ingest.form.places import municipalities, municipality, municipality_of, postcode, province
from ingest.form.registers import registrations
from ingest.form.schema import field_of
from ingest.form.text import LONGEST, SHORT, hides_characters, tidy, tidy_lines
from ingest.form.value import DOUBTFUL, FAILED, Doubt, Normal, listed, warning

__all__ = ["Normal", "normalise", "normalise_merged"]

_SLACK = 60  # characters a value may have beyond twice its place on the blank form
_MERGED = {
    "organisation.fiscal_code_or_vat_number": ("organisation.fiscal_code", "organisation.vat_number"),
    "organisation.email_or_pec": ("organisation.emails", "organisation.pec"),
}
_STREET = re.compile(r"(?:via|viale|piazza|corso|largo)\b", re.IGNORECASE)
_WITHOUT_DIGITS = {"contact.role": 6, "declarant.office": 6, "declarant.birth_place": 3, "place": 3}  # so many are none
_TRUE = frozenset({"x", "si", "yes", "true", "on", "1", "vero", "v"})
_FORMS: Mapping[FieldType, Callable[[str], Normal]] = {
    FieldType.PERSON: person_name,
    FieldType.PERSON_CODE: person_code,
    FieldType.BODY_CODE: body_code,
    FieldType.VAT: body_code,
    FieldType.MUNICIPALITY: municipality,
    FieldType.MUNICIPALITIES: municipalities,
    FieldType.PROVINCE: province,
    FieldType.STREET: street,
    FieldType.NUMBER: number,
    FieldType.POSTCODE: postcode,
    FieldType.PHONE: phone,
    FieldType.PHONES: phones,
    FieldType.EMAIL: email,
    FieldType.EMAILS: emails,
    FieldType.URL: url,
    FieldType.REGISTRATIONS: registrations,
}


def normalise(key: str, raw: str, options: tuple[Option, ...] = ()) -> Normal:
    """The normal form of `raw` in the field `key` (KeyError for an unknown key).

    `options` replace the schema's for themes, which the notice sets. Empty markers give value None and their reason.
    """
    field = field_of(key)
    if field.type is FieldType.BOOLEAN:
        return Normal(fold(raw) in _TRUE)
    empty = absence(raw)
    if empty and not (field.type is FieldType.PROVINCE and province(raw).confidence_factor == 1.0):
        return Normal(None, 1.0, (warning(empty),))
    if not tidy(raw):
        return Normal(None)
    if len(raw) > SHORT and field.type not in {FieldType.TEXT, FieldType.ORGANISATION}:
        cut = _form(field, raw[:SHORT], options or field.options)
        return Normal(cut.value, FAILED, (*cut.warnings, warning(Doubt.TOO_LONG)))
    normal = _of_a_likely_length(field, _form(field, raw, options or field.options))
    if hides_characters(raw):
        doubts = (*normal.warnings, warning(Doubt.CONTROL_CHARACTERS))
        return Normal(normal.value, min(normal.confidence_factor, DOUBTFUL), doubts)
    return normal


def normalise_merged(slot: str, raw: str) -> dict[str, Normal]:
    """The fields of a slot that holds two: codes, addresses, place and date."""
    pair: tuple[Normal | None, Normal | None]
    empty = absence(raw)
    if empty and slot in _MERGED:
        return {key: Normal(None, 1.0, (warning(empty),)) for key in _MERGED[slot]}
    raw = raw[:SHORT]
    if slot == "organisation.fiscal_code_or_vat_number":
        keys, pair = _MERGED[slot], split_codes(raw)
    elif slot == "organisation.email_or_pec":
        keys, pair = _MERGED[slot], split_addresses(raw)
    elif slot == "place_and_date":
        place = re.sub(
            r"(?:,|\b(?:l[iìí]'?|addì|in data|il)\b)[\s,]*$", "", tidy(without_dates(raw)), flags=re.IGNORECASE
        )
        keys, pair = ("place", "date"), (_place(tidy(place).strip(" ,")), date_in(raw))
    else:
        raise KeyError(slot)
    return {key: normal for key, normal in zip(keys, pair, strict=True) if normal is not None}


def _place(text: str) -> Normal:
    """A place of signing; a comma within it was printed, and the value typed around it."""
    whole = tidy(text.replace(",", " "))
    if "," not in text or municipality_of(whole):
        return Normal(whole or None)
    return Normal(text, DOUBTFUL, (warning(Doubt.AMBIGUOUS_POSITION),))


def _of_a_likely_length(field: Field, normal: Normal) -> Normal:
    """A name or an address far longer than any: cut, and left to a person. Free text has its own limit."""
    most = 2 * field.length + _SLACK
    if not isinstance(normal.value, str) or not field.length or field.key == "proposal" or len(normal.value) <= most:
        return normal
    doubts = tuple(dict.fromkeys((*normal.warnings, warning(Doubt.TOO_LONG))))
    return Normal(normal.value[:SHORT].rstrip(), min(normal.confidence_factor, FAILED), doubts)


def _form(field: Field, raw: str, options: tuple[Option, ...]) -> Normal:
    if field.type in _FORMS:
        normal = _FORMS[field.type](raw)
        certified = field.type is FieldType.EMAILS and any(looks_certified(one) for one in listed(normal))
        return (
            Normal(normal.value, normal.confidence_factor, (*normal.warnings, warning(Doubt.PEC_DOMAIN)))
            if certified
            else normal
        )
    if field.type is FieldType.DATE:
        return date_in(raw, birth=field.key == "declarant.birth_date")
    if field.key == "declarant.capacity":
        return capacity(raw)
    if field.type is FieldType.ENUM:
        return _choice(field.key, raw, options)
    if field.type is FieldType.TICKS:
        return _choices(raw, options)
    return _text(field, raw)


def _text(field: Field, raw: str) -> Normal:
    text = tidy_lines(raw) if field.key == "proposal" else tidy(raw)
    if field.type is FieldType.ORGANISATION:
        text = text.strip(" ,;:")
        if _STREET.match(text) and legal_nature_in(text) is None:  # "Via Libera", or the next label's street?
            return Normal(text, DOUBTFUL, (warning(Doubt.AMBIGUOUS_POSITION),))
    digits = sum(char.isdigit() for char in text)
    if field.key in _WITHOUT_DIGITS and (digits >= _WITHOUT_DIGITS[field.key] or "@" in text):
        return Normal(text, DOUBTFUL, (warning(Doubt.AMBIGUOUS_POSITION),))
    if len(text) > LONGEST:
        return Normal(text[:LONGEST].rstrip(), DOUBTFUL, (warning(Doubt.TOO_LONG),))
    return Normal(text or None)


def _choice(key: str, raw: str, options: tuple[Option, ...]) -> Normal:
    """One option, by its value, its printed words, a close misprint of them, or what the words say of the nature."""
    folded = fold(raw)
    for option in options:
        if folded in {fold(option.value), fold(option.label_it)}:
            return Normal(option.value)
    near = [option.value for option in options if fuzz.ratio(folded, fold(option.label_it)) >= 90]
    if len(near) == 1 and len(folded) > 5:
        return Normal(near[0], 0.9)
    nature = legal_nature_in(raw) if key == "organisation.legal_nature" else None
    if nature:
        return Normal(nature, 0.9)
    return Normal(None, DOUBTFUL, (warning(Doubt.UNKNOWN_OPTION),))


def _choices(raw: str, options: tuple[Option, ...]) -> Normal:
    """The options that a text names: "abitare e occupazione"."""
    folded = f" {fold(raw)} "
    found: list[str] = [
        option.value
        for option in options
        if f" {fold(option.value)} " in folded or f" {fold(option.label_it)} " in folded
    ]
    return Normal(list(found)) if found else Normal(None, DOUBTFUL, (warning(Doubt.UNKNOWN_OPTION),))
