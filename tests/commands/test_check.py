"""`check`: one line a part, each with what to do, and an exit code."""

import subprocess

import pytest

from ingest.app import utc_now
from ingest.demo.provider import Provider
from ingest.vocabulary import LetterKind
from tests.commands.conftest import ADDRESS, Office, a_submission_server


def lines(done: "subprocess.CompletedProcess[str]") -> dict[str, str]:
    """What was said of each part."""
    assert "Traceback" not in done.stderr, done.stderr
    said = [line for line in done.stdout.splitlines() if line[:4] in ("ok  ", "warn", "FAIL")]
    return {line[5:].partition(":")[0]: line for line in said}


def test_a_sound_configuration_has_one_line_a_part_and_exit_code_0(office: Office):
    done = office.command("check")
    said = lines(done)
    assert done.returncode == 0
    assert {"database", "mailbox", "smtp", "alerts", "trust anchors", "templates", "ocr", "storage"} <= set(said)
    assert not [line for line in said.values() if line.startswith("FAIL")]
    assert f"{len(LetterKind)} letters" in said["templates"]


def test_a_submission_server_that_lets_us_in_is_said_to(office: Office):
    with Provider({ADDRESS: "giusta"}, lambda *_: None, utc_now) as provider:
        office.write(a_submission_server("smtp", provider.port, "giusta"))
        done = office.command("check")
    assert (done.returncode, lines(done)["smtp"]) == (0, "ok   smtp: logged in")


def test_a_refused_submission_login_fails_and_says_what_to_do_without_the_password(office: Office):
    with Provider({ADDRESS: "giusta"}, lambda *_: None, utc_now) as provider:
        office.write(a_submission_server("smtp", provider.port, "sbagliata"))
        done = office.command("check")
    said = lines(done)["smtp"]
    assert done.returncode == 1
    assert said.startswith("FAIL smtp: ")
    assert "correct [smtp] username and password" in said
    assert "sbagliata" not in said


def test_an_empty_database_fails_and_names_the_command(office: Office):
    (office.folder / "prova.db").write_bytes(b"")
    done = office.command("check")
    assert done.returncode == 1
    assert "run: pec-ingest db upgrade" in lines(done)["database"]


@pytest.mark.parametrize("command", [["check"], ["log"], ["outgoing"], ["once"], ["user", "list"], ["reconcile"]])
def test_a_database_file_that_is_not_there_is_named_and_not_made(office: Office, command: list[str]):
    (office.folder / "prova.db").unlink()
    done = office.command(*command)
    assert done.returncode == (1 if command == ["check"] else 2)
    said = done.stdout + done.stderr
    assert f"there is no file {office.folder / 'prova.db'}" in said
    assert "pec-ingest db upgrade" in said
    assert not list(office.folder.glob("prova.db*"))


def test_a_digest_that_nobody_reads_is_warned_of(office: Office):
    assert lines(office.command("check"))["digest"].startswith("warn digest: nobody reads it")
    office.write('[digest]\nto = ["anna@posta.example"]')
    assert lines(office.command("check"))["digest"] == "ok   digest: read by 1"


def test_missing_tesseract_data_of_the_language_are_warned_of(office: Office):
    assert "ocr, second engine" not in lines(office.command("check"))
    office.write('[ocr]\nlanguage = "tlh"')
    said = lines(office.command("check"))["ocr, second engine"]
    assert said.startswith("warn ")
    assert "tesseract-ocr-tlh" in said
