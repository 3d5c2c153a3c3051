""".doc and .rtf: converted by LibreOffice where it is installed, else left to a person with a reason that says so."""

import html
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from ingest.config import built_in_notice
from ingest.documents import documents_in, documents_in_file
from ingest.documents.budget import Budget
from ingest.documents.oldoffice import DOC, RTF
from ingest.form.reading import read_forms
from ingest.judge import judge_document
from ingest.rules import Arrival, Context, Limits, Progress
from ingest.sandbox import Sandbox
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason, Role
from tests.documents.builders import a_docx, a_form_text, a_mail
from tests.fuzz.targets import ARRIVAL

NEEDS_OFFICE = pytest.mark.skipif(shutil.which("soffice") is None, reason="LibreOffice is not installed")
CONTEXT = Context(built_in_notice())
KINDS = {"doc": ("MS Word 97", DOC), "rtf": ("Rich Text Format", RTF)}
CASES = [pytest.param(ending, marks=NEEDS_OFFICE) for ending in KINDS]


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory):
    """A form as a person's word processor saves it, by ending."""
    made: dict[str, bytes] = {}

    def one(ending: str) -> bytes:
        if ending not in made:
            folder = tmp_path_factory.mktemp("office")
            source = folder / "modulo.html"
            lines = "".join(f"<p>{html.escape(line)}</p>" for line in a_form_text().splitlines())
            source.write_text(f"<html><meta charset=utf-8><body>{lines}</body></html>")
            command = ["soffice", "--headless", f"-env:UserInstallation={(folder / 'p').as_uri()}",
                "--infilter=HTML (StarWriter)", "--convert-to", f"{ending}:{KINDS[ending][0]}", "--outdir",
                str(folder), str(source)]  # fmt: skip
            subprocess.run(command, check=True, capture_output=True, timeout=120)
            made[ending] = (folder / f"modulo.{ending}").read_bytes()
        return made[ending]

    return one


@pytest.mark.parametrize("ending", CASES)
def test_a_form_saved_in_an_old_format_is_read(ending, saved):
    found = documents_in(a_mail((f"Allegato 1.{ending}", saved(ending))), Limits(), Progress())
    documents, readings = read_forms(found, CONTEXT, Progress())
    assert [(one.media_type, one.role) for one in documents] == [(KINDS[ending][1], Role.FORM)]
    wanted = read_forms(documents_in_file("a.docx", a_docx(a_form_text()), Limits(), Progress()), CONTEXT, Progress())
    values = [{key: field.value for key, field in reading.fields.items()} for reading in (*readings, *wanted[1])]
    assert len(values) == 2
    assert values[0] == values[1]
    assert values[0]["organisation.name"]


@pytest.mark.parametrize("ending", CASES)
def test_the_sandbox_converts_within_its_limits_and_leaves_nothing_behind(ending, saved, tmp_path, monkeypatch):
    (tmp_path / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "tmp"))
    path = tmp_path / f"Allegato 1.{ending}"
    path.write_bytes(saved(ending))
    with Sandbox(judge_document, CONTEXT.limits) as sandbox:
        verdict = sandbox.judge(path, CONTEXT, Arrival(now=ARRIVAL.now))
    assert [document.role for document in verdict.documents] == [Role.FORM]
    assert len(verdict.adhesions) == 1
    assert list((tmp_path / "tmp").iterdir()) == []


def test_without_the_program_a_person_is_told_why(monkeypatch):
    monkeypatch.setenv("PATH", str(Path(os.devnull).parent))
    (found,) = documents_in(a_mail(("a.rtf", b"{\\rtf1 testo}")), Limits(), Progress())
    assert (found.document.role, found.document.media_type) == (Role.UNREADABLE, RTF)
    assert found.document.reasons == (Reason.PART_OLD_FORMAT,)
    assert "LibreOffice" in found.document.detail
    assert found.content == b"{\\rtf1 testo}"


@NEEDS_OFFICE
def test_a_broken_file_costs_only_itself():
    broken = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "WordDocument".encode("utf-16-le")
    parts = (("rotto.doc", broken), ("lettera.txt", b"Buongiorno"))
    first, second = documents_in(a_mail(*parts), Limits(), Progress())
    assert (first.document.role, first.document.reasons) == (Role.UNREADABLE, (Reason.PART_UNREADABLE,))
    assert second.document.role == Role.OTHER


def test_the_ninth_document_to_convert_is_left_to_a_person():
    budget = Budget(Limits(), Progress())
    for _ in range(8):
        budget.conversion()
    with pytest.raises(Unreadable) as refused:
        budget.conversion()
    assert refused.value.reason is Reason.LIMIT_REACHED
