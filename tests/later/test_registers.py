"""Public registers as files: read whatever wrote them, compared, told as warnings; no value is ever changed."""

import pytest
from sqlalchemy import func, select

from ingest.digest import preview_digest
from ingest.digest_facts import gather
from ingest.registers import import_register, warnings
from ingest.verdict import Unreadable
from ingest.week import week_of
from models import Organisation, RegisterRow
from tests.console.conftest import filled_folder, office
from tests.console.office import Office, words
from tests.later.builders import NOTICE, adherents, the_settings
from tests.register.builders import CODES, NOW

__all__ = ["filled_folder", "office"]
HEAD = "Codice fiscale;Denominazione;PEC\n"


def told(db):
    with db.reading() as session:
        return [(one.register, one.text) for one in warnings(session, NOTICE["id"])]


def take(db, text, kind="runts", encoding="utf-8"):
    return import_register(db, kind, text.encode(encoding), NOW)


@pytest.fixture
def one(db):
    """A register with one adherent: Associazione Aurora ODV, aurora@pec.example."""
    adherents(db, 1, name="Associazione Aurora ODV", match_name="aurora", fiscal_code=CODES[0],
              pec="aurora@pec.example")  # fmt: skip
    return db


def test_without_a_file_nothing_is_said(one):
    assert told(one) == []


def test_a_body_that_stands_there_as_its_form_says_gets_no_warning(one):
    assert take(one, f"{HEAD}{CODES[0]};AURORA - ORGANIZZAZIONE DI VOLONTARIATO;Aurora@PEC.example\n") == 1
    assert told(one) == []


@pytest.mark.parametrize(
    ("row", "text"),
    [(f"{CODES[0]};Bocciofila Il Pallino;aurora@pec.example", "è iscritto «Bocciofila Il Pallino»"),
     (f"{CODES[0]};Aurora ODV;altra@pec.example", "la PEC iscritta è altra@pec.example, il modulo indica aurora@pec"),
     (f"{CODES[1]};Beta APS;aurora@pec.example", "la PEC del modulo risulta di «Beta APS»"),
     (f"{CODES[1]};Beta APS;beta@pec.example", "non si trova in nessuno dei registri")],
)  # fmt: skip
def test_a_difference_of_name_address_or_code_is_told_and_changes_nothing(one, row, text):
    take(one, f"{HEAD}{row}\n")
    assert any(text in said for _, said in told(one))
    with one.reading() as session:
        body = session.scalars(select(Organisation)).one()
        assert (body.name, body.fiscal_code, body.pec) == ("Associazione Aurora ODV", CODES[0], "aurora@pec.example")


def test_several_sections_of_one_code_are_no_difference_when_one_fits(one):
    take(one, f"{HEAD}{CODES[0]};Sede nazionale;\n{CODES[0]};Aurora;aurora@pec.example\n")
    assert told(one) == []


@pytest.mark.parametrize(
    ("text", "encoding"),
    [("Elenco enti\n\nDENOMINAZIONE,CF,Domicilio digitale\nAurora,{c},aurora@pec.example\n", "utf-8-sig"),
     ("cod_amm\tdes_amm\tCod. Fisc.\tmail1\nx\tAurora Città\t{c}\taurora@pec.example\n", "cp1252"),
     ("Ragione sociale|Codice Fiscale\nAurora|'{c}\n", "utf-16")],
)  # fmt: skip
def test_files_are_read_whatever_their_encoding_separator_and_headings(one, text, encoding):
    assert take(one, text.replace("{c}", CODES[0]), "inipec", encoding) == 1
    assert told(one) == []


def test_a_code_that_lost_its_zeros_in_a_spreadsheet_is_still_the_code(db):
    adherents(db, 1, name="Zeta", match_name="zeta", fiscal_code="00861930154", pec="zeta@pec.example")
    take(db, f"{HEAD}861930154;Zeta;zeta@pec.example\n")
    assert told(db) == []


def test_a_new_file_takes_the_place_of_the_one_before_of_its_kind_alone(one):
    take(one, f"{HEAD}{CODES[1]};Beta;\n{CODES[2]};Gamma;\n")
    take(one, f"{HEAD}{CODES[0]};Aurora;aurora@pec.example\n", "ipa")
    assert take(one, f"{HEAD}{CODES[3]};Delta;\n") == 1
    with one.reading() as session:
        counted = select(RegisterRow.kind, func.count()).group_by(RegisterRow.kind)
        assert {row[0]: row[1] for row in session.execute(counted)} == {"runts": 1, "ipa": 1}


def test_a_file_without_its_headings_is_refused_and_the_one_before_stays(one):
    take(one, f"{HEAD}{CODES[0]};Aurora;aurora@pec.example\n")
    with pytest.raises(Unreadable):
        take(one, "nome;cognome\na;b\n")
    assert told(one) == []


def test_the_digest_counts_the_bodies_that_differ(one):
    take(one, f"{HEAD}{CODES[0]};Bocciofila Il Pallino;altra@pec.example\n")
    with one.reading() as session:
        facts = gather(session, the_settings().notice.rules(), week_of(NOW.date()), NOW)
    assert facts.register_differences == 1
    for text in (preview_digest(facts).text, preview_digest(facts).html):
        assert "Enti di cui un registro pubblico dice altro" in text


def test_the_body_s_page_says_what_a_register_says_otherwise(office: Office):
    import_register(office.service.db, "runts", f"{HEAD}{CODES[5]};Nessuno;\n".encode(), NOW)
    said = words(office.visitor("lea").get("/enti/1"))
    assert "I registri pubblici dicono altro" in said
    assert "non si trova in nessuno dei registri importati" in said
