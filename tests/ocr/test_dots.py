"""Values typed on the very dots of a leader: the leaders are found, labels and full stops are none."""

from functools import cache

from ingest.form.ocr.dots import Dotted, dotted_rows
from ingest.form.ocr.raster import POINT, Grey, ink_of
from tests.corpus.paper import Paper, Style
from tests.corpus.scans import drawn

FROM_TOP = 60 * POINT  # pixels: the first row's baseline
STEP = 30 * POINT


def a_page(*values: str, rise: float = 0.0) -> Grey:
    """A row of dots per value, each after the label "Campo" and before the label "n." with its own dots."""
    paper = Paper(Style(leader=".", value_font="Helvetica", size=10.5, rise=rise))
    for value in values:
        paper.label("Campo")
        paper.blank(value, 230)
        paper.label("n.")
        paper.blank("", 60)
        paper.row(30)
    return drawn(paper.done())[0]


@cache
def four_rows() -> tuple[Grey, Dotted]:
    page = a_page("Bianchi Luigi, Gorgonzola", "029785102", "", "associazione@pec.associazione.example, tel. 02")
    return page, dotted_rows(ink_of(page))


def row_of(found: Dotted, number: int) -> list[tuple[int, int, int, int]]:
    """The leaders of a row, from the left."""
    level = FROM_TOP + number * STEP
    return sorted(row for row in found.leaders if abs(row[3] - level) < 8)


def test_a_leader_reaches_under_what_was_typed_on_it():
    _, found = four_rows()

    starts = [row_of(found, number)[0][0] for number in range(4)]

    assert max(starts) - min(starts) <= 10  # one step of the dots, whatever was typed


def test_a_label_between_two_leaders_parts_them_and_keeps_its_full_stop():
    _, found = four_rows()

    for number in range(3):
        first, second = row_of(found, number)
        assert second[0] - first[2] > 20


def test_dots_that_letters_touch_are_told_from_those_that_stand_free():
    _, typed_on = four_rows()
    above = dotted_rows(ink_of(a_page("Bianchi Luca", "029785102", "", rise=3.0)))

    assert max(len(row.steps) - len(row.free) for row in typed_on.rows) >= 8
    assert [len(row.free) for row in above.rows] == [len(row.steps) for row in above.rows]
    assert len(above.leaders) == 6


def test_the_full_stops_of_a_printed_address_are_no_leader():
    paper = Paper(Style(leader=".", value_font="Helvetica", size=10.5))
    for number in range(4):
        paper.label(("PEC: ", "al ", "a: ", "")[number] + "comune.cernuscosulnaviglio@pec.regione.lombardia.it")
        paper.row(30)
        paper.blank("", 230)
        paper.row(30)

    found = dotted_rows(ink_of(drawn(paper.done())[0]))

    assert len(found.leaders) == 4
    assert all(len(row.free) == len(row.steps) for row in found.rows)


def test_a_page_of_text_has_no_leaders():
    paper = Paper(Style(leader="", value_font="Helvetica"))
    for _ in range(12):
        paper.label("Art. 3. I soggetti, ecc., di cui all'art. 4 del D.Lgs. n. 117/2017 (c.d. Codice) s.m.i.")
        paper.row()

    assert dotted_rows(ink_of(drawn(paper.done())[0])).leaders == ()


def test_the_feet_of_a_label_between_two_covered_leaders_are_no_dots():
    paper = Paper(Style(leader=".", value_font="Helvetica", size=10.5))
    labels = []
    for number in range(10):
        paper.x += number / 4  # in every phase of the dots
        paper.label("PEC")
        paper.blank("consorzioprism@pec.consorzioprism.example", 190)
        start = paper.x
        paper.label("sito web")
        labels.append((start * POINT, paper.x * POINT, (842 - paper.y) * POINT))
        paper.blank("www.consorzioprism.example", 120)
        paper.row(30)
        paper.blank("", 200)
        paper.row(30)

    found = dotted_rows(ink_of(drawn(paper.done())[0])).leaders

    over = [(x0, row) for x0, x1, y in labels for row in found if abs(row[3] - y) < 8 and x0 < row[0] < x1 - 14]
    assert over == []
