import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.form.fold import fold, squeeze
from ingest.form.labels import OFFICE_BLOCK, RESIDENCE, by_folded, lexicon, nearest, own_values
from ingest.form.schema import SCHEMA

NOT_OF_THE_RECORD = {
    "declarant.residence",
    "declarant.identity_document",
    "organisation.phones.mobile",
    "organisation.phones.fax",
    "organisation.fiscal_code_or_vat_number",
    "organisation.email_or_pec",
    "place_and_date",
    "signature",
    "declarations",
    "verb",
    "stop.office_block",
}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("QUALITA'", "qualita"),
        ("Qualità", "qualita"),
        ("Qualita\u0300", "qualita"),
        ("C.F.", "cf"),
        ("P.E.C.", "pec"),
        ("P. IVA", "p iva"),
        ("Partita I.V.A.", "partita iva"),
        ("C H I E D E", "chiede"),
        ("M A N I F E S T A", "manifesta"),
        ("9 9 9 0 0 0 1 0 1 5 0", "99900010150"),
        ("dell’Ente", "dell ente"),
        ("n°", "n"),
        ("ﬁrma", "firma"),
        ("coo\u00adperativa", "cooperativa"),
        ("\uf071 ODV", "odv"),
        ("□ A □ B", "a b"),
        ("Il/La sottoscritto/a", "il la sottoscritto a"),
        ("e-mail", "e mail"),
    ],
)
def test_two_ways_of_printing_a_word_fold_to_one(text, folded):
    assert fold(text) == folded


def test_odd_letter_spacing_is_squeezed():
    assert squeeze("CH IE DE") == "chiede"


@given(st.text(max_size=80))
def test_folding_takes_any_text_and_leaves_words_and_single_blanks(text):
    folded = fold(text)
    assert folded == " ".join(folded.split())


def test_every_label_announces_a_field_or_a_known_opener():
    keys = {field.key for field in SCHEMA} | NOT_OF_THE_RECORD
    assert {label.key for label in lexicon()} <= keys
    assert all(label.folded for label in lexicon())


def test_every_field_with_a_number_has_a_label():
    numbered = {field.key for field in SCHEMA if field.id and not field.key.startswith("declarations.")}
    announced = {label.key for label in lexicon()} | {"signature.kind", "signature.text"}
    assert numbered <= announced


def test_canonical_labels_come_first_and_carry_their_number():
    first = by_folded()["codice fiscale"][0]
    assert (first.key, first.id) == ("organisation.fiscal_code", "B4")
    assert {label.key for label in by_folded()["codice fiscale"]} == {
        "organisation.fiscal_code",
        "declarant.fiscal_code",
    }


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("DENOMINAZIONE:", "organisation.name"),
        ("Denominazlone", "organisation.name"),
        ("Ragione soclale", "organisation.name"),
        ("CODICE FISCALE O P.IVA", "organisation.fiscal_code_or_vat_number"),
        ("Riservato all’Ufficio", OFFICE_BLOCK),
        ("e residente a", RESIDENCE),
        ("Fax", "organisation.phones.fax"),
        ("sede operativa (se diversa)", "organisation.operating_office"),
        ("Forma giuridica", "organisation.legal_nature"),
        ("in rete con", "organisation.network"),
    ],
)
def test_a_printed_wording_finds_its_key_misprints_included(text, key):
    assert nearest(text)[0].key == key


@pytest.mark.parametrize("text", ["prox", "Gorgonzola", "Il Girasole", "x"])
def test_other_words_find_none(text):
    assert nearest(text) == ()


def test_the_offices_own_values_are_not_labels():
    assert "029278" in own_values()
    assert "029278" not in by_folded()
