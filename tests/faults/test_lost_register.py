"""The register deleted, moved or replaced by hand under a running service, through the installed command.

It is noticed within a renewal of the lease, nothing more is written to a file without a name, the office is told, and
what had been committed is there when the service goes on, or is kept beside until a person has chosen.
"""

import os
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller

from tests.faults.installed import Installed


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


def a_free_port() -> int:
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def office() -> Iterator[tuple[Office, int]]:
    taken, port = Office(), a_free_port()
    controller = Controller(taken, hostname="127.0.0.1", port=port)
    controller.start()
    yield taken, port
    controller.stop()


@pytest.fixture
def alarms(office: tuple[Office, int]) -> list[str]:
    return office[0].alarms


@pytest.fixture
def here(tmp_path: Path, office: tuple[Office, int]) -> Installed:
    made = Installed(tmp_path)
    made.begin("2s", alerts=office[1])
    return made


def until(holds: Callable[[], object], seconds: float = 180.0) -> None:
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, "it did not come to that"
        time.sleep(0.1)


def at_rest_with(here: Installed, messages: int) -> None:
    """They are recorded, and a whole round found nothing more to do."""
    here.drop(messages)
    here.await_recorded()
    before = last_round(here)
    until(lambda: last_round(here) > before + 1)


def last_round(here: Installed) -> int:
    with closing(sqlite3.connect(here.register)) as connection:
        return int(connection.execute("SELECT max(id) FROM round WHERE ok").fetchone()[0] or 0)


def saved(here: Installed) -> list[Path]:
    return [path for path in here.folder.glob("register.db.rescued-*") if path.suffix != ".json"]


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
def test_what_was_committed_is_found_again_and_the_service_goes_on(here, alarms, act):
    with here.daemon() as service:
        at_rest_with(here, 3)
        act(here.register)
        until(lambda: here.events("register-lost"), 60)  # a renewal comes each 30 s
        until(lambda: here.events("register-compared"))
        here.drop(2)
        here.await_recorded()
        until(lambda: len(alarms) == 2)
        assert here.seen() == 5
        assert service.poll() is None
    assert here.left() == 5
    assert saved(here) == []
    assert list(here.folder.glob("*.left-*")) == []
    opened, over = alarms
    assert opened.startswith("Avviso: il file del registro è stato spostato o sostituito")
    assert over.startswith("Risolto: ")
    assert not here.events("standby"), "it waited for its own lease"


def test_a_register_replaced_by_an_older_one_is_neither_written_nor_answered_from_until_a_person_chose(here, alarms):
    shutil.copy(here.register, here.folder / "yesterday.db")
    with here.daemon() as service:
        at_rest_with(here, 3)
        (here.folder / "yesterday.db").replace(here.register)
        until(lambda: here.events("register-compared"))
        here.drop(2)
        until(lambda: alarms)
        time.sleep(5)  # two rounds' time: none of them is made
        assert here.recorded() == 3
        assert here.seen() == 0
        (copy,) = saved(here)
        assert "3 entry" in alarms[0]
        assert str(copy) in alarms[0]
        refused = here.run("import", str(here.folder / "maildir"))
        assert (refused.returncode, "docs/operate.md" in refused.stderr) == (1, True)
        assert here.run("once").returncode == 1
        assert here.run("user", "add", "anna", "--password-file", os.devnull).returncode != 0
        service.send_signal(signal.SIGTERM)
        assert service.wait(30) == 0
    # the choice, as docs/operate.md says: the saved copy takes the place of what lies there
    here.register.unlink()
    for suffix in ("-wal", "-shm"):
        Path(f"{here.register}{suffix}").unlink(missing_ok=True)
    copy.rename(here.register)
    assert here.run("check").returncode == 1, "it says that a copy waits to be compared"
    assert here.run("once").returncode == 0
    assert here.seen() == 5
    assert saved(here) == []


def test_a_register_replaced_by_something_else_is_told_by_a_mail_of_its_own(here, alarms):
    with here.daemon() as service:
        at_rest_with(here, 1)
        (here.folder / "other").write_bytes(b"no register" * 1000)
        (here.folder / "other").replace(here.register)
        assert service.wait(180) == 1
    (alarm,) = alarms
    assert alarm.startswith("Avviso: il file del registro è stato spostato o sostituito")
    (copy,) = saved(here)
    with closing(sqlite3.connect(copy)) as kept:
        assert kept.execute("SELECT count(*) FROM entry").fetchone() == (1,)
    assert here.run("run").returncode == 1
    assert len(alarms) == 1, "told once"
    assert oct(copy.stat().st_mode & 0o777) == oct(0o600)


def test_the_console_alone_begins_again_too(here):
    """`web` is a process of its own: it lets go of a register that was moved away under it."""
    at = f"http://127.0.0.1:{a_free_port()}"

    def health() -> int:
        try:
            with urllib.request.urlopen(f"{at}/health", timeout=10) as answer:
                return int(answer.status)
        except urllib.error.HTTPError as error:
            return error.code
        except OSError:
            return 0

    with here.daemon("web", "--listen", at.removeprefix("http://")) as console:
        until(lambda: health() == 503)  # no round was ever made
        here.register.rename(here.folder / "away.db")
        here.run("db", "upgrade")  # somebody makes a new one in its place
        until(lambda: health() and len(here.events("console")) == 2)
        until(lambda: health() == 503)
        assert console.poll() is None
    assert here.events("console-without-register")
    assert len(saved(here)) == 1, "others may have written what only it could still read"
    assert here.run("once").returncode == 0
    assert saved(here) == []


def test_a_command_that_loses_its_register_says_so_and_closes_nothing(here):
    """The log that bears the name by then is another's: an orderly close would delete it."""
    code = (
        "import os, sys\n"
        "from sqlalchemy import text\n"
        "from ingest.cli import main\n"
        "from ingest.commands import look\n"
        "from ingest.database import Database\n"
        "def lose(args):\n"
        "    db = Database('sqlite:///' + sys.argv[1])\n"
        "    with db.transaction() as session: session.execute(text('DELETE FROM round'))\n"
        "    os.rename(sys.argv[1], sys.argv[1] + '.away')\n"
        "    with db.reading() as session: session.execute(text('SELECT 1'))\n"
        "look.log = lose\n"
        "main(['log'])\n"
        "print('closed in order')\n"
    )
    lost = subprocess.run(
        [sys.executable, "-c", code, str(here.register)], capture_output=True, text=True, check=False,
        env={**os.environ, "PEC_INGEST_CONFIG": str(here.folder / "config.toml")},
    )  # fmt: skip
    assert lost.returncode == 1
    assert lost.stdout == ""
    assert "deleted or moved away" in lost.stderr
    (copy,) = saved(here)
    assert str(copy) in lost.stderr
