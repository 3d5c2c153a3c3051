"""What a clerk keeps and takes apart: filters of one's own, forms that were given to the wrong body, the territory."""

import pytest
from sqlalchemy import select

from ingest.console.filters import MOST
from ingest.console.territory import spots
from ingest.decisions import Deciding
from ingest.split import split
from models import Adhesion, Audit, Correction, Entry, Organisation, OrganisationVersion
from tests.console.filled import NOW
from tests.console.office import Office, Visitor, words

PONTE, UPDATE = 1, 10  # a body with two forms, and the second of them
FILTER = "esito=review&esito=unreadable"


def bodies(office: Office) -> dict[int, Organisation]:
    with office.service.db.reading() as session:
        return {body.id: body for body in session.scalars(select(Organisation))}


def numbers(office: Office, body: int) -> list[tuple[int, int]]:
    with office.service.db.reading() as session:
        query = select(OrganisationVersion).where(OrganisationVersion.organisation_id == body)
        return [(one.number, one.adhesion_id) for one in session.scalars(query.order_by(OrganisationVersion.number))]


def separated(visitor: Visitor, office: Office, adhesion: int, into: str = "") -> str:
    seen = bodies(office)[PONTE].updated_at.isoformat()
    form = {"visto": seen, "adesione": str(adhesion), "ente": into}
    return str(visitor.post(f"/enti/{PONTE}/separa", form).headers["location"])


def test_a_form_given_to_the_wrong_body_goes_to_one_of_its_own(office: Office):
    carlo = office.visitor("carlo")
    assert "Sono due enti diversi?" in carlo.get(f"/enti/{PONTE}/decisioni").text
    assert "Sono due enti diversi?" not in carlo.get("/enti/2/decisioni").text
    place = separated(carlo, office, UPDATE)
    new = int(place.removeprefix("/enti/").partition("?")[0])
    assert new not in (PONTE, 2)
    found = bodies(office)
    assert (found[PONTE].versions, found[new].versions) == (1, 1)
    assert found[PONTE].fiscal_code  # stays with the form that stays
    assert numbers(office, PONTE) == [(1, 1)]
    assert numbers(office, new) == [(1, UPDATE)]
    assert "ha separato due enti" in carlo.get(f"/enti/{PONTE}").text
    assert "ha separato due enti" in carlo.get(f"/enti/{new}").text


def test_the_older_form_may_go_and_the_newer_becomes_the_first(office: Office):
    place = split(office.service.db, 1, None, Deciding("carlo", NOW))
    assert numbers(office, PONTE) == [(1, UPDATE)]
    with office.service.db.reading() as session:
        stayed, went = session.get_one(Adhesion, UPDATE), session.get_one(Adhesion, 1)
        assert (stayed.state, stayed.organisation_id) == ("recorded", PONTE)
        assert (went.state, went.organisation_id) == ("recorded", place)
        assert bodies(office)[PONTE].first_accepted_at == stayed.accepted_at


def test_what_people_said_about_the_form_goes_along(office: Office):
    with office.service.db.transaction() as session:
        for form, value in ((UPDATE, "Nome del secondo"), (1, "Nome del primo")):
            session.add(Correction(organisation_id=PONTE, adhesion_id=form, key="organisation.name", old="x",
                                   new=value, who="anna", at=NOW))  # fmt: skip
    place = split(office.service.db, UPDATE, None, Deciding("carlo", NOW))
    assert place is not None
    found = bodies(office)
    assert (found[PONTE].name, found[place].name) == ("Nome del primo", "Nome del secondo")


def test_a_form_may_go_to_a_body_that_is_there_already(office: Office):
    assert separated(office.visitor("carlo"), office, UPDATE, into="2") == "/enti/2?esito=separato"
    assert numbers(office, 2) == [(1, 2), (2, UPDATE)]
    assert bodies(office)[2].versions == 2


@pytest.mark.parametrize(
    ("adhesion", "into"),
    [(2, None), (9, None), (11, None), (UPDATE, PONTE), (UPDATE, 999_999)],
    ids=["its only form", "still waits", "a copy", "to itself", "to nobody"],
)
def test_what_cannot_be_separated_stays_as_it_is(office: Office, adhesion: int, into: int | None):
    before = {number: (body.versions, body.fiscal_code) for number, body in bodies(office).items()}
    assert split(office.service.db, adhesion, into, Deciding("carlo", NOW)) is None
    assert {number: (body.versions, body.fiscal_code) for number, body in bodies(office).items()} == before
    with office.service.db.reading() as session:
        assert session.scalar(select(Audit.id).where(Audit.what == "split")) is None


def test_a_page_that_is_no_longer_true_separates_nothing(office: Office):
    carlo = office.visitor("carlo")
    stale = carlo.post(f"/enti/{PONTE}/separa", {"visto": "2020-01-01", "adesione": str(UPDATE), "ente": ""})
    assert stale.headers["location"].endswith("esito=non-cambiato")
    assert separated(carlo, office, 2).endswith("esito=non-cambiato")  # a form of another body
    assert separated(carlo, office, UPDATE, into="due").endswith("esito=non-cambiato")
    assert len(numbers(office, PONTE)) == 2


def test_a_filter_is_kept_under_a_name_for_who_kept_it(office: Office):
    carlo, lea = office.visitor("carlo"), office.visitor("lea")
    answer = carlo.post("/registro/filtri", {"filtro": FILTER, "nome": "Le mie <b>mattine</b>"})
    page = carlo.get(answer.headers["location"])
    assert "Filtro salvato" in page.text
    assert "Le mie &lt;b&gt;mattine&lt;/b&gt;" in page.text
    assert "Togli «" in page.text
    assert "mattine" not in lea.get("/registro").text
    number = page.text.partition('name="id" value="')[2].partition('"')[0]
    lea.post("/registro/filtri/togli", {"id": number})
    assert "mattine" in carlo.get("/registro").text  # another's filter is not hers to drop
    carlo.post("/registro/filtri/togli", {"id": number})
    assert "mattine" not in carlo.get("/registro").text


def test_a_kept_filter_holds_only_what_the_register_understands(office: Office):
    carlo = office.visitor("carlo")
    carlo.post("/registro/filtri", {"filtro": "esame=1&javascript:alert(1)&esito=nonsense", "nome": "Prova"})
    assert 'href="/registro?esame=1"' in carlo.get("/registro").text
    assert "javascript" not in carlo.get("/registro").text
    for empty in ({"filtro": "", "nome": "Vuoto"}, {"filtro": FILTER, "nome": " "}):
        carlo.post("/registro/filtri", empty)
    assert "Vuoto" not in words(carlo.get("/registro"))


def test_the_same_name_takes_the_place_and_there_is_an_end(office: Office):
    carlo = office.visitor("carlo")
    for number in range(MOST + 1):
        last = carlo.post("/registro/filtri", {"filtro": f"cerca=n{number}", "nome": f"Filtro {number}"})
    assert last.headers["location"].endswith("filtri-troppi")
    again = carlo.post("/registro/filtri", {"filtro": "cerca=altro", "nome": "Filtro 0"})
    assert again.headers["location"].endswith("filtro-salvato")
    page = carlo.get("/registro").text
    assert "cerca=altro" in page
    assert "cerca=n0" not in page


def test_the_territory_shows_every_municipality_with_its_number(office: Office):
    page = office.visitor("lea").get("/enti")
    for name in office.service.settings.notice.municipalities:
        escaped = name.replace("'", "&#39;")
        assert f'aria-label="{escaped}: ' in page.text, name
    assert "posizioni indicative" in page.text


def test_the_area_of_a_circle_is_the_number_and_no_circle_lies_on_another(office: Office):
    names = office.service.settings.notice.municipalities
    found = spots(dict.fromkeys(names, 4), names)
    assert len(found) == 9
    for one in found:
        for other in found:
            apart = ((one.x - other.x) ** 2 + (one.y - other.y) ** 2) ** 0.5
            assert one is other or apart > one.radius + other.radius, (one, other)
    assert spots({}, ("Milano", "Roma")) == []  # a notice of another territory has no such map


def waiting(office: Office) -> dict[int, Entry]:
    with office.service.db.reading() as session:
        return {one.id: one for one in session.scalars(select(Entry).where(Entry.needs_review))}


def test_a_message_without_a_form_waits_until_a_person_says_that_it_was_looked_at(office: Office):
    carlo, number = office.visitor("carlo"), 13  # a certified message without its form
    assert number in waiting(office)
    assert "Segna come esaminato" in carlo.get(f"/messaggi/{number}").text
    assert "Segna come esaminato" not in office.visitor("lea").get(f"/messaggi/{number}").text
    done = carlo.post(f"/messaggi/{number}/esaminato")
    assert done.headers["location"] == "/?esito=messaggio-esaminato"
    assert number not in waiting(office)
    page = words(carlo.get(f"/messaggi/{number}"))
    assert "Esaminato da carlo" in page
    assert "Da esaminare" not in page
    assert carlo.post(f"/messaggi/{number}/esaminato").headers["location"].endswith("esito=messaggio-fermo")
    with office.service.db.reading() as session:
        assert list(session.scalars(select(Audit.who).where(Audit.object == f"entry:{number}"))) == ["carlo"]


def test_a_message_whose_form_waits_is_decided_on_its_form(office: Office):
    carlo, number = office.visitor("carlo"), 9
    assert "Segna come esaminato" not in carlo.get(f"/messaggi/{number}").text
    assert "Esamina il modulo" in carlo.get(f"/messaggi/{number}").text
    assert carlo.post(f"/messaggi/{number}/esaminato").headers["location"].endswith("esito=messaggio-fermo")
    assert number in waiting(office)
    assert office.visitor("lea").post("/messaggi/13/esaminato").status_code == 403
    assert carlo.post("/messaggi/999/esaminato").status_code == 404


def test_the_day_leads_to_the_forms_and_every_waiting_message_can_be_settled(office: Office):
    carlo = office.visitor("carlo")
    for number in waiting(office):
        page = carlo.get(f"/messaggi/{number}").text
        assert ("Segna come esaminato" in page) != ("Esamina il modulo" in page), number
    assert "Esamina i moduli (" in carlo.get("/").text
    assert "Esamina i moduli (" not in office.visitor("lea").get("/").text


def test_days_are_written_as_italians_write_them_wherever_versions_are_compared(office: Office):
    for path in ("/enti/1", "/enti/1/versioni"):
        page = words(office.visitor("lea").get(path))
        assert "15/07/2021" in page
        assert "2021-07-15" not in page
