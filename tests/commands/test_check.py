"""`check`: one line a part, each with what to do, and an exit code."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from ingest.app import Service, build, store_at, utc_now
from ingest.commands.check import register
from ingest.commands.opened import require_schema
from ingest.config import ConfigError, example_settings
from ingest.database import Database
from ingest.demo.provider import Provider
from ingest.rescue.lost_register import save
from ingest.sqlite_file import RegisterLostError
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
    assert {
        "database",
        "register whole",
        "originals",
        "mailbox",
        "smtp",
        "alerts",
        "trust anchors",
        "templates",
        "ocr",
        "storage",
    } <= set(said)
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


class OnAShare(Database):
    """A register on a folder that two machines share."""

    def unsuitable(self) -> str:
        return f"{self.url} lies on a network file system (nfs4)"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    """A service over a folder in which nothing is yet."""
    url, originals = f"sqlite:///{tmp_path / 'altrove' / 'register.db'}", str(tmp_path / "originali")
    made = build(example_settings(pec={"trust_anchors": []}, database={"url": url}, storage={"path": originals}))
    yield made
    made.close()


def test_a_register_that_must_not_lie_where_it_does_is_said_first_and_not_opened(service: Service, tmp_path: Path):
    shared = OnAShare(service.db.url)
    (found,) = register(replace(service, db=shared))
    assert (found.what, found.good, "nfs4" in found.said) == ("register place", False, True)
    with pytest.raises(ConfigError, match="nfs4"):
        require_schema(shared)
    assert not (tmp_path / "altrove").exists()


def test_originals_without_an_entry_fail_the_check_and_name_the_command(office: Office):
    store = store_at(office.folder / "originali")
    path = store.keep(b"Subject: persa\r\n\r\n").path
    fresh = office.command("check")
    assert (fresh.returncode, lines(fresh)["originals"].startswith("ok ")) == (0, True)
    assert "1 came in the last minutes" in lines(fresh)["originals"]
    os.utime(path, (time.time() - 3600,) * 2)
    done = office.command("check")
    assert (done.returncode, lines(done)["originals"][:4]) == (1, "FAIL")
    for said in ("1 of 1", "pec-ingest originals --enter", "stop the service first, see docs/operate.md"):
        assert said in lines(done)["originals"]
    office.command("originals", "--enter")
    assert office.command("check").returncode == 0


def test_a_damaged_register_fails_the_check_and_says_what_to_do(office: Office):
    """A page of the file is overwritten where no header stands: SQLite opens it and only a look at all pages tells."""
    file = office.folder / "prova.db"
    raw = bytearray(file.read_bytes())
    raw[-4096:] = b"\xff" * 4096
    file.write_bytes(raw)
    done = office.command("check")
    said = lines(done)["register whole"]
    assert (done.returncode, said[:4]) == (1, "FAIL")
    assert "pec-ingest restore FROM --force" in said
    assert "pec-ingest rebuild" in said


def test_a_register_with_two_names_is_warned_of(office: Office):
    assert "register names" not in lines(office.command("check"))
    os.link(office.folder / "prova.db", office.folder / "copia.db")
    done = office.command("check")
    assert (done.returncode, lines(done)["register names"][:4]) == (0, "warn")
    assert f"find DIR -samefile {office.folder / 'prova.db'}" in lines(done)["register names"]


def test_a_process_that_writes_to_a_log_without_a_name_is_said_and_nothing_is_opened(office: Office):
    """As a service of commit 23d8ba2 does once another process has looked: it must not be killed."""
    register = office.folder / "prova.db"
    hold = (
        "import os, sqlite3, sys, time; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode=WAL');"
        "c.execute('SELECT 1 FROM entry').fetchone(); os.unlink(sys.argv[1] + '-wal'); print('cut off', flush=True);"
        "time.sleep(60)"
    )
    with subprocess.Popen([sys.executable, "-c", hold, str(register)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "cut off\n"
        said = lines(office.command("check"))
        other.kill()
    assert said["register log"].startswith(f"FAIL register log: process {other.pid} ")
    assert "do not kill it" in said["register log"]
    assert not {"database", "register whole", "originals"} & set(said)
    assert "register log" not in lines(office.command("check"))


def test_a_copy_saved_from_a_lost_register_is_said(office: Office):
    db = Database(f"sqlite:///{office.folder / 'prova.db'}")
    with db.transaction() as session:
        session.execute(text("SELECT 1"))
    office.folder.joinpath("prova.db").rename(office.folder / "altrove.db")
    with pytest.raises(RegisterLostError), db.reading() as session:
        session.execute(text("SELECT 1"))
    assert db.file is not None
    copy = save(db.file, utc_now())
    office.folder.joinpath("altrove.db").rename(office.folder / "prova.db")
    done = office.command("check")
    said = lines(done)["register saved"]
    assert (done.returncode, said[:4], str(copy) in said, "docs/operate.md" in said) == (1, "FAIL", True, True)
