"""What people draw or write to say that there is nothing to write: the field is there, empty, with its reason."""

import pytest

from ingest.form.normal import normalise, normalise_merged
from tests.form.sheets import a_sheet, fields_of, written

HEAD = (
    (50, 60, "Il/La sottoscritto/a Villa Anna nato/a a Gessate il 20/03/1981"),
    (50, 80, "in qualità di legale rappresentante"),
    (50, 100, "Denominazione Fondazione Prisma"),
)
KEYS = ("organisation.fiscal_code", "organisation.vat_number", "organisation.phones", "organisation.pec")
MARKS = ("//", "---", "==", "nessuno", "N.D.", "non posseduto", "non possiede PEC")


def declared_absent(*lines):
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    return {key for key in fields if fields[key].value is None and "declared-absent" in fields[key].warnings}


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_over_the_leaders_gives_the_field_without_a_value(mark):
    assert declared_absent(
        (50, 124, "Codice fiscale ____________________ Partita IVA ____________________"), (130, 123, mark),
        (300, 123, mark), (50, 148, "Tel. ______________ Fax __________________ PEC _____________________________"),
        (170, 147, mark), (320, 147, mark),
    ) >= set(KEYS)  # fmt: skip


@pytest.mark.parametrize("mark", MARKS)
def test_a_mark_right_after_its_label_gives_the_field_without_a_value(mark):
    lines = (50, 124, f"Codice fiscale {mark} Partita IVA {mark}"), (50, 148, f"Fax {mark}"), (50, 170, f"PEC {mark}")
    assert declared_absent(*lines) >= set(KEYS)


@pytest.mark.parametrize("mark", [*MARKS, "/", "-"])
def test_a_mark_after_a_colon_gives_the_field_without_a_value(mark):
    lines = (50, 124, f"C.F./P.IVA: {mark}"), (50, 148, f"Fax: {mark}"), (50, 170, f"PEC: {mark}")
    assert declared_absent(*lines) >= set(KEYS)


def test_bars_typed_into_a_leader_are_no_date():
    lines = (50, 124, "Codice fiscale ____//____ Partita IVA ____//____"), (50, 148, "Fax ....//....")
    assert declared_absent(*lines) >= {*KEYS} - {"organisation.pec"}


def test_a_dash_between_two_labels_is_print():
    fields = fields_of(a_sheet(written(*HEAD, (50, 124, "Tel. – Fax – PEC prisma@pec.example.org"))))
    assert fields["organisation.pec"].value == "prisma@pec.example.org"
    assert "organisation.phones" not in fields


def test_a_telephone_beside_an_absent_fax_stays():
    phones = fields_of(a_sheet(written(*HEAD, (50, 124, "Tel. 02 95301234"), (50, 148, "Fax //"))))
    assert phones["organisation.phones"].value == ["+390295301234"]
    assert phones["organisation.phones"].warnings == ()


def test_a_fax_is_a_number_of_the_body_and_says_what_it_is():
    phones = fields_of(a_sheet(written(*HEAD, (50, 124, "Tel. 02 95301234"), (50, 148, "Fax 02 95301235"))))
    assert phones["organisation.phones"].value == ["+390295301234", "+390295301235"]
    assert phones["organisation.phones"].warnings == ("fax-number:+390295301235",)


def test_a_merged_slot_that_is_declared_empty_empties_both_its_fields():
    for slot in ("organisation.fiscal_code_or_vat_number", "organisation.email_or_pec"):
        found = normalise_merged(slot, "non in possesso")
        assert len(found) == 2
        assert all(one.value is None and one.warnings == ("declared-absent",) for one in found.values())


def test_a_vat_number_said_to_be_the_same_is_there_without_a_value():
    found = normalise_merged("organisation.fiscal_code_or_vat_number", "99900010150 stesso")
    assert found["organisation.fiscal_code"].value == "99900010150"
    assert found["organisation.vat_number"].warnings == ("same-as-above",)


@pytest.mark.parametrize("raw", ["Nessuno Escluso APS", "Senza Confini", "No Profit Martesana", "Associazione --- X"])
def test_a_name_that_begins_like_a_mark_is_a_name(raw):
    assert normalise("organisation.name", raw).value == raw
