"""The digest's text, page and workbook."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.digest import DigestFacts, compose_digest, digest_workbook, preview_digest
from ingest.digest_facts import facts_to_json
from ingest.reply import message_bytes
from ingest.tally import tally_of
from tests.digest.builders import MADE, an_empty_week, an_organisation, digest_facts, some_organisations
from tests.letters.builders import an_addressing

CELLS = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


class Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.seen, self.text = set(), ""

    def handle_starttag(self, tag, attrs):
        self.seen.add(tag)

    def handle_data(self, data):
        self.text += data


def page(facts: DigestFacts) -> Tags:
    reader = Tags()
    reader.feed(preview_digest(facts).html)
    return reader


def strings(workbook: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(workbook)) as package:
        root = ET.fromstring(package.read("xl/sharedStrings.xml"))
    return ["".join(text.text or "" for text in item.iter(f"{CELLS}t")) for item in root]


def test_the_digest_tells_what_came_in_what_waits_and_what_did_not_arrive():
    letter = preview_digest(digest_facts())
    assert letter.subject == "[Riepilogo n. 3] Adesioni della settimana 2021-W29: 3 nuovi enti, 1 da esaminare"
    for line in (
        "Settimana 2021-W29, dal 19 luglio 2021 al 25 luglio 2021",
        "Messaggi ricevuti 7 = messaggi registrati 7, differenza 0",
        "Nuovi enti: 3",
        "Aggiornamenti di enti già registrati: 1",
        "Enti in totale: 4 (di cui fuori termine 1); adesioni ritirate 1",
        "- n. 12, 22/07/2021 11:30, studio@pec.example.com: Adesione. Nel messaggio non c'è un Allegato 1 compilato.",
        "- piena@pec.example.org: non consegnata dal 23/07/2021 09:00",
    ):
        assert line in letter.text.splitlines()
    assert "Settimana vuota" not in letter.text
    assert "ATTENZIONE" not in letter.text


def test_the_bodies_are_counted_by_category_municipality_theme_role_and_term():
    text = preview_digest(digest_facts()).text
    for line in (
        "- Organizzazione di volontariato (ODV): 2",
        "- Gessate: 2",
        "- la tematica dell'abitare: 3",
        "- Operativo: 3",
        "- Da confermare: 1",
        "- Nei termini: 3",
        "- Fuori termine, prima dell'avvio dei lavori: 1",
    ):
        assert line in text.splitlines()
    assert text.count("- non indicato: 1") == 2  # no municipality, no theme: the third body


def test_a_withdrawn_body_is_in_no_count():
    only = digest_facts(tally=tally_of((an_organisation(status="withdrawn"),)))
    assert "Enti in totale: 0 (di cui fuori termine 0); adesioni ritirate 1" in preview_digest(only).text


def test_an_empty_week_is_told_as_a_proof_of_life():
    letter = preview_digest(an_empty_week())
    assert letter.subject.endswith("settimana vuota")
    assert "Il servizio è in funzione" in letter.text
    assert "PER COMUNE" not in letter.text
    assert "Settimana vuota:" in page(an_empty_week()).text


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"received": 9}, "Messaggi ricevuti e non ancora esaminati: 2."),
        ({"last_round": None}, "Non risulta nessun controllo della casella"),
        ({"last_round": MADE - timedelta(hours=25)}, "risale al 25 luglio 2021 alle ore 07:00:00"),
        ({"quota": (85, 100)}, "La casella è piena al 85%"),
        ({"password_expires": date(2021, 8, 1)}, "La password della casella scade il 1° agosto 2021"),
        ({"password_expires": date(2021, 7, 25)}, "La password della casella risulta scaduta"),
        ({"troubles": ("casella PEC non raggiungibile",)}, "casella PEC non raggiungibile"),
    ],
)
def test_what_the_office_should_act_on_is_said_at_the_top_and_only_then(changes, said):
    letter = preview_digest(digest_facts(**changes))
    assert said in letter.text.partition("Nuovi enti:")[0]
    assert said in page(digest_facts(**changes)).text
    assert said not in preview_digest(digest_facts()).text


def test_long_lists_are_cut_in_the_mail_and_whole_in_the_workbook():
    many = tuple(an_organisation(number) for number in range(1, 61))
    letter = compose_digest(digest_facts(arrived=many), many)
    assert "- e altri 10, nel foglio allegato" in letter.text
    assert "Associazione Aurora 60" not in letter.text
    (attached,) = letter.attachments
    assert attached.name == "adesioni-2021-W29.xlsx"
    assert "Associazione Aurora 60" in strings(attached.content)


def test_the_same_facts_give_the_same_bytes():
    rows = some_organisations()
    assert compose_digest(digest_facts(), rows) == compose_digest(digest_facts(), rows)


def test_no_cell_of_the_workbook_is_a_formula_a_link_or_a_turned_number():
    evil = ('=cmd|"/c calc"!A1', "http://evil.example", "00099900010150", "@SUM(1)", "a\x00\x0bb\ud800")
    rows = tuple(an_organisation(number, name=name) for number, name in enumerate(evil))
    content = digest_workbook(digest_facts(), rows)
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        sheets = [package.read(name) for name in package.namelist() if name.startswith("xl/worksheets/sheet")]
        assert not any("hyperlinks" in name or "rels/sheet" in name for name in package.namelist())
    assert len(sheets) == 4
    assert not any(b"<f>" in sheet for sheet in sheets)
    assert {*evil[:4], "ab"} <= set(strings(content))


HOSTILE = st.text(max_size=40) | st.sampled_from(["<script>x", "a\r\nBcc: b@c.example", "{{7*7}}", "\ud800", "=1+1"])


@settings(max_examples=25, deadline=None)
@given(words=st.lists(HOSTILE, min_size=7, max_size=7))
def test_no_value_ever_breaks_the_digest_its_markup_or_its_headers(words):
    row = an_organisation(
        name=words[0], municipality=words[1], themes=(words[2],), legal_nature=words[3], role=words[4]
    )
    facts = digest_facts(title=words[5], tally=tally_of((row,)), arrived=(row,), troubles=(words[6],))
    letter = compose_digest(facts, (row,))
    reader = Tags()
    reader.feed(letter.html)
    assert "script" not in reader.seen
    raw = message_bytes(letter, an_addressing(receipt_type="", automatic="auto-generated"))
    head = raw.partition(b"\r\n\r\n")[0]
    assert b"\r\nBcc:" not in head
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in head
    assert b"X-TipoRicevuta" not in head
    assert max(len(line) for line in raw.split(b"\r\n")) <= 79  # the name of the workbook's type cannot be folded


def test_a_persons_fiscal_code_never_travels_in_the_mail():
    row = an_organisation(name="Ditta BNCLGU65M10E094X")
    assert "BNCLGU65M10E094X" not in preview_digest(digest_facts(arrived=(row,))).text


def test_the_facts_can_be_stored_with_the_digests_row():
    stored = facts_to_json(digest_facts())
    assert stored["week"] == {"year": 2021, "number": 29}
    assert stored["made_at"] == "2021-07-26T06:00:00Z"
    assert datetime.fromisoformat(stored["last_round"]) == datetime(2021, 7, 26, 5, 58, tzinfo=UTC)
