"""Work that is interrupted, and texts that fight back, as a browser meets them: nothing is lost, nothing breaks."""

import pytest
from playwright.sync_api import Browser, expect
from sqlalchemy import select

from ingest.decisions import Deciding, correct
from models import Correction
from tests.console.browser import at_work
from tests.console.filled import HOSTILE, NOW, PASSWORD
from tests.console.office import Office
from tests.console.waiting import NAME

PROPOSAL = "[id='c.proposal']"


@pytest.mark.parametrize("how", [{}, {"java_script_enabled": False}], ids=["with-scripts", "without-scripts"])
def test_an_edit_whose_session_ended_is_there_after_the_login_and_is_saved_by_a_click(
    address: str, browser: Browser, office: Office, how: dict[str, object]
):
    page = at_work(browser, address, "carlo", **how)
    page.goto("/adesioni/9")
    typed = "Due ore di lavoro,\ncon un «a capo» e un <b>segno</b>"
    page.locator(PROPOSAL).fill(typed)
    office.clock.advance(hours=2)
    page.locator("#salva").click()
    expect(page.get_by_text("La sessione era scaduta")).to_be_visible()
    page.get_by_label("Nome utente").fill("carlo")
    page.get_by_label("Password").fill("sbagliata-per-fretta")  # the edit outlives a slip, too
    page.get_by_role("button", name="Accedi").click()
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Accedi").click()
    expect(page.get_by_role("heading", name="Riprendi da dove eri rimasto")).to_be_visible()
    with office.service.db.reading() as session:
        assert session.scalar(select(Correction.id)) is None  # nothing is written before the click
    page.get_by_role("button", name="Invia il modulo").click()
    expect(page.get_by_text("Correzioni salvate.")).to_be_visible()
    page.goto("/adesioni/9")
    assert page.input_value(PROPOSAL) == typed


def test_a_hostile_name_stays_a_name_and_pushes_no_page_sideways(address: str, browser: Browser, office: Office):
    for key in (NAME, "contact.name", "proposal", "organisation.registered_office.municipality"):
        correct(office.service.db, 1, key, HOSTILE, Deciding("carlo", NOW))
    page = at_work(browser, address, "anna", viewport={"width": 320, "height": 640})
    said: list[str] = []
    page.on("dialog", lambda dialog: said.append(dialog.message))
    page.on("pageerror", lambda error: said.append(str(error)))
    over = {}
    for path in ("/", "/enti", "/enti/1", "/enti/1/decisioni", "/enti/1/decisioni?con=2", "/enti/1/versioni",
                 "/adesioni/1", "/adesioni/10", "/messaggi/1", "/messaggi/26", "/registro?cerca=script", "/tavoli",
                 "/tavoli/abitare", "/riepiloghi/2021-W30", "/utenti"):  # fmt: skip
        page.goto(path)
        over[path] = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert page.locator("main script:not([src^='/static/']), main img[src='x']").count() == 0, path
    assert {path: pixels for path, pixels in over.items() if pixels > 0} == {}
    assert said == []
