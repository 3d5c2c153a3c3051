"""The commands as processes of their own, with a configuration from file and environment."""

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from ingest.daemon import Daemon
from ingest.demo.conduct import Fault, Step
from ingest.demo.facts import AT
from models import Condition, Organisation
from tests.e2e.house import House
from tests.e2e.mailbag import a_body, an_application
from tests.e2e.test_mailbox_life import without_a_form


def log_of(house: House) -> list[dict[str, Any]]:
    done = house.command("log", "--json")
    assert done.returncode == 0, done.stderr
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows


def test_once_works_and_a_message_for_a_person_is_no_failure(house):
    house.inbox.append(an_application(80, form=b"%PDF-1.7 broken"), AT)
    house.inbox.append(an_application(81), AT)
    done = house.command("once")
    assert (done.returncode, done.stderr.count("Traceback")) == (0, 0), done.stderr
    assert "collected 2" in done.stdout
    assert [row["outcome"] for row in log_of(house)] == ["unreadable", "recorded"]


def test_once_says_what_stopped_it_with_exit_code_1(house):
    house.inbox.append(an_application(80), AT)
    done = house.command("once", PEC_INGEST__MAILBOX__PORT="1")
    assert done.returncode == 1
    assert "localhost:1" in done.stderr
    assert "Traceback" not in done.stderr


def test_once_with_a_refused_login_has_exit_code_1_and_shows_no_password(house):
    done = house.command("once", PEC_INGEST__MAILBOX__PASSWORD="segretissima")
    assert done.returncode == 1
    assert "segretissima" not in done.stderr + done.stdout
    assert "Traceback" not in done.stderr


def test_a_wrong_configuration_has_exit_code_2_and_names_every_key(house):
    done = house.command("once", PEC_INGEST__MAILBOX__PORTO="1", PEC_INGEST__LIMITS__PAGES="tante")
    assert done.returncode == 2
    assert "mailbox.porto" in done.stderr
    assert "limits.pages" in done.stderr


def test_a_database_without_schema_has_exit_code_2_and_says_what_to_do(house):
    done = house.command("once", PEC_INGEST__DATABASE__URL=f"sqlite:///{house.folder / 'vuota.db'}")
    assert done.returncode == 2
    assert "pec-ingest db upgrade" in done.stderr


def test_once_beside_a_working_daemon_does_nothing(house):
    daemon = Daemon(house.service)
    house.to_the_present()
    assert daemon.keep_lease()
    house.inbox.append(an_application(80), AT)
    done = house.command("once")
    daemon.give_back()
    assert done.returncode == 0
    assert "another process" in done.stderr
    assert house.log() == []


def test_a_mail_exported_with_other_line_ends_makes_no_second_entry(house):
    raw = an_application(80)
    house.inbox.append(raw, AT)
    house.settle()
    rows, wire = house.rows(), len(house.sent)
    exported = house.folder / "esportati"
    exported.mkdir()
    (exported / "unix.eml").write_bytes(raw.replace(b"\r\n", b"\n"))
    (exported / "uguale.eml").write_bytes(raw)
    done = house.command("import", str(exported))
    assert done.returncode == 0, done.stderr
    assert "files 2, new 0, known already 2" in done.stdout
    house.settle()
    assert (house.rows(), len(house.sent)) == (rows, wire)


def test_what_was_imported_first_is_not_answered_again_when_it_comes_by_imap(house):
    for raw in (an_application(80), without_a_form()):
        file = house.folder / "prima.eml"
        file.write_bytes(raw.replace(b"\r\n", b"\n"))
        assert house.command("import", str(file)).returncode == 0
        house.inbox.append(raw, AT)
    house.to_the_present()
    house.settle()
    assert len(house.sent) == 2
    assert {letter.state for letter in house.letters()} == {"delivered"}
    with house.db.reading() as session:
        assert session.query(Organisation).count() == 1


def test_a_maildir_is_imported_and_a_second_time_nothing_is_new(house):
    for folder in ("cur", "new", "tmp"):
        (house.folder / "Maildir" / folder).mkdir(parents=True)
    (house.folder / "Maildir/cur/1.M1P1.prova:2,S").write_bytes(an_application(80))
    (house.folder / "Maildir/new/2.M1P1.prova").write_bytes(without_a_form())
    first = house.command("import", str(house.folder / "Maildir"))
    again = house.command("import", str(house.folder / "Maildir"))
    assert "files 2, new 2" in first.stdout
    assert "files 2, new 0" in again.stdout


def test_import_of_a_path_that_is_not_there_has_exit_code_2(house):
    done = house.command("import", str(house.folder / "niente.eml"))
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)


def test_a_dry_replay_finds_no_difference_and_writes_nothing(house):
    house.inbox.append(an_application(80), AT)
    house.inbox.append(without_a_form(), AT)
    house.settle()
    before = (house.rows(), house.log(), _dump(house))
    done = house.command("replay", "--dry-run")
    assert done.returncode == 0, done.stderr
    assert "0 differences, nothing written" in done.stdout
    assert (house.rows(), house.log(), _dump(house)) == before


def test_a_replay_writes_no_second_letter_and_no_second_version(house):
    house.inbox.append(an_application(80), AT)
    house.inbox.append(an_application(80, title="Correzione", at=AT, headers=(("X-Altro", "1"),)), AT)
    house.settle()
    rows, wire = house.rows(), len(house.sent)
    done = house.command("replay")
    assert done.returncode == 0, done.stderr
    house.settle()
    assert (house.rows(), len(house.sent)) == (rows, wire)


def _dump(house: House) -> list[str]:
    with sqlite3.connect(house.folder / "prova.db") as connection:
        return [line for line in connection.iterdump() if '"lease"' not in line and '"round"' not in line]


def test_reconcile_says_the_balance_and_fails_while_something_is_not_recorded(house):
    house.inbox.append(an_application(80), AT)
    before = house.command("reconcile")
    assert before.returncode == 1
    assert "uid 1" in before.stdout
    house.settle()
    after = house.command("reconcile")
    assert after.returncode == 0
    assert "received 3 = recorded 3, difference 0" in after.stdout


def test_show_and_outgoing_and_organisations_tell_the_same_story(house):
    house.inbox.append(an_application(80), AT)
    house.settle()
    (entry,) = [row for row in log_of(house) if row["outcome"] == "recorded"]
    whole = json.loads(house.command("show", str(entry["id"]), "--json").stdout)
    (letter,) = json.loads(house.command("outgoing", "--json").stdout)
    (body,) = json.loads(house.command("organisations", "--json").stdout)
    assert (letter["entry"], letter["state"], letter["to"]) == (entry["id"], "delivered", a_body(80).pec)
    assert [step["state"] for step in letter["history"]][-2:] == ["accepted", "delivered"]
    assert (body["fiscal_code"], body["versions"]) == (a_body(80).code, 1)
    assert whole["sha256"] == entry["sha256"]
    assert entry["organisations"] == [body["id"]]


def test_the_demo_runs_once_on_a_bare_machine_and_leaves_nothing(tmp_path):
    bare = {"PATH": os.environ["PATH"], "TMPDIR": str(tmp_path), "LANG": "C.UTF-8", "HOME": str(tmp_path)}
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-m", "ingest", "demo", "--once"],
        check=False,
        capture_output=True,
        text=True,
        timeout=180,
        cwd=tmp_path,
        env={**bare, "PYTHONPATH": str(root)},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "difference 0" in done.stdout
    assert done.stdout.count("Registrata") >= 11
    assert list(tmp_path.glob("pec-ingest-demo-*")) == []


def test_once_with_no_submission_server_in_reach_has_exit_code_1_and_says_what_waits(house):
    house.inbox.append(an_application(80), AT)
    done = house.command("once", PEC_INGEST__SMTP__PORT="1")
    assert done.returncode == 1
    assert "1 letters wait in the queue and are tried again later: connecting" in done.stderr
    assert "collected 1; 1 recorded; letters submitted 0" in done.stdout
    again = house.command("once", PEC_INGEST__SMTP__PORT="1")  # it is asked again after a minute
    assert again.returncode == 1
    assert "1 letters wait" in again.stderr
    with house.db.transaction() as session:
        session.execute(update(Condition).values(last_seen=AT))
    assert house.command("once").returncode == 0
    assert len(house.sent) == 1


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (Fault(Step.LOGIN, reply="535 5.7.8 Authentication failed"), "login of"),
        (Fault(Step.MAIL, reply="421 4.3.2 servizio sospeso"), "servizio sospeso"),
        (Fault(Step.RCPT, reply="550 5.7.1 no"), "1 letters were refused"),
        (Fault(Step.DATA), "1 letters were refused or their fate is uncertain"),
    ],
)
def test_once_whose_letter_the_submission_server_does_not_take_has_exit_code_1(house, fault, told):
    house.inbox.append(an_application(80), AT)
    house.provider.conduct.faults.append(fault)
    done = house.command("once")
    assert done.returncode == 1
    assert told in done.stderr
    assert "Traceback" not in done.stderr


def test_once_without_a_submission_server_in_the_configuration_is_no_failure(house):
    house.inbox.append(an_application(80), AT)
    assert house.command("once", PEC_INGEST__SMTP__HOST="").returncode == 0
