"""Labels in a row of words, as badly as a scan may give them; what a line runs through and what it carries."""

import pytest

from ingest.form.choosing import is_struck
from ingest.form.page import Box, Stroke, Word
from ingest.form.row import Row
from ingest.form.spans import Label, labelled

WORD: Box = (100.0, 200.0, 160.0, 210.0)


def first_label(text: str) -> tuple[str, ...]:
    words = [Word(one, (at * 40.0, 0.0, at * 40.0 + 35, 10.0)) for at, one in enumerate(text.split())]
    first = labelled(Row(tuple(words), (0.0, 0.0, 500.0, 10.0)))[0]
    return first.keys if isinstance(first, Label) else ()


@pytest.mark.parametrize("article", ["Il/La", "I/La", "l/La", "1l/La", "|l/La", "ll/Ls", "Il", "ll", "1l", "La"])
def test_the_article_before_the_declarant_may_be_misread(article):
    ending = "a" if article == "La" else "o/a" if "/" in article else "o"
    assert first_label(f"{article} sottoscritt{ending} Anna Villa") == ("declarant.name",)


@pytest.mark.parametrize("word", ["dal", "del", "al", "di", "e"])
def test_a_preposition_before_it_names_no_declarant(word):
    assert "declarant.name" not in first_label(f"{word} sottoscritto modulo")


@pytest.mark.parametrize(
    ("depth", "struck"),
    [(0.05, False), (0.35, True), (0.5, True), (0.65, True), (0.77, False), (0.95, False)],
)
def test_a_line_through_a_word_strikes_it_and_the_line_it_stands_on_does_not(depth, struck):
    y = WORD[1] + depth * (WORD[3] - WORD[1])
    assert is_struck(WORD, [Stroke((90.0, y - 0.5, 300.0, y + 0.5))]) is struck
