"""`once`, `import` and `replay` as cron and administrators use them."""

import json
import shutil

from ingest.app import utc_now
from ingest.cli import main
from ingest.config import example_text
from ingest.database import Database
from ingest.demo.provider import Provider
from ingest.trouble import Trouble
from ingest.watch import state
from tests.commands.conftest import ADDRESS, Office, a_submission_server


def test_once_sends_the_alarm_of_a_mailbox_it_cannot_open(office: Office):
    shutil.rmtree(office.folder / "Maildir")
    with Provider({ADDRESS: "giusta"}, lambda *_: None, utc_now) as provider:
        office.write(a_submission_server("alerts", provider.port, "giusta", f'to = ["{ADDRESS}"]'))
        done = office.command("once")
        assert done.returncode == 1, done.stderr
        assert "Traceback" not in done.stderr
        assert ["alarm." in str(letter.raw) for letter in provider.submissions] == [True]


def test_import_writes_its_log_to_standard_error_and_its_sum_to_standard_output(office: Office):
    (office.folder / "una.eml").write_bytes(b"From: a@example.org\r\nSubject: prova\r\n\r\nciao\r\n")
    done = office.command("import", str(office.folder / "una.eml"))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("files 1, new 1, known already 0; ")
    assert len(done.stdout.splitlines()) == 1
    logged = [json.loads(line) for line in done.stderr.splitlines() if line.startswith("{")]
    assert [line["event"] for line in logged] == ["message-recorded"]


def test_replay_of_an_entry_that_is_not_there_is_wrong_use(office: Office):
    done = office.command("replay", "7", "--dry-run")
    assert (done.returncode, "no judged entry 7" in done.stderr) == (2, True)


def test_once_rests_after_a_refused_login_until_check_has_seen_it_work(office: Office):
    database = Database(f"sqlite:///{office.folder / 'prova.db'}")
    state(database, Trouble.LOGIN_REFUSED, "refused", utc_now(), holds=True)
    resting = office.command("once")
    assert (resting.returncode, "pec-ingest check" in resting.stderr) == (1, True)
    assert office.command("check").returncode == 0
    again = office.command("once")
    assert again.returncode == 0, again.stderr


def test_an_error_of_the_program_is_told_by_type_and_place_alone(capsys, monkeypatch, tmp_path):
    monkeypatch.delenv("PEC_INGEST_TRACEBACK", raising=False)
    wrong = tmp_path / "config.toml"
    wrong.write_text(example_text().replace('"data/originals"', '"\\u0000segreto"'))
    code = main(["--config", str(wrong), "check"])
    said = capsys.readouterr().err
    assert code == 1
    assert "segreto" not in said
    assert "Traceback" not in said
