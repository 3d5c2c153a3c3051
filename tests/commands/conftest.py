"""A configuration over a maildir, and the commands that run on it as processes of their own."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from ingest.config import example_text

ADDRESS = "comune@pec.example.it"


@dataclass(frozen=True)
class Office:
    """A folder with a configuration, a maildir and an empty, current database."""

    folder: Path

    def write(self, *sections: str) -> None:
        """The configuration with these sections added."""
        example = example_text()
        notice = example[example.index("\n[notice]") : example.index("\n[answers]")]
        (self.folder / "config.toml").write_text(
            f'[mailbox]\nmaildir = "{self.folder / "Maildir"}"\naddress = "{ADDRESS}"\n'
            f'[database]\nurl = "sqlite:///{self.folder / "prova.db"}"\n'
            f'[storage]\npath = "{self.folder / "originali"}"\n' + "\n".join(sections) + notice
        )

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """What a command said, and its exit code."""
        command = [sys.executable, "-m", "ingest", "--config", str(self.folder / "config.toml"), *arguments]
        return subprocess.run(command, check=False, capture_output=True, text=True, timeout=120)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    for folder in ("cur", "new", "tmp"):
        (tmp_path / "Maildir" / folder).mkdir(parents=True)
    made = Office(tmp_path)
    made.write()
    assert made.command("db", "upgrade").returncode == 0
    return made


def a_submission_server(section: str, port: int, password: str, more: str = "") -> str:
    """The section of the configuration that names a submission server on this machine."""
    server = f'host = "127.0.0.1"\nport = {port}\nsecurity = "none"'
    return f'[{section}]\n{server}\nusername = "{ADDRESS}"\npassword = "{password}"\n{more}'
