"""Small PDFs for the reader's tests: what stands where, and nothing else."""

import io
from collections.abc import Callable, Sequence

import pikepdf
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from ingest.form.page import Page
from ingest.form.pdfpage import pages_of_pdf
from ingest.form.reader import read_form
from ingest.verdict import FieldValue
from tests.corpus.variants import NOTICE

HEIGHT = A4[1]


def a_sheet(draw: Callable[[Canvas], None], *, size: tuple[float, float] = A4) -> bytes:
    """One page drawn by `draw`."""
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=size)
    canvas.setFont("Helvetica", 10)
    draw(canvas)
    canvas.save()
    return buffer.getvalue()


def written(*lines: tuple[float, float, str]) -> Callable[[Canvas], None]:
    """Draws texts at (x, points from the top)."""

    def draw(canvas: Canvas) -> None:
        for x, y, text in lines:
            canvas.setFont("Helvetica", 10)
            canvas.drawString(x, HEIGHT - y, text)

    return draw


def pages(content: bytes) -> tuple[Page, ...]:
    return tuple(pages_of_pdf(content, None))


def fields_of(content: bytes) -> dict[str, FieldValue]:
    """The fields of the only form in `content`; none for a blank one."""
    readings = read_form(pages(content), NOTICE, 0)
    assert len(readings) <= 1
    return readings[0].fields if readings else {}


def changed(content: bytes, change: Callable[[pikepdf.Pdf], None]) -> bytes:
    out = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        change(pdf)
        pdf.save(out)
    return out.getvalue()


def a_note(box: Sequence[float], text: str, kind: str = "/FreeText") -> Callable[[pikepdf.Pdf], None]:
    """Adds a comment to the first page."""

    def change(pdf: pikepdf.Pdf) -> None:
        note = pikepdf.Dictionary(
            Type=pikepdf.Name.Annot, Subtype=pikepdf.Name(kind), Rect=pikepdf.Array(list(box)), Contents=text
        )
        page = pdf.pages[0]
        page.obj["/Annots"] = pikepdf.Array([*page.obj.get("/Annots", []), pdf.make_indirect(note)])

    return change
