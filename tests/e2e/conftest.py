"""What the end-to-end tests share: servers, worker and an empty register for the session, a house for each test."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.database import Database
from ingest.demo.tls import server_certificate
from ingest.judge import judge_file
from ingest.rules import Limits
from ingest.sandbox import Sandbox
from tests.e2e.house import House, Premises, a_house
from tests.servers.dovecot import Dovecot


@pytest.fixture(scope="session")
def premises(tmp_path_factory: pytest.TempPathFactory, dovecot: Dovecot) -> Iterator[Premises]:
    folder = tmp_path_factory.mktemp("sede")
    empty = Database(f"sqlite:///{folder / 'vuoto.db'}")
    empty.upgrade()
    empty.close()
    with Sandbox(judge_file, Limits()) as sandbox:
        yield Premises(dovecot, server_certificate(folder, datetime.now(UTC)), sandbox, folder / "vuoto.db")


@pytest.fixture
def house(tmp_path: Path, premises: Premises) -> Iterator[House]:
    """An office on SQLite."""
    with a_house(tmp_path, premises) as built:
        yield built
