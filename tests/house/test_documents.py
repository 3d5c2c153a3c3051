"""What exists is documented: keys, commands, conditions, reasons, letters, outcomes."""

import re
from pathlib import Path

import pytest

from ingest.cli import parser
from ingest.trouble import IN_ITALIAN, Trouble
from ingest.vocabulary import LetterKind, Outcome, Reason

ROOT = Path(__file__).parents[2]
OFFICE = (ROOT / "docs/ufficio.md").read_text()
OPERATE = (ROOT / "docs/operate.md").read_text()
README = (ROOT / "README.md").read_text()


def commands() -> list[str]:
    (choices,) = (action.choices for action in parser()._actions if action.dest == "command")
    return list(choices or ())


@pytest.mark.parametrize("word", [*Reason, *LetterKind, *Outcome], ids=str)
def test_every_reason_letter_and_outcome_stands_in_the_office_s_guide(word: str):
    assert re.search(rf"^\| `{word}`", OFFICE, re.MULTILINE)


@pytest.mark.parametrize("name", commands())
def test_every_command_stands_in_the_readme_and_in_the_runbook(name: str):
    assert re.search(rf"`{name}[ `]", README)
    if name not in ("run", "db", "user", "check", "show"):
        assert f"pec-ingest {name}" in OPERATE
    assert f"pec-ingest {name}" in OPERATE


@pytest.mark.parametrize("trouble", list(Trouble), ids=str)
def test_every_condition_says_what_to_do(trouble: Trouble):
    assert f"| `{trouble}` |" in OPERATE
    assert IN_ITALIAN[trouble].to_do


def test_the_documents_speak_of_the_project_alone():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        assert "/work/" not in path.read_text(), path


def test_links_between_documents_lead_somewhere():
    for path in [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\((?!https?:)([^)#]+)\)", path.read_text()):
            assert (path.parent / target).exists(), (path.name, target)
