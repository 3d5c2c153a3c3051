"""A real browser over a served console: Chromium as the system has it, nothing downloaded."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from ingest.app import Service
from ingest.console.serve import serve_in_background
from tests.console.filled import PASSWORD
from tests.servers.account import program

_ARGUMENTS = [
    f"--{name}"
    for name in (
        "headless", "no-sandbox", "disable-gpu", "disable-quic", "no-first-run", "disable-background-networking",
        "disable-component-update", "disable-sync", "disable-dev-shm-usage",
    )
]  # fmt: skip
AXE = Path(__file__).parent / "node_modules" / "axe-core" / "axe.min.js"


@contextmanager
def chromium() -> Iterator[Browser]:
    """The system's browser; without it, or without axe, the tests are skipped, in continuous integration they fail."""
    program("chromium")
    if not AXE.is_file():
        leave_out("axe-core is not installed: run tests/install-system-parts")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program("chromium"), args=_ARGUMENTS)
        yield browser
        browser.close()


def leave_out(reason: str) -> None:
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


@contextmanager
def served(service: Service) -> Iterator[str]:
    """The address of a console in a thread of its own."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    stop = serve_in_background(service, f"127.0.0.1:{port}")
    yield f"http://127.0.0.1:{port}"
    stop()


def opened(browser: Browser, address: str, **how: object) -> BrowserContext:
    """A browser context whose paths are those of the console; what it asks of elsewhere fails."""
    context = browser.new_context(base_url=address, locale="it-IT", bypass_csp=False, **how)  # type: ignore[arg-type]
    context.set_default_timeout(20_000)
    return context


def log_in(page: Page, name: str) -> None:
    page.goto("/accesso")
    page.get_by_label("Nome utente").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    page.get_by_role("heading", name="Oggi").wait_for()


def at_work(browser: Browser, address: str, name: str, **how: object) -> Page:
    """A page of somebody who is logged in."""
    page = opened(browser, address, **how).new_page()
    log_in(page, name)
    return page
