"""A value made of parts is no surer than the least sure of them."""

from dataclasses import replace

from ingest.form.page import Page
from ingest.form.reader import read_form
from tests.corpus.variants import NOTICE
from tests.form.sheets import a_sheet, pages, written

LINES = (
    (50, 60, "Il/La sottoscritto/a Villa Anna"),
    (50, 80, "nato/a a ______________________ (prov. ______ ) il 20/03/1981"),
    (100, 79, "Gessate"),
    (262, 79, "MI"),
    (50, 100, "in qualità di legale rappresentante"),
)


def doubting(page: Page, text: str) -> Page:
    words = (replace(word, confidence=0.45) if word.text == text else word for word in page.words)
    return replace(page, words=tuple(words))


def test_a_birth_place_is_no_surer_than_its_province():
    read = pages(a_sheet(written(*LINES)))

    sure = read_form(read, NOTICE, 0)[0].fields["declarant.birth_place"]
    doubted = read_form([doubting(page, "MI") for page in read], NOTICE, 0)[0].fields["declarant.birth_place"]

    assert (sure.value, doubted.value) == ("Gessate (MI)", "Gessate (MI)")
    assert sure.confidence > 0.9
    assert doubted.confidence <= 0.45
