"""The report as PDF: A4, headings repeated on every page, one look whatever printer it meets."""

import io
from collections.abc import Sequence
from xml.sax.saxutils import escape

from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase.pdfmetrics import registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from ingest.italian import instant_it
from ingest.report import Listed, Report

_FACE, _BOLD = "Vera", "VeraBd"  # travel with reportlab; they have every Italian letter
_LINE, _HEAD = colors.HexColor("#c5cdd5"), colors.HexColor("#e6eff8")
_TWO, _THREE = (120 * mm, 30 * mm), (80 * mm, 35 * mm, 35 * mm)
_FOUR = (70 * mm, 45 * mm, 40 * mm, 25 * mm)


def as_pdf(found: Report) -> bytes:
    """The report as a document. The same report gives the same bytes."""
    for face in (_FACE, _BOLD):
        registerFont(TTFont(face, f"{face}.ttf"))
    body = ParagraphStyle("body", fontName=_FACE, fontSize=9, leading=12)
    heading = ParagraphStyle("heading", parent=body, fontName=_BOLD, fontSize=12, leading=18, spaceBefore=10)
    title = ParagraphStyle("title", parent=heading, fontSize=16, leading=22)
    story: list[Flowable] = [
        Paragraph("Adesioni: dati e elenchi", title), Paragraph(escape(found.title), body), Spacer(0, 2 * mm),
        Paragraph(escape(f"Situazione al {instant_it(found.made_at)}."), body),
        Paragraph(f"Enti aderenti: {found.total}, di cui nei termini {found.on_time}. Ritirati: {found.withdrawn}. "
                  f"In corso di verifica: {found.unsettled}.", body),
    ]  # fmt: skip
    for name, table in found.figures:
        rows = [(one.label, str(one.number)) for one in table]
        story += [Paragraph(escape(name), heading), _table(("Voce", "Enti"), rows, _TWO, body)]
    months = [(one.label, str(one.number), str(one.total)) for one in found.months]
    story += [Paragraph("Nel tempo", heading), _table(("Mese", "Nuovi", "In totale"), months, _THREE, body)]
    for name, listed in (("Enti ammessi", found.admitted), ("Enti non ammessi", found.not_admitted)):
        story += [Paragraph(f"{name}: {len(listed)}", heading), _list(listed, body)]
    out = io.BytesIO()
    SimpleDocTemplate(
        out, pagesize=A4, leftMargin=15 * mm, rightMargin=15 * mm, topMargin=15 * mm, bottomMargin=16 * mm,
        title="Adesioni: dati e elenchi", author="Ufficio di Piano", lang="it-IT", invariant=1,
    ).build(story, onFirstPage=_foot, onLaterPages=_foot)  # fmt: skip
    return out.getvalue()


def _list(listed: Sequence[Listed], body: ParagraphStyle) -> Flowable:
    if not listed:
        return Paragraph("Nessuno.", body)
    rows = [(one.name, one.category, one.themes, one.role) for one in listed]
    return _table(("Denominazione", "Categoria", "Tematiche", "Ruolo"), rows, _FOUR, body)


def _table(
    headings: Sequence[str], rows: Sequence[Sequence[str]], widths: Sequence[float], body: ParagraphStyle
) -> Table:
    strong = ParagraphStyle("strong", parent=body, fontName=_BOLD)
    cells = [[Paragraph(escape(text), strong) for text in headings]]
    cells += [[Paragraph(escape(text), body) for text in row] for row in rows]
    made = Table(cells, colWidths=widths, repeatRows=1, hAlign="LEFT")
    made.setStyle(
        TableStyle(
            [("LINEBELOW", (0, 0), (-1, -1), 0.4, _LINE), ("BACKGROUND", (0, 0), (-1, 0), _HEAD),
             ("VALIGN", (0, 0), (-1, -1), "TOP")]
        )
    )  # fmt: skip
    return made


def _foot(canvas: Canvas, _document: object) -> None:
    canvas.setFont(_FACE, 8)
    canvas.drawString(15 * mm, 9 * mm, "Ufficio di Piano - documento senza dati personali")
    canvas.drawRightString(A4[0] - 15 * mm, 9 * mm, f"Pagina {canvas.getPageNumber()}")
