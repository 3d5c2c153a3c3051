import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.form.blank import write_blank_form
from ingest.form.broken import with_whole_labels
from ingest.form.columns import with_wrapped_columns
from ingest.form.page import Word
from ingest.form.reader import is_blank, read_form
from ingest.form.row import Row
from ingest.verdict import DocumentSignature
from ingest.vocabulary import Method, Reason
from tests.corpus.variants import NOTICE, generate
from tests.form.sheets import HEIGHT, a_note, a_sheet, changed, fields_of, pages, written

HEAD = (
    (50, 60, "Il/La sottoscritto/a Villa Anna nato/a a Gessate il 20/03/1981"),
    (50, 80, "in qualità di legale rappresentante"),
)
SEAT = "organisation.registered_office"


def test_a_value_typed_over_its_leader_comes_out_clean():
    fields = fields_of(a_sheet(written(*HEAD, (50, 100, "Denominazione " + "." * 60), (130, 98, "Ass. Il Girasole"))))
    assert fields["organisation.name"].value == "Ass. Il Girasole"
    assert fields["organisation.name"].confidence >= 0.95


def test_values_nine_points_below_their_leaders_belong_to_the_leaders_above():
    lines = [(50, 100, "Denominazione " + "_" * 50), (50, 124, "con sede in " + "_" * 30), (50, 148, "PEC " + "_" * 50)]
    values = [(140, 109, "Fondazione Prisma"), (120, 133, "Bussero"), (90, 157, "prisma@pec.example.org")]
    fields = fields_of(a_sheet(written(*HEAD, *lines, *values)))
    assert fields["organisation.name"].value == "Fondazione Prisma"
    assert fields[f"{SEAT}.municipality"].value == "Bussero"
    assert fields["organisation.pec"].value == "prisma@pec.example.org"


def test_a_value_typed_in_the_middle_of_its_leader_is_read():
    lines = [
        (50, 100, "Denominazione ____Fondazione Prisma____ Sigla ________"),
        (50, 120, "PEC ....p@pec.example.org...."),
    ]
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    assert fields["organisation.name"].value == "Fondazione Prisma"
    assert fields["organisation.pec"].value == "p@pec.example.org"
    assert "organisation.acronym" not in fields


def test_free_prose_without_any_leader_is_read():
    lines = [
        (
            50,
            60,
            "Io sottoscritta VILLA ANNA, nata a Gessate (MI) il 20/03/1981, legale rappresentante della Cooperativa",
        ),
        (50, 74, "Sociale Prisma, con sede legale in Bussero, via Roma 3, CAP 20041, P.IVA 99900010150,"),
    ]
    fields = fields_of(a_sheet(written(*lines)))
    assert fields["declarant.name"].value == "VILLA ANNA"
    assert fields["declarant.capacity"].value == "legal_representative"
    assert fields["organisation.name"].value == "Cooperativa Sociale Prisma"
    assert fields[f"{SEAT}.street"].value == "Via Roma"
    assert fields[f"{SEAT}.number"].value == "3"
    assert fields[f"{SEAT}.postcode"].value == "20041"


def test_a_contact_person_who_is_the_declarant_is_copied_with_a_mark():
    lines = [(50, 100, "Denominazione Fondazione Prisma"), (50, 120, "Referente: il sottoscritto")]
    contact = fields_of(a_sheet(written(*HEAD, *lines)))["contact.name"]
    assert contact.value == "Villa Anna"
    assert "copied" in contact.warnings


def test_an_empty_place_is_absent_and_takes_no_neighbour():
    fields = fields_of(
        a_sheet(written(*HEAD, (50, 100, "Denominazione ________________ Sigla __________ Codice fiscale 99900010150")))
    )
    assert "organisation.name" not in fields
    assert "organisation.acronym" not in fields
    assert fields["organisation.fiscal_code"].value == "99900010150"


def test_the_declarants_residence_is_never_the_bodys_seat():
    text = (50, 100, "residente in Milano via Falsa n. 9 CAP 20199 tel. 0299999999")
    body = (50, 120, "della Società/Ente Fondazione Prisma con sede in Gessate")
    fields = fields_of(a_sheet(written(*HEAD, text, body)))
    assert fields[f"{SEAT}.municipality"].value == "Gessate"
    for key in ("street", "number", "postcode"):
        assert f"{SEAT}.{key}" not in fields
    assert "organisation.phones" not in fields


def test_the_offices_own_data_and_its_block_are_never_the_bodys():
    lines = [
        (300, 20, "Spett.le Comune di Cernusco sul Naviglio"),
        (300, 32, "PEC: comune.cernuscosulnaviglio@pec.regione.lombardia.it"),
        (50, 120, "Denominazione Fondazione Prisma"),
        (50, 160, "RISERVATO ALL'UFFICIO"),
        (50, 175, "Prot. n. 4711 C.F. 01217430154 tel. 0292781"),
    ]
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    assert fields["organisation.name"].value == "Fondazione Prisma"
    for key in ("organisation.pec", "organisation.fiscal_code", "organisation.phones"):
        assert key not in fields


def test_one_character_per_box_is_one_code():
    def draw(canvas: Canvas) -> None:
        written(*HEAD, (50, 100, "Denominazione Fondazione Prisma"), (50, 128, "Codice fiscale"))(canvas)
        for i, digit in enumerate("99900010150"):
            canvas.rect(130 + i * 15, HEIGHT - 132, 15, 16)
            canvas.drawString(134 + i * 15, HEIGHT - 128, digit)

    assert fields_of(a_sheet(draw))["organisation.fiscal_code"].value == "99900010150"


def test_a_comment_laid_over_a_leader_is_read_as_an_annotation():
    content = a_sheet(written(*HEAD, (50, 100, "Denominazione " + "_" * 50)))
    content = changed(content, a_note((125, HEIGHT - 104, 330, HEIGHT - 90), "Comitato Martesana"))
    name = fields_of(content)["organisation.name"]
    assert name.value == "Comitato Martesana"
    assert name.method is Method.ANNOTATION


def test_a_table_with_its_labels_on_top_gives_the_values_below_them():
    def draw(canvas: Canvas) -> None:
        written(*HEAD)(canvas)
        columns = (("Denominazione", "Fondazione Prisma"), ("Sede", "Bussero"), ("Codice fiscale", "99900010150"))
        for i, (label, value) in enumerate(columns):
            for row, text in enumerate((label, value)):
                canvas.rect(50 + i * 160, HEIGHT - 140 - row * 22, 160, 22)
                canvas.drawString(54 + i * 160, HEIGHT - 133 - row * 22, text)

    fields = fields_of(a_sheet(draw))
    assert fields["organisation.name"].value == "Fondazione Prisma"
    assert fields[f"{SEAT}.municipality"].value == "Bussero"
    assert fields["organisation.fiscal_code"].value == "99900010150"


def test_labels_in_one_column_and_values_in_the_next():
    def draw(canvas: Canvas) -> None:
        written(*HEAD)(canvas)
        rows = (
            ("Denominazione", "Fondazione Prisma"),
            ("Codice fiscale", "99900010150"),
            ("PEC", ""),
            ("Sito web", "www.prisma.example"),
        )
        for i, texts in enumerate(rows):
            for column, text in enumerate(texts):
                canvas.rect(50 + column * 150, HEIGHT - 140 - i * 22, 150 + column * 100, 22)
                canvas.drawString(54 + column * 150, HEIGHT - 133 - i * 22, text)

    fields = fields_of(a_sheet(draw))
    assert fields["organisation.name"].value == "Fondazione Prisma"
    assert fields["organisation.fiscal_code"].value == "99900010150"
    assert "organisation.pec" not in fields
    assert fields["organisation.website"].value == "http://www.prisma.example"


def _themes(mark: str) -> bytes:
    def draw(canvas: Canvas) -> None:
        written(*HEAD, (50, 100, "Denominazione Fondazione Prisma"), (50, 140, "in particolare per:"))(canvas)
        written((70, 160, "la tematica dell'abitare"), (270, 160, "la tematica dell'occupazione"))(canvas)
        for x in (55, 255):
            canvas.rect(x, HEIGHT - 162, 10, 10)
        if mark in ("strokes", "both"):
            for x in (55, 255) if mark == "both" else (55,):
                canvas.line(x, HEIGHT - 162, x + 10, HEIGHT - 152)
                canvas.line(x, HEIGHT - 152, x + 10, HEIGHT - 162)
        if mark == "letter":
            canvas.drawString(57, HEIGHT - 160, "X")
        if mark == "circle":
            canvas.ellipse(66, HEIGHT - 166, 180, HEIGHT - 148)
        if mark == "struck":
            canvas.line(55, HEIGHT - 162, 65, HEIGHT - 152)
            canvas.line(70, HEIGHT - 157, 180, HEIGHT - 157)

    return a_sheet(draw)


@pytest.mark.parametrize("mark", ["strokes", "letter"])
def test_a_mark_over_a_drawn_square_ticks_that_square_only(mark):
    assert fields_of(_themes(mark))["themes"].value == ["abitare"]


def test_two_marks_where_several_are_allowed_are_two_values():
    assert fields_of(_themes("both"))["themes"].value == ["abitare", "occupazione"]


def test_a_circled_option_is_shown_to_a_person():
    themes = fields_of(_themes("circle"))["themes"]
    assert themes.value == ["abitare"]
    assert themes.confidence < 0.85
    assert "circled" in themes.warnings


def test_a_ticked_option_that_is_struck_out_is_no_value():
    themes = fields_of(_themes("struck"))["themes"]
    assert themes.value is None
    assert "struck-out" in themes.warnings


def test_no_mark_is_no_theme():
    assert "themes" not in fields_of(_themes("none"))


def test_two_exclusive_boxes_are_a_conflict_without_a_value():
    lines = [(50, 100, "Denominazione Fondazione Prisma"), (50, 140, "Natura giuridica"),
        (50, 160, "[X] Fondazione"), (250, 160, "[X] Impresa sociale"), (50, 180, "[ ] Rete associativa")]  # fmt: skip
    content = a_sheet(written(*HEAD, *lines))
    nature = fields_of(content)["organisation.legal_nature"]
    assert nature.value is None
    assert "conflicting-ticks" in nature.warnings
    assert "Fondazione" in nature.raw
    assert "Impresa sociale" in nature.raw
    assert Reason.CONFLICTING_TICKS in read_form(pages(content), NOTICE, 0)[0].reasons


def test_a_box_printed_after_its_words_belongs_to_the_words_before_it():
    lines = [(50, 100, "Denominazione Fondazione Prisma"), (50, 140, "in particolare per:"),
        (50, 160, "la tematica dell'abitare [ ]   la tematica dell'occupazione [X]")]  # fmt: skip
    assert fields_of(a_sheet(written(*HEAD, *lines)))["themes"].value == ["occupazione"]


def test_the_blank_form_gives_no_reading():
    blank = pages(write_blank_form(NOTICE))
    assert is_blank(blank)
    assert read_form(blank, NOTICE, 0) == ()


def test_two_declarants_are_two_readings_and_the_blank_copy_none():
    sample = generate("V11", 3)
    forms = pages(sample.content)[2:]  # behind the notice
    readings = read_form(forms, NOTICE, 4)
    assert [r.pages for r in readings] == [(3, 4), (5, 6)]
    assert {r.document for r in readings} == {4}
    assert not is_blank(forms)


def test_our_own_fields_are_read_without_pairing():
    sample = generate("V01", 3)
    fields = fields_of(sample.content)
    assert fields["organisation.name"].value == sample.truths[0]["organisation.name"]
    assert {f.method for k, f in fields.items() if k in sample.truths[0] and f.value} == {Method.ACROFORM}


def test_meaningless_field_names_and_no_as_the_on_state_are_read_by_position():
    sample = generate("V02", 3)
    fields = fields_of(sample.content)
    themes = fields["themes"].value
    assert isinstance(themes, list)
    assert {str(theme) for theme in themes} == set(sample.truths[0]["themes"])
    assert fields["organisation.fiscal_code"].value == sample.truths[0]["organisation.fiscal_code"]


def test_a_wrong_check_digit_is_kept_with_its_doubt():
    content = a_sheet(
        written(*HEAD, (50, 100, "Denominazione Fondazione Prisma"), (50, 120, "Codice fiscale 99900010151"))
    )
    code = fields_of(content)["organisation.fiscal_code"]
    assert code.value == "99900010151"
    assert code.confidence < 0.9
    assert any(w.startswith("check-digit") for w in code.warnings)


def test_a_box_is_given_where_the_page_shows_the_value():
    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj["/Rotate"] = 180

    content = a_sheet(written(*HEAD, (50, 100, "Denominazione Fondazione Prisma")))
    upright = fields_of(content)["organisation.name"].box
    turned = fields_of(changed(content, turn))["organisation.name"].box
    assert turned == pytest.approx(
        (595.28 - upright[2], HEIGHT - upright[3], 595.28 - upright[0], HEIGHT - upright[1]), abs=0.5
    )


def _signed(**more) -> bytes:
    line = (300, 300, "Firma del dichiarante " + more.get("name", ""))
    return a_sheet(written(*HEAD, (50, 100, "Denominazione Fondazione Prisma"), line, *more.get("lines", ())))


def test_a_typed_name_is_a_typed_signature():
    fields = fields_of(_signed(name="Anna Villa"))
    assert fields["signature.kind"].value == "typed"
    assert fields["signature.text"].value == "Anna Villa"


def test_a_stamp_text_alone_proves_nothing():
    fields = fields_of(_signed(lines=((300, 320, "Firmato digitalmente da ANNA VILLA"),)))
    assert fields["signature.kind"].value == "stamp_text_only"


def test_the_documents_own_signature_decides():
    signature = DocumentSignature("pades", "VILLA ANNA", "VLLNNA81C60D995G", "intact", None)
    reading = read_form(pages(_signed()), NOTICE, 0, signatures=(signature,))[0]
    assert reading.fields["signature.kind"].value == "pades"
    assert reading.fields["signature.text"].value == "VILLA ANNA"


def test_an_unsigned_form_has_no_signature():
    fields = fields_of(_signed())
    assert fields["signature.kind"].value == "none"
    assert "signature.text" not in fields


def test_words_between_two_leaders_are_print_where_nothing_shows_that_values_are_typed_there():
    lines = [(50, 100, "Denominazione ______ Altro dato ______ PEC ______"), (50, 120, "Referente ____")]
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    assert not {"organisation.name", "organisation.pec", "contact.name"} & fields.keys()


def test_a_register_printed_beside_an_empty_place_is_no_registration():
    lines = [
        (50, 100, "Denominazione ____Fondazione Prisma____"),
        (50, 120, "iscritta al n. ________ del registro regionale del volontariato dal ________"),
    ]
    assert "organisation.registrations" not in fields_of(a_sheet(written(*HEAD, *lines)))


def test_bars_where_a_registration_is_asked_for_declare_that_there_is_none():
    lines = [
        (50, 100, "Denominazione: Prisma APS"),
        (50, 120, "iscritta al n. // del registro regionale del volontariato dal //"),
    ]
    read = fields_of(a_sheet(written(*HEAD, *lines)))["organisation.registrations"]
    assert (read.value, read.warnings) == (None, ("declared-absent",))


def test_a_whole_address_gives_its_province_and_the_house_number_without_a_doubt():
    lines = [
        (50, 100, "Denominazione: Prisma APS"),
        (50, 120, "con sede in Gessate (MI)"),
        (50, 140, "Via: via Roma 3/A"),
    ]
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    assert fields[f"{SEAT}.province"].value == "MI"
    assert (fields[f"{SEAT}.street"].value, fields[f"{SEAT}.number"].value) == ("Via Roma", "3/A")
    assert fields[f"{SEAT}.street"].warnings == ()


def test_the_footer_of_the_office_is_no_letterhead_of_the_body():
    lines = [
        (50, 100, "Il sottoscritto Anna Villa in qualità di Presidente"),
        (50, 120, "PEC p@pec.example"),
        (50, 140, "Firma"),
        (50, 800, "Comune di Cernusco sul Naviglio, Via Pozzi 1, 20063 Cernusco sul Naviglio (MI) C.F. 99900010150"),
    ]
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    assert "organisation.fiscal_code" not in fields
    assert f"{SEAT}.street" not in fields


def test_a_value_that_wraps_in_its_own_column_goes_on_below_and_not_in_the_next_label():
    lines = [
        (50, 100, "Denominazione: Cooperativa sociale Il"),
        (260, 100, "Natura giuridica: Cooperativa sociale"),
        (50, 113, "Girasole"),
        (50, 130, "PEC: p@pec.example"),
        (260, 130, "Sito web: www.girasole.example"),
    ]
    fields = fields_of(a_sheet(written(*HEAD, *lines)))
    assert fields["organisation.name"].value == "Cooperativa sociale Il Girasole"
    assert fields["organisation.pec"].value == "p@pec.example"


def test_a_row_whose_words_went_to_the_box_above_breaks_no_line():
    emptied, word = Row((), (50, 100, 90, 110)), Word("x", (50, 113, 56, 123))
    rows = [emptied, Row((word,), word.box), emptied]
    assert [row.items for row in with_whole_labels(with_wrapped_columns(rows))] == [(word,)]
