"""The bad day, rehearsed: install, ingest, back up, lose everything, restore, and miss nothing.

    python -m tests.rescue.drill [MESSAGES]

Each step is the command an administrator types, run by the installed wheel against a certified provider on this
machine. Nothing outside a temporary folder is touched.
"""

import json
import os
import shutil
import subprocess
import sys
import sysconfig
import time
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ingest.config import example_text
from ingest.demo.facts import OFFICE
from ingest.demo.imapserver import Mailbox
from ingest.demo.pki import authority
from ingest.demo.provider import Channel, Provider
from ingest.demo.samples import Sample, samples
from ingest.demo.tls import server_certificate

ROOT = Path(__file__).parents[2]
PASSWORD = "prova-prova-prova"


@dataclass
class Drill:
    """One rehearsal: where everything lies, the provider, and how long each step took."""

    folder: Path
    mailbox: Mailbox
    provider: Provider
    program: list[str]
    seconds: dict[str, float] = field(default_factory=dict)

    def run(self, what: str, *command: str, fails: bool = False) -> str:
        """What a command said; its time is added to the step's."""
        began = time.monotonic()
        given: Any = {"cwd": self.folder, "env": self._environment(), "capture_output": True, "text": True}
        done: subprocess.CompletedProcess[str] = subprocess.run([*self.program, *command], check=False, **given)
        self.seconds[what] = self.seconds.get(what, 0.0) + time.monotonic() - began
        if (done.returncode != 0) is not fails:
            raise AssertionError(f"{' '.join(command)}: {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def rounds(self, what: str) -> None:
        """Rounds until there is no news: receipts of letters come back as messages."""
        while "collected 0" not in self.run(what, "once"):
            pass

    def _environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("PEC_INGEST")}
        source = {"PYTHONPATH": str(ROOT)} if self.program[0] == sys.executable else {}
        return {**kept, **source, "PEC_INGEST_CONFIG": str(self.folder / "config.toml")}


def rehearse(drill: Drill, late: Sample, on_time: list[Sample]) -> None:
    """The whole day. Raises AssertionError when anything is missing or goes out twice."""
    for sample in on_time:
        drill.mailbox.deposit(sample.raw, sample.at)
    drill.run("schema", "db", "upgrade")
    drill.run("check", "check")
    drill.rounds("ingest")
    drill.run("backup", "backup", "backup")
    drill.mailbox.deposit(late.raw, late.at)  # after the backup: the restored register will not know it
    drill.rounds("one more message, after the backup")
    before, sent = drill.run("look", "organisations", "--format", "json"), len(drill.provider.submissions)
    assert sent > 0
    for lost in ("register.db", "register.db-wal", "register.db-shm"):
        (drill.folder / lost).unlink(missing_ok=True)
    shutil.rmtree(drill.folder / "originals")
    drill.run("look", "log", fails=True)
    drill.run("restore", "restore", "backup")
    drill.run("check", "check")
    drill.rounds("rounds after the restore")
    assert "difference 0" in drill.run("reconcile", "reconcile")
    assert len(drill.provider.submissions) == sent, "a letter went out twice"
    assert _known(drill.run("look", "organisations", "--format", "json")) == _known(before)
    drill.run("rebuild", "rebuild", "rebuilt.db")


def _known(listed: str) -> set[Any]:
    return {(one["name"], one["fiscal_code"], one["role"]) for one in json.loads(listed[: listed.rindex("]") + 1])}


@contextmanager
def world(folder: Path, program: list[str]) -> Iterator[Drill]:
    """A certified provider on loopback, and a configuration that names it."""
    certificate = server_certificate(folder, datetime.now(UTC))
    (folder / "authority.pem").write_bytes(authority().ca_pem)
    context = certificate.context()
    with Mailbox(OFFICE, PASSWORD, context) as mailbox:

        def deposit(address: str, raw: bytes, at: datetime) -> None:
            if address == OFFICE:
                mailbox.deposit(raw, at)

        with Provider(
            {OFFICE: PASSWORD}, deposit, lambda: datetime.now(UTC), channel=Channel("tls", context)
        ) as provider:
            _configure(folder, mailbox.port, provider.port)
            yield Drill(folder, mailbox, provider, program)


def _configure(folder: Path, imap: int, smtp: int) -> None:
    example = example_text()
    notice = example[example.index("\n[notice]") : example.index("\n[answers]")]
    login = f'host = "127.0.0.1"\nusername = "{OFFICE}"\npassword = "{PASSWORD}"\nca_file = "server.pem"\n'
    (folder / "config.toml").write_text(
        f'[mailbox]\n{login}port = {imap}\naddress = "{OFFICE}"\n[smtp]\n{login}port = {smtp}\n'
        '[pec]\ntrust_anchors = ["authority.pem"]\n[database]\nurl = "sqlite:///register.db"\n'
        f'[storage]\npath = "originals"\n[console]\nlisten = ""\n{notice}'
    )


def installed(folder: Path) -> list[str]:
    """The program, installed from a wheel into an environment of its own; its dependencies are lent."""
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True)
    venv.create(folder / "venv", with_pip=True, symlinks=True)
    python = folder / "venv" / "bin" / "python"
    wheel = next(folder.glob("*.whl"))
    subprocess.run([python, "-m", "pip", "install", "-q", "--no-deps", "--no-index", wheel], check=True)
    site = next((folder / "venv" / "lib").iterdir()) / "site-packages"
    (site / "lent.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return [str(folder / "venv" / "bin" / "pec-ingest")]


def main() -> None:
    """The rehearsal with everything, and its times."""
    with TemporaryDirectory(prefix="drill-") as name:
        folder = Path(name)
        began = time.monotonic()
        program = installed(folder)
        seconds = {"install": time.monotonic() - began}
        wanted = int(sys.argv[1]) if len(sys.argv) > 1 else None
        *on_time, late = samples()[:wanted]
        with world(folder, program) as drill:
            rehearse(drill, late, on_time)
        for what, took in (seconds | drill.seconds).items():
            sys.stdout.write(f"{took:7.1f} s  {what}\n")


if __name__ == "__main__":
    main()
