"""What each page is: the form, filled or blank, among everything people send with it."""

import io
import re
import time

import pikepdf
import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingest.documents import ReadImage, classify, documents_in
from ingest.documents.pdf import usable
from ingest.form.blank import write_blank_form
from ingest.rules import Limits, Progress
from ingest.verdict import Document
from ingest.vocabulary import Reason, Role
from tests.documents.builders import (
    COVER,
    FORM_2,
    IDENTITY,
    LEADERS,
    NOTICE,
    NOTICE_2,
    STATUTE,
    a_blank_form_text,
    a_docx,
    a_fillable_pdf,
    a_form_text,
    a_mail,
    a_pdf,
    a_picture,
    an_odt,
)
from tests.form.filling import a_notice, fill

FORM, BLANK, NOTICE_ROLE, ID = Role.FORM, Role.BLANK_FORM, Role.NOTICE, Role.IDENTITY


def one(content: bytes, read_image: ReadImage | None = None) -> Document:
    (found,) = documents_in(a_mail(("a", content)), Limits(), Progress(), read_image)
    return found.document


def of(*pages: str) -> tuple[Role, ...]:
    return one(a_pdf(*pages)).role_by_page


def test_one_file_with_everything_is_told_apart_page_by_page():
    other = a_form_text("Bianchi Luigi", "Cooperativa Esempio", "99900020159", "coop@coop.example")
    found = one(a_pdf(NOTICE, NOTICE_2, a_form_text(), FORM_2, IDENTITY, other, FORM_2, a_blank_form_text(), FORM_2))

    assert found.role == Role.FORM
    assert found.role_by_page == (NOTICE_ROLE, NOTICE_ROLE, FORM, FORM, ID, FORM, FORM, BLANK, BLANK)


@pytest.mark.parametrize(
    ("text", "role"),
    [(NOTICE, Role.NOTICE), (IDENTITY, Role.IDENTITY), (STATUTE, Role.STATUTE), (COVER, Role.COVER_LETTER)],
)
def test_what_comes_with_the_form_is_not_the_form(text, role):
    found = one(a_pdf(text))

    assert (found.role, found.role_by_page, found.reasons) == (role, (role,), ())


def test_the_notice_names_the_form_and_is_not_it():
    assert "Allegato 1" in NOTICE
    assert of(NOTICE, NOTICE_2) == (Role.NOTICE, Role.NOTICE)


def test_a_form_that_quotes_the_notice_is_the_form():
    assert "avviso pubblico" in a_form_text()
    assert of(a_form_text()) == (FORM,)


def test_a_page_of_declarations_belongs_to_the_form_before_it():
    assert of(a_form_text(), FORM_2) == (FORM, FORM)
    assert of(STATUTE, FORM_2) != (Role.STATUTE, FORM)


def test_a_long_statute_goes_on():
    assert of(STATUTE, "Art. 3 - Soci\nArt. 4 - Organi") == (Role.STATUTE, Role.STATUTE)


def test_an_identity_card_is_known_by_its_machine_readable_lines():
    assert of("C<ITACA00000AA0<<<<<<<<<<<<<<<\n8001014F2901012ITA<<<<<<<<<<<2\nESEMPIO<<ANNA<<<<<<") == (ID,)


def test_the_form_copied_into_an_association_s_own_letter_is_a_form():
    letter = (
        "ASSOCIAZIONE ESEMPIO ODV - via Roma 1 - codice fiscale 99900010150\nOggetto: co-programmazione Piano di Zona\n"
        "Il sottoscritto Esempio Anna, nato a Milano, residente in Milano, in qualità di presidente,\n"
        "con sede legale in Bussero, telefono 0295000000,\nMANIFESTA\nil proprio interesse. Luogo e data, firma"
    )

    assert of(letter) == (FORM,)


@pytest.mark.parametrize(
    "spaced",
    [
        lambda text: text.replace("MANIFESTA", "M A N I F E S T A").replace("ALLEGATO 1", "A L L E G A T O  1"),
        lambda text: text.replace("MANIFESTA", "MA NI FES TA"),
        str.upper,
        lambda text: text.replace("à", "a'"),
    ],
)
def test_spacing_case_and_accents_do_not_hide_a_form(spaced):
    assert of(spaced(a_form_text())) == (FORM,)


@pytest.mark.parametrize(
    "filled",
    [
        {"declarant": "Esempio Anna"},
        {"name": "Associazione Esempio"},
        {"code": "99900010150"},
        {"email": "info@associazione.example"},
    ],
)
def test_a_single_value_makes_a_form_filled(filled):
    blank = dict.fromkeys(("declarant", "name", "code", "email"), LEADERS)

    assert of(a_form_text(**blank)) == (BLANK,)
    assert of(a_form_text(**(blank | filled))) == (FORM,)


def test_a_single_tick_makes_a_form_filled():
    blank = a_docx(a_blank_form_text())
    ticked = a_docx(a_blank_form_text().replace("□ legale", "☒ legale"))

    assert (one(blank).role, one(ticked).role) == (BLANK, FORM)


def test_values_on_the_second_page_fill_the_whole_form():
    assert of(a_blank_form_text(), FORM_2 + "\ncell. 333 1234567") == (FORM, FORM)


def test_fields_of_a_fillable_form_decide_whether_it_is_blank():
    assert one(a_fillable_pdf()).role == BLANK
    assert one(a_fillable_pdf("Esempio Anna")).role == FORM
    assert one(a_fillable_pdf(ticked=True)).role == FORM


@pytest.mark.parametrize("how", ["program", "viewer", "flat"])
def test_our_own_form_is_known_blank_and_filled(how):
    blank = write_blank_form(a_notice())

    assert one(blank).role == BLANK
    assert one(fill(blank, {}, how)).role == BLANK
    assert set(one(fill(blank, {"organisation.fiscal_code": "99900010150"}, how)).role_by_page) == {FORM}


def test_a_note_typed_on_a_blank_form_fills_it():
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(a_pdf(a_blank_form_text()))) as pdf:
        note = pikepdf.Dictionary(Subtype=pikepdf.Name.FreeText, Rect=[0, 0, 50, 50], Contents="Anna")
        pdf.pages[0].Annots = pikepdf.Array([pdf.make_indirect(note)])
        pdf.save(target)

    assert one(target.getvalue()).role == FORM


def drawn_on(*, curves: int = 0, picture_at: float = 0) -> bytes:
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    for number, line in enumerate(a_blank_form_text().splitlines()):
        canvas.drawString(40, 800 - 16 * number, line)
    for curve in range(curves):
        path = canvas.beginPath()
        path.moveTo(100, 500 + curve)
        for step in range(8):
            path.curveTo(100 + step, 500, 110 + step, 510, 120 + step, 500)
        canvas.drawPath(path)
    if picture_at:
        canvas.drawInlineImage(Image.new("L", (50, 20), 0), 300, picture_at, 80, 30)
    canvas.save()
    return target.getvalue()


def test_writing_that_is_no_text_keeps_a_form_from_being_blank():
    assert one(drawn_on()).role == BLANK
    assert one(drawn_on(curves=5)).role == FORM
    assert one(drawn_on(picture_at=200)).role == FORM


def test_a_coat_of_arms_above_a_blank_form_leaves_it_blank():
    assert one(drawn_on(picture_at=780)).role == BLANK


@pytest.mark.parametrize("build", [a_docx, an_odt])
def test_office_files_are_classified_too(build):
    assert one(build(a_form_text())).role == FORM
    assert one(build(a_blank_form_text())).role == BLANK
    assert one(build(NOTICE)).role == Role.NOTICE


def test_a_form_as_plain_text_is_for_a_person():
    found = one(a_form_text().encode())

    assert (found.role, found.reasons) == (Role.UNREADABLE, (Reason.PART_UNSUPPORTED,))


@pytest.mark.parametrize("content", [a_pdf(""), a_pdf("", ""), a_picture(), a_picture(kind="TIFF")])
def test_a_scan_is_for_a_person(content):
    found = one(content)

    assert (found.role, found.reasons) == (Role.OTHER, (Reason.SCAN_NEEDS_PERSON,))


def test_a_scanned_page_behind_a_form_is_no_reason():
    found = one(a_pdf(a_form_text(), FORM_2, ""))

    assert (found.role_by_page, found.reasons) == ((FORM, FORM, Role.OTHER), ())


def test_an_empty_page_is_nothing():
    target = io.BytesIO()
    with pikepdf.new() as pdf:
        pdf.add_blank_page()
        pdf.save(target)

    assert (one(target.getvalue()).role, one(target.getvalue()).reasons) == (Role.OTHER, ())


def test_a_scan_that_can_be_read_is_classified_by_what_it_says():
    asked: list[tuple[str, int]] = []

    def read(content: bytes, kind: str, number: int) -> str:
        asked.append((kind, number))
        return [a_form_text(), FORM_2, IDENTITY][number - 1]

    scan = one(a_pdf("", "", ""), read)
    photo = one(a_picture(), read)

    assert (scan.role_by_page, scan.reasons) == ((FORM, FORM, ID), ())
    assert (photo.role, photo.reasons) == (FORM, ())
    assert asked == [("application/pdf", 1), ("application/pdf", 2), ("application/pdf", 3), ("image/jpeg", 1)]


def test_pages_with_text_are_not_read_from_their_picture():
    def read(content: bytes, kind: str, number: int) -> str:
        raise AssertionError(number)

    assert one(a_pdf(a_form_text(), FORM_2), read).role == FORM


def test_a_scan_of_which_nothing_can_be_read_stays_with_a_person():
    assert one(a_pdf(""), lambda *_: "").reasons == (Reason.SCAN_NEEDS_PERSON,)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Il sottoscritto dichiara di voler partecipare", True),
        ("Denominazione e sede legale ______________________________ □ ________________", True),
        ("3,$12',=21$' 3,$12',=21$' 3,$12',=21$' 3,$12',=21$'", False),
        ("pg. 1", False),
        ("\ufffd" * 30 + "abcdefghilmnopqrstuvz", False),
        ("(cid:12)" * 40, False),
        ("", False),
    ],
)
def test_a_text_layer_of_gibberish_counts_as_a_scan(text, expected):
    assert usable(text) is expected


def test_a_page_with_few_words_and_nothing_else_is_no_scan():
    assert Reason.SCAN_NEEDS_PERSON not in one(a_pdf("STATUTO")).reasons


def test_a_letter_that_asks_to_take_part_without_the_form_is_pointed_out_and_a_cover_letter_of_others_is_not():
    letter = (
        "A.P.S. LA BOTTEGA - via Dante 7 - C.F. 99900010150\nOggetto: coprogrammazione Piano di Zona\n"
        "Io sottoscritto Luca Esempio chiedo che la nostra associazione possa partecipare ai tavoli.\nCordiali saluti"
    )
    other = "Si trasmette in allegato la fattura.\nCordiali saluti"

    assert one(a_pdf(letter)).reasons == (Reason.REQUEST_WITHOUT_FORM,)
    assert one(a_pdf(other)).reasons == one(a_pdf(NOTICE)).reasons == one(a_pdf(STATUTE)).reasons == ()


def outside_patterns():
    return [name for name, value in vars(classify).items() if isinstance(value, re.Pattern)]


@pytest.mark.parametrize("name", outside_patterns())
def test_a_page_padded_with_one_sign_costs_no_more_than_its_length(name):
    pattern = vars(classify)[name]
    for opening in ("", "sottoscritto", "denominazione", "a@b", "tel", "A<<"):
        for padding in (" ", "_", ".", "1", "A", "<", "-", "a ", "1 "):
            text = opening + padding * (20_000 // len(padding)) + "\0"
            begun = time.process_time()
            pattern.findall(text)
            assert time.process_time() - begun < 1, (opening, padding)  # ten and more where the square is paid


def test_a_text_in_a_shifted_alphabet_is_no_text():
    text = (
        "Il sottoscritto chiede di partecipare alla co-programmazione del Piano di zona per la tematica dell'abitare "
        * 4
    )
    shifted = "".join(
        chr((ord(char) - 97 + 3) % 26 + 97) if char.isascii() and char.islower() else char for char in text
    )

    assert usable(text)
    assert not usable(shifted)
