"""Forms written with a word processor, with the means people use: controls, tab leaders, symbols, text boxes."""

import io
import zipfile

import pytest

from ingest.form.page import Channel
from ingest.form.pages import pages_of
from ingest.form.reader import read_form
from ingest.verdict import Unreadable
from tests.corpus.variants import NOTICE

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ODT = "application/vnd.oasis.opendocument.text"
SPACES = 'xmlns:w="http://w" xmlns:w14="http://w14" xmlns:mc="http://mc"'
ODF = 'xmlns:office="http://o" xmlns:text="http://t" xmlns:draw="http://d" xmlns:form="http://f"'
HEAD = ("ALLEGATO 1", "Manifestazione di interesse, co-programmazione, Piano Sociale di Zona")


def packed(**parts: str) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, text in parts.items():
            archive.writestr({"document": "word/document.xml"}.get(name, "content.xml"), text)
    return target.getvalue()


def run(text: str, properties: str = "") -> str:
    return f'<w:r>{properties}<w:t xml:space="preserve">{text}</w:t></w:r>'


def par(*runs: str, properties: str = "") -> str:
    return f"<w:p>{properties}{''.join(run(r) if not r.startswith('<') else r for r in runs)}</w:p>"


def a_docx(*paragraphs: str) -> bytes:
    body = "".join((*(par(line) for line in HEAD), *paragraphs))
    return packed(document=f"<w:document {SPACES}><w:body>{body}</w:body></w:document>")


def an_odt(body: str, controls: str = "") -> bytes:
    head = "".join(f"<text:p>{line}</text:p>" for line in HEAD)
    return packed(content=f"<office:text {ODF}><office:forms>{controls}</office:forms>{head}{body}</office:text>")


def fields(content: bytes, kind: str = DOCX) -> dict[str, object]:
    (reading,) = read_form(tuple(pages_of(content, kind, None)), NOTICE, 0)
    return {key: value.value for key, value in reading.fields.items()}


def a_control(state: str) -> str:
    box = f'<w14:checkbox><w14:checked w14:val="{state}"/></w14:checkbox>'
    return f"<w:sdt><w:sdtPr>{box}</w:sdtPr><w:sdtContent/></w:sdt>"


def a_legacy_box(state: str) -> str:
    return f"<w:r><w:fldChar><w:ffData><w:checkBox>{state}</w:checkBox></w:ffData></w:fldChar></w:r>"


NAME = par("Il/La sottoscritto/a (cognome e nome) ______Bianchi Luigi______")


def test_the_page_of_an_office_file_says_that_its_distances_are_invented():
    (page,) = pages_of(a_docx(NAME), DOCX, None)

    assert page.channel is Channel.OFFICE


def test_a_tab_with_a_leader_is_an_empty_place():
    stops = '<w:pPr><w:tabs><w:tab w:val="right" w:leader="underscore" w:pos="9000"/></w:tabs></w:pPr>'
    (page,) = pages_of(a_docx(par("Codice fiscale", "<w:r><w:tab/></w:r>", properties=stops)), DOCX, None)

    assert [leader.mark for leader in page.leaders] == ["_"]


@pytest.mark.parametrize(
    ("tick", "themes"),
    [
        (a_control("1"), True),
        (a_control("0"), False),
        (a_legacy_box("<w:checked/>"), True),
        (a_legacy_box('<w:default w:val="0"/>'), False),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0FE"/></w:r>', True),
        ('<w:r><w:sym w:font="Wingdings" w:char="F0A8"/></w:r>', False),
    ],
)  # fmt: skip
def test_every_kind_of_box_is_read_by_its_state(tick, themes):
    form = a_docx(NAME, par("MANIFESTA"), par(tick, " la tematica dell'abitare"))

    assert (fields(form).get("themes") == ["abitare"]) is themes


def test_a_symbol_with_a_broken_code_costs_itself_alone():
    form = a_docx(NAME, par('<w:r><w:sym w:font="Wingdings" w:char="zz"/></w:r>', "Denominazione: Prisma APS"))

    assert fields(form)["organisation.name"] == "Prisma APS"


def test_a_text_box_is_read_once_on_lines_of_its_own():
    inside = f"<w:txbxContent>{par('Codice fiscale: 99900010150')}</w:txbxContent>"
    both = (
        f"<mc:AlternateContent><mc:Choice>{inside}</mc:Choice><mc:Fallback>{inside}</mc:Fallback></mc:AlternateContent>"
    )
    (page,) = pages_of(a_docx(NAME, par(f"<w:r><mc:AlternateContent>{both}</mc:AlternateContent></w:r>")), DOCX, None)

    assert [word.text for word in page.words].count("99900010150") == 1


def test_hidden_and_deleted_text_is_not_read():
    hidden = run("99900010150", "<w:rPr><w:vanish/></w:rPr>")
    deleted = "<w:del><w:r><w:delText>99900020159</w:delText></w:r></w:del>"
    (page,) = pages_of(a_docx(par("Codice fiscale: ", hidden, deleted)), DOCX, None)

    assert not any(word.text.startswith("999") for word in page.words)


def test_the_controls_of_an_odt_are_read_where_they_stand():
    controls = (
        '<form:checkbox form:id="c1" form:current-state="checked"/><form:checkbox form:id="c2"/>'
        '<form:text form:id="t1" form:current-value="Bianchi Luigi"/>'
    )
    body = (
        '<text:p>Il/La sottoscritto/a (cognome e nome) <draw:control draw:control="t1"/></text:p>'
        "<text:p>MANIFESTA</text:p>"
        '<text:p><draw:control draw:control="c1"/>la tematica dell\'abitare</text:p>'
        '<text:p><draw:control draw:control="c2"/>la tematica dell\'occupazione</text:p>'
    )

    found = fields(an_odt(body, controls), ODT)

    assert found["declarant.name"] == "Bianchi Luigi"
    assert found["themes"] == ["abitare"]


@pytest.mark.parametrize("content", [b"PK\x03\x04 broken", packed(content="<a>")])
def test_a_broken_office_file_is_unreadable(content):
    with pytest.raises(Unreadable):
        tuple(pages_of(content, ODT, None))
