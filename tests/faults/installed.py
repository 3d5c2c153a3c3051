"""An installation as an office has it, on SQLite over a maildir: its daemon a process, every command another one."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import func, select

from ingest.database import Database
from models import Entry
from tests.faults.traffic import an_advertisement

ROOT = Path(__file__).parents[2]
_CONFIGURATION = """
[mailbox]
maildir = "{folder}/maildir"
address = "comune@pec.example"
poll_every = "{poll}"
[smtp]
host = ""
[database]
url = "sqlite:///{folder}/register.db"
[storage]
path = "{folder}/originals"
[notice]
id = "prova"
title = "Co-programmazione del Piano Sociale di Zona"
deadline = 2021-07-29T23:59:59+02:00
themes = {{ abitare = "la tematica dell'abitare" }}
municipalities = ["Gessate"]
[digest]
to = ["ufficio@posta.example"]
[console]
listen = ""
"""
_ALERTS = """
[alerts]
host = "127.0.0.1"
port = {port}
security = "none"
sender = "servizio@comune.example"
to = ["ufficio@comune.example"]
"""


@dataclass
class Installed:
    """`folder` holds all of it; `log` is what the daemon said."""

    folder: Path
    dropped: int = 0

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text(encoding="utf-8")

    @property
    def register(self) -> Path:
        """Its file."""
        return self.folder / "register.db"

    def events(self, name: str) -> list[str]:
        """The lines of the log that tell of something."""
        return [line for line in self.log.splitlines() if f'"event": "{name}"' in line]

    def begin(self, poll: str, alerts: int = 0) -> None:
        """A new installation with an empty register; `alerts`: the port of who takes its alarms."""
        for part in ("new", "cur", "tmp"):
            (self.folder / "maildir" / part).mkdir(parents=True)
        (self.folder / "config.toml").write_text(
            _CONFIGURATION.format(folder=self.folder, poll=poll) + (_ALERTS.format(port=alerts) if alerts else "")
        )
        done = self.run("db", "upgrade")
        assert done.returncode == 0, done.stderr

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """A command, as somebody types it in a shell."""
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=120, check=False, cwd=ROOT)

    @contextmanager
    def daemon(self, *words: str) -> Iterator["subprocess.Popen[bytes]"]:
        """Beside a daemon (or the command of these words), which is killed at the end."""
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(self.command(*words or ("run",)), stdout=log, stderr=subprocess.STDOUT, cwd=ROOT)
            try:
                yield process
            finally:
                process.send_signal(signal.SIGKILL)
                process.wait()

    def drop(self, count: int = 1) -> None:
        """So many messages arrive."""
        for _ in range(count):
            self.dropped += 1
            path = self.folder / "maildir" / "tmp" / f"{self.dropped}.M1P1.prova"
            path.write_bytes(an_advertisement(self.dropped))
            path.rename(path.parents[1] / "new" / path.name)

    def recorded(self) -> int:
        """Messages that the daemon said it recorded."""
        return self.log.count('"message-recorded"')

    def await_recorded(self, seconds: float = 180.0) -> None:
        """Until the daemon said so of all that arrived."""
        end = time.monotonic() + seconds
        while self.recorded() < self.dropped and time.monotonic() < end:
            time.sleep(0.1)

    def seen(self) -> int:
        """Messages that another process sees: the command `log`."""
        asked = self.run("log", "--json", "--limit", "1000000")
        assert asked.returncode == 0, asked.stderr
        return len(json.loads(asked.stdout))

    def left(self) -> int:
        """Messages in the file, once nobody has it open."""
        with closing(Database(f"sqlite:///{self.register}")) as db, db.reading() as session:
            return session.scalars(select(func.count()).select_from(Entry)).one()

    def command(self, *words: str) -> list[str]:
        """What is typed."""
        return [sys.executable, "-m", "ingest", "--config", str(self.folder / "config.toml"), *words]
