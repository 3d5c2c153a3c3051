"""What the listing commands print, and what they refuse."""

import json
import unicodedata

import pytest
import structlog

from ingest.cli import _said, main, parser
from ingest.commands import explain
from ingest.commands.explain import is_mail
from ingest.commands.tables import print_csv, print_json, print_table
from ingest.mailbox import MailboxUnavailable


def test_one_endless_subject_does_not_widen_the_other_lines_of_a_table(capsys):
    print_table(("N.", "Oggetto", "Perché"), [(1, "A" * 20_000, "x"), (2, "Adesione", "y")])
    lines = capsys.readouterr().out.splitlines()
    assert "A" * 20_000 in lines[2]
    assert max(len(line) for line in (lines[0], lines[1], lines[3])) < 200


# escape sequences in seven and in eight bits, a bell, an erased line, direction marks, line and paragraph separators
DRIVING = "a\x1b]0;titolo\x07\x1b[2J\x9b31m\r\x08\x7f\u202egpj.exe\u2066\u200b\u2028\u2029\ud800z"


def test_no_text_of_a_message_drives_the_terminal_of_who_reads_a_table(capsys):
    print_table(("Oggetto",), [(DRIVING,)])
    said = capsys.readouterr().out
    assert {char for char in said if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"} == {"\n"}
    assert len(said.splitlines()) == 3


def test_nor_of_who_reads_json_and_there_nothing_is_lost(capsys):
    print_json([{"subject": DRIVING}])
    said = capsys.readouterr().out
    assert {char for char in said if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"} == {"\n"}
    assert json.loads(said) == [{"subject": DRIVING}]


def test_nor_of_who_reads_csv(capsys):
    print_csv(f"id,name\r\n1,{DRIVING}\r\n".encode("utf-8", "replace"))
    said = capsys.readouterr().out
    assert {char for char in said if unicodedata.category(char)[0] == "C" or char in "\u2028\u2029"} == {"\r", "\n"}
    assert said.startswith("id,name\r\n1,a ]0;titolo")


def test_nor_the_words_of_a_server_that_end_a_command():
    said = _said(MailboxUnavailable(f"the server answered: {DRIVING}"))
    assert said.startswith("MailboxUnavailable: the server answered: a ]0;titolo")
    assert {char for char in said if unicodedata.category(char)[0] == "C"} == set()


@pytest.mark.parametrize("limit", ["0", "-1", "tante"])
def test_a_limit_that_is_no_number_of_lines_is_wrong_use(limit, capsys):
    with pytest.raises(SystemExit) as end:
        parser().parse_args(["log", "--limit", limit])
    assert end.value.code == 2
    assert "--limit" in capsys.readouterr().err


@pytest.fixture
def configured(tmp_path, monkeypatch):
    (tmp_path / "maildir").mkdir()
    (tmp_path / "config.toml").write_text(
        f'[mailbox]\nmaildir = "{tmp_path / "maildir"}"\naddress = "comune@pec.example.it"\n'
        f'[database]\nurl = "sqlite:///{tmp_path / "register.db"}"\n'
        f'[storage]\npath = "{tmp_path / "originals"}"\n'
        '[notice]\nid = "avviso"\ntitle = "Avviso"\ndeadline = "2021-07-29T23:59:59+02:00"\n'
    )
    monkeypatch.chdir(tmp_path)
    assert main(["db", "upgrade"]) == 0
    return tmp_path


def test_the_publishable_table_has_only_publishable_columns(configured, capsys):
    capsys.readouterr()
    assert main(["organisations", "--profile", "publishable"]) == 0
    assert capsys.readouterr().out.splitlines()[0].split() == ["name", "legal_nature", "themes", "role"]


def test_a_table_is_not_silently_printed_where_a_file_was_asked_for(configured, capsys):
    assert main(["organisations", "-o", "enti.txt"]) == 2
    assert "-o FILE" in capsys.readouterr().err
    assert not (configured / "enti.txt").exists()


def test_a_missing_file_to_explain_is_wrong_use(configured, capsys):
    assert main(["explain", "manca.eml"]) == 2
    assert "manca.eml" in capsys.readouterr().err
    assert main(["explain", "maildir"]) == 2
    assert "not a file" in capsys.readouterr().err


def test_any_file_is_explained_without_a_configuration_and_leaves_nothing_behind(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PEC_INGEST_CONFIG", raising=False)
    files = {
        "vuoto": (b"", "unreadable"),
        "nome \u202e strano.pdf": (b"%PDF-1.4 cut", "unreadable"),
        "bytes.eml": (bytes(range(256)) * 40, "unreadable"),
        "una-riga.eml": (b"From: a@b.example\nSubject: x\n\nciao", ""),
        "salvato.eml": (b"\xef\xbb\xbf\r\nFrom: a@b.example\nSubject: x\n\nciao", ""),
        "appunti": (b"solo testo\n", "other"),
    }
    for name, (content, role) in files.items():
        (tmp_path / name).write_bytes(content)
        assert main(["explain", "--json", name]) == 0
        told = json.loads(capsys.readouterr().out)
        assert [document["role"] for document in told["documents"]] == ([role] if role else []), name
        assert told["answer"]["send"] is False
    assert {path.name for path in tmp_path.iterdir()} == set(files)


def test_what_is_logged_meanwhile_never_gets_between_the_lines_of_json(tmp_path, monkeypatch, capsys):
    """Another thread, or a library, may log while a command writes its answer."""
    structlog.reset_defaults()

    def loudly(raw):
        structlog.get_logger().warning("detto-intanto")
        return is_mail(raw)

    monkeypatch.setattr(explain, "is_mail", loudly)
    (tmp_path / "appunti").write_bytes(b"solo testo\n")
    assert main(["explain", "--json", str(tmp_path / "appunti")]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["verdict"]
    assert "detto-intanto" in said.err
