import pytest

from ingest.form.checks import cross_checks, settle
from ingest.verdict import FieldValue

SEAT = "organisation.registered_office"


def fields(values, **warnings):
    return {
        key: FieldValue(value=value, raw=str(value), page=2, confidence=0.9, warnings=warnings.get(key, ()))
        for key, value in values.items()
    }


@pytest.mark.parametrize(
    ("values", "key", "warning"),
    [
        ({f"{SEAT}.municipality": "Gessate", f"{SEAT}.postcode": "20064"}, f"{SEAT}.postcode", "postcode-mismatch"),
        ({f"{SEAT}.municipality": "Gessate", f"{SEAT}.province": "CO"}, f"{SEAT}.province", "province-mismatch"),
        (
            {"declarant.fiscal_code": "BNCLGU65M10E094X", "declarant.name": "Villa Anna"},
            "declarant.fiscal_code",
            "name-mismatch",
        ),
        (
            {"declarant.fiscal_code": "BNCLGU65M10E094X", "declarant.birth_date": "1965-08-11"},
            "declarant.fiscal_code",
            "birth-date-mismatch",
        ),
        (
            {"declarant.fiscal_code": "BNCLGU65M10E094X", "declarant.birth_place": "Gessate"},
            "declarant.fiscal_code",
            "birth-place-mismatch",
        ),
        (
            {"organisation.fiscal_code": "99900010150", "organisation.vat_number": "99900010150"},
            "organisation.vat_number",
            "same-as-fiscal-code",
        ),
        ({"organisation.name": "Il Girasole ODV"}, "organisation.legal_nature", "nature-suggested:odv"),
        (
            {"organisation.name": "Il Girasole ODV", "organisation.legal_nature": "aps"},
            "organisation.legal_nature",
            "nature-mismatch:odv",
        ),
        (
            {
                "organisation.registrations": [
                    {"register": "runts", "section": "", "number": "7", "date": "", "status": "enrolled"}
                ],
                "date": "2021-07-20",
            },
            "organisation.registrations",
            "runts-too-early",
        ),
    ],
)
def test_two_fields_that_contradict_each_other_are_doubted(values, key, warning):
    found = cross_checks(fields(values))
    assert list(found) == [key]
    assert found[key][0].startswith(warning)


@pytest.mark.parametrize(
    "values",
    [
        {f"{SEAT}.municipality": "Bussero", f"{SEAT}.postcode": "20060", f"{SEAT}.province": "MI"},
        {f"{SEAT}.municipality": "Milano", f"{SEAT}.postcode": "20121"},
        {"declarant.fiscal_code": "BNCLGU65M10E094X", "declarant.name": "Bianchi Luigi"},
        {"declarant.fiscal_code": "BNCLGU65M10E094X", "declarant.name": "LUIGI BIANCHI"},
        {"declarant.fiscal_code": "VLLNNA81C60D995G", "declarant.birth_date": "1981-03-20"},
        {"declarant.fiscal_code": "VLLNNA81C60D995G", "declarant.birth_place": "Gessate (MI)"},
        {"declarant.fiscal_code": "MHMLHU85D12Z336W", "declarant.birth_place": "Egitto"},
        {"declarant.fiscal_code": "RSSMRAULALMCRNPL", "declarant.birth_date": "1980-01-01"},
        {"declarant.fiscal_code": "RSSMRAULALMCRNPL", "declarant.birth_place": "Cernusco s/N"},
        {"organisation.name": "Il Girasole ODV", "organisation.legal_nature": "odv"},
        {"organisation.fiscal_code": "99900010150", "organisation.vat_number": "04532840966"},
        {},
    ],
)
def test_fields_that_agree_are_not_doubted(values):
    assert cross_checks(fields(values)) == {}


def test_an_old_postcode_becomes_todays_with_a_note():
    settled = settle(fields({f"{SEAT}.municipality": "Cassina de' Pecchi", f"{SEAT}.postcode": "20060"}))
    assert settled[f"{SEAT}.postcode"].value == "20051"
    assert settled[f"{SEAT}.postcode"].warnings == ("postcode-outdated:20060",)
    assert settled[f"{SEAT}.postcode"].raw == "20060"


def test_the_istat_code_follows_from_one_of_the_nine_only():
    assert settle(fields({f"{SEAT}.municipality": "Gessate"}))[f"{SEAT}.istat"].value == "015106"
    assert f"{SEAT}.istat" not in settle(fields({f"{SEAT}.municipality": "Milano"}))


def test_a_number_written_in_the_street_moves_unless_the_form_gives_one():
    key = f"{SEAT}.street"
    given = fields({key: "Via Roma"}, **{key: ("number-in-street:12/A",)})
    assert settle(given)[f"{SEAT}.number"].value == "12/A"
    assert settle(given | fields({f"{SEAT}.number": "3"}))[f"{SEAT}.number"].value == "3"


def test_the_contact_who_is_the_declarant_is_copied_and_marked():
    settled = settle(fields({"declarant.name": "Bianchi Luigi", "contact.same_as_declarant": True}))
    assert settled["contact.name"].value == "Bianchi Luigi"
    assert settled["contact.name"].warnings == ("copied",)
    idem = fields({"declarant.name": "Bianchi Luigi", "contact.name": None}, **{"contact.name": ("same-as-above",)})
    assert settle(idem)["contact.name"].value == "Bianchi Luigi"


def test_another_contact_is_never_overwritten():
    given = fields({"declarant.name": "Bianchi Luigi", "contact.name": "Villa Anna", "contact.same_as_declarant": True})
    assert settle(given)["contact.name"].value == "Villa Anna"


def test_the_office_comes_out_of_the_capacity():
    capacity = FieldValue(value="legal_representative", raw="Presidente e legale rappresentante")
    assert settle({"declarant.capacity": capacity})["declarant.office"].value == "Presidente"


def test_settling_twice_changes_nothing_more():
    given = fields(
        {
            f"{SEAT}.municipality": "Bussero",
            f"{SEAT}.postcode": "20060",
            "organisation.name": "Il Girasole ODV",
            "organisation.legal_nature": "aps",
        }
    )
    assert settle(settle(given)) == settle(given)
