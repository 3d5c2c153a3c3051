"""A page filled by hand is left to a person whole, a printed one with a smudge is not."""

from ingest.form.illegible import ILLEGIBLE, UNREAD, unguessed
from ingest.form.ocr.agreement import AGREED, CHECKED, DISPUTED
from ingest.form.ocr.byhand import without_guesses
from ingest.form.page import Word
from ingest.verdict import FieldValue, Reading
from ingest.vocabulary import Method


def a_piece(text: str, sure: float, *, on_leader: bool = True) -> tuple[bool, list[Word]]:
    return on_leader, [Word(text, (0, 0, 10, 10), Method.OCR, sure)]


def sureness(*pieces: tuple[bool, list[Word]]) -> dict[str, float]:
    return {word.text: word.confidence for word in without_guesses(pieces)}


GUESSES = tuple(a_piece(f"K{at}", UNREAD) for at in range(4))


def test_on_a_page_filled_by_hand_what_luck_read_is_a_guess_like_the_rest():
    found = sureness(*GUESSES, a_piece("MI", AGREED), a_piece("prov.", AGREED, on_leader=False))

    assert found["MI"] == UNREAD
    assert found["prov."] == AGREED  # printed


def test_a_code_with_its_check_digit_in_a_hand_s_page_is_shown():
    assert sureness(*GUESSES, a_piece("99900010150", CHECKED))["99900010150"] == DISPUTED


def test_one_smudge_on_a_typed_page_leaves_its_neighbours_alone():
    typed = [a_piece(f"Rossi{at}", AGREED) for at in range(5)]

    assert set(sureness(*typed, a_piece("K", UNREAD)).values()) == {AGREED, UNREAD}


def a_value(value: str | None, page: int = 1) -> FieldValue:
    raw = ILLEGIBLE if value is None else value
    return FieldValue(value, raw, 0, page, method=Method.OCR, confidence=UNREAD if value is None else 0.95)


LOST = ("declarant.name", "organisation.name", "place", "date")


def test_among_values_that_cannot_be_read_what_seems_one_is_doubted():
    street, nature = "organisation.registered_office.street", "organisation.legal_nature"
    fields = {key: a_value(None) for key in LOST} | {street: a_value("n e"), nature: a_value("aps")}
    fields |= {"contact.name": a_value("Rossi Anna", page=2)}

    found = unguessed(Reading(fields, 0, (1, 2))).fields

    assert found[street].warnings == ("handwriting",)
    assert found[street].confidence <= DISPUTED
    assert found[nature] == fields[nature]  # a box
    assert found["contact.name"] == fields["contact.name"]  # another page


def test_a_few_smudges_on_a_typed_page_doubt_no_other_value():
    typed = ("organisation.acronym", "contact.name", "contact.role", "organisation.network", "declarant.office")
    fields = {key: a_value(None) for key in LOST} | {key: a_value("Rossi") for key in typed}

    found = unguessed(Reading(fields, 0, (1,))).fields

    assert all(found[key] == fields[key] for key in typed)
