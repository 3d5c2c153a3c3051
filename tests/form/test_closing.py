"""The line that ends a form without labels, and what only looks like one."""

import pytest

from ingest.form.closing import closing_line
from ingest.form.page import Page, Word
from tests.form.sheets import a_sheet, fields_of, written

WIDTH = 6.0


def a_page(*lines: str) -> Page:
    """Lines one under the other; a bar makes a wide gap."""
    words, y = [], 50.0
    for line in lines:
        x = 50.0
        for text in line.split():
            if text == "|":
                x += 60.0
                continue
            words.append(Word(text, (x, y, x + WIDTH * len(text), y + 10.0)))
            x += WIDTH * (len(text) + 1)
        y += 20.0
    return Page(number=1, width=595.0, height=842.0, words=tuple(words))


def read(*lines: str) -> dict[str, object]:
    return {key: value.value for key, value in closing_line([a_page("Allegato 1", "chiede", *lines)], 0).items()}


@pytest.mark.parametrize(
    ("line", "place", "date"),
    [
        ("Bussero, 20 luglio 2021", "Bussero", "2021-07-20"),
        ("Pioltello, lì 28-07-2021", "Pioltello", "2021-07-28"),
        ("Gorgonzola, 21/07/2021 | Danilo Frigerio", "Gorgonzola", "2021-07-21"),
        ("Cassina de' Pecchi 26.7.2021 Firma", "Cassina de' Pecchi", "2021-07-26"),
        ("Gessate | , lì | 10/07/2021", "Gessate", "2021-07-10"),
    ],
)
def test_place_and_date_without_labels_are_read(line, place, date):
    assert read("distinti saluti", line) == {"place": place, "date": date}


@pytest.mark.parametrize(
    "line",
    [
        "Vimercate, 3 marzo 1971",  # a birth
        "nata a Melzo il 1/1/2018",
        "iscritta al RUNTS il 12/02/2022",
        "avviso del 10 luglio 2021",
        "entro il 29 luglio 2021",
    ],
)
def test_what_only_looks_like_a_closing_line_is_none(line):
    assert read("altro", line) == {}


def test_a_date_at_the_top_of_a_page_ends_no_form():
    assert closing_line([a_page("Bussero, 20 luglio 2021", *["chiede di partecipare"] * 6)], 0) == {}


def test_the_town_printed_before_the_date_is_the_office_s_own_and_no_place_of_the_applicant():
    assert read("Spett.le Comune di Pioltello", "Pioltello, lì 28-07-2021") == {"date": "2021-07-28"}
    assert read("Spett.le Comune di Pioltello", "Bussero, lì 28-07-2021")["place"] == "Bussero"
    assert read("Spett.le Comune di Pioltello", "Pioltello, 28-07-2021")["place"] == "Pioltello"


def test_a_description_ends_before_the_line_of_place_and_date():
    lines = [
        (50, 100, "ALLEGATO 1"),
        (50, 120, "Breve descrizione del contributo: Accompagniamo famiglie nella ricerca di una casa."),
        (50, 140, "Gessate, lì 10/07/2021"),
    ]
    fields = fields_of(a_sheet(written(*lines)))

    assert fields["proposal"].value == "Accompagniamo famiglie nella ricerca di una casa."
    assert (fields["place"].value, fields["date"].value) == ("Gessate", "2021-07-10")
