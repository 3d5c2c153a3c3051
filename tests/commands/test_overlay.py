"""`explain --overlay`: every value read gets a box and its name on the page it was read from."""

import io

import pdfplumber
import pytest

from ingest.cli import main
from tests.corpus.variants import generate


@pytest.mark.parametrize(("variant", "wanted"), [("flat-over", "declarant.fiscal_code"), ("V10", "organisation.name")])
def test_the_overlay_shows_each_value_under_its_name(variant, wanted, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sample = generate(variant, 3)
    (tmp_path / "modulo.pdf").write_bytes(sample.content)

    assert main(["explain", "modulo.pdf", "--overlay", "letto.pdf"]) == 0

    capsys.readouterr()
    with pdfplumber.open(io.BytesIO((tmp_path / "letto.pdf").read_bytes())) as pdf:
        words = " ".join(page.extract_text() for page in pdf.pages)
    assert wanted in words


def test_without_a_form_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "altro.pdf").write_bytes(b"%PDF-1.4 rotto")

    assert main(["explain", "altro.pdf", "--overlay", "letto.pdf"]) == 1

    assert "niente da disegnare" in capsys.readouterr().err
    assert not (tmp_path / "letto.pdf").exists()
