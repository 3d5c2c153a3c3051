"""Forms typed in Word: a .docx written part by part, with boxes as characters or as content controls.

The text is that of `tests.corpus.written`; no other program is needed.
"""

import html
import io
import random
import re
import zipfile
from collections.abc import Iterator

from tests.corpus.fills import Fill, a_fill
from tests.corpus.sample import Sample
from tests.corpus.written import KINDS, form_text

_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_W14 = "http://schemas.microsoft.com/office/word/2010/wordml"
_CONTROL = (
    '<w:sdt><w:sdtPr><w14:checkbox><w14:checked w14:val="{on}"/></w14:checkbox></w:sdtPr>'
    "<w:sdtContent><w:r><w:t>{glyph}</w:t></w:r></w:sdtContent></w:sdt>"
)


def a_docx_of(fill: Fill, rng: random.Random, struck: str = "") -> bytes:
    """`struck`: words of the form that a line runs through."""
    controls = rng.random() < 0.5
    lines = re.findall(r"<p[^>]*>(.*?)</p>", form_text(fill, rng), re.DOTALL)
    body = "".join(f"<w:p>{''.join(_runs(line, struck, controls=controls))}</w:p>" for line in lines)
    document = f'<w:document xmlns:w="{_W}" xmlns:w14="{_W14}"><w:body>{body}</w:body></w:document>'
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml", '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"/>'
        )
        archive.writestr("word/document.xml", document)
    return target.getvalue()


def _runs(line: str, struck: str, *, controls: bool) -> Iterator[str]:
    text = html.unescape(re.sub(r"<br>", "\n", re.sub(r"</?(?:b|u)>", "", line)))
    pattern = f"([☐☒]|{re.escape(struck)})" if struck else "([☐☒])"
    for piece in re.split(pattern, text):
        if piece in ("☐", "☒") and controls:
            yield _CONTROL.format(on=int(piece == "☒"), glyph=piece)
        elif piece:
            crossed = "<w:rPr><w:strike/></w:rPr>" if struck and piece == struck else ""
            for number, part in enumerate(piece.split("\n")):
                again = "<w:br/>" if number else ""
                yield f'<w:r>{crossed}{again}<w:t xml:space="preserve">{html.escape(part)}</w:t></w:r>'


def typed(rng: random.Random) -> Sample:
    """A .docx as Word saves it."""
    fill = _a_fill(rng)
    return Sample(a_docx_of(fill, rng), KINDS["docx"], (fill.truth,), name="Documento1.docx")


def with_an_option_struck_out(rng: random.Random) -> Sample:
    """The only theme was ticked, then struck out: whether it is meant only a person can tell."""
    fill = _a_fill(rng)
    theme = rng.choice(("abitare", "occupazione"))
    fill.ticks["themes"], fill.truth["themes"] = {theme}, [theme]
    content = a_docx_of(fill, rng, f"la tematica dell'{theme}")
    return Sample(content, KINDS["docx"], (fill.truth,), {"themes": ("struck-out",)}, name="Documento1.docx")


def with_a_value_struck_out(rng: random.Random) -> Sample:
    """A name struck out before the one that is meant, on the same leader."""
    fill = _a_fill(rng)
    wrong = "Fondazione Vecchio Nome"
    fill.written["organisation.name"] = f"{wrong} {fill.written['organisation.name']}"
    doubts: dict[str, tuple[str, ...]] = {"organisation.name": ("struck-out",)}
    return Sample(a_docx_of(fill, rng, wrong), KINDS["docx"], (fill.truth,), doubts, name="Documento1.docx")


def _a_fill(rng: random.Random) -> Fill:
    fill = a_fill(rng)
    if "proposal" in fill.truth:  # before a row of dots a final stop says nothing
        fill.written["proposal"] = fill.truth["proposal"] = fill.written["proposal"].rstrip(".")
    return fill
