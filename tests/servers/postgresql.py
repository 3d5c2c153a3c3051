"""A real PostgreSQL for tests: the installed server, unprivileged, on a socket of its own; a database per test."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from tests.servers.account import as_server_user, hand_over, program


@dataclass(frozen=True, slots=True)
class PostgreSQL:
    """The running server; no TCP port, a socket in `dir`."""

    dir: Path
    psql: str
    _names: Iterator[int] = field(default_factory=lambda: count(1))

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://pec@/{database}?host={self.dir}"

    def create_database(self, template: str = "template0") -> str:
        """The name of a fresh database, a copy of `template` (to which nobody may be connected)."""
        name = f"prova_{next(self._names)}"
        self._run(f'CREATE DATABASE "{name}" TEMPLATE "{template}" ENCODING \'UTF8\'')
        return name

    def drop_database(self, name: str) -> None:
        self._run(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def _run(self, statement: str) -> None:
        command = [self.psql, "-X", "-q", "-h", str(self.dir), "-U", "pec", "-d", "postgres", "-c", statement]
        subprocess.run(as_server_user(*command), check=True, capture_output=True, cwd=self.dir)


@contextmanager
def running_postgresql() -> Iterator[PostgreSQL]:
    """A server without durability, which tests do not need."""
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    initdb, pg_ctl, psql = (program(name, *installed) for name in ("initdb", "pg_ctl", "psql"))
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))  # short: sockets have 108 characters for their path
    hand_over(folder)
    data = str(folder / "data")
    options = f"-k {folder} -c listen_addresses='' -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
    try:
        _checked(folder, initdb, "--no-sync", "-A", "trust", "-U", "pec", "-E", "UTF8", "--locale=C", "-D", data)
        _checked(folder, pg_ctl, "-D", data, "-l", str(folder / "log"), "-w", "-o", options, "start")
        try:
            yield PostgreSQL(folder, psql)
        finally:
            _checked(folder, pg_ctl, "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _checked(folder: Path, *command: str) -> None:
    with (folder / "commands").open("ab") as output:
        done = subprocess.run(
            as_server_user(*command), check=False, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder
        )
    if done.returncode:
        raise RuntimeError(f"{command[0]} failed: {(folder / 'commands').read_text(errors='replace')}")
