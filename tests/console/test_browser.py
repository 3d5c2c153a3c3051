"""The console in a browser: accessible by axe on every page, usable without scripts, on a phone and at 200 %."""

import json
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page

from ingest import ledger
from ingest.ledger import Origin
from tests.console.browser import AXE, log_in, opened
from tests.console.office import Office

PATHS = (
    "/", "/registro", "/registro?dal=ieri&esame=1&cerca=adesione", "/messaggi/1", "/messaggi/9", "/messaggi/26",
    "/adesioni/9", "/adesioni/1", "/enti", "/enti/1", "/lettere", "/lettere/3", "/lettere/modelli",
    "/lettere/modelli/adhesion-incomplete", "/riepiloghi", "/riepiloghi/2021-W30", "/tavoli", "/tavoli/abitare",
    "/utenti", "/stato", "/password", "/accessibilita", "/nulla", "/avvisi", "/convocazioni", "/convocazioni/nuova",
    "/integrazioni", "/relazione", "/enti/1/decisioni", "/enti/1/versioni", "/enti/1/ammissione",
    "/messaggi/1/documenti/0/pagine/1",
)  # fmt: skip
_RUN_AXE = """async () => JSON.stringify((await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
})).violations)"""


@dataclass
class House:
    """A served console with a browser before it."""

    office: Office
    browser: Browser
    address: str

    def page(self, name: str | None = "anna", **how: object) -> Page:
        page = opened(self.browser, self.address, **how).new_page()
        if name is not None:
            log_in(page, name)
        return page


@pytest.fixture
def house(office: Office, browser: Browser, address: str) -> House:
    return House(office, browser, address)


def findings(page: Page) -> list[tuple[str, str, str]]:
    """What axe finds serious or critical: rule, element, why."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = json.loads(page.evaluate(_RUN_AXE))
    return [
        (one["id"], node["html"][:160], node["failureSummary"][:200])
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_any_page(house: House, scheme: str):
    page = house.page(color_scheme=scheme)
    wrong = {}
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        wrong[path] = findings(page)
    page.context.clear_cookies()
    page.goto("/accesso")
    wrong["/accesso"] = findings(page)
    assert {path: found for path, found in wrong.items() if found} == {}


def test_axe_finds_nothing_serious_on_a_phone(house: House):
    page = house.page(viewport={"width": 390, "height": 800})
    wrong = {}
    for path in PATHS:
        page.goto(path)
        wrong[path] = findings(page)
    assert {path: found for path, found in wrong.items() if found} == {}


def test_axe_would_find_what_is_wrong(house: House):
    page = house.page("lea")
    page.evaluate("document.querySelector('main').append(document.createElement('img'))")
    assert [rule for rule, _, _ in findings(page)] == ["image-alt"]


@pytest.mark.parametrize("width", [1280, 640, 390, 320], ids=["desktop", "200-percent", "phone", "400-percent"])
def test_no_page_has_to_be_pushed_sideways(house: House, width: int):
    page = house.page(viewport={"width": width, "height": 800})
    over = {}
    for path in PATHS:
        page.goto(path)
        over[path] = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    assert {path: pixels for path, pixels in over.items() if pixels > 0} == {}


def test_no_page_asks_anything_of_elsewhere_or_breaks_its_own_policy(house: House):
    page = house.page()
    asked: list[str] = []
    said: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    for path in PATHS:
        if path != "/nulla":
            page.goto(path, wait_until="networkidle" if "lettere" in path else "load")
    assert [url for url in asked if not url.startswith(house.address)] == []
    assert said == []


def test_everything_is_read_and_done_without_scripts(house: House):
    page = house.page("carlo", java_script_enabled=False)
    for path in PATHS:
        if path != "/utenti":
            page.goto(path)
            assert page.get_by_role("heading", level=1).is_visible(), path
    page.goto("/registro")
    page.get_by_role("searchbox", name="Cerca").fill("alanuova")
    page.get_by_role("button", name="Filtra").click()
    assert page.locator("tr[data-id]").count() == 2
    page.goto("/lettere/3")
    page.get_by_role("button", name="Invia di nuovo").click()
    assert page.get_by_text("La lettera è in coda").is_visible()


def test_new_rows_appear_in_the_register_without_reloading(house: House):
    page = house.page("lea")
    page.clock.install()
    page.goto("/registro")
    before = page.locator("tr[data-id]").count()
    service = house.office.service
    entry = ledger.enter(service.db, service.store.keep(b"new"), None, Origin("imap"), house.office.clock())
    page.clock.run_for(21_000)
    page.locator(f"tr[data-id='{entry}']").wait_for()
    assert page.locator("tr[data-id]").count() == before + 1
    assert page.locator("tr[data-id]").first.get_attribute("data-id") == str(entry)
    assert page.get_by_text("È arrivato un nuovo messaggio.").is_visible()


def test_the_keyboard_reaches_the_content_first_and_the_focus_is_seen(house: House):
    page = house.page("lea")
    page.goto("/registro")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Vai al contenuto")
    assert skip.evaluate("node => node === document.activeElement")
    assert skip.is_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineWidth")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    assert outline == "3px"


def test_a_letter_is_shown_in_a_frame_that_can_do_nothing(house: House):
    page = house.page("lea")
    page.goto("/lettere/3", wait_until="networkidle")
    frame = page.frames[1]
    assert "Gentile referente di Casa Comune APS" in frame.locator("body").inner_text()
    assert page.locator("iframe").get_attribute("sandbox") == ""


def test_a_page_prints_without_its_furniture(house: House):
    page = house.page("lea")
    page.goto("/messaggi/1")
    page.emulate_media(media="print")
    assert not page.locator("header.top").is_visible()
    assert page.get_by_role("heading", level=1).is_visible()
