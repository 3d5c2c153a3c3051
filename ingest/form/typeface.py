"""The typeface of the blank form: Bitstream Vera (freely embeddable), whole, in the WinAnsi encoding.

One simple font serves the page and the fields, so a viewer that redraws what somebody types has every Italian letter.
"""

from dataclasses import dataclass
from pathlib import Path

import reportlab
from pikepdf import Array, Dictionary, Name, Object, Pdf
from reportlab.pdfbase.ttfonts import TTFontFile

_FIRST, _LAST = 32, 255


@dataclass(frozen=True, slots=True)
class Typeface:
    """One weight: its name in the resources, its font object and the advance of each code, in 1/1000 of the size."""

    name: str
    font: Object
    widths: tuple[int, ...]

    def width(self, text: str, size: float) -> float:
        """How wide a text is, in points."""
        return sum(self.widths[code - _FIRST] for code in encoded(text)) * size / 1000


def encoded(text: str) -> bytes:
    """The text in WinAnsi; a character it lacks becomes "?"."""
    return bytes(code if code >= _FIRST else 32 for code in text.encode("cp1252", "replace"))


def literal(text: str) -> bytes:
    """The text as a PDF hexadecimal string."""
    return b"<" + encoded(text).hex().encode() + b">"


def embed(pdf: Pdf, name: str, *, bold: bool) -> Typeface:
    """Put one weight into the file."""
    path = Path(reportlab.__file__).parent / "fonts" / ("VeraBd.ttf" if bold else "Vera.ttf")
    metrics = TTFontFile(str(path))
    codes = [bytes([code]).decode("cp1252", "replace") for code in range(_FIRST, _LAST + 1)]
    widths = tuple(round(metrics.charWidths.get(ord(char), metrics.defaultWidth)) for char in codes)
    program = pdf.make_stream(path.read_bytes())
    program.Length1 = path.stat().st_size
    base = Name("/BitstreamVeraSans-Bold" if bold else "/BitstreamVeraSans-Roman")
    descriptor = Dictionary(
        Type=Name.FontDescriptor,
        FontName=base,
        Flags=32,
        FontBBox=Array([round(side) for side in metrics.bbox]),
        ItalicAngle=0,
        Ascent=round(metrics.ascent),
        Descent=round(metrics.descent),
        CapHeight=round(metrics.capHeight),
        StemV=120 if bold else 80,
        FontFile2=program,
    )
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.TrueType,
        BaseFont=base,
        Encoding=Name.WinAnsiEncoding,
        FirstChar=_FIRST,
        LastChar=_LAST,
        Widths=Array(widths),
        FontDescriptor=pdf.make_indirect(descriptor),
    )
    return Typeface(name, pdf.make_indirect(font), widths)


def wrapped(text: str, face: Typeface, size: float, width: float) -> list[str]:
    """The lines of a text that is `width` points wide."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and face.width(longer, size) > width:
            lines.append(word)
        else:
            lines[-1] = longer
    return lines
