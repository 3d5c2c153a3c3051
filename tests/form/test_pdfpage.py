import io
from typing import Any

import pdfplumber
import pikepdf
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.form.glyphs import printed
from ingest.form.page import WidgetKind
from ingest.form.pdfitems import items_of
from ingest.form.pdfpage import pages_of_pdf
from ingest.form.pdfwords import words_and_leaders
from ingest.verdict import Unreadable
from ingest.vocabulary import Method, Reason
from tests.corpus.variants import generate
from tests.form.sheets import HEIGHT, a_note, a_sheet, changed, pages, written


def _words(content: bytes) -> list[str]:
    return [w.text for w in pages(content)[0].words]


@pytest.mark.parametrize("variant", ["flat-rule", "flat-check", "V01", "V05"])
def test_what_stands_on_a_page_is_what_pdfplumber_says_of_it(variant):
    with pdfplumber.open(io.BytesIO(generate(variant, 1).content)) as pdf:
        for page in pdf.pages:
            for kind, items in items_of(page).items():
                theirs = getattr(page, kind)
                assert len(items) == len(theirs)
                assert [{**item, "pts": 0} for item in items] == [
                    _those(item, told) for item, told in zip(items, theirs, strict=True)
                ]


def _those(item: dict[str, Any], told: dict[str, Any]) -> dict[str, Any]:
    """Of what pdfplumber tells, the keys that `item` has; the points of a curve, which it turns over, are left out."""
    return {key: told[key] for key in item} | {"pts": 0}


@pytest.mark.parametrize("leader", ["." * 40, "_" * 30, "…" * 12, ". " * 20, "____/____/________"])
def test_leaders_are_taken_out_of_the_words_typed_over_them(leader):
    page = pages(a_sheet(written((50, 100, f"Cognome {leader}"), (105, 98, "ROSSI"))))[0]
    assert sorted(w.text for w in page.words) == ["Cognome", "ROSSI"]
    assert len(page.leaders) == 1


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        ("Aurora S.r.l.", ["Aurora", "S.r.l."]),
        ("Aurora O.N.L.U.S.", ["Aurora", "O.N.L.U.S."]),
        ("Aurora ODV", ["Aurora", "ODV"]),
        ("Aurora s.n", ["Aurora", "s.n."]),  # the dot may be the form's: harmless at an abbreviation
    ],
)
def test_the_last_dot_of_an_abbreviation_is_no_dot_of_the_leader_behind_it(typed, words):
    page = pages(a_sheet(written((50, 100, f"....... {typed}" + "." * 30))))[0]
    assert [word.text for word in page.words] == words
    assert len(page.leaders) == 2


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        ([(50, 100, "Aurora S.r.l.  .  .")], ["Aurora", "S.r.l"]),  # too short a leader to spare a dot
        ([(50, 100, "Aurora S.r.l.....")], ["Aurora", "S.r.l"]),
        ([(50, 100, "Aurora S.r.l"), (115, 108, "." * 30)], ["Aurora", "S.r.l"]),  # the leader of another line
        ([(50, 100, "A.B " + "." * 30)], ["A.B"]),  # not touching
        ([(50, 100, "Aurora 1.2" + "." * 30)], ["Aurora", "1.2"]),
        ([(50, 100, "Aurora S-l" + "." * 30)], ["Aurora", "S-l"]),
        ([(50, 100, "l" + "." * 30)], ["l"]),
    ],
)
def test_a_leader_keeps_its_dots_where_no_abbreviation_ends_at_it(placed, words):
    page = pages(a_sheet(written(*placed)))[0]
    assert [word.text for word in page.words] == words
    assert len(page.leaders) == 1


def test_dots_and_underscores_of_values_stay():
    assert _words(a_sheet(written((50, 100, "a_b@x.example S.C.S. ecc.")))) == ["a_b@x.example", "S.C.S.", "ecc."]


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_text_reads_upright_whatever_the_rotation_of_the_page(rotation):
    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj["/Rotate"] = rotation

    page = pages(changed(a_sheet(written((50, 100, "Nome Cognome"))), turn))[0]
    assert [w.text for w in page.words] == ["Nome", "Cognome"]
    assert page.turned == -rotation % 360
    assert (page.width < page.height) is True


def test_a_page_drawn_turned_and_shown_upright_is_as_displayed():
    def draw(canvas: Canvas) -> None:
        canvas.translate(595, 0)
        canvas.rotate(90)
        canvas.drawString(50, 500, "Nome Cognome")

    def turn(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].obj["/Rotate"] = 90

    page = pages(changed(a_sheet(draw), turn))[0]
    assert page.turned == 0
    assert page.width > page.height
    assert [w.text for w in page.words] == ["Nome", "Cognome"]
    assert page.words[0].box[0] == pytest.approx(50, abs=1)


@pytest.mark.parametrize(
    ("code", "font", "expected"),
    [("o", "ZapfDingbats", "☐"), ("n", "ZapfDingbats", "■"), ("4", "ABCDEF+ZapfDingbats", "✓"),
     ("\uf06f", "Wingdings-Regular", "☐"), ("\uf0fe", "Wingdings", "☒"), ("\uf0fc", "Wingdings", "✓"),
     ("\uf0a8", "SymbolMT", "\uf0a8"), ("R", "Wingdings2", "☒"), ("o", "Helvetica", "o"), ("\uf071", "F1", "☐")],
)  # fmt: skip
def test_the_font_tells_what_a_symbol_is(code, font, expected):
    assert printed(code, font) == expected


def test_widgets_carry_full_names_values_and_states():
    def draw(canvas: Canvas) -> None:
        canvas.acroForm.textfield(name="body", x=100, y=int(HEIGHT) - 120, width=200, height=16, value="Prisma")
        canvas.acroForm.checkbox(name="box", x=100, y=int(HEIGHT) - 150, size=12, checked=True)
        canvas.acroForm.checkbox(name="other", x=100, y=int(HEIGHT) - 170, size=12, checked=False)

    widgets = {w.name: w for w in pages(a_sheet(draw))[0].widgets}
    assert widgets["body"].value == "Prisma"
    assert widgets["body"].box == pytest.approx((100, 104.9, 300, 120.9), abs=0.1)
    assert (widgets["box"].kind, widgets["box"].on, widgets["other"].on) == (WidgetKind.TICK, True, False)


def _a_box(state: str, shown: str, *, listed: bool = True) -> bytes:
    def change(pdf: pikepdf.Pdf) -> None:
        stream = pdf.make_stream(b"")
        box = pdf.make_indirect(pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name.Widget, FT=pikepdf.Name.Btn, T="t",
            Rect=[50, 50, 60, 60], AS=pikepdf.Name(shown),
            AP=pikepdf.Dictionary(N=pikepdf.Dictionary({state: stream, "/Off": stream})),
        ))  # fmt: skip
        pdf.pages[0].obj["/Annots"] = pikepdf.Array([box])
        pdf.Root["/AcroForm"] = pikepdf.Dictionary(Fields=pikepdf.Array([box] if listed else []))

    return changed(a_sheet(written((50, 100, "x"))), change)


@pytest.mark.parametrize("state", ["/Yes", "/No", "/0", "/Sì"])
def test_any_state_but_off_is_ticked(state):
    assert pages(_a_box(state, state))[0].widgets[0].on
    assert not pages(_a_box(state, "/Off"))[0].widgets[0].on


def test_a_push_button_is_no_field():
    def change(pdf: pikepdf.Pdf) -> None:
        pdf.pages[0].Annots[0]["/Ff"] = 1 << 16

    assert pages(changed(_a_box("/Yes", "/Off"), change))[0].widgets == ()


def test_comments_become_words_and_drawn_comments_strokes():
    content = changed(a_sheet(written((50, 100, "x"))), a_note((50, 500, 200, 514), "Villa Anna"))
    notes = [w for w in pages(content)[0].words if w.method is Method.ANNOTATION]
    assert [w.text for w in notes] == ["Villa", "Anna"]
    inked = changed(content, a_note((50, 400, 90, 440), "", "/Ink"))
    assert any(s.curved for s in pages(inked)[0].strokes)


def test_a_damaged_file_is_still_read():
    content = a_sheet(written((50, 100, "Nome Cognome")))
    assert _words(content[: content.rindex(b"xref")]) == ["Nome", "Cognome"]


def test_a_password_and_rubbish_are_unreadable():
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(a_sheet(written((50, 100, "x"))))) as pdf:
        pdf.save(out, encryption=pikepdf.Encryption(user="u", owner="o"))
    with pytest.raises(Unreadable) as locked:
        list(pages_of_pdf(out.getvalue(), None))
    assert locked.value.reason is Reason.PART_ENCRYPTED
    with pytest.raises(Unreadable) as broken:
        list(pages_of_pdf(b"not a pdf", None))
    assert broken.value.reason is Reason.PART_UNREADABLE


def test_only_the_pages_asked_for_come_back():
    def draw(canvas: Canvas) -> None:
        for _ in range(3):
            canvas.drawString(50, 700, "x")
            canvas.showPage()

    content = a_sheet(draw)
    assert [p.number for p in pages_of_pdf(content, [2, 9])] == [2]
    assert [p.number for p in pages_of_pdf(content, None)] == [1, 2, 3]


def test_a_line_drawn_by_hand_has_bounds_of_its_own_and_only_a_closed_one_is_a_circle():
    paths = [[60, 410, 70, 420], [60, 420, 70, 410], [72, 415, 80, 420, 88, 415, 80, 410, 74, 411]]

    def change(pdf: pikepdf.Pdf) -> None:
        a_note((50, 400, 90, 440), "", "/Ink")(pdf)
        pdf.pages[0].Annots[0].InkList = pikepdf.Array([pikepdf.Array(path) for path in paths])

    strokes = pages(changed(a_sheet(written((50, 100, "x"))), change))[0].strokes
    assert [(round(s.box[2] - s.box[0]), s.curved) for s in strokes] == [(10, False), (10, False), (16, True)]


def test_a_blank_that_takes_no_room_parts_no_word():
    char = {"fontname": "Helvetica", "size": 10.0, "top": 0.0, "bottom": 10.0}
    chars = [
        {**char, "text": text, "x0": x, "x1": x + 5.0} for text, x in zip("AB CD", (0, 5, 10, 10, 15), strict=True)
    ]

    assert [word.text for word in words_and_leaders(chars)[0]] == ["ABCD"]
