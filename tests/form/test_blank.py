from datetime import datetime
from io import BytesIO

import pikepdf
import pypdfium2 as pdfium
import pytest
from pikepdf import Name, Pdf

from ingest.form.blank import write_blank_form
from ingest.form.field import FieldType, Need
from ingest.form.schema import SCHEMA, field_of
from ingest.form.widgets import state_option, widget_key
from tests.form.filling import MUNICIPALITIES, a_notice, field_names, fill

BLANK = write_blank_form(a_notice())
FILLED: dict[str, str | bool | list[str]] = {
    "declarant.name": "Bianchi Luigi",
    "declarant.capacity": "legal_representative",
    "organisation.name": "Associazione “Perché no” APS",
    "organisation.legal_nature": "aps",
    "organisation.fiscal_code": "99900010150",
    "organisation.registered_office.municipality": "Cassina de' Pecchi",
    "organisation.municipalities": ["Gessate", "Cassina de' Pecchi"],
    "organisation.legal_nature_other.public": "azienda_speciale",
    "themes": ["abitare"],
    "proposal": "Prima riga\nseconda riga",
    "declarations.art4_body": True,
}


def opened(data):
    return Pdf.open(BytesIO(data))


def text_of(data):
    document = pdfium.PdfDocument(data)
    try:
        return "\n".join(page.get_textpage().get_text_range() for page in document)
    finally:
        document.close()


def darkness(data, page=0):
    document = pdfium.PdfDocument(data)
    document.init_forms()
    try:
        picture = document[page].render(scale=1, grayscale=True).to_pil()
        return sum(1 for shade in picture.tobytes() if shade < 100)
    finally:
        document.close()


def test_the_same_notice_gives_the_same_bytes_and_another_notice_others():
    assert write_blank_form(a_notice()) == BLANK
    assert write_blank_form(a_notice(deadline=datetime.fromisoformat("2021-09-01T23:59:59+02:00"))) != BLANK


def test_the_file_opens_without_a_complaint_and_has_two_or_three_a4_pages():
    with opened(BLANK) as pdf:
        assert pdf.get_warnings() == []
        assert list(pdf.check_pdf_syntax()) == []
        assert len(pdf.pages) in {2, 3}
        assert all(
            [float(side) for side in page.MediaBox] == pytest.approx([0, 0, 595.28, 841.89]) for page in pdf.pages
        )


def test_the_notice_gives_deadline_themes_and_municipalities():
    notice = a_notice(themes={"minori": "i minori"}, municipalities=("Gessate", "Segrate"), own_values=())
    written = text_of(write_blank_form(notice))
    assert "29 luglio 2021" in written
    assert "i minori" in written
    assert "Segrate" in written
    assert "abitare" not in written
    assert "Bussero" not in written


def test_the_form_carries_the_anchors_it_is_recognised_by():
    written = text_of(BLANK)
    for anchor in ("ALLEGATO 1", "co-programmazione", "Il/La sottoscritto/a", "MANIFESTA", "Firma del dichiarante"):
        assert anchor in written
    assert "AVVISO PUBBLICO" not in written.upper()


def test_every_field_name_stands_for_a_schema_key_and_every_key_to_be_filled_has_a_field():
    with opened(BLANK) as pdf:
        names = field_names(pdf)
    keys = {found[0] for name in names if (found := widget_key(name))}
    assert all(widget_key(name) for name in names)
    assert keys == {field.key for field in SCHEMA if field.type is not FieldType.ISTAT} - {"signature.text"}
    assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("name", "slot"),
    [
        ("themes.abitare", ("themes", "abitare")),
        ("organisation.phones.mobile", ("organisation.phones", "mobile")),
        ("organisation.municipalities.cassina_de_pecchi", ("organisation.municipalities", "cassina de pecchi")),
        ("organisation.registrations.runts_number", ("organisation.registrations", "runts_number")),
        ("declarant.birth_province", ("declarant.birth_place", "province")),
        ("signature", ("signature.kind", "field")),
        ("untitled15", None),
        ("themes", None),
        ("themes.abitare.x", None),
    ],
)
def test_a_widget_name_says_its_key_and_slot(name, slot):
    assert widget_key(name) == slot


def test_the_state_of_a_radio_button_is_the_option():
    assert state_option("organisation.legal_nature", "social_cooperative") == "social_cooperative"
    assert state_option("organisation.legal_nature_other.public", "azienda_speciale") == "azienda speciale"
    with opened(BLANK) as pdf:
        group = field_names(pdf)["organisation.legal_nature"]
        states = {str(state)[1:] for kid in group.Kids for state in kid.AP.N if state != "/Off"}
    assert states == {option.value for option in field_of("organisation.legal_nature").options}


def test_required_fields_are_flagged_and_marked_with_an_asterisk():
    with opened(BLANK) as pdf:
        required = {name for name, field in field_names(pdf).items() if int(field.get("/Ff", 0)) & 2}
    assert required == {
        "declarant.name",
        "organisation.name",
        "organisation.legal_nature",
        "organisation.fiscal_code",
        "organisation.registered_office.municipality",
    }
    assert field_of("organisation.emails").need is Need.INTEGRATE  # any of three: said in the legend, not flagged
    assert text_of(BLANK).count(" *") == 7  # these five, themes and signature


def test_the_document_is_tagged_titled_and_italian():
    with opened(BLANK) as pdf:
        root = pdf.Root
        assert str(root.Lang) == "it-IT"
        assert root.MarkInfo.Marked
        assert root.ViewerPreferences.DisplayDocTitle
        assert str(pdf.docinfo.Title).startswith("Allegato 1")
        tags = [str(one.S) for one in root.StructTreeRoot.K[0].K]
        assert tags.count("/H1") == 1
        assert tags.count("/H2") == 7
        assert {"/P", "/Form"} <= set(tags)
        assert all(page.Tabs == Name.S for page in pdf.pages)


def test_every_widget_is_the_object_of_its_form_element_and_has_a_tooltip_and_an_appearance():
    with opened(BLANK) as pdf:
        numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
        tree = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
        widgets = [widget for page in pdf.pages for widget in page.Annots]
        assert len(widgets) > 90
        for widget in widgets:
            element = tree[int(widget.StructParent)]
            assert Name.Form == element.S
            assert element.K[0].Obj.objgen == widget.objgen
            assert str(widget.TU)
            assert "/N" in widget.AP


def test_every_mark_on_a_page_belongs_to_an_element_or_is_an_artifact():
    with opened(BLANK) as pdf:
        numbers = pdf.Root.StructTreeRoot.ParentTree.Nums
        tree = {int(numbers[at]): numbers[at + 1] for at in range(0, len(numbers), 2)}
        for page in pdf.pages:
            marked = 0
            for instruction in pikepdf.parse_content_stream(page):
                if str(instruction.operator) == "BDC":
                    assert int(instruction.operands[1].MCID) == marked
                    marked += 1
            assert len(tree[int(page.StructParents)]) == marked


def test_the_fonts_are_embedded():
    with opened(BLANK) as pdf:
        fonts = [font for page in pdf.pages for font in page.Resources.Font.values()]
        fonts += pdf.Root.AcroForm.DR.Font.values()
        assert all("/FontFile2" in font.FontDescriptor for font in fonts)


@pytest.mark.parametrize("how", ["program", "viewer"])
def test_a_filled_form_gives_back_what_was_typed(how):
    with opened(fill(BLANK, FILLED, how)) as pdf:
        assert pdf.get_warnings() == []
        fields = field_names(pdf)
        assert str(fields["organisation.name"].V) == "Associazione “Perché no” APS"
        assert Name("/aps") == fields["organisation.legal_nature"].V
        assert Name.Yes == fields["themes.abitare"].V
        assert Name.Off == fields["themes.occupazione"].V
        assert Name.Yes == fields["organisation.municipalities.cassina_de_pecchi"].AS


def test_a_flattened_form_has_its_values_in_the_text():
    written = text_of(fill(BLANK, FILLED, "flat"))
    assert "Bianchi Luigi" in written
    assert "99900010150" in written


def test_what_a_viewer_appends_keeps_the_original_bytes_and_is_drawn():
    filled = fill(BLANK, FILLED, "viewer")
    assert filled.startswith(BLANK)
    assert darkness(filled) > darkness(BLANK)


def test_the_nine_are_all_there():
    written = text_of(BLANK)
    assert all(name in written for name in MUNICIPALITIES)
