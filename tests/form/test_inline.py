"""What stands in the place of another: split where it is sure, left alone or doubted where it is not."""

import pytest

from ingest.form.contexts import Part
from ingest.form.inline import expanded
from ingest.form.normal import normalise
from ingest.form.page import Word
from ingest.form.row import Blank
from ingest.form.slot import Slot
from ingest.form.spans import Label

BOX = (0.0, 0.0, 10.0, 10.0)


def a_slot(key: str, text: str) -> Slot:
    return Slot(key, Label((key,), "", BOX), Part.BODY, 0, words=[Word(one, BOX) for one in text.split()], end=BOX)


def split(key: str, text: str, written: frozenset[str] = frozenset()) -> dict[str, str]:
    return {slot.key: slot.text() for slot in expanded(a_slot(key, text), written)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("legale rappresentante del/della Fondazione Casa avente", "Fondazione Casa"),
        ("LEGALE RAPPRESENTANTE DI SOCIETÀ AURORA", "SOCIETÀ AURORA"),
        ("Presidente dell'associazione “Il Sole”", "associazione “Il Sole”"),
        ("Presidente del Consiglio della Fondazione Casa", "Fondazione Casa"),
        ("Presidente dell'Associazione/Ente Casa Comune", "Casa Comune"),
    ],
)
def test_a_body_named_after_the_capacity_is_its_name(text, name):
    assert split("declarant.capacity", text)["organisation.name"] == name
    assert "organisation.name" not in split("declarant.capacity", text, frozenset({"organisation.name"}))


@pytest.mark.parametrize(
    "text",
    [
        "Presidente dell'Ente di cui alla presente carta intestata",
        "Presidente dell'Ente",
        "legale rappresentante dell'associazione sopra indicata",
        "legale rappresentante della stessa",
        "responsabile di area",
        "Presidente del Consiglio direttivo",
    ],
)
def test_words_that_only_point_to_a_body_are_no_name(text):
    assert split("declarant.capacity", text) == {"declarant.capacity": text}


def test_a_contact_on_one_line_is_taken_apart():
    assert split("contact.name", "Elisa Tornaghi – coordinatrice – 338 9876543 – e@posta.example") == {
        "contact.name": "Elisa Tornaghi", "contact.role": "coordinatrice", "contact.phone": "338 9876543",
        "contact.email": "e@posta.example",
    }  # fmt: skip


@pytest.mark.parametrize("name", ["Carla Al Hassan", "Mario N. Rossi", "Anna Maria De Luca"])
def test_a_name_of_several_words_stays_whole(name):
    assert split("contact.name", name) == {"contact.name": name}


def test_a_figure_in_a_person_s_name_is_a_doubt():
    doubted = normalise("contact.name", "02 9529123 Maria Rossi")
    assert (doubted.confidence_factor < 0.8, doubted.warnings) == (True, ("ambiguous-position",))
    assert normalise("contact.name", "Maria Rossi").warnings == ()


@pytest.mark.parametrize(
    ("after", "left"),
    [
        ("portare", "Offriamo tirocini"),
        ("si intende portare", "Offriamo tirocini"),
        ("e altro", "Offriamo tirocini e altro"),
    ],
)
def test_a_description_between_the_printed_lines_of_its_label_ends_before_the_second(after, left):
    written = tuple(
        Word(one, (at * 40.0, 20.0, at * 40.0 + 35, 30.0)) for at, one in enumerate(("Offriamo", "tirocini"))
    )
    printed = [Word(one, (at * 40.0, 40.0, at * 40.0 + 35, 50.0)) for at, one in enumerate(after.split())]
    label = Label(("proposal",), "breve descrizione dell'esperienza", BOX)
    blanks = [Blank((0.0, 20.0, 400.0, 30.0), "rule", written)]
    slot = Slot("proposal", label, Part.REQUEST, 0, words=[*written, *printed], end=BOX, blanks=blanks)
    (only,) = expanded(slot, frozenset())
    assert only.text() == left
