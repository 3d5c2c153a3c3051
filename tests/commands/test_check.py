"""`check`: one line a part, each with what to do, and an exit code."""

from pathlib import Path

import pytest

from ingest.app import utc_now
from ingest.cli import main
from ingest.config import example_text
from ingest.demo.provider import Provider

ADDRESS = "comune@pec.example.it"


@pytest.fixture
def configured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """A configuration over a maildir; `check` called with sections to add."""
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    notice = example_text()
    notice = notice[notice.index("\n[notice]") :]
    notice = notice[: notice.index("\n[answers]")]

    def checked(more: str = "", *, upgraded: bool = True) -> int:
        (tmp_path / "config.toml").write_text(
            f'[mailbox]\nmaildir = "{tmp_path / "Maildir"}"\naddress = "{ADDRESS}"\n'
            f'[database]\nurl = "sqlite:///{tmp_path / "prova.db"}"\n[storage]\npath = "{tmp_path / "originali"}"\n'
            f"{more}\n{notice}"
        )
        monkeypatch.chdir(tmp_path)
        if upgraded:
            assert main(["db", "upgrade"]) == 0
        return main(["check"])

    return checked


def smtp(port: int, password: str) -> str:
    return (
        f'[smtp]\nhost = "127.0.0.1"\nport = {port}\nsecurity = "none"\nusername = "{ADDRESS}"\npassword = "{password}"'
    )


def lines(capsys: pytest.CaptureFixture[str]) -> dict[str, str]:
    """What was said of each part."""
    said = capsys.readouterr().out.splitlines()
    return {line[5:].partition(":")[0]: line for line in said if line[:4] in ("ok  ", "warn", "FAIL")}


def test_a_sound_configuration_has_one_line_a_part_and_exit_code_0(configured, capsys):
    assert configured() == 0
    said = lines(capsys)
    assert {"database", "mailbox", "smtp", "alerts", "trust anchors", "templates", "ocr", "storage"} <= set(said)
    assert not [line for line in said.values() if line.startswith("FAIL")]
    assert "8 letters" in said["templates"]


def test_a_submission_server_that_lets_us_in_is_said_to(configured, capsys):
    with Provider({ADDRESS: "giusta"}, lambda *_: None, utc_now) as provider:
        assert configured(smtp(provider.port, "giusta")) == 0
        assert lines(capsys)["smtp"] == "ok   smtp: logged in"


def test_a_refused_submission_login_fails_and_says_what_to_do_without_the_password(configured, capsys):
    with Provider({ADDRESS: "giusta"}, lambda *_: None, utc_now) as provider:
        assert configured(smtp(provider.port, "sbagliata")) == 1
    said = lines(capsys)["smtp"]
    assert said.startswith("FAIL smtp: ")
    assert "check [smtp]" in said
    assert "sbagliata" not in said


def test_an_empty_database_fails_and_names_the_command(configured, capsys):
    assert configured(upgraded=False) == 1
    assert "run: pec-ingest db upgrade" in lines(capsys)["database"]
