"""What the fault tests share: a process whose children are killed, and the grounds where that happens."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ingest.demo.tls import ServerCertificate, server_certificate
from tests.faults.killing import Grounds
from tests.faults.strangers import Strangers
from tests.faults.world import Victim


@pytest.fixture(scope="session")
def victim() -> Iterator[Victim]:
    with Victim() as process:
        yield process


@pytest.fixture(scope="session")
def strangers() -> Iterator[Strangers]:
    with Strangers() as process:
        yield process


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ServerCertificate:
    return server_certificate(tmp_path_factory.mktemp("tls"), datetime.now(UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def grounds(request: pytest.FixtureRequest, tmp_path: Path) -> Grounds:
    """A maildir and a provider without TLS: fast, so that hundreds may die."""
    return Grounds(tmp_path, request.getfixturevalue("postgresql") if request.param == "postgresql" else None)
