"""The review page in a browser: five doubtful forms by keyboard alone, two clerks who meet, axe, a phone."""

import json

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select

from models import Adhesion, Letter, Organisation
from tests.console.browser import AXE, at_work
from tests.console.office import Office
from tests.console.waiting import CODE, NAME, a_code, waiting_forms

_RUN_AXE = """async () => JSON.stringify((await axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
})).violations)"""


def numbers(office: Office, entries: list[int]) -> list[int]:
    with office.service.db.reading() as session:
        return list(session.scalars(select(Adhesion.id).where(Adhesion.entry_id.in_(entries)).order_by(Adhesion.id)))


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id"))


def serious(page: Page) -> list[tuple[str, str]]:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = json.loads(page.evaluate(_RUN_AXE))
    bad = [one for one in found if one["impact"] in ("serious", "critical")]
    return [(one["id"], node["html"][:200]) for one in bad for node in one["nodes"]]


def test_a_clerk_reviews_five_doubtful_forms_by_keyboard_alone_and_exports(
    address: str, browser: Browser, office: Office
):
    entries = waiting_forms(office.service, 5)
    five = numbers(office, entries)
    page = at_work(browser, address, "carlo")
    page.goto(f"/adesioni/{five[0]}")
    for count, number in enumerate(five):
        page.wait_for_url(f"**/adesioni/{number}*")
        page.locator("svg.boxes rect.lit").first.wait_for(state="attached")
        assert focused(page) == f"c.{CODE}"  # the work begins at the first doubt
        page.keyboard.press("Tab")
        assert "Usa" in page.evaluate("document.activeElement.textContent")
        page.keyboard.press("Enter")
        assert page.input_value(f"[id='c.{CODE}']") == a_code(count)
        page.keyboard.press("F8")
        assert focused(page) == "c.organisation.registered_office.municipality"
        page.keyboard.press("Control+Enter")
        page.wait_for_function("number => !location.pathname.endsWith('/' + number)", arg=number)
    page.get_by_role("status").filter(has_text="la lettera è in coda").wait_for()
    with office.service.db.reading() as session:
        letters = session.scalars(select(Letter).where(Letter.entry_id.in_(entries))).all()
        assert [letter.state for letter in letters] == ["queued"] * 5
        codes = {body.fiscal_code for body in session.scalars(select(Organisation))}
    assert {a_code(count) for count in range(5)} <= codes
    exported = page.request.get("/enti/esporta?formato=csv&profilo=internal")
    assert a_code(4) in exported.text()


def test_two_clerks_who_meet_on_a_form_are_shown_both_values(address: str, browser: Browser, office: Office):
    (number,) = numbers(office, waiting_forms(office.service, 1))
    carlo, anna = at_work(browser, address, "carlo"), at_work(browser, address, "anna")
    for page in (carlo, anna):
        page.goto(f"/adesioni/{number}")
    for page, name in ((anna, "Nome di Anna"), (carlo, "Nome di Carlo")):
        page.locator(f"[id='c.{NAME}']").fill(name)
        with page.expect_navigation():
            page.keyboard.press("Control+s")
    carlo.get_by_role("heading", name="Intanto il modulo è cambiato").wait_for()
    said = carlo.locator("main").inner_text()
    assert "Nome di Anna" in said
    assert "Nome di Carlo" in said
    assert serious(carlo) == []
    carlo.get_by_role("button", name="Salva comunque i miei valori").click()
    carlo.wait_for_load_state()
    carlo.goto(f"/adesioni/{number}")
    assert carlo.input_value(f"[id='c.{NAME}']") == "Nome di Carlo"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_on_the_pages_of_a_review(
    address: str, browser: Browser, office: Office, scheme: str
):
    (entry,) = waiting_forms(office.service, 1)
    (number,) = numbers(office, [entry])
    page = at_work(browser, address, "carlo", color_scheme=scheme)
    wrong = {}
    for path in (f"/adesioni/{number}", f"/adesioni/{number}/lettera", f"/messaggi/{entry}/documenti/0/pagine/1",
                 "/enti/1/decisioni", "/enti/1/decisioni?con=2", "/enti/1/versioni"):  # fmt: skip
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")
        wrong[path] = serious(page)
    page.goto(f"/adesioni/{number}")
    page.keyboard.press("Control+Enter")  # the code still fails its check
    page.locator("#errori").wait_for()
    assert focused(page) == "errori"
    wrong["refused"] = serious(page)
    assert {path: found for path, found in wrong.items() if found} == {}


def test_the_page_fits_a_phone_and_works_without_scripts(address: str, browser: Browser, office: Office):
    (number,) = numbers(office, waiting_forms(office.service, 1))
    page = at_work(browser, address, "carlo", viewport={"width": 360, "height": 740}, java_script_enabled=False)
    page.goto(f"/adesioni/{number}")
    page.get_by_role("button", name=f"Usa {a_code(0)}").click()
    assert page.input_value(f"[id='c.{CODE}']") == a_code(0)
    page.get_by_role("button", name="Conferma e registra").click()
    assert "la lettera è in coda" in page.locator("main").inner_text()
    wide = at_work(browser, address, "anna", viewport={"width": 360, "height": 740})
    wide.goto(f"/adesioni/{number}")
    assert wide.evaluate("document.documentElement.scrollWidth") <= 360
