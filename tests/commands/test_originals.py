"""`originals`: what lies on disk without an entry is listed, entered once, and waits for the next round."""

import json
import os
import subprocess
import time
from datetime import datetime

import pytest
from sqlalchemy import select

from ingest.app import store_at
from ingest.database import Database
from models import Entry
from tests.commands.conftest import Office

HOUR_AGO = 3600
TWO = """
[[mailboxes]]
name = "uno"
maildir = "{folder}/Maildir"
address = "uno@pec.example.it"
[[mailboxes]]
name = "due"
maildir = "{folder}/Altra"
address = "due@pec.example.it"
"""


def kept(office: Office, raw: bytes, age: float = HOUR_AGO) -> str:
    """An original of a certain age in seconds, of which the register knows nothing."""
    stored = store_at(office.folder / "originali").keep(raw)
    os.utime(stored.path, (time.time() - age,) * 2)
    return stored.sha256


def a_mail(number: int) -> bytes:
    return f"From: a@example.org\r\nSubject: prova {number}\r\nMessage-ID: <{number}@x>\r\n\r\nciao\r\n".encode()


def last_line(done: "subprocess.CompletedProcess[str]") -> str:
    assert "Traceback" not in done.stderr, done.stderr
    return done.stdout.splitlines()[-1]


def test_a_register_with_an_entry_for_every_original_says_so_and_ends_with_0(office: Office):
    done = office.command("originals")
    assert (done.returncode, last_line(done)) == (0, "originals 0, entries 0, without an entry 0")


def test_originals_without_an_entry_are_listed_with_exit_code_1_and_nothing_is_written(office: Office):
    sha256 = kept(office, a_mail(1))
    for _ in range(2):
        done = office.command("originals")
        assert (done.returncode, last_line(done)) == (1, "originals 1, entries 0, without an entry 1")
        assert sha256 in done.stdout
    assert json.loads(office.command("log", "--json").stdout) == []


def test_as_json_they_are_one_array_of_objects(office: Office):
    sha256 = kept(office, a_mail(1))
    done = office.command("originals", "--json")
    (one,) = json.loads(done.stdout)
    assert done.returncode == 1
    assert (one["sha256"], one["size"], one["state"]) == (sha256, len(a_mail(1)), "without-entry")
    assert one["path"].endswith(f"{sha256}.eml")
    assert abs(time.time() - HOUR_AGO - datetime.fromisoformat(one["came"]).timestamp()) < 60


def test_entered_they_are_judged_by_the_next_round_and_a_second_time_enters_none(office: Office):
    kept(office, a_mail(1))
    kept(office, a_mail(2))
    first = office.command("originals", "--enter")
    assert (first.returncode, last_line(first)) == (0, "originals 2, entries 2, without an entry 0")
    assert "entered 2" in first.stdout
    second = office.command("originals", "--enter")
    assert (second.returncode, second.stdout) == (0, "originals 2, entries 2, without an entry 0\n")
    assert office.command("once").returncode == 0
    assert [row["outcome"] for row in json.loads(office.command("log", "--json").stdout)] == ["noted", "noted"]


def test_a_damaged_original_is_not_entered_and_exit_code_1_says_so(office: Office):
    sha256 = kept(office, a_mail(1))
    path = store_at(office.folder / "originali").path_of(sha256)
    path.write_bytes(b"altro")
    os.utime(path, (time.time() - HOUR_AGO,) * 2)
    done = office.command("originals", "--enter", "--json")
    assert (done.returncode, [one["state"] for one in json.loads(done.stdout)]) == (1, ["damaged"])
    said = office.command("originals", "--enter")
    assert (said.returncode, last_line(said)) == (1, "originals 1, entries 0, without an entry 1")
    assert "restore FROM --originals-only" in said.stdout


def test_one_that_came_just_now_is_left_out_and_told_and_entering_is_not_done_until_it_is_in(office: Office):
    kept(office, a_mail(1), age=1)
    listed = office.command("originals")
    assert (listed.returncode, last_line(listed)) == (0, "originals 1, entries 0, without an entry 0")
    assert "1 not 5 minutes old left out" in listed.stderr
    assert office.command("originals", "--enter").returncode == 1
    assert json.loads(office.command("log", "--json").stdout) == []


def test_of_several_mailboxes_the_one_to_enter_for_must_be_named(office: Office):
    text = (office.folder / "config.toml").read_text()
    after = text[text.index("[database]") :]
    (office.folder / "config.toml").write_text(TWO.format(folder=office.folder) + after)
    kept(office, a_mail(1))
    assert last_line(office.command("originals")) == "originals 1, entries 0, without an entry 1"
    refused = office.command("originals", "--enter")
    assert (refused.returncode, "--mailbox NAME" in refused.stderr) == (2, True)
    done = office.command("originals", "--enter", "--mailbox", "due")
    assert (done.returncode, last_line(done)) == (0, "originals 1, entries 1, without an entry 0")
    with Database(f"sqlite:///{office.folder / 'prova.db'}").reading() as session:
        assert session.scalars(select(Entry.mailbox)).all() == [f"maildir:{office.folder / 'Altra'}"]


@pytest.mark.parametrize("arguments", [["originals"], ["originals", "--enter"]])
def test_a_database_file_that_is_not_there_is_named_and_not_made(office: Office, arguments: list[str]):
    kept(office, a_mail(1))
    (office.folder / "prova.db").unlink()
    done = office.command(*arguments)
    assert (done.returncode, "there is no file" in done.stderr) == (2, True)
    assert not list(office.folder.glob("prova.db*"))
