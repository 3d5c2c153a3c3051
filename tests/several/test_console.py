"""The console of an installation with several notices: one at a time, and every record under its own."""

from pathlib import Path

import pytest

from ingest.console.choice import CHOSEN
from ingest.demo.samples import CASA
from ingest.users import add_user
from tests.console.filled import Clock
from tests.console.office import Office, words
from tests.several.region import AT, HOMES, OTHER, PLAN, Region, a_message, a_region


@pytest.fixture
def office(tmp_path: Path):
    with a_region(tmp_path, f"sqlite:///{tmp_path / 'register.db'}") as region:
        region.deliver("a", a_message("a"))
        region.deliver("a", a_message("a", CASA, subject="Domanda bando case", attachments=()))
        region.round("a")
        yield region


def test_lists_show_the_notice_that_was_chosen_and_records_stand_under_their_own(office: Region):
    desk = Office(office.services["a"], Clock(AT))
    add_user(office.db, "anna", "parola-di-prova", "clerk", AT)
    anna = desk.visitor("anna")
    assert "Associazione" in words(anna.get("/enti")) or "Ponte" in words(anna.get("/enti"))
    shown = words(anna.get("/avvisi"))
    assert "Contributi per l'affitto" in shown
    assert anna.post("/avvisi", {"avviso": HOMES}).status_code == 303
    assert anna.client.cookies[CHOSEN] == HOMES
    assert "Ponte" not in words(anna.get("/enti"))
    assert "Piano Sociale di Zona" in words(anna.get("/enti/1")), "the body's page stands under its own notice"
    assert anna.post("/avvisi", {"avviso": "nessuno"}).status_code == 404


def test_a_person_says_whose_a_message_is(office: Region):
    desk = Office(office.services["a"], Clock(AT))
    add_user(office.db, "anna", "parola-di-prova", "clerk", AT)
    anna = desk.visitor("anna")
    assert "A quale avviso" in words(anna.get("/messaggi/2"))
    assert anna.post("/messaggi/2/avviso", {"avviso": PLAN}).status_code == 303
    assert (office.entries()[1].notice_id, office.entries()[1].state) == (PLAN, "pending")
    assert "A quale avviso" not in words(anna.get("/messaggi/1"))
    anna.post("/messaggi/1/avviso", {"avviso": OTHER})
    assert office.entries()[0].notice_id == PLAN
