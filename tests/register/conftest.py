"""A migrated database for every test of the register, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.database import Database
from models import schema
from tests.servers.postgresql import PostgreSQL


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite database, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "register.db"
    schema.upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_template(postgresql: PostgreSQL) -> str:
    """The name of a migrated PostgreSQL database, to be copied."""
    name = postgresql.create_database()
    schema.upgrade(postgresql.url(name))
    return name


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("migrated_file"), tmp_path / "register.db")
        database = Database(f"sqlite:///{path}")
        yield database
        database.close()
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    name = server.create_database(request.getfixturevalue("migrated_template"))
    database = Database(server.url(name))
    yield database
    database.close()
    server.drop_database(name)
