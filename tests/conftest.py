"""Servers every test may ask for; each starts once, at the first test that wants it."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ingest.sqlite_file import LEFT_OPEN
from ingest.tenure import Tenure
from tests.register_file import OpenedFiles
from tests.servers.dovecot import Dovecot, running_dovecot
from tests.servers.postgresql import PostgreSQL, running_postgresql


@pytest.fixture(scope="session")
def opened_files() -> OpenedFiles:
    """What modules of ours opened while SQLite had it open."""
    hook = OpenedFiles()
    sys.addaudithook(hook)  # for good: there is no taking it away
    return hook


@pytest.fixture(autouse=True)
def nobody_opens_the_register_s_file(opened_files: OpenedFiles) -> Iterator[None]:
    yield
    wrong = opened_files.wrong[:]
    opened_files.wrong.clear()
    LEFT_OPEN.clear()  # a test that lost a register must not end the process of the next one
    assert wrong == []


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    with running_dovecot() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    with running_postgresql() as server:
        yield server


@pytest.fixture
def postgresql_url(postgresql: PostgreSQL) -> Iterator[str]:
    """The URL of an empty database of this test's own."""
    name = postgresql.create_database()
    yield postgresql.url(name)
    postgresql.drop_database(name)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; the test runs once on each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'prova.db'}"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture(autouse=True)
def leases_end_with_their_test(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test that "kills" a daemon leaves the lease taken; the thread that renews it must not reach the next test."""
    taken: list[Tenure] = []
    take = Tenure.take

    def remembered(tenure: Tenure) -> bool:
        taken.append(tenure)
        return take(tenure)

    monkeypatch.setattr(Tenure, "take", remembered)
    yield
    for tenure in taken:
        tenure._given_back.set()
