"""The sheet that those who come to a table sign: one row a body, with room for the delegate's name and signature."""

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ingest.console.downloads import Seat
from ingest.readout import plain

_FACE, _BOLD = "Vera", "VeraBd"  # travel with reportlab; they have every Italian letter
_SPARE_ROWS = 5  # for those who come without having been announced
_WIDTHS = (10 * mm, 82 * mm, 25 * mm, 60 * mm, 30 * mm, 60 * mm)
_HEADINGS = ("N.", "Ente", "Ruolo", "Delegato (nome e cognome)", "Ora", "Firma")


def sign_sheet(title: str, theme: str, seats: Sequence[Seat]) -> bytes:
    """The sheet as PDF, A4 lying, headings on every page. The day and place are left to be written by hand."""
    for face in (_FACE, _BOLD):
        registerFont(TTFont(face, f"{face}.ttf"))
    body = ParagraphStyle("body", fontName=_FACE, fontSize=9, leading=11)
    strong = ParagraphStyle("strong", parent=body, fontName=_BOLD)
    heading = ParagraphStyle("heading", parent=strong, fontSize=14, leading=18)
    rows: list[list[Paragraph | str]] = [[Paragraph(text, strong) for text in _HEADINGS]]
    for number, seat in enumerate(seats, start=1):
        name, role = (Paragraph(escape(plain(text, 160)), body) for text in (seat.name, seat.role))
        rows.append([Paragraph(str(number), body), name, role, "", "", ""])
    rows += [["", "", "", "", "", ""] for _ in range(_SPARE_ROWS)]
    table = Table(rows, colWidths=_WIDTHS, rowHeights=[None, *[12 * mm] * (len(rows) - 1)], repeatRows=1)
    table.setStyle(
        TableStyle(
            [
                ("GRID", (0, 0), (-1, -1), 0.5, colors.HexColor("#5a6772")),
                ("BACKGROUND", (0, 0), (-1, 0), colors.HexColor("#e6eff8")),
                ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
            ]
        )
    )
    out = io.BytesIO()
    document = SimpleDocTemplate(
        out, pagesize=landscape(A4), leftMargin=15 * mm, rightMargin=15 * mm, topMargin=14 * mm, bottomMargin=16 * mm,
        title=f"Foglio firme - {plain(theme, 100)}", author="Ufficio di Piano", lang="it-IT", invariant=1,
    )  # fmt: skip
    document.build(
        [
            Paragraph(escape(plain(f"Foglio firme: {theme}", 160)), heading),
            Paragraph(escape(plain(title, 250)), body),
            Spacer(0, 3 * mm),
            Paragraph("Data ____________________ &nbsp; Luogo ________________________________________", body),
            Spacer(0, 4 * mm),
            table,
        ],
        onFirstPage=_foot,
        onLaterPages=_foot,
    )
    return out.getvalue()


def _foot(canvas: Canvas, _document: object) -> None:
    canvas.setFont(_FACE, 8)
    canvas.drawString(15 * mm, 9 * mm, "Ufficio di Piano - i dati sono raccolti per il verbale del tavolo")
    canvas.drawRightString(landscape(A4)[0] - 15 * mm, 9 * mm, f"Pagina {canvas.getPageNumber()}")
