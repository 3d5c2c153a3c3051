"""What `import` takes from a folder, and what it says of the rest: nothing is left out in silence."""

import pytest

from ingest.cli import main
from ingest.demo.originals import an_original


@pytest.fixture
def configured(tmp_path, monkeypatch):
    (tmp_path / "maildir").mkdir()
    (tmp_path / "export" / "luglio").mkdir(parents=True)
    (tmp_path / "config.toml").write_text(
        f'[mailbox]\nmaildir = "{tmp_path / "maildir"}"\naddress = "comune@pec.example.it"\n'
        f'[database]\nurl = "sqlite:///{tmp_path / "register.db"}"\n'
        f'[storage]\npath = "{tmp_path / "originals"}"\n'
        '[notice]\nid = "avviso"\ntitle = "Avviso"\ndeadline = "2021-07-29T23:59:59+02:00"\n'
    )
    monkeypatch.chdir(tmp_path)
    assert main(["db", "upgrade"]) == 0
    return tmp_path


def test_every_mail_of_a_folder_is_taken_however_its_extension_is_written(configured, capfd):
    for number, name in enumerate(("a.eml", "B.EML", "luglio/c.Eml")):
        (configured / "export" / name).write_bytes(an_original(attachments=(), msgid=f"{number}@pec.example"))
    assert main(["import", "export"]) == 0
    told = capfd.readouterr()
    assert "files 3, new 3" in told.out
    assert "left out" not in told.err


def test_files_that_are_no_mails_are_counted_and_told(configured, capfd):
    (configured / "export" / "a.eml").write_bytes(an_original(attachments=()))
    (configured / "export" / "messaggio.msg").write_bytes(b"\xd0\xcf\x11\xe0")
    assert main(["import", "export"]) == 0
    told = capfd.readouterr()
    assert "files 1, new 1" in told.out
    assert "1 files are not .eml and were left out" in told.err
