"""The register deleted, moved or replaced by hand under a running service, through the installed command.

It is noticed within a renewal of the lease, nothing more is written to a file without a name, the office is told, and
what had been committed is there when the service goes on, or is kept beside until a person has chosen.
"""

import json
import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

CONFIGURATION = """
[mailbox]
maildir = "{folder}/maildir"
address = "comune@pec.example"
poll_every = "2s"
[smtp]
host = ""
[alerts]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "servizio@comune.example"
to = ["ufficio@comune.example"]
[database]
url = "sqlite:///{folder}/register.db"
[storage]
path = "{folder}/originals"
[notice]
id = "prova"
title = "Co-programmazione del Piano Sociale di Zona 2021-2023"
deadline = 2021-07-29T23:59:59+02:00
themes = {{ abitare = "la tematica dell'abitare" }}
municipalities = ["Gessate"]
[digest]
to = []
[console]
listen = ""
"""


class Office:
    """A submission server that keeps the alarms it takes."""

    def __init__(self) -> None:
        self.alarms: list[str] = []

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        mail = message_from_bytes(envelope.content, policy=policy.default)
        body = mail.get_body(("plain",))
        assert body is not None
        self.alarms.append(f"{mail['subject']}\n{body.get_content()}")
        return "250 taken"


class Installed:
    """A service with its mailbox, started as an administrator starts it."""

    def __init__(self, folder: Path, office: Office, port: int) -> None:
        self.folder, self.office = folder, office
        self.register = folder / "register.db"
        self.configuration = folder / "config.toml"
        self.configuration.write_text(CONFIGURATION.format(folder=folder, port=port))
        for part in ("new", "cur", "tmp"):
            (folder / "maildir" / part).mkdir(parents=True)
        self.arrived = 0
        assert self.run("db", "upgrade").returncode == 0

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "ingest", "--config", str(self.configuration), *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120, check=False)

    def receive(self, count: int) -> None:
        for _ in range(count):
            self.arrived += 1
            name = f"{self.arrived}.prova"
            raw = (
                f"From: a{self.arrived}@posta.example\r\nTo: comune@pec.example\r\nSubject: prova {self.arrived}\r\n"
                f"Message-ID: <{self.arrived}@posta.example>\r\nDate: Tue, 20 Jul 2021 09:30:00 +0200\r\n\r\nciao\r\n"
            )
            (self.folder / "maildir" / "tmp" / name).write_text(raw)
            (self.folder / "maildir" / "tmp" / name).rename(self.folder / "maildir" / "new" / name)

    def said(self) -> list[dict[str, Any]]:
        """The service log."""
        lines = (self.folder / "log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def events(self, name: str) -> list[dict[str, Any]]:
        return [line for line in self.said() if line["event"] == name]

    def await_started(self) -> None:
        """Its first round has made the register its own."""
        self.receive(1)
        self.await_recorded(1)

    def await_recorded(self, number: int) -> None:
        until(lambda: len(self.events("message-recorded")) >= number)

    def await_quiet(self) -> None:
        """A whole round in which there was nothing to do."""
        before = self._last_round()
        until(lambda: self._last_round() > before + 1)

    def _last_round(self) -> int:
        with closing(sqlite3.connect(self.register)) as connection:
            return int(connection.execute("SELECT max(id) FROM round WHERE ok").fetchone()[0] or 0)

    def seen(self) -> int:
        """By another process."""
        return len(json.loads(self.run("log", "--json").stdout or "[]"))

    def saved(self) -> list[Path]:
        return [path for path in self.folder.glob("register.db.rescued-*") if path.suffix != ".json"]

    @contextmanager
    def serving(self) -> Iterator[subprocess.Popen[bytes]]:
        with (self.folder / "log").open("w") as log, subprocess.Popen(self.command("run"), stderr=log) as service:
            try:
                yield service
            finally:
                if service.poll() is None:
                    service.send_signal(signal.SIGTERM)
                    service.wait(30)


def until(holds: Callable[[], object], seconds: float = 60.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


@pytest.fixture
def installed(tmp_path: Path) -> Iterator[Installed]:
    office = Office()
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    controller = Controller(office, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield Installed(tmp_path, office, port)
    finally:
        controller.stop()


def log_deleted(register: Path) -> None:
    """What SQLite itself did under a service that had lost its locks."""
    for suffix in ("-wal", "-shm"):
        Path(f"{register}{suffix}").unlink()


def deleted(register: Path) -> None:
    register.unlink()


def replaced_by_the_same(register: Path) -> None:
    with closing(sqlite3.connect(register)) as connection:
        connection.execute("VACUUM INTO ?", (f"{register}.same",))
    Path(f"{register}.same").replace(register)


@pytest.mark.parametrize("act", [log_deleted, deleted, replaced_by_the_same], ids=lambda act: act.__name__)
def test_what_was_committed_is_found_again_and_the_service_goes_on(installed, act):
    with installed.serving() as service:
        installed.await_started()
        installed.receive(2)
        installed.await_recorded(3)
        installed.await_quiet()
        act(installed.register)
        until(lambda: installed.events("register-lost"), 30)  # a third of the lease
        until(lambda: installed.events("register-compared"))
        installed.receive(2)
        installed.await_recorded(5)
        until(lambda: len(installed.office.alarms) == 2)
        assert installed.seen() == 5
        assert service.poll() is None
        service.kill()
        service.wait()
    assert installed.seen() == 5
    assert installed.saved() == []
    assert list(installed.folder.glob("*.left-*")) == []
    opened, over = installed.office.alarms
    assert opened.startswith("Avviso: il file del registro è stato spostato o sostituito")
    assert over.startswith("Risolto: ")
    assert not installed.events("standby"), "it waited for its own lease"


def test_a_register_replaced_by_an_older_one_is_neither_written_nor_answered_from_until_a_person_chose(installed):
    shutil.copy(installed.register, installed.folder / "yesterday.db")
    with installed.serving() as service:
        installed.await_started()
        installed.receive(2)
        installed.await_recorded(3)
        installed.await_quiet()
        (installed.folder / "yesterday.db").replace(installed.register)
        until(lambda: installed.events("register-compared"))
        installed.receive(2)
        until(lambda: installed.office.alarms)
        time.sleep(5)  # two rounds' time: none of them is made
        assert len(installed.events("message-recorded")) == 3
        assert installed.seen() == 0
        (copy,) = installed.saved()
        assert "3 entry" in installed.office.alarms[0]
        assert str(copy) in installed.office.alarms[0]
        refused = installed.run("import", str(installed.folder / "maildir"))
        assert (refused.returncode, "docs/operate.md" in refused.stderr) == (2, True)
        assert installed.run("once").returncode == 1
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    # the choice, as docs/operate.md says: the saved copy takes the place of what lies there
    installed.register.unlink()
    for suffix in ("-wal", "-shm"):
        Path(f"{installed.register}{suffix}").unlink(missing_ok=True)
    copy.rename(installed.register)
    assert installed.run("once").returncode == 0
    assert installed.seen() == 5
    assert installed.saved() == []


def test_a_register_replaced_by_something_else_is_told_by_a_mail_of_its_own(installed):
    with installed.serving() as service:
        installed.await_started()
        (installed.folder / "other").write_bytes(b"no register" * 1000)
        (installed.folder / "other").replace(installed.register)
        assert service.wait(60) == 1
    (alarm,) = installed.office.alarms
    assert alarm.startswith("Avviso: il file del registro è stato spostato o sostituito")
    (copy,) = installed.saved()
    with closing(sqlite3.connect(copy)) as saved:
        assert saved.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    assert installed.run("run").returncode == 1
    assert len(installed.office.alarms) == 1, "told once"
    assert oct(copy.stat().st_mode & 0o777) == oct(0o600)


def test_a_command_that_loses_its_register_says_so_and_closes_nothing(installed):
    """The log that bears the name by then is another's: an orderly close would delete it."""
    code = (
        "import os, sys\n"
        "from ingest.database import Database\n"
        "from ingest.commands import look\n"
        "def lose(args):\n"
        "    db = Database('sqlite:///' + sys.argv[1])\n"
        "    with db.transaction() as session: session.execute(look_text('DELETE FROM round'))\n"
        "    os.rename(sys.argv[1], sys.argv[1] + '.away')\n"
        "    with db.reading() as session: session.execute(look_text('SELECT 1'))\n"
        "from sqlalchemy import text as look_text\n"
        "look.log = lose\n"
        "from ingest.cli import main\n"
        "main(['log'])\n"
        "print('closed in order')\n"
    )
    lost = subprocess.run(
        [sys.executable, "-c", code, str(installed.register)], capture_output=True, text=True, check=False,
        env={**os.environ, "PEC_INGEST_CONFIG": str(installed.configuration)},
    )  # fmt: skip
    assert lost.returncode == 1
    assert lost.stdout == ""
    assert "deleted or moved away" in lost.stderr
    (copy,) = installed.saved()
    assert str(copy) in lost.stderr
