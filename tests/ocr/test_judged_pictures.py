"""Pictures of forms from the attachment to the reading. Slow by nature: every page here is read by both engines."""

import io
import random
import zipfile
from functools import cache
from typing import Any

import cv2
import numpy as np
import pytest

from ingest.documents import OpenedDocument, documents_in_file
from ingest.form.ocr.marks import marks_in
from ingest.form.reading import read_forms
from ingest.form.scans import MAX_PAGES, Scans
from ingest.form.schema import field_of
from ingest.rules import Context, Limits, Progress
from ingest.verdict import Document, Reading
from ingest.vocabulary import Method, Reason, Role
from tests.corpus.sample import Sample
from tests.corpus.scans import as_jpeg, as_pdf, as_tiff, drawn, faxed, photographed, scanned
from tests.corpus.variants import NOTICE, generate

pytest.importorskip("rapidocr")
CONTEXT = Context(NOTICE)


@cache
def a_sample() -> Sample:
    return generate("flat-rule", 11)


@cache
def sheets() -> tuple[np.ndarray, ...]:
    return tuple(drawn(a_sample().content))


def judged(name: str, content: bytes, scans: Scans | None = None) -> tuple[tuple[Document, ...], tuple[Reading, ...]]:
    scans = scans or Scans()
    found = documents_in_file(name, content, Limits(), Progress(), scans.reader())
    return read_forms(found, CONTEXT, Progress(), scans)


def shares(reading: Reading, truth: dict[str, Any]) -> tuple[float, list[str]]:
    """Share of the true values read right, and the keys given a wrong one above its threshold without a warning."""
    right, silent = 0, []
    for key, wanted in truth.items():
        given = reading.fields.get(key)
        if given is None:
            continue
        same = _plain(given.value) == _plain(wanted)
        right += same
        if not same and given.value is not None and given.confidence >= field_of(key).threshold and not given.warnings:
            silent.append(key)
    return right / len(truth), silent


def _plain(value: Any) -> Any:
    return sorted(map(str, value)) if isinstance(value, list) else value


def a_zip(**members: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name, content in members.items():
            archive.writestr(name.replace("__", "."), content)
    return target.getvalue()


def test_a_scanned_form_is_read_and_its_values_say_so():
    pages = [scanned(page, random.Random(7)) for page in sheets()]

    documents, readings = judged("scan0001.pdf", as_pdf(pages))

    right, silent = shares(readings[0], a_sample().truths[0])
    assert documents[0].role is Role.FORM
    assert (len(readings), silent) == (1, [])
    assert right >= 0.75
    name = readings[0].fields["organisation.name"]
    assert name.method is Method.OCR
    assert name.page == 1
    assert 120 < name.box[0] < 330


def test_two_photographs_of_one_form_are_one_form():
    first, second = (photographed(page, random.Random(3)) for page in sheets())
    turned = as_jpeg(np.ascontiguousarray(np.rot90(second)), orientation=6)  # the telephone was held on its side

    documents, readings = judged("foto.zip", a_zip(IMG_0002__jpg=turned, IMG_0001__jpg=as_jpeg(first)))

    right, _ = shares(readings[0], a_sample().truths[0])
    assert [document.role for document in documents] == [Role.FORM, Role.FORM]
    assert len(readings) == 1
    assert right >= 0.6
    where = {documents[value.document].name for value in readings[0].fields.values() if value.document >= 0}
    assert where == {"IMG_0001.jpg", "IMG_0002.jpg"}
    assert all(value.page == 1 for value in readings[0].fields.values())


def test_a_page_upside_down_is_read_all_the_same():
    page = np.ascontiguousarray(scanned(sheets()[0], random.Random(2))[::-1, ::-1])

    documents, readings = judged("scan.pdf", as_pdf([page]))

    assert documents[0].role is Role.FORM
    assert readings[0].fields["organisation.name"].value == a_sample().truths[0]["organisation.name"]


def test_a_fax_in_black_and_white_tiff_is_recognised():
    documents, readings = judged("fax.tif", as_tiff([faxed(sheets()[0], random.Random(4))]))

    assert documents[0].role is Role.FORM
    first_page = {key: value for key, value in a_sample().truths[0].items() if key.startswith("organisation.")}
    del first_page["organisation.municipalities"]  # a list that goes on on the second page
    assert shares(readings[0], first_page)[1] == []


def test_handwriting_is_never_guessed():
    page = drawn(generate("flat-rule", 11).content)[0].copy()
    written = with_scribbles(page, random.Random(5))

    _, readings = judged("a-mano.pdf", as_pdf([written]))

    given = readings[0].fields if readings else {}
    for key in ("declarant.name", "organisation.name"):
        assert key not in given or given[key].value is None or given[key].confidence < field_of(key).threshold
    assert any("handwriting" in value.warnings for value in given.values())


def with_scribbles(page: np.ndarray, rng: random.Random) -> np.ndarray:
    """The printed form with a pen's curves where the declarant's and the body's name were typed."""
    rules = sorted(marks_in(page).rules, key=lambda rule: (round(rule[1] / 9), rule[0]))
    for x0, y0, x1, _ in (rules[0], rules[6]):
        page[y0 - 26 : y0 - 1, x0 + 4 : x1] = 255
        x, points = x0 + 10, []
        while x < x0 + 320:
            points.append((x, y0 - rng.randint(0, 30)))
            x += rng.randint(4, 12)
        cv2.polylines(page, [np.array(points, np.int32)], False, 60, 3)
    return page


def test_an_identity_card_is_known_and_nothing_of_it_is_kept():
    card = np.full((1100, 1700), 235, np.uint8)
    lines = ("REPUBBLICA ITALIANA", "MINISTERO DELL'INTERNO", "CARTA DI IDENTITA", "COGNOME ESEMPIO", "NOME ANNA",
             "LUOGO E DATA DI NASCITA", "STATURA 170", "CITTADINANZA ITALIANA", "SCADENZA 01.01.2029")  # fmt: skip
    for at, line in enumerate(lines):
        cv2.putText(card, line, (120, 130 + at * 100), cv2.FONT_HERSHEY_SIMPLEX, 1.5, 20, 3)

    documents, readings = judged("documento.jpg", as_jpeg(card))

    assert [document.role for document in documents] == [Role.IDENTITY]
    assert readings == ()
    assert "ESEMPIO" not in repr(documents)


def test_without_the_engines_a_scan_goes_to_a_person():
    documents, readings = judged("scan.pdf", as_pdf([sheets()[0]]), Scans(available=False))

    assert readings == ()
    assert documents[0].reasons == (Reason.SCAN_NEEDS_PERSON,)


def test_without_the_engines_a_photograph_goes_to_a_person():
    documents, readings = judged("foto.jpg", as_jpeg(sheets()[0]), Scans(available=False))

    assert readings == ()
    assert documents[0].reasons == (Reason.SCAN_NEEDS_PERSON,)


def test_a_page_is_read_once_however_often_it_is_asked_for():
    content = as_pdf([np.full((400, 300), 255, np.uint8)])
    scans = Scans()

    assert scans.page(content, "application/pdf", 1) is scans.page(content, "application/pdf", 1)


def test_beyond_the_limit_pages_are_left_to_a_person():
    scans = Scans()
    contents = [f"no picture {i}".encode() for i in range(MAX_PAGES)]

    assert [scans.page(content, "image/jpeg", 1) for content in contents] == [None] * MAX_PAGES
    assert scans.page(as_jpeg(np.full((40, 40), 255, np.uint8)), "image/jpeg", 1) is None
    assert Scans().page(as_jpeg(np.full((40, 40), 255, np.uint8)), "image/jpeg", 1) is not None


def test_a_broken_picture_is_no_page():
    assert Scans().page(b"\xff\xd8\xff broken", "image/jpeg", 1) is None


def opened(name: str, content: bytes) -> tuple[OpenedDocument, ...]:
    return documents_in_file(name, content, Limits(), Progress(), None)


def test_an_apple_photograph_is_left_to_a_person():
    heic = b"\x00\x00\x00\x18ftypheic" + b"\x00" * 200

    assert opened("IMG_0001.HEIC", heic)[0].document.reasons == (Reason.SCAN_NEEDS_PERSON,)
