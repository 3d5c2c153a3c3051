"""Letters typed on dots, the dots taken off: what is left are the letters, as they look where no dots were."""

import numpy as np
import pytest

from ingest.form.ocr.dots import dotted_rows
from ingest.form.ocr.marks import marks_in
from ingest.form.ocr.raster import POINT, Grey, ink_of
from ingest.form.ocr.undotted import undotted
from tests.corpus.paper import Paper, Style
from tests.corpus.scans import drawn

VALUES = ("Largo Bianchi Luigi", "Segretaria e segretario", "", "029785102")


def a_page(leader: str, font: str) -> Grey:
    """A value a row, on dots or on nothing."""
    paper = Paper(Style(leader=leader, font=font, value_font="Helvetica", size=10.5))
    for value in VALUES:
        paper.label("Campo")
        paper.blank(value, 230)
        paper.row(30)
    return drawn(paper.done())[0]


def bands(page: Grey) -> list[Grey]:
    """The rows' places to write."""
    levels = [60 * POINT + number * 30 * POINT for number in range(len(VALUES))]
    return [page[round(level) - 26 : round(level) + 10, 240:900] for level in levels]


@pytest.mark.parametrize("font", ["Helvetica", "Times-Roman"])
def test_letters_typed_on_dots_look_as_if_there_had_been_none(font):
    page, plain = a_page(".", font), a_page("", font)

    clean = marks_in(page).clean

    for dotted, bare, alone in zip(bands(page), bands(clean), bands(plain), strict=True):
        before = np.abs(dotted.astype(int) - alone).sum()
        after = np.abs(bare.astype(int) - alone).sum()
        assert after < 0.25 * before


def test_dots_with_nothing_on_them_leave_white_paper():
    clean = marks_in(a_page(".", "Helvetica")).clean

    assert not ink_of(clean)[round(2 * 30 * POINT + 60 * POINT) - 26 :][:36, 240:900].any()


def test_a_page_without_dots_is_left_as_it_is():
    page = a_page("", "Helvetica")

    assert undotted(page, dotted_rows(ink_of(page)).rows) is page
