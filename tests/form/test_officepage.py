import io
import zipfile

import pytest

from ingest.form.officepage import pages_of_office
from ingest.form.page import Channel
from ingest.form.reader import read_form
from ingest.verdict import Unreadable
from tests.corpus.variants import NOTICE

W = 'xmlns:w="http://w" xmlns:w14="http://w14"'


def a_docx(body: str) -> bytes:
    return _zipped({"word/document.xml": f"<w:document {W}><w:body>{body}</w:body></w:document>"})


def _zipped(parts: dict[str, str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return out.getvalue()


def p(*runs: str) -> str:
    return "<w:p>" + "".join(r if r.startswith("<") else f"<w:r><w:t>{r}</w:t></w:r>" for r in runs) + "</w:p>"


def a_row(*cells: str) -> str:
    return "<w:tr>" + "".join(f"<w:tc>{p(c)}</w:tc>" for c in cells) + "</w:tr>"


def a_control(text: str, *, box: bool | None = None) -> str:
    state = "" if box is None else f'<w14:checkbox><w14:checked w14:val="{int(box)}"/></w14:checkbox>'
    return f"<w:sdt><w:sdtPr>{state}</w:sdtPr><w:sdtContent><w:r><w:t>{text}</w:t></w:r></w:sdtContent></w:sdt>"


def _fields(content: bytes):
    return read_form(tuple(pages_of_office(content)), NOTICE, 0)[0].fields


HEAD = p("Il/La sottoscritto/a Villa Anna nato/a a Gessate il 20/03/1981")


def test_values_in_and_before_leaders_and_in_content_controls_are_read():
    content = a_docx(
        HEAD
        + p("Denominazione Fondazione Prisma ____________")
        + p("Codice fiscale ____99900010150____")
        + p("con sede in ", a_control("Bussero"), " prov. ", a_control("MI"))
    )
    fields = _fields(content)
    assert fields["organisation.name"].value == "Fondazione Prisma"
    assert fields["organisation.fiscal_code"].value == "99900010150"
    assert fields["organisation.registered_office.municipality"].value == "Bussero"
    assert fields["organisation.registered_office.province"].value == "MI"


def test_a_table_of_labels_and_values_is_read_cell_by_cell():
    rows = a_row("Denominazione", "Fondazione Prisma") + a_row("PEC", "prisma@pec.example.org") + a_row("Sito web", "")
    fields = _fields(a_docx(HEAD + f"<w:tbl>{rows}</w:tbl>"))
    assert fields["organisation.name"].value == "Fondazione Prisma"
    assert fields["organisation.pec"].value == "prisma@pec.example.org"
    assert "organisation.website" not in fields


def test_a_content_controls_box_is_read_by_its_state():
    boxes = p(
        a_control("☐", box=True),
        " la tematica dell'abitare ",
        a_control("☒", box=False),
        " la tematica dell'occupazione",
    )
    fields = _fields(a_docx(HEAD + p("Denominazione Fondazione Prisma") + p("in particolare per:") + boxes))
    assert fields["themes"].value == ["abitare"]


def test_an_odt_is_read_the_same_way():
    body = "".join(f"<text:p>{line}</text:p>" for line in (
        "Il/La sottoscritto/a Villa Anna", "Denominazione<text:tab/>Fondazione <text:span>Prisma</text:span>",
    ))  # fmt: skip
    content = _zipped({"content.xml": f'<o:d xmlns:o="o" xmlns:text="t"><o:text>{body}</o:text></o:d>'})
    page = next(pages_of_office(content))
    assert page.channel is Channel.OFFICE
    assert _fields(content)["organisation.name"].value == "Fondazione Prisma"


@pytest.mark.parametrize("content", [b"PK rubbish", _zipped({"other.xml": "<a/>"}), a_docx("<w:p>")])
def test_a_broken_office_file_is_unreadable(content):
    with pytest.raises(Unreadable):
        list(pages_of_office(content))


def test_a_body_named_like_a_street_keeps_its_name_in_a_paragraph_and_in_a_table():
    line = p("Denominazione Via Libera APS") + p("con sede in Gessate, via Roma n. 3")
    cells = a_row("Denominazione", "Via Libera APS") + a_row("Via", "via Roma 3")
    within = a_row("Denominazione</w:t><w:br/><w:t>Via Libera APS", "Via</w:t><w:br/><w:t>via Roma 3")
    tables = (a_docx(HEAD + f"<w:tbl>{rows}</w:tbl>") for rows in (cells, within))
    for content in (a_docx(HEAD + line), *tables):
        fields = _fields(content)
        assert fields["organisation.name"].value == "Via Libera APS"
        assert fields["organisation.registered_office.street"].value == "Via Roma"
