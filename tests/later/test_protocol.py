"""Protocol numbers: what the register needs goes out, numbers come back by file or by hand, none is invented."""

import csv
import io
from datetime import date
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy import select

from ingest.convocations.merge_fields import merge_fields
from ingest.entries import entry_whole
from ingest.numbered import numbered
from ingest.outbox import send_due
from ingest.protocol.numbers import ProtocolProblem, assign, import_numbers, registration
from ingest.protocol.registered import lacking_keys, office_of, registered
from ingest.protocol.segnatura import NAMESPACE, segnatura
from ingest.protocol.sheet import as_csv, sheets
from ingest.queries import LogFilter, log_rows, organisation_rows
from ingest.verdict import Unreadable
from ingest.vocabulary import ReceiptType
from models import Audit, Entry, Letter, Organisation, ProtocolNumber
from tests.console.conftest import filled_folder, office
from tests.console.office import Office, words
from tests.fakes import FakePost
from tests.later.builders import the_settings
from tests.register.builders import CODES, NOW, OURS, Sending, a_receipt, a_verdict, entries, letters, recorded

__all__ = ["filled_folder", "office"]
KEYS = {
    "administration": "c_c523", "name": "Comune di Prova", "fiscal_code": "99900010150", "aoo": "AOO1",
    "register_code": "REG1", "classification": "VII.12", "file_code": "2021-7", "file_name": "Piano di Zona",
}  # fmt: skip
SETTINGS = the_settings(protocol=KEYS)


@pytest.fixture
def two(db):
    """A register with two applications, their letters sent, and a receipt."""
    for number in range(2):
        form = {"organisation__fiscal_code": CODES[number], "organisation__name": f"Ente {number}"}
        recorded(db, a_verdict(Sending(sender=f"ente{number}@pec.example.org"), form))
    send_due(db, FakePost(), NOW)
    first = letters(db)[0]
    recorded(db, a_receipt(ReceiptType.ACCEPTANCE, first.message_id, recipients=(first.to_address,)))
    return db


def exported(db, *, everything=False):
    with db.reading() as session:
        raw = as_csv(sheets(session, SETTINGS, all_of_them=everything))
    return raw, list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig")), delimiter=";"))


def take(db, text, encoding="utf-8"):
    return import_numbers(db, text.encode(encoding), "REG1", "carlo", NOW)


def numbers(db):
    with db.reading() as session:
        return [(one.entry_id or one.letter_id, one.number, one.registered_on)
                for one in session.scalars(select(ProtocolNumber).order_by(ProtocolNumber.id))]  # fmt: skip


def test_the_register_gets_sender_subject_time_and_the_hash_of_each_document(two):
    _, rows = exported(two)
    assert [(row["riferimento"], row["verso"]) for row in rows] == [
        ("PDZ-000001", "entrata"), ("PDZ-000002", "entrata"), ("LETT-000001", "uscita"), ("LETT-000002", "uscita"),
    ]  # fmt: skip
    first = rows[0]
    assert (first["mittente"], first["destinatario"]) == ("ente0@pec.example.org", OURS)
    assert first["data e ora"] == "26/07/2021 10:15:00"
    assert first["impronta SHA-256"] == entries(two)[0].sha256
    assert len(first["impronte degli allegati"]) == 64
    assert first["numero protocollo"] == ""


def test_numbers_come_back_in_the_file_that_went_out(two):
    raw, _ = exported(two)
    text = raw.decode("utf-8-sig")
    for number, reference in enumerate(("PDZ-000001", "PDZ-000002", "LETT-000001")):
        way = "uscita" if "LETT" in reference else "entrata"
        text = text.replace(f"{reference};{way};;;", f"{reference};{way};{4500 + number};27/07/2021;")
    done = take(two, text)
    assert (done.new, done.known, done.problems) == (3, 0, ())
    assert numbers(two) == [(1, "0004500", date(2021, 7, 27)), (2, "0004501", date(2021, 7, 27)),
                            (1, "0004502", date(2021, 7, 27))]  # fmt: skip
    assert take(two, text).known == 3
    assert [row["riferimento"] for row in exported(two)[1]] == ["LETT-000002"]
    assert len(exported(two, everything=True)[1]) == 4


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Riferimento;N. Protocollo;Data\nPDZ-000001;12345;27/07/2021\n", "utf-8-sig"),
     ("Elenco esportato il 28/07\n\nNUMERO,DATA REGISTRAZIONE,ID\n12345/2021,2021-07-27,1\n", "cp1252"),
     ("identificativo PEC\tnumero\tdata protocollo\tcittà\n{id}\t0012345\t27/07/2021 10:00\tForlì\n", "utf-16")],
)  # fmt: skip
def test_a_file_of_numbers_is_read_whatever_its_encoding_separator_and_headings(two, text, encoding):
    identifier = entries(two)[0].identifier
    assert take(two, text.replace("{id}", identifier), encoding).new == 1
    assert numbers(two) == [(1, "0012345", date(2021, 7, 27))]


@pytest.mark.parametrize(
    ("rows", "problem"),
    [("PDZ-000099;5;27/07/2021", "nessun messaggio"), ("PDZ-000002;cinque;27/07/2021", "non è un numero"),
     ("PDZ-000002;5;ieri", "non è una data"), ("PDZ-000002;5/2020;27/07/2021", "anno"),
     ("PDZ-000002;7;27/07/2021", "è già di messaggio n. 1"), ("PDZ-000001;8;27/07/2021", "ha già il")],
)  # fmt: skip
def test_a_wrong_line_is_told_and_changes_nothing_and_the_others_are_taken(two, rows, problem):
    take(two, "riferimento;numero;data\nPDZ-000001;7;27/07/2021\n")
    before = numbers(two)
    done = take(two, f"riferimento;numero;data\n{rows}\nLETT-000001;900;27/07/2021\n")
    assert problem in done.problems[0]
    assert len(done.problems) == done.new == 1
    assert numbers(two)[: len(before)] == before


def test_a_file_without_the_headings_is_unreadable(two):
    with pytest.raises(Unreadable):
        take(two, "a;b;c\n1;2;3\n")


def test_a_number_begins_anew_every_year_and_a_correction_is_audited(two):
    with two.transaction() as session:
        one, other = session.get_one(Entry, 1), session.get_one(Entry, 2)
        assert assign(session, one, registration("7", "27/07/2021"), "carlo", NOW)
        assert assign(session, other, registration("7", "03/01/2022"), "carlo", NOW)
        assert not assign(session, one, registration("0000007", "2021-07-27"), "carlo", NOW)
        assert assign(session, one, registration("8", "27/07/2021"), "anna", NOW)
        with pytest.raises(ProtocolProblem):
            assign(session, other, registration("8", "27/07/2021"), "anna", NOW)
    with two.reading() as session:
        last = session.scalars(select(Audit).where(Audit.object == "entry:1").order_by(Audit.id.desc())).first()
    assert last
    assert (last.who, last.old, last.new) == ("anna", "n. 0000007 del 27/07/2021", "n. 0000008 del 27/07/2021")


def test_the_number_is_shown_in_log_entry_list_and_later_letters(two):
    take(two, "riferimento;numero;data\nPDZ-000001;7;27/07/2021\n")
    said = "n. 0000007 del 27/07/2021"
    whole = entry_whole(two, 1)
    assert whole
    assert whole["protocol"] == said
    with two.reading() as session:
        assert [row.protocol for row in log_rows(session, LogFilter())] == ["", "", said]
        assert [row.protocol for row in numbered(session, organisation_rows(session))] == [said, ""]
        body = session.get_one(Organisation, 1)
        assert merge_fields(session, body, SETTINGS.notice.rules()).protocollo == said


def test_the_segnatura_has_the_schema_s_elements_in_order_and_no_postal_address(two):
    take(two, "riferimento;numero;data\nPDZ-000001;7;27/07/2021\n")
    with two.reading() as session:
        message = registered(session, session.get_one(Entry, 1))
        assert registered(session, session.get_one(Entry, 2)) is None
    assert message
    raw = segnatura(office_of(SETTINGS), message)
    root = ET.fromstring(raw)
    assert root.get(f"{{{NAMESPACE}}}versione") == "3.0.0"
    names = [element.tag.partition("}")[2] for element in root.iter()]
    assert names == [
        "SegnaturaInformatica", "Intestazione", "Identificatore", "CodiceAmministrazione", "CodiceAOO",
        "CodiceRegistro", "NumeroRegistrazione", "DataRegistrazione", "Oggetto", "Classifica", "Denominazione",
        "CodiceFlat", "Fascicolo", "Denominazione", "CodiceFascicolo", "Descrizione", "Mittente", "PersonaGiuridica",
        "Denominazione", "PIVA", "ContattiPersonaGiuridica", "IndirizzoTelematico", "Destinatario", "PA",
        "DenominazionePA", "CFPA", "CodiceIPAPA", "CodiceIPAAOO", "ContattiAOO", "IndirizzoTelematico",
        "DocumentoPrimario", "Impronta",
    ]  # fmt: skip
    texts = {element.tag.partition("}")[2]: element.text for element in root.iter()}
    assert (texts["NumeroRegistrazione"], texts["DataRegistrazione"]) == ("0000007", "2021-07-27")
    assert texts["PIVA"] == CODES[0]


def test_a_segnatura_without_its_keys_or_its_sender_s_code_is_not_made(two):
    assert lacking_keys(the_settings())[0] == "protocol.administration"
    assert lacking_keys(SETTINGS) == []
    take(two, "riferimento;numero;data\nPDZ-000001;7;27/07/2021\n")
    with two.transaction() as session:
        session.get_one(Organisation, 1).fiscal_code = None
        message = registered(session, session.get_one(Entry, 1))
    assert message
    with pytest.raises(ValueError, match="eleven digits"):
        segnatura(office_of(SETTINGS), message)


def test_a_clerk_types_the_number_in_the_message_s_page(office: Office):
    clerk = office.visitor("carlo")
    assert "da protocollare" in words(clerk.get("/messaggi/3"))
    done = clerk.post("/messaggi/3/protocollo", {"numero": "4321", "data": "2021-07-29"})
    assert done.headers["location"] == "/messaggi/3?esito=protocollo-registrato"
    assert "n. 0004321 del 29/07/2021" in words(clerk.get("/messaggi/3"))
    assert "prot. n. 0004321" in words(clerk.get("/registro"))
    again = clerk.post("/messaggi/4/protocollo", {"numero": "4321", "data": "29/07/2021"})
    assert again.status_code == 422
    assert "è già di messaggio n. 3" in words(again)
    assert "PDZ-000003;entrata" not in clerk.get("/protocollo/esporta").content.decode("utf-8-sig")
    assert "PDZ-000003;entrata" in clerk.get("/protocollo/esporta?tutti=1").content.decode("utf-8-sig")
    with office.service.db.reading() as session:
        assert session.scalar(select(Letter.id).limit(1))
