"""The figures for the Assembly of Mayors and the lists to publish: right numbers, and nothing of any person."""

import io
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pdfplumber
import pytest
from sqlalchemy import select

from ingest.admission import admission_of, decide, report_now
from ingest.decisions import Deciding
from ingest.organisation_queries import organisation_tally
from ingest.queries import organisation_rows
from ingest.report import as_html, as_xlsx
from ingest.report_pdf import as_pdf
from ingest.tally import tally_of
from models import Audit, Organisation
from tests.console.conftest import filled_folder, office
from tests.console.office import Office, words
from tests.later.builders import adherents, the_settings
from tests.register.builders import NOW

__all__ = ["filled_folder", "office"]
NOTICE = the_settings().notice.rules()
PRIVATE = ("Paola", "Colombo", "@pec.example", "@posta.example", "BNCLGU65M10E094X", "segreto")


def made(db):
    with db.reading() as session:
        return report_now(session, NOTICE, NOW)


@pytest.fixture
def some(db):
    adherents(db, 3)
    adherents(db, 2, municipality="Gorgonzola", legal_nature="aps", role="consultative", timeliness="after-start",
              themes=["abitare", "occupazione"], first_accepted_at=datetime(2021, 9, 20, tzinfo=UTC))  # fmt: skip
    adherents(db, 1, municipality=None, themes=[], status="to-confirm", name="Rete BNCLGU65M10E094X")
    adherents(db, 1, status="withdrawn")
    adherents(db, 1, status="merged")
    return db


def text_of(pdf):
    with pdfplumber.open(io.BytesIO(pdf)) as pages:
        return "\n".join(page.extract_text() for page in pages.pages)


def test_the_figures_count_each_adherent_once_by_category_municipality_role_and_time(some):
    found = made(some)
    assert (found.total, found.on_time, found.withdrawn, found.unsettled) == (6, 4, 1, 1)
    tables = {name.partition(" (")[0]: {one.label: one.number for one in table} for name, table in found.figures}
    assert tables["Per categoria"] == {
        "Organizzazione di volontariato (ODV)": 4, "Associazione di promozione sociale (APS)": 2,
    }  # fmt: skip
    assert tables["Per Comune"] == {"Gessate": 3, "Gorgonzola": 2, "non indicato": 1}
    assert tables["Per tematica"] == {"la tematica dell'abitare": 5, "la tematica dell'occupazione": 2,
                                      "non indicato": 1}  # fmt: skip
    assert tables["Per ruolo"] == {"Operativo": 4, "Consultivo": 2}
    assert [(month.label, month.number, month.total) for month in found.months] == [
        ("luglio 2021", 4, 4), ("settembre 2021", 2, 6),
    ]  # fmt: skip


def test_who_adhered_is_admitted_unless_a_person_decided_otherwise(some):
    assert (len(made(some).admitted), len(made(some).not_admitted)) == (5, 0)
    assert decide(some, 1, admitted=False, why="segreto", by=Deciding("carlo", NOW))
    found = made(some)
    assert (len(found.admitted), [one.name for one in found.not_admitted]) == (4, ["Associazione 0000"])
    assert decide(some, 1, admitted=True, why="", by=Deciding("anna", NOW + timedelta(days=1)))
    assert (len(made(some).admitted), len(made(some).not_admitted)) == (5, 0)
    assert not decide(some, 999, admitted=True, why="", by=Deciding("anna", NOW))
    with some.reading() as session:
        decision = admission_of(session, 1)
        assert decision
        assert decision.decided_by == "anna"
        assert [one.who for one in session.scalars(select(Audit).order_by(Audit.id))] == ["carlo", "anna"]


def test_the_lists_may_be_cut_for_a_page_but_every_figure_counts_all(some):
    decide(some, 1, admitted=False, why="segreto", by=Deciding("carlo", NOW))
    whole = made(some)
    with some.reading() as session:
        cut = report_now(session, NOTICE, NOW, 2)
    assert (len(cut.admitted), cut.admitted) == (2, whole.admitted[:2])
    assert (cut.admitted_total, cut.not_admitted_total) == (len(whole.admitted), len(whole.not_admitted)) == (4, 1)
    assert (cut.total, cut.figures, cut.months, cut.unsettled) == (
        whole.total, whole.figures, whole.months, whole.unsettled,
    )  # fmt: skip


def test_what_the_database_counts_is_what_stands_in_its_rows(some):
    with some.reading() as session:
        counted = organisation_tally(session, Organisation.status != "merged")
        rows = organisation_rows(session)
    assert dict(counted.groups) == dict(tally_of(rows).groups)
    assert counted.total == len(rows) == 7


def test_a_month_begins_at_midnight_in_rome_and_years_are_told_apart(db):
    for at in ("2021-07-31T21:59:59", "2021-07-31T22:00:00", "2021-12-31T23:00:00", "1999-12-31T22:59:59"):
        adherents(db, 1, first_accepted_at=datetime.fromisoformat(f"{at}+00:00"))
    assert [(month.label, month.total) for month in made(db).months] == [
        ("dicembre 1999", 1), ("luglio 2021", 2), ("agosto 2021", 3), ("gennaio 2022", 4),
    ]  # fmt: skip


def test_page_workbook_and_pdf_say_the_same_and_nothing_of_any_person(some):
    decide(some, 1, admitted=False, why="segreto", by=Deciding("carlo", NOW))
    found = made(some)
    with ZipFile(io.BytesIO(as_xlsx(found))) as book:
        sheet = book.read("xl/sharedStrings.xml").decode()
    for text in (as_html(found).decode(), sheet, text_of(as_pdf(found))):
        assert "Associazione 0000" in text
        assert "Gorgonzola" in text
        assert not [word for word in PRIVATE if word in text]


def test_the_same_report_gives_the_same_bytes(some):
    found = made(some)
    assert as_pdf(found) == as_pdf(found)
    assert as_xlsx(found) == as_xlsx(found)


def test_a_report_on_nobody_is_a_report(db):
    found = made(db)
    assert found.total == 0
    assert "Nessuno." in text_of(as_pdf(found))
    assert b"Nessuno." in as_html(found)
    assert as_xlsx(found)[:2] == b"PK"


def test_a_hundred_long_names_fit_the_page(db):
    adherents(db, 100, name="Associazione dal nome molto lungo " * 8 + "<b>&")
    text = text_of(as_pdf(made(db)))
    assert text.count("Associazione dal nome") >= 100


def test_the_console_shows_it_and_a_refusal_needs_its_reason(office: Office):
    clerk = office.visitor("carlo")
    assert "Enti ammessi" in words(clerk.get("/relazione"))
    assert clerk.get("/relazione/pdf").content[:5] == b"%PDF-"
    assert clerk.get("/relazione/xlsx").content[:2] == b"PK"
    assert "Enti non ammessi: 0" in clerk.get("/relazione/html").text
    assert clerk.get("/relazione/exe").status_code == 404
    assert clerk.post("/enti/1/ammissione", {"ammesso": "no"}).status_code == 422
    assert clerk.post("/enti/1/ammissione", {"ammesso": "no", "motivo": "segreto"}).status_code == 303
    assert "Enti non ammessi: 1" in clerk.get("/relazione/html").text
    assert "segreto" not in clerk.get("/relazione/html").text
    assert "non ammesso" in words(clerk.get("/enti/1/ammissione"))
