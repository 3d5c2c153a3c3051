"""One register filled once; every test works on a copy of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.filled import Clock, fill, the_service
from tests.console.office import Office


@pytest.fixture(scope="session")
def filled_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("filled")
    service = the_service(folder)
    fill(service)
    service.close()
    return folder


@pytest.fixture
def office(filled_folder: Path, tmp_path: Path) -> Iterator[Office]:
    folder = tmp_path / "office"
    shutil.copytree(filled_folder, folder)
    clock = Clock()
    service = the_service(folder, clock)
    yield Office(service, clock)
    service.close()
