"""What each page says of a filled register, and what happens to texts that were written to do harm."""

import csv
import io
import json
import unicodedata
from base64 import b64encode
from hashlib import sha256
from zipfile import ZipFile

import pdfplumber
import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import undefer

from ingest import ledger
from ingest.console.desk import number_in
from ingest.console.labels import unnamed
from ingest.console.lists import NOT_DELIVERED
from ingest.digest_due import queue_digest
from ingest.ledger import Origin
from ingest.week import Week
from models import Audit, Entry, Letter, LetterState, Organisation
from tests.console.filled import HOSTILE
from tests.console.office import Office, tags, words

HTML_PAGES = (
    "/", "/registro", "/registro?esame=1", "/messaggi/{hostile}", "/enti", "/enti/1", "/lettere", "/lettere/1",
    "/lettere/modelli", "/lettere/modelli/adhesion-incomplete", "/riepiloghi", "/riepiloghi/2021-W30", "/tavoli",
    "/tavoli/abitare", "/utenti", "/stato", "/password", "/accessibilita",
)  # fmt: skip


def entries(office: Office) -> list[Entry]:
    with office.service.db.reading() as session:
        return list(session.scalars(select(Entry).order_by(Entry.id)))


def hostile(office: Office) -> int:
    return next(entry.id for entry in entries(office) if entry.subject.startswith("<script"))


def rewrite_bodies(office: Office, name: str = HOSTILE) -> None:
    """Every organisation gets a name and a contact that are attacks."""
    with office.service.db.transaction() as session:
        for body in session.scalars(select(Organisation)):
            body.name, body.municipality, body.emails = name, name, [name]
            body.values = {**body.values, "contact.name": {"value": name}, "organisation.name": {"value": name}}


def test_the_day_says_what_waits(office: Office):
    said = words(office.visitor("lea").get("/"))
    with office.service.db.reading() as session:
        failed = len(session.scalars(select(Letter).where(Letter.state.in_(NOT_DELIVERED))).all())
    waiting = sum(
        entry.reviewed_at is None and (entry.needs_review or entry.outcome in ("review", "unreadable"))
        for entry in entries(office)
    )
    assert waiting > 8
    assert f"{waiting} messaggi da esaminare" in said
    assert failed == 1
    assert "1 lettera non consegnata" in said
    total = len(entries(office))
    assert f"{total} ricevuti = {total} registrati" in said
    assert "Ultimo controllo della casella ✓ 29/07/2021 10:29:00, riuscito" in said


def test_the_day_says_what_is_not_judged_yet_and_that_nothing_is_read_any_more(office: Office):
    ledger.enter(office.service.db, office.service.store.keep(b"new"), None, Origin("imap"), office.clock())
    office.clock.advance(minutes=30)
    said = words(office.visitor("lea").get("/"))
    assert "1 in attesa di esame" in said
    assert "La casella non viene letta" in said


def test_the_register_shows_every_message_whatever_became_of_it(office: Office):
    page = office.visitor("lea").get("/registro")
    shown = [int(attributes["data-id"]) for tag, attributes in tags(page) if tag == "tr" and "data-id" in attributes]
    assert shown == [entry.id for entry in reversed(entries(office))]


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("esito=receipt", lambda entry: entry.outcome == "receipt"),
        ("esito=recorded&esito=updated", lambda entry: entry.outcome in ("recorded", "updated")),
        ("tipo=anomaly", lambda entry: entry.kind == "anomaly"),
        ("motivo=no-form", lambda entry: "no-form" in entry.reasons),
        ("esame=1", lambda entry: entry.needs_review),
        ("cerca=alanuova", lambda entry: "alanuova" in entry.sender),
        ("al=28%2F07%2F2021", lambda _entry: False),
        ("dal=2021-07-29", lambda _entry: True),
    ],
)
def test_a_filter_of_the_register_keeps_what_it_says(office: Office, query: str, wanted):
    page = office.visitor("lea").get(f"/registro?{query}")
    shown = [int(attributes["data-id"]) for tag, attributes in tags(page) if tag == "tr" and "data-id" in attributes]
    assert shown == [entry.id for entry in reversed(entries(office)) if wanted(entry)]


def test_a_date_that_is_none_is_said_and_linked_to_its_field(office: Office):
    page = office.visitor("lea").get("/registro?dal=ieri")
    assert "scrivi la data come giorno/mese/anno" in page.text
    assert ("a", {"href": "#dal"}) in tags(page)


def test_the_register_is_read_page_after_page_without_loss_or_repetition(office: Office):
    db, store = office.service.db, office.service.store
    for number in range(120):
        ledger.enter(db, store.keep(f"message {number}".encode()), None, Origin("imap"), office.clock())
    reader, path, shown = office.visitor("lea"), "/registro", []
    while path:
        found = tags(reader.get(path))
        shown += [int(attributes["data-id"]) for tag, attributes in found if tag == "tr" and "data-id" in attributes]
        path = next((attributes["href"] for tag, attributes in found if attributes.get("rel") == "next"), "")
    assert shown == [entry.id for entry in reversed(entries(office))]


def test_new_rows_are_only_those_after_the_one_on_top_and_of_the_same_filter(office: Office):
    reader, last = office.visitor("lea"), entries(office)[-1].id
    assert tags(reader.get(f"/registro/nuove?dopo={last}")) == []
    ledger.enter(office.service.db, office.service.store.keep(b"new"), None, Origin("imap"), office.clock())
    fresh = tags(reader.get(f"/registro/nuove?dopo={last}"))
    assert [attributes["data-id"] for tag, attributes in fresh if tag == "tr"] == [str(last + 1)]
    assert tags(reader.get(f"/registro/nuove?dopo={last}&esito=receipt")) == []


def test_a_message_shows_its_four_clocks_and_its_signature_in_words(office: Office):
    said = words(office.visitor("lea").get("/messaggi/1"))
    for clock in (
        "Data scritta dal mittente",
        "Accettazione del gestore",
        "Firma della busta",
        "Consegna nella nostra",
    ):
        assert clock in said
    assert "Accettazione del gestore del mittente 12/07/2021 09:14:05" in said
    assert "Firma del gestore ✓ Valida" in said
    assert "Associazione Il Ponte ODV" in said
    assert "Accettata dal gestore 29/07/2021" in said


@pytest.mark.parametrize("path", HTML_PAGES)
def test_hostile_texts_stay_texts_on_every_page(office: Office, path: str):
    rewrite_bodies(office)
    page = office.visitor("anna").get(path.replace("{hostile}", str(hostile(office))))
    assert page.status_code == 200
    assert not [found for found in tags(page) if found[0] == "img" or "onerror" in found[1]]
    assert [tag for tag, _ in tags(page)].count("script") == 1
    assert not [mark for mark in page.text if unicodedata.category(mark) in ("Cf", "Cc") and mark not in "\n\t"]
    assert "a" * 1000 not in page.text
    assert len(page.content) < 200_000


def test_the_original_comes_back_byte_for_byte_and_the_download_is_noted(office: Office):
    answer = office.visitor("carlo").get("/messaggi/1/originale")
    assert sha256(answer.content).hexdigest() == entries(office)[0].sha256
    assert b"X-Trasporto: posta-certificata" in answer.content
    assert answer.headers["content-disposition"] == 'attachment; filename="pec-000001.eml"'
    with office.service.db.reading() as session:
        noted = session.scalars(select(Audit).where(Audit.what == "original-downloaded")).one()
    assert (noted.who, noted.object) == ("carlo", "entry:1")


def test_an_original_that_vanished_or_changed_is_said_and_never_served(office: Office):
    clerk, entry = office.visitor("carlo"), entries(office)[0]
    path = office.service.store.path_of(entry.sha256)
    path.chmod(0o600)
    path.write_bytes(b"changed")
    for state in ("changed", "gone"):
        if state == "gone":
            path.unlink()
        for file in ("originale", "fascicolo"):
            answer = clerk.get(f"/messaggi/1/{file}")
            assert answer.status_code == 404
            assert "L'originale non è disponibile" in words(answer)
    assert "L'originale non si trova sul disco" in words(clerk.get("/messaggi/1"))


def test_the_bundle_holds_original_letter_and_receipts_with_hashes_that_hold(office: Office):
    answer = office.visitor("carlo").get("/messaggi/1/fascicolo")
    with ZipFile(io.BytesIO(answer.content)) as archive:
        names = set(archive.namelist())
        lines = [line.split("  ") for line in archive.read("impronte.txt").decode().splitlines()]
        listed = {name: digest for digest, name in lines}
        assert {name: sha256(archive.read(name)).hexdigest() for name in listed} == listed
        assert listed["messaggio.eml"] == entries(office)[0].sha256
        assert names - set(listed) == {"impronte.txt"}
    assert "lettere/lettera-000001.eml" in names
    assert {"ricevute/lettera-000001-1-acceptance.eml", "ricevute/lettera-000001-2-delivery.eml"} <= names


def test_the_list_of_bodies_is_filtered_and_counted(office: Office):
    reader = office.visitor("lea")
    assert "8 enti" in words(reader.get("/enti"))
    odv = words(reader.get("/enti?natura=odv"))
    assert "1 ente con questo filtro" in odv
    assert "Associazione Il Ponte ODV" in odv
    assert "Casa Comune APS" not in odv
    assert "Casa Comune APS" in words(reader.get("/enti?comune=Carugate&tema=abitare"))
    assert "Nessun ente corrisponde" in words(reader.get("/enti?cerca=inesistente"))
    assert "Casa Comune APS" in words(reader.get("/enti?cerca=99900030158"))
    for written in ("società", "SOCIETÀ cooperativa", "Societa'", "germoglio"):
        assert "Il Germoglio" in words(reader.get(f"/enti?cerca={written}"))


def test_a_body_shows_its_versions_side_by_side_and_what_changed(office: Office):
    said = words(office.visitor("lea").get("/enti/1"))
    assert "Versione 1" in said
    assert "Versione 2" in said
    assert "Tematiche cambiato la tematica dell'abitare la tematica dell'abitare, la tematica dell'occupazione" in said
    assert "Referente Anna Verdi" in said


def test_every_field_of_the_form_has_a_name_on_the_pages():
    assert unnamed() == []


def test_the_publishable_export_holds_nothing_of_any_person(office: Office):
    reader = office.visitor("lea")
    internal = reader.get("/enti/esporta?formato=json&profilo=internal").json()
    public = reader.get("/enti/esporta?formato=json&profilo=publishable").json()
    assert "ilponte@example.org" in json.dumps(internal)
    assert {key for row in public for key in row} == {"name", "legal_nature", "themes", "role"}
    assert "example.org" not in json.dumps(public)
    assert reader.get("/enti/esporta?formato=xlsx&profilo=internal").content[:2] == b"PK"


def test_an_export_keeps_the_filter_of_the_page(office: Office):
    rows = office.visitor("lea").get("/enti/esporta?formato=json&profilo=internal&natura=odv").json()
    assert [row["name"] for row in rows] == ["Associazione Il Ponte ODV"]


def test_a_table_shows_whom_to_write_to(office: Office):
    said = words(office.visitor("lea").get("/tavoli/abitare"))
    assert "Associazione Il Ponte ODV Gessate Operativo Anna Verdi ilponte@example.org" in said
    assert "Germoglio" not in said


def test_the_invitation_list_opens_in_a_word_processor_and_runs_nothing(office: Office):
    rewrite_bodies(office, "=HYPERLINK(1)")
    content = office.visitor("lea").get("/tavoli/abitare/convocazione").content
    assert content.startswith(b"\xef\xbb\xbf")
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig")), delimiter=";"))
    assert rows
    assert {row["Ente"] for row in rows} == {"'=HYPERLINK(1)"}
    assert {row["Referente"] for row in rows} == {"'=HYPERLINK(1)"}


def test_the_sheet_to_sign_names_every_body_of_the_table(office: Office):
    content = office.visitor("lea").get("/tavoli/occupazione/foglio-firme").content
    with pdfplumber.open(io.BytesIO(content)) as pdf:
        text = " ".join(page.extract_text() for page in pdf.pages)
    assert "Foglio firme: la tematica dell'occupazione" in text
    for name in ("Casa Comune APS", "Istituto Comprensivo Falcone", "Unione Lavoratori Martesana"):
        assert name in text
    assert "Mutua" not in text
    assert "Firma" in text


def test_the_sheet_to_sign_takes_hostile_names(office: Office):
    rewrite_bodies(office, "<b>&amp; \u202e" + "x" * 500)
    assert office.visitor("lea").get("/tavoli/abitare/foglio-firme").content[:5] == b"%PDF-"


def test_a_clerk_sends_a_letter_again_once(office: Office):
    clerk = office.visitor("carlo")
    with office.service.db.reading() as session:
        failed = session.scalars(select(Letter).where(Letter.state == LetterState.FAILED)).one()
    first = clerk.post(f"/lettere/{failed.id}/invia")
    second = clerk.post(f"/lettere/{failed.id}/invia")
    assert first.headers["location"].endswith("esito=lettera-in-coda")
    assert second.headers["location"].endswith("esito=lettera-ferma")
    with office.service.db.reading() as session:
        copies = session.scalars(select(Letter).where(Letter.resend_of == failed.id)).all()
        assert [copy.state for copy in copies] == [LetterState.QUEUED]
        deed = session.scalars(select(Audit).where(Audit.what == "letter-released")).one()
    assert deed.who == "carlo"
    assert "0 lettere non consegnate" in words(clerk.get("/"))


def test_a_delivered_letter_cannot_be_sent_again(office: Office):
    with office.service.db.reading() as session:
        delivered = session.scalars(select(Letter).where(Letter.state == LetterState.DELIVERED)).first()
    assert delivered is not None
    clerk = office.visitor("carlo")
    assert "/invia" not in clerk.get(f"/lettere/{delivered.id}").text
    assert clerk.post(f"/lettere/{delivered.id}/invia").headers["location"].endswith("esito=lettera-ferma")


def test_a_reader_sees_a_letter_without_the_button(office: Office):
    with office.service.db.reading() as session:
        failed = session.scalars(select(Letter).where(Letter.state == LetterState.FAILED)).one()
    assert "Invia di nuovo" not in office.visitor("lea").get(f"/lettere/{failed.id}").text
    assert "Invia di nuovo" in office.visitor("carlo").get(f"/lettere/{failed.id}").text


def test_the_preview_of_a_letter_carries_real_data_and_sends_nothing(office: Office):
    reader = office.visitor("lea")
    with office.service.db.reading() as session:
        before = len(session.scalars(select(Letter.id)).all())
    said = words(reader.get("/lettere/modelli/adhesion-received-late"))
    assert "Associazione Vicini di Casa APS" in said or "Cooperativa Sociale Filo Rosso" in said
    assert "<h1" in reader.get("/lettere/modelli/adhesion-received-late/foglio").text
    with office.service.db.reading() as session:
        assert len(session.scalars(select(Letter.id)).all()) == before


def test_the_digest_of_any_week_can_be_looked_at_before_it_is_sent(office: Office):
    reader = office.visitor("lea")
    assert "Anteprima con i dati di adesso" in words(reader.get("/riepiloghi/2021-W30"))
    assert reader.get("/riepiloghi/2021-W30/allegato").content[:2] == b"PK"


def test_the_comparison_with_the_mailbox_tells_the_difference(office: Office):
    mailbox = office.service.mailbox
    mailbox.deliver(b"Subject: new\r\n\r\n")  # type: ignore[attr-defined]
    said = words(office.visitor("carlo").post("/stato/confronto"))
    assert "Ricevuti 1 ≠ registrati 0, differenza 1" in said


def test_the_administrator_makes_and_closes_users_and_never_locks_herself_out(office: Office):
    admin = office.visitor("anna")
    assert admin.post("/utenti", {"nome": "Nuovo", "ruolo": "reader", "password": "breve"}).status_code == 422
    assert admin.post("/utenti", {"nome": "Lea", "ruolo": "reader", "password": "x" * 12}).status_code == 422
    assert admin.post("/utenti", {"nome": "Nuovo", "ruolo": "re", "password": "x" * 12}).status_code == 422
    assert admin.post("/utenti", {"nome": "Nuovo", "ruolo": "reader", "password": "x" * 12}).status_code == 303
    assert office.visitor().log_in("nuovo", "x" * 12).status_code == 303
    assert admin.post("/utenti/chiudi", {"nome": "nuovo"}).status_code == 303
    assert office.visitor().log_in("nuovo", "x" * 12).status_code == 401
    assert admin.post("/utenti/chiudi", {"nome": "anna"}).status_code == 422
    assert admin.get("/utenti").status_code == 200


def test_a_password_is_changed_only_by_who_knows_it(office: Office):
    visitor = office.visitor("lea")
    wrong = {"attuale": "sbagliata", "nuova": "nuova parola lunga", "ripetuta": "nuova parola lunga"}
    assert visitor.post("/password", wrong).status_code == 422
    right = {**wrong, "attuale": "parola-di-prova-lunga"}
    assert visitor.post("/password", {**right, "ripetuta": "altra parola lunga"}).status_code == 422
    assert visitor.post("/password", right).status_code == 303
    assert visitor.get("/").status_code == 303
    office.clock.advance(seconds=1)
    assert office.visitor().log_in("lea", "nuova parola lunga").status_code == 303


def test_health_is_a_finished_round_not_a_living_process(office: Office):
    alive = office.visitor().get("/health")
    assert (alive.status_code, alive.json()["status"]) == (200, "ok")
    office.clock.advance(minutes=6)
    late = office.visitor().get("/health")
    assert (late.status_code, late.json()["status"]) == (503, "stale")


def test_the_figures_for_monitoring_name_nobody(office: Office):
    text = office.visitor().get("/metrics").text
    assert 'pec_ingest_messages{outcome="review"}' in text
    assert "pec_ingest_last_round_timestamp_seconds 1.62754" in text
    assert "@" not in text
    assert "Ponte" not in text


def test_every_page_is_italian_has_a_skip_link_landmarks_one_heading_and_real_table_heads(office: Office):
    admin = office.visitor("anna")
    for path in HTML_PAGES:
        found = tags(admin.get(path.replace("{hostile}", str(hostile(office)))))
        names = [tag for tag, _ in found]
        assert ("html", {"lang": "it"}) in found, path
        assert ("a", {"class": "skip", "href": "#contenuto"}) in found, path
        assert names.count("main") == names.count("h1") == names.count("header") == 1, path
        assert names.count("table") <= names.count("tbody"), path
        assert all("scope" in attributes for tag, attributes in found if tag == "th"), path
        fields = [attributes for tag, attributes in found if tag in ("input", "select", "textarea")]
        labelled = {attributes.get("for") for tag, attributes in found if tag == "label"}
        for one in fields:
            assert one.get("type") in ("hidden", "checkbox") or one.get("id") in labelled, (path, one)


def test_a_digest_that_was_sent_is_shown_as_it_was_sent_whatever_came_in_later(office: Office):
    service, reader = office.service, office.visitor("lea")
    before = words(reader.get("/riepiloghi/2021-W29"))
    assert "non è stato inviato" in before
    with service.db.transaction() as session:
        assert queue_digest(session, service, Week(2021, 29), office.clock())
        session.execute(update(Organisation).values(name="Altro nome", status="withdrawn"))
        letter = session.scalars(select(Letter).where(Letter.kind == "digest").options(undefer(Letter.raw))).one()
    page = words(reader.get("/riepiloghi/2021-W29"))
    assert "Così come è stato preparato" in page
    assert letter.subject in page
    assert "Parrocchia San Marco" in page
    assert "Altro nome" not in words(reader.get("/riepiloghi/2021-W29/foglio"))
    assert b64encode(reader.get("/riepiloghi/2021-W29/allegato").content)[:300] in letter.raw.replace(b"\r\n", b"")


@pytest.mark.parametrize(("text", "number"), [("7", 7), ("2147483647", 2147483647), ("2147483648", None), ("-1", None)])
def test_no_database_is_asked_for_a_record_that_none_can_have(office: Office, text, number):
    assert number_in(text) == number
    if number is None:
        assert "La pagina non c'è" in words(office.visitor("lea").get(f"/enti/{text}"))
