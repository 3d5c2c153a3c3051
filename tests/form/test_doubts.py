"""Every doubt a reading can show has its code in one vocabulary and its words in Italian."""

import ast
from pathlib import Path

import pytest

import ingest.form
from ingest.form.doubts import doubt_it
from ingest.form.value import Doubt
from tests.corpus.reading import read
from tests.corpus.variants import generate, text_variants

READER = sorted(Path(ingest.form.__file__).parent.rglob("*.py"))


@pytest.mark.parametrize("doubt", Doubt)
def test_every_doubt_has_words_that_are_not_its_code(doubt):
    words = doubt_it(doubt)

    assert words != doubt
    assert "-" not in words.replace("e-mail", "").split()[0]
    assert len(words) > 10


def test_a_detail_follows_in_brackets_and_an_unknown_code_is_shown_as_it_is():
    assert doubt_it("check-digit:suggest=00861930154") == f"{doubt_it('check-digit')} (forse 00861930154)"
    assert doubt_it("unheard-of:x") == "unheard-of:x"


@pytest.mark.parametrize("source", READER, ids=lambda path: path.stem)
def test_the_reader_writes_its_doubts_by_their_names_and_never_as_text(source):
    codes = {str(doubt) for doubt in Doubt}
    for node in ast.walk(ast.parse(source.read_text())):
        given = [k.value for k in node.keywords if k.arg == "warnings"] if isinstance(node, ast.Call) else []
        texts = [
            n.value for g in given for n in ast.walk(g) if isinstance(n, ast.Constant) and isinstance(n.value, str)
        ]
        assert not texts, f"line {getattr(node, 'lineno', 0)}: {texts}"
        if source.name not in ("value.py", "field.py") and isinstance(node, ast.Constant):
            assert node.value not in codes - {"pending", "copied", "printed"}, (
                f"line {getattr(node, 'lineno', 0)}: {node.value}"
            )


def test_what_the_corpus_makes_the_reader_doubt_is_in_the_vocabulary():
    seen = {
        warning.partition(":")[0]
        for variant in text_variants()
        for reading in read(generate(variant, 1002))
        for value in reading.fields.values()
        for warning in value.warnings
    }

    assert seen
    assert seen <= {str(doubt) for doubt in Doubt}
