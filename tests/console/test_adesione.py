"""The review page: who may see and edit, what is taken from what is typed, and what is never lost."""

import re
from dataclasses import replace
from datetime import timedelta

from httpx2 import Response
from sqlalchemy import select

from ingest.console.sessions import IDLE
from ingest.entries import stored_verdict
from ingest.record import record
from ingest.vocabulary import LetterKind, Role
from ingest.wording import LETTERS
from models import Adhesion, Audit, Correction, Entry, Letter, Organisation
from tests.console.filled import HOSTILE, NOW, PASSWORD
from tests.console.office import Office, Visitor, tags, words
from tests.console.waiting import CODE, NAME, TOWN, a_code, waiting_forms

REASONABLE = "Cooperativa à, «prova» & figli"


def form_of(page: Response) -> dict[str, list[str]]:
    """What a browser would send back untouched."""
    sent: dict[str, list[str]] = {}
    inside, chosen = False, ""
    for tag, given in tags(page):
        if tag == "form":
            inside = given.get("id") == "modulo"
        name = given.get("name", "")
        if not inside:
            continue
        if tag == "select":
            chosen = name
        elif tag == "option" and "selected" in given:
            sent.setdefault(chosen, []).append(given["value"])
        elif tag == "input" and (given.get("type") not in ("checkbox", "radio") or "checked" in given):
            sent.setdefault(name, []).append(given.get("value", "on"))
    for found in re.finditer(r'<textarea [^>]*name="([^"]+)"[^>]*>([^<]*)</textarea>', page.text):
        sent[found[1]] = [found[2]]
    return sent


def one_waiting(office: Office) -> int:
    (entry,) = waiting_forms(office.service, 1)
    with office.service.db.reading() as session:
        return session.scalars(select(Adhesion.id).where(Adhesion.entry_id == entry)).one()


def send(visitor: Visitor, number: int, act: str = "salva", **changes: str) -> Response:
    """Opens the page, changes some inputs and sends the form."""
    form = form_of(visitor.get(f"/adesioni/{number}"))
    form |= {f"c.{key.replace('__', '.')}": [value] for key, value in changes.items()}
    return visitor.client.post(f"/adesioni/{number}", data=form | {"azione": [act]})


def corrections(office: Office) -> dict[str, object]:
    with office.service.db.reading() as session:
        return {one.key: one.new for one in session.scalars(select(Correction)) if one.old != one.new}


def audit(office: Office, what: str) -> list[Audit]:
    with office.service.db.reading() as session:
        return list(session.scalars(select(Audit).where(Audit.what == what)))


def test_a_reader_sees_the_fields_and_cannot_change_them(office: Office):
    number = one_waiting(office)
    lea = office.visitor("lea")
    page = lea.get(f"/adesioni/{number}")
    assert page.status_code == 200
    assert "Associazione Prova 0 ODV" in page.text
    assert "Conferma e registra" not in page.text
    edited = [
        given
        for tag, given in tags(page)
        if tag in ("input", "select", "textarea") and given.get("name", "").startswith("c.")
    ]
    assert edited
    assert all("readonly" in given or "disabled" in given for given in edited)
    assert send(lea, number, organisation__name="Altro").status_code == 403
    assert corrections(office) == {}


def test_what_is_sent_back_untouched_changes_nothing(office: Office):
    carlo = office.visitor("carlo")
    with office.service.db.reading() as session:
        numbers = list(session.scalars(select(Adhesion.id)))
    for number in numbers:
        assert send(carlo, number).status_code in (303, 403), number
    assert corrections(office) == {}


def test_each_doubt_is_said_in_words_with_its_source_and_the_suggested_repair(office: Office):
    page = office.visitor("carlo").get(f"/adesioni/{one_waiting(office)}")
    said = words(page)
    assert "il carattere di controllo non torna" in said
    assert "dalla lettura ottica, pagina 1; attendibilità bassa (40%)" in said
    assert f"Usa {a_code(0)}" in said


def test_a_suggestion_fills_its_field_without_saving_anything(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    form = form_of(carlo.get(f"/adesioni/{number}"))
    page = carlo.client.post(f"/adesioni/{number}", data=form | {"usa": f"{CODE}|{a_code(0)}"})
    assert form_of(page)[f"c.{CODE}"] == [a_code(0)]
    assert corrections(office) == {}


def test_a_confirmation_corrects_registers_and_queues_the_letter_and_leads_to_the_next(office: Office):
    first, second = waiting_forms(office.service, 2)
    with office.service.db.reading() as session:
        number = session.scalars(select(Adhesion.id).where(Adhesion.entry_id == first)).one()
    answer = send(office.visitor("carlo"), number, "conferma", organisation__fiscal_code=a_code(0))
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/adesioni/{number + 1}?esito=confermata-lettera"
    with office.service.db.reading() as session:
        body = session.scalars(select(Organisation).where(Organisation.fiscal_code == a_code(0))).one()
        assert body.municipality  # read doubtfully, confirmed by being looked at
        (letter,) = session.scalars(select(Letter).where(Letter.entry_id == first))
        assert letter.state == "queued"
        assert not list(session.scalars(select(Letter).where(Letter.entry_id == second)))
    assert [one.who for one in audit(office, "accepted")] == ["carlo"]
    assert {TOWN} <= set(audit(office, "values-confirmed")[0].new["keys"])


def test_a_value_that_fails_its_check_is_refused_with_its_reason_and_kept_by_a_tick(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    page = send(carlo, number, "conferma")
    assert page.status_code == 422
    assert "C&#39;è qualcosa da correggere" in page.text or "C'è qualcosa da correggere" in page.text
    assert next(given for tag, given in tags(page) if given.get("aria-invalid") == "true")["id"] == f"c.{CODE}"
    assert f'href="#c.{CODE}"' in page.text
    assert not audit(office, "accepted")
    form = form_of(page) | {f"t.{CODE}": "1", "azione": "conferma"}
    assert carlo.client.post(f"/adesioni/{number}", data=form).status_code == 303
    assert len(audit(office, "accepted")) == 1


def test_what_was_typed_stays_when_another_field_is_refused(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    page = send(carlo, number, organisation__name=REASONABLE, declarant__birth_date="31/02/1970")
    assert page.status_code == 422
    assert "non è una data valida" in page.text
    assert form_of(page)[f"c.{NAME}"] == [REASONABLE]
    assert corrections(office) == {}


def test_values_are_stored_in_their_normal_form(office: Office):
    number = one_waiting(office)
    typed = {"contact__phone": "02 9278 434", "declarant__birth_date": "1.3.1970", "contact__email": "Anna@Example.ORG"}
    assert send(office.visitor("carlo"), number, **typed).status_code == 303
    assert corrections(office) == {
        "contact.phone": "+39029278434", "declarant.birth_date": "1970-03-01", "contact.email": "anna@example.org",
    }  # fmt: skip


def test_hostile_values_are_data_on_every_page_that_shows_them(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    assert (
        send(carlo, number, proposal=HOSTILE[:1000], organisation__acronym="<script>alert(1)</script>").status_code
        == 303
    )
    for path in (
        f"/adesioni/{number}",
        f"/adesioni/{number}/lettera",
        f"/adesioni/{number}?cerca=<script>alert(2)</script>",
    ):
        page = carlo.get(path)
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "\u202e" not in page.text
    for wrong in ({"c.themes": ["<b>"]}, {"c.organisation.legal_nature": ["nonsense"]}):
        form = form_of(carlo.get(f"/adesioni/{number}")) | wrong
        assert carlo.client.post(f"/adesioni/{number}", data=form | {"azione": "salva"}).status_code == 422
    for path in (
        "/adesioni/99999999999999999999",
        "/messaggi/99999999999999999999/documenti/0/pagine/1",
        "/messaggi/1/documenti/99/pagine/1",
        "/messaggi/1/documenti/0/pagine/0",
        "/enti/99999999999999999999/versioni",
    ):
        assert carlo.get(path).status_code == 404, path


def test_two_clerks_on_one_form_both_see_both_values_and_nothing_is_lost(office: Office):
    number, carlo, anna = one_waiting(office), office.visitor("carlo"), office.visitor("anna")
    mine, hers = form_of(carlo.get(f"/adesioni/{number}")), form_of(anna.get(f"/adesioni/{number}"))
    assert anna.client.post(f"/adesioni/{number}", data=hers | {f"c.{NAME}": "Nome di Anna"}).status_code == 303
    warned = carlo.client.post(f"/adesioni/{number}", data=mine | {f"c.{NAME}": "Nome di Carlo"})
    assert warned.status_code == 409
    assert "Nome di Anna" in warned.text
    assert "Nome di Carlo" in warned.text
    assert "anna ha lavorato sullo stesso modulo" in words(warned)
    assert corrections(office) == {NAME: "Nome di Anna"}
    again: dict[str, list[str]] = {}
    for tag, given in tags(warned):
        if tag == "input" and given.get("name"):
            again.setdefault(given["name"], []).append(given.get("value", ""))
    assert carlo.client.post(f"/adesioni/{number}", data=again).status_code == 303
    assert corrections(office) == {NAME: "Nome di Carlo"}


def test_an_edit_survives_the_end_of_its_session(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    form = form_of(carlo.get(f"/adesioni/{number}")) | {f"c.{NAME}": [REASONABLE]}
    office.clock.advance(seconds=(IDLE + timedelta(minutes=1)).total_seconds())
    asked = carlo.client.post(f"/adesioni/{number}", data=form, headers={"sec-fetch-site": "same-origin"})
    assert asked.status_code == 401
    login: dict[str, list[str]] = {
        given["name"]: [] for tag, given in tags(asked) if tag == "input" and given.get("name")
    }
    for tag, given in tags(asked):
        if tag == "input" and given.get("name"):
            login[given["name"]].append(given.get("value", ""))
    offered = carlo.client.post("/accesso", data=login | {"nome": ["carlo"], "password": [PASSWORD]})
    kept: dict[str, list[str]] = {}
    inside = False
    for tag, given in tags(offered):
        inside = given.get("action") == f"/adesioni/{number}" if tag == "form" else inside
        if inside and tag == "input":
            kept.setdefault(given["name"], []).append(given.get("value", ""))
    assert carlo.client.post(f"/adesioni/{number}", data=kept).status_code == 303
    assert corrections(office) == {NAME: REASONABLE}


def test_a_correction_holds_when_the_message_is_judged_again(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    send(carlo, number, organisation__name=REASONABLE)
    with office.service.db.reading() as session:
        entry = session.get_one(Adhesion, number).entry_id
    verdict = stored_verdict(office.service.db, entry)
    assert verdict is not None
    record(office.service.db, entry, verdict, office.service.settings, NOW + timedelta(days=1))
    page = carlo.get(f"/adesioni/{number}")
    assert form_of(page)[f"c.{NAME}"] == [REASONABLE]
    assert "valore indicato da carlo" in page.text


def test_a_form_can_be_given_to_an_organisation_that_is_there_already(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    with office.service.db.reading() as session:
        body = session.scalars(select(Organisation).order_by(Organisation.id)).first()
        assert body is not None
        before = body.versions
    assert f'value="{body.id}"' in carlo.get(f"/adesioni/{number}?cerca={body.fiscal_code}").text
    form = form_of(carlo.get(f"/adesioni/{number}"))
    form |= {"ente": [str(body.id)], "azione": ["conferma"], f"c.{CODE}": [str(body.fiscal_code)]}
    preview = carlo.get(f"/adesioni/{number}/lettera?ente={body.id}")
    assert LETTERS[LetterKind.NEW_VERSION] in words(preview)
    assert carlo.client.post(f"/adesioni/{number}", data=form).status_code == 303
    with office.service.db.reading() as session:
        assert session.get_one(Organisation, body.id).versions == before + 1


def test_a_form_that_is_none_is_put_aside_with_its_reason(office: Office):
    number, carlo = one_waiting(office), office.visitor("carlo")
    form = form_of(carlo.get(f"/adesioni/{number}")) | {"azione": "scarta", "perche": "è un preventivo"}
    assert carlo.client.post(f"/adesioni/{number}", data=form).status_code == 303
    assert audit(office, "rejected")[0].new == {"why": "è un preventivo"}
    assert "Non è un'adesione" in words(carlo.get(f"/adesioni/{number}"))


def test_role_withdrawal_and_merger_are_decided_on_the_organisation_by_who_saw_it_as_it_is(office: Office):
    carlo = office.visitor("carlo")

    def decide(what: str, number: int, **fields: str) -> str:
        page = carlo.get(f"/enti/{number}/decisioni")
        seen = next(given["value"] for _, given in tags(page) if given.get("name") == "visto")
        return str(carlo.post(f"/enti/{number}/{what}", {"visto": seen, **fields}).headers["location"])

    assert decide("ruolo", 1, ruolo="consultative") == "/enti/1?esito=ruolo"
    assert decide("stato", 1, stato="ritirato") == "/enti/1?esito=ritirato"
    assert decide("stato", 1, stato="attivo") == "/enti/1?esito=riattivato"
    assert decide("ruolo", 1, ruolo="boss").endswith("non-cambiato")
    assert (
        carlo.post("/enti/1/ruolo", {"visto": "earlier", "ruolo": "operative"})
        .headers["location"]
        .endswith("non-cambiato")
    )
    assert "Unire i due enti?" in carlo.get("/enti/2/decisioni?con=1").text
    assert decide("unisci", 2, con="1") == "/enti/1?esito=unito"
    with office.service.db.reading() as session:
        kept, gone = session.get_one(Organisation, 1), session.get_one(Organisation, 2)
    assert (kept.role, kept.status, gone.status, gone.merged_into) == ("consultative", "active", "merged", 1)
    assert "cambiato" in words(carlo.get("/enti/1/versioni?a=1&b=2"))


def test_a_page_is_drawn_with_its_measures_and_a_hostile_or_vanished_file_is_said_to_be_missing(office: Office):
    number, lea = one_waiting(office), office.visitor("lea")
    with office.service.db.reading() as session:
        entry = session.get_one(Adhesion, number).entry_id
    page = f"/messaggi/{entry}/documenti/0/pagine/1"
    picture = lea.get(f"{page}/immagine")
    assert picture.content.startswith(b"\x89PNG")
    assert picture.headers["cache-control"] == "no-store"
    assert lea.get(f"{page}/misure").json()["width"] == 595.280029296875
    office.service.store.path_of(_sha(office, 1)).unlink()
    assert lea.get("/messaggi/1/documenti/0/pagine/1/immagine").status_code == 404
    assert lea.get("/adesioni/1").status_code == 200


def test_what_may_be_an_identity_document_is_blurred_until_a_clerk_asks_on_record(office: Office):
    place = _identity_page(office)
    lea, carlo = office.visitor("lea"), office.visitor("carlo")
    blurred = carlo.get(f"{place}/immagine").content
    assert lea.get(f"{place}/immagine").content == blurred
    assert lea.post(f"{place}/mostra").status_code == 403
    assert carlo.post(f"{place}/mostra").status_code == 303
    assert [(one.who, one.new["page"]) for one in audit(office, "identity-seen")] == [("carlo", 1)]
    assert carlo.get(f"{place}/immagine").content != blurred
    assert lea.get(f"{place}/immagine").content == blurred  # only for who asked
    office.clock.advance(minutes=11)
    assert carlo.get(f"{place}/immagine").content == blurred


def _sha(office: Office, entry: int) -> str:
    with office.service.db.reading() as session:
        return session.get_one(Entry, entry).sha256


def _identity_page(office: Office) -> str:
    """A form's first page that the reading took for an identity document."""
    (entry,) = waiting_forms(office.service, 1)
    verdict = stored_verdict(office.service.db, entry)
    assert verdict is not None
    hidden = replace(verdict.documents[0], role_by_page=(Role.IDENTITY,) * verdict.documents[0].pages)
    record(
        office.service.db,
        entry,
        replace(verdict, documents=(hidden, *verdict.documents[1:])),
        office.service.settings,
        NOW,
    )
    return f"/messaggi/{entry}/documenti/0/pagine/1"
