"""Text as filled paths, the way a flattened "Fill & Sign" leaves it: seen by everybody, in no text layer."""

import ctypes
from functools import cache

import pypdfium2.raw as pdfium
from reportlab.pdfbase.ttfonts import TTFontFile
from reportlab.pdfgen.canvas import Canvas

FONT = "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"


class _Face:
    def __init__(self) -> None:
        self.measures = TTFontFile(FONT)
        with open(FONT, "rb") as file:  # noqa: PTH123 - one read of a system font
            self.data = file.read()
        self.document = pdfium.FPDF_CreateNewDocument()
        held = (ctypes.c_ubyte * len(self.data)).from_buffer_copy(self.data)
        self.font = pdfium.FPDFText_LoadFont(self.document, held, len(self.data), pdfium.FPDF_FONT_TRUETYPE, 1)


@cache
def _face() -> _Face:
    return _Face()


def draw_outlined(canvas: Canvas, x: float, y: float, text: str, size: float) -> None:
    """Draws `text` with its baseline at (x, y)."""
    face = _face()
    for letter in text:
        if letter != " ":
            _draw(canvas, face, ord(letter), (x, y), size)
        x += face.measures.charWidths.get(ord(letter), face.measures.defaultWidth) * size / 1000


def _draw(canvas: Canvas, face: _Face, letter: int, at: tuple[float, float], size: float) -> None:
    outline = pdfium.FPDFFont_GetGlyphPath(face.font, letter, 1)
    path, curve = canvas.beginPath(), []
    for index in range(pdfium.FPDFGlyphPath_CountGlyphSegments(outline)):
        segment = pdfium.FPDFGlyphPath_GetGlyphPathSegment(outline, index)
        px, py = ctypes.c_float(), ctypes.c_float()
        pdfium.FPDFPathSegment_GetPoint(segment, px, py)
        point = (at[0] + px.value * size, at[1] + py.value * size)
        kind = pdfium.FPDFPathSegment_GetType(segment)
        if kind == pdfium.FPDF_SEGMENT_MOVETO:
            path.moveTo(*point)
        elif kind == pdfium.FPDF_SEGMENT_LINETO:
            path.lineTo(*point)
        else:
            curve.append(point)
            if len(curve) == 3:
                path.curveTo(*curve[0], *curve[1], *curve[2])
                curve.clear()
        if pdfium.FPDFPathSegment_GetClose(segment):
            path.close()
    canvas.drawPath(path, stroke=0, fill=1)
