"""A register with its originals, on SQLite and on PostgreSQL, and places to restore to."""

import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from ingest.app import store_at
from ingest.database import Database
from ingest.ledger import Origin, enter
from ingest.record import record
from ingest.store import Store
from models import schema
from tests.register.builders import CODES, NOW, a_verdict, the_settings
from tests.servers.account import program


@dataclass(frozen=True)
class Place:
    """Where a register lies: its database, its originals."""

    db: Database
    store: Store

    def receive(self, number: int, **form: Any) -> int:
        """One message recorded, as a round does it: original, row, verdict, all of it committed."""
        raw = f"Subject: adesione {number}\r\n\r\n{'x' * 2000}\r\n".encode()
        entry = enter(self.db, self.store.keep(raw), None, Origin("imap", NOW), NOW)
        code = CODES[number % len(CODES)]
        given = {"organisation.fiscal_code": code, "organisation.name": f"Ente {code}", **form}
        record(self.db, entry, a_verdict(None, given), the_settings(), NOW)
        return entry


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("vuoto") / "register.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """The URL of one more database without anything in it."""
    if request.param == "sqlite":
        yield lambda name: f"sqlite:///{tmp_path / name}.db"
        return
    program("pg_dump")
    server, made = request.getfixturevalue("postgresql"), []

    def create(_name: str) -> str:
        made.append(server.create_database())
        return str(server.url(made[-1]))

    yield create
    for name in made:
        server.drop_database(name)


@pytest.fixture
def place(new_url: Callable[[str], str], empty_file: Path, tmp_path: Path) -> Iterator[Place]:
    """An empty register with the newest schema."""
    db = Database(new_url("register"))
    if db.engine.dialect.name == "sqlite":
        shutil.copy(empty_file, tmp_path / "register.db")
    else:
        db.upgrade()
    yield Place(db, store_at(tmp_path / "originals"))
    db.close()


@pytest.fixture
def elsewhere(new_url: Callable[[str], str], tmp_path: Path) -> Iterator[Place]:
    """A place with nothing in it, not even a schema."""
    db = Database(new_url("altrove"))
    yield Place(db, store_at(tmp_path / "altrove"))
    db.close()


def sha256sum(folder: Path, name: str) -> "subprocess.CompletedProcess[str]":
    """What the administrator's own tool says of a list of files."""
    return subprocess.run(["sha256sum", "--check", name], cwd=folder, check=False, capture_output=True, text=True)
