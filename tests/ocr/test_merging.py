"""Values that are drawings on a page of text: seen, read from the picture, and always shown to a person."""

import io
import random
from itertools import pairwise

import cv2
import numpy as np
import pytest
from reportlab.pdfgen.canvas import Canvas

from ingest.form.merging import DRAWN, lacks_values, merged
from ingest.form.page import Leader, Page, Stroke, Word
from ingest.form.pages import pages_of
from ingest.form.reader import read_form
from ingest.form.scans import Scans
from ingest.form.schema import SCHEMA
from ingest.vocabulary import Method
from tests.corpus.variants import NOTICE

PDF = "application/pdf"


def a_page(*words: Word, strokes: tuple[Stroke, ...] = ()) -> Page:
    return Page(1, 595.0, 842.0, words=words, leaders=(Leader((100, 100, 400, 112), "_"),), strokes=strokes)


def outlines(count: int = 8, y: float = 101.0) -> tuple[Stroke, ...]:
    return tuple(Stroke((110 + 9 * i, y, 117 + 9 * i, y + 9), curved=True, filled=True) for i in range(count))


LABEL = Word("Denominazione", (20, 101, 95, 111))


def test_outlines_on_a_leader_without_a_word_are_values_to_read():
    assert lacks_values(a_page(LABEL, strokes=outlines()))


def test_a_page_whose_leaders_carry_words_or_nothing_lacks_none():
    assert not lacks_values(a_page(LABEL))
    assert not lacks_values(a_page(LABEL, Word("Prisma", (108, 100, 190, 111)), strokes=outlines()))


def test_an_ornament_away_from_the_leaders_is_no_value():
    assert not lacks_values(a_page(LABEL, strokes=outlines(y=700)))


def test_the_text_layer_s_words_stay_and_what_is_added_is_below_every_threshold():
    page = a_page(LABEL)
    read = a_page(
        Word("Denorninazione", (21, 101, 94, 112), Method.OCR), Word("Prisma", (110, 101, 160, 111), Method.OCR)
    )

    words = merged(page, read).words

    assert [word.text for word in words] == ["Denominazione", "Prisma"]
    assert words[0] == LABEL
    assert words[1].confidence <= DRAWN < min(field.threshold for field in SCHEMA)


def a_form_with_outlined_values(**values: str) -> bytes:
    """The labels are text, the values are the outlines of letters, as "Fill & Sign" flattens them."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=(595, 842))
    canvas.setFont("Helvetica", 11)
    canvas.drawString(60, 780, "ALLEGATO 1 - Manifestazione di interesse, co-programmazione, Piano Sociale di Zona")
    for at, (label, value) in enumerate(values.items()):
        y = 720 - 40 * at
        text = label.replace("_", " ")
        canvas.drawString(60, y, text)
        left = 70 + canvas.stringWidth(text, "Helvetica", 11)
        canvas.drawString(left, y, "_" * 40)
        _outline(canvas, value, left + 6, y + 3)
    canvas.save()
    return target.getvalue()


def _outline(canvas: Canvas, value: str, x: float, y: float) -> None:
    scale = 12
    picture = np.zeros((20 * scale, 300 * scale), np.uint8)
    cv2.putText(picture, value, (0, 14 * scale), cv2.FONT_HERSHEY_DUPLEX, 0.36 * scale, 255, round(0.8 * scale))
    shapes, _ = cv2.findContours(picture, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE)
    path = canvas.beginPath()
    for shape in shapes:
        points = [(x + px / scale, y + 14 - py / scale) for px, py in shape.reshape(-1, 2)]
        path.moveTo(*points[0])
        for (ax, ay), (bx, by) in pairwise(points):
            path.curveTo(ax, ay, (ax + bx) / 2, (ay + by) / 2, bx, by)
        path.close()
    canvas.drawPath(path, stroke=0, fill=1, fillMode=0)


@pytest.mark.parametrize("seed", [1])
def test_outlined_values_reach_a_person_with_what_the_picture_says(seed):
    pytest.importorskip("rapidocr")
    code = random.Random(seed).choice(["99900010150", "99900020159"])
    content = a_form_with_outlined_values(Denominazione="Associazione Prisma", Codice_fiscale=code)

    (reading,) = read_form(tuple(pages_of(content, PDF, None, Scans())), NOTICE, 0)

    given = reading.fields["organisation.fiscal_code"]
    assert (given.value, given.method) == (code, Method.OCR)
    assert given.confidence <= DRAWN
