"""One register filled once; every test works on a copy of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.console.browser import chromium, served
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after each module: a browser left open keeps an event loop running."""
    with chromium() as found:
        yield found


@pytest.fixture
def address(office: Office, browser: Browser) -> Iterator[str]:
    """The office's console, served; what the browser opened is closed afterwards."""
    with served(office.service) as found:
        yield found
        for context in browser.contexts:
            context.close()
