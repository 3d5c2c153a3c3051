"""What two fields of one form say about each other: doubts, and the values that follow.

Nothing is repaired: a contradiction is a warning on the field a clerk would look at first.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from stdnum.it import codicefiscale

from ingest.form.bodies import legal_nature_in
from ingest.form.fold import fold
from ingest.form.identifiers import is_person_code
from ingest.form.people import office_in
from ingest.form.places import Municipality, municipality_of, province_in
from ingest.form.registers import runts_too_early
from ingest.form.value import Doubt, warning
from ingest.verdict import FieldValue

_SEAT = "organisation.registered_office"
_DECLARANT = re.compile(r"(?:il |la |lo )?(?:stess\w )?(?:sottoscritt\w|dichiarante|legale rappresentante)")
_VOWELS = frozenset("AEIOU")
_Found = list[tuple[str, str]]  # (key, warning)


def cross_checks(fields: Mapping[str, FieldValue]) -> dict[str, tuple[str, ...]]:
    """Warnings to add, per key. A key may be one the form does not give (`nature-suggested` on the legal nature)."""
    found = [*_seat(fields), *_person(fields), *_codes(fields), *_nature(fields), *_registers(fields)]
    keys = dict.fromkeys(key for key, _ in found)
    return {key: tuple(doubt for one, doubt in found if one == key) for key in keys}


def settle(fields: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
    """The same fields with what follows from others, and the cross-checks' warnings.

    What follows: the ISTAT code, today's postcode, a house number out of the street, the office out of the capacity,
    the contact person who is the declarant. Each keeps the place and confidence of the value it comes from.
    """
    settled = dict(fields)
    place = _place(settled)
    if place:
        settled[f"{_SEAT}.istat"] = replace(settled[f"{_SEAT}.municipality"], value=place.istat, warnings=())
        code = settled.get(f"{_SEAT}.postcode")
        if code and code.value in place.old_postcodes and code.value != place.postcode:
            doubt = warning(Doubt.POSTCODE_OUTDATED, str(code.value))
            settled[f"{_SEAT}.postcode"] = replace(code, value=place.postcode, warnings=(*code.warnings, doubt))
    _name_province(settled)
    _move_number(settled)
    _name_office(settled)
    _copy_declarant(settled)
    for key, doubts in cross_checks(settled).items():
        if key in settled:
            new = tuple(doubt for doubt in doubts if doubt not in settled[key].warnings)
            settled[key] = replace(settled[key], warnings=(*settled[key].warnings, *new))
    return settled


def _text(fields: Mapping[str, FieldValue], key: str) -> str:
    found = fields.get(key)
    return found.value if found and isinstance(found.value, str) else ""


def _place(fields: Mapping[str, FieldValue]) -> Municipality | None:
    return municipality_of(_text(fields, f"{_SEAT}.municipality"))


def _name_province(settled: dict[str, FieldValue]) -> None:
    town = settled.get(f"{_SEAT}.municipality")
    letters = province_in(town.raw) if town and town.value and f"{_SEAT}.province" not in settled else ""
    if town and letters:
        settled[f"{_SEAT}.province"] = replace(town, value=letters, warnings=())


def _move_number(settled: dict[str, FieldValue]) -> None:
    street = settled.get(f"{_SEAT}.street")
    prefix = f"{Doubt.NUMBER_IN_STREET}:"
    moved = [doubt.removeprefix(prefix) for doubt in street.warnings if doubt.startswith(prefix)] if street else []
    if street and moved and not _text(settled, f"{_SEAT}.number"):
        kept = tuple(doubt for doubt in street.warnings if doubt == Doubt.OWN_VALUE)
        settled[f"{_SEAT}.number"] = replace(street, value=moved[0], warnings=kept)
        if not any(char.isdigit() for char in str(street.value)):  # "Piazza 25 Aprile 24" has two numbers
            rest = tuple(doubt for doubt in street.warnings if not doubt.startswith(prefix))
            settled[f"{_SEAT}.street"] = replace(street, warnings=rest)


def _name_office(settled: dict[str, FieldValue]) -> None:
    capacity = settled.get("declarant.capacity")
    office = office_in(capacity.raw) if capacity and "declarant.office" not in settled else None
    if capacity and office:
        settled["declarant.office"] = replace(capacity, value=office, warnings=())


def _copy_declarant(settled: dict[str, FieldValue]) -> None:
    name = settled.get("contact.name")
    same = settled.get("contact.same_as_declarant")
    idem = bool(name and (Doubt.SAME_AS_ABOVE in name.warnings or _is_declarant(name.raw)))
    said = idem or bool(same and same.value)
    declarant = settled.get("declarant.name")
    if said and declarant and declarant.value and not (name and name.value and not _is_declarant(name.raw)):
        source = name or declarant
        settled["contact.name"] = replace(source, value=declarant.value, warnings=(warning(Doubt.COPIED),))


def _is_declarant(raw: str) -> bool:
    return bool(_DECLARANT.fullmatch(fold(raw)))


def _seat(fields: Mapping[str, FieldValue]) -> _Found:
    place, found = _place(fields), []
    if not place:
        return []
    code, province = _text(fields, f"{_SEAT}.postcode"), _text(fields, f"{_SEAT}.province")
    if code and code != place.postcode and code not in place.old_postcodes:
        found.append((f"{_SEAT}.postcode", warning(Doubt.POSTCODE_MISMATCH, place.postcode)))
    if province and province != "MI":
        found.append((f"{_SEAT}.province", warning(Doubt.PROVINCE_MISMATCH, "MI")))
    return found


def _person(fields: Mapping[str, FieldValue]) -> _Found:
    key = "declarant.fiscal_code"
    code, found = _text(fields, key), []
    if not is_person_code(code):
        return []
    name, born = _text(fields, "declarant.name"), _text(fields, "declarant.birth_date")
    if name and not _names_agree(code, name):
        found.append((key, warning(Doubt.NAME_MISMATCH)))
    if born and not _born_on(code, born):
        found.append((key, warning(Doubt.BIRTH_DATE_MISMATCH)))
    place = municipality_of(_text(fields, "declarant.birth_place"))
    if place and _unmasked(code)[11:15] != place.cadastral:
        found.append((key, warning(Doubt.BIRTH_PLACE_MISMATCH)))
    return found


def _codes(fields: Mapping[str, FieldValue]) -> _Found:
    vat = _text(fields, "organisation.vat_number")
    if vat and vat == _text(fields, "organisation.fiscal_code"):
        return [("organisation.vat_number", warning(Doubt.SAME_AS_FISCAL_CODE))]
    return []


def _nature(fields: Mapping[str, FieldValue]) -> _Found:
    key = "organisation.legal_nature"
    said, suggested = _text(fields, key), legal_nature_in(_text(fields, "organisation.name"))
    if not suggested or said == suggested:
        return []
    return [(key, warning(Doubt.NATURE_MISMATCH if said else Doubt.NATURE_SUGGESTED, suggested))]


def _registers(fields: Mapping[str, FieldValue]) -> _Found:
    key = "organisation.registrations"
    entries = fields.get(key)
    early = entries is not None and runts_too_early(entries.value, _text(fields, "date") or None)
    return [(key, warning(Doubt.RUNTS_TOO_EARLY))] if early else []


def _names_agree(code: str, name: str) -> bool:
    """Whether the code's six letters can come from the name: any cut into surname and given name, either order."""
    words = fold(name).upper().split()
    for cut in range(1, len(words)):
        first, second = "".join(words[:cut]), "".join(words[cut:])
        for surname, given in ((first, second), (second, first)):
            if code[:3] == _three(surname) and code[3:6] in {_three(given, given=True), _three(given)}:
                return True
    return False


def _three(word: str, *, given: bool = False) -> str:
    """The three letters of a name: consonants first; of four or more in a given name 1st, 3rd, 4th (DM 23/12/1976)."""
    letters = [char for char in word if char.isalpha()]
    consonants = [char for char in letters if char not in _VOWELS]
    if given and len(consonants) > 3:
        consonants = [consonants[0], *consonants[2:4]]
    return "".join([*consonants, *(char for char in letters if char in _VOWELS), *"XXX"][:3])


def _born_on(code: str, born: str) -> bool:
    """Whether the code's date is `born` (ISO), whatever the century: the code does not hold it."""
    try:
        stated = date.fromisoformat(born)
        coded = codicefiscale.get_birth_date(_unmasked(code))
    except ValueError:  # stdnum's errors are ValueErrors
        return False
    return (coded.year % 100, coded.month, coded.day) == (stated.year % 100, stated.month, stated.day)


def _unmasked(code: str) -> str:
    """The code with omocodia's letters turned back into digits (the check character is then stale)."""
    back = str.maketrans("LMNPQRSTUV", "0123456789")
    return "".join(char.translate(back) if at in {6, 7, 9, 10, 12, 13, 14} else char for at, char in enumerate(code))
