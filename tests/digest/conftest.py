"""A migrated SQLite database; the register's own tests cover PostgreSQL."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.database import Database


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'prova.db'}")
    database.upgrade()
    yield database
    database.close()
