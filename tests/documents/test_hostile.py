"""Files made to hurt: each ends within its limits, with its reason, and its siblings are opened."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.documents import documents_in, documents_in_file
from ingest.documents.ber import definite
from ingest.documents.names import clean_name
from ingest.rules import Arrival, Context, Limits, Notice, Progress
from ingest.sandbox import Sandbox
from ingest.verdict import Document, Unreadable
from ingest.vocabulary import Reason, Role
from tests.documents import builders
from tests.documents.builders import a_docx, a_mail, a_p7m, a_pdf, a_picture, a_signed_pdf, a_zip, an_odt, as_base64
from tests.documents.judging import real_documents

EXHAUSTED = {Reason.PART_UNREADABLE, Reason.PART_TOO_LARGE, Reason.PART_TIMED_OUT}  # which one first, the machine says
LIMITS = Limits(seconds=6.0, memory=700_000_000)
PDF = a_pdf()
SAMPLES = [
    PDF,
    a_p7m(PDF),
    a_p7m(PDF, chunk=100),
    as_base64(a_p7m(PDF), b"\n"),
    a_zip(a__pdf=PDF),
    a_docx("testo"),
    an_odt("testo"),
    a_picture(20, 20, "PNG"),
    a_picture(20, 20, "TIFF"),
    a_signed_pdf(PDF),
    builders.a_tsd(PDF),
]


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(real_documents, LIMITS) as started:
        yield started


def judged(sandbox: Sandbox, folder: Path, hostile: bytes) -> tuple[Document, Document, Document]:
    path = folder / "message.eml"
    path.write_bytes(a_mail(("prima.pdf", PDF), ("cattivo.pdf", hostile), ("dopo.pdf", PDF)))
    context = Context(Notice("n", "t", datetime(2021, 7, 29, tzinfo=UTC)), limits=LIMITS)
    started = time.monotonic()  # the limit, and room for a busy machine to start a worker
    before, bad, after = sandbox.judge(path, context, Arrival(now=datetime(2021, 7, 1, tzinfo=UTC))).documents
    assert time.monotonic() - started < 1.5 * LIMITS.seconds + 30
    return before, bad, after


@pytest.mark.parametrize(
    ("build", "reasons"),
    [
        pytest.param(builders.a_deflate_bomb_pdf, EXHAUSTED, id="deflate bomb"),
        pytest.param(builders.an_endless_pdf, EXHAUSTED, id="endless drawing"),
        pytest.param(builders.a_long_pdf, {Reason.LIMIT_REACHED}, id="3000 pages"),
        pytest.param(lambda: builders.with_password(PDF, user="x"), {Reason.PART_ENCRYPTED}, id="password"),
        pytest.param(lambda: PDF[: len(PDF) // 3], {Reason.PART_UNREADABLE}, id="truncated"),
    ],
)  # fmt: skip
def test_a_hostile_pdf_costs_itself_alone(sandbox, tmp_path, build, reasons):
    before, bad, after = judged(sandbox, tmp_path, build())

    assert bad.role == Role.UNREADABLE
    assert len(bad.reasons) == 1
    assert bad.reasons[0] in reasons
    assert (before.role, after.role) == (Role.FORM, Role.FORM)


@pytest.mark.parametrize(
    "build",
    [
        pytest.param(builders.a_recursive_pdf, id="draws itself"),
        pytest.param(lambda: builders.with_javascript(PDF), id="JavaScript"),
    ],
)
def test_a_strange_pdf_is_survived(sandbox, tmp_path, build):
    before, _, after = judged(sandbox, tmp_path, build())

    assert (before.role, after.role) == (Role.FORM, Role.FORM)


def test_javascript_in_a_form_leaves_it_a_form(sandbox, tmp_path):
    assert judged(sandbox, tmp_path, builders.with_javascript(PDF))[1].role == Role.FORM


def test_a_cut_tail_is_repaired(sandbox, tmp_path):
    assert judged(sandbox, tmp_path, PDF[: PDF.rindex(b"trailer")])[1].role == Role.FORM


def test_a_cut_pdf_is_never_taken_for_an_empty_one():
    for cut in range(20, len(PDF), 20):
        (found,) = documents_in_file("a.pdf", PDF[:cut], Limits(), Progress())
        assert found.document.role == Role.FORM or found.document.reasons


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=400), st.text(max_size=30))
def test_any_bytes_under_any_name_become_documents(content, name):
    for found in documents_in_file(name, content, Limits(), Progress()):
        assert found.document.name.isprintable()


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=600))
def test_any_bytes_as_a_message_become_documents(raw):
    assert isinstance(documents_in(raw, Limits(), Progress()), tuple)


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(st.sampled_from(SAMPLES), st.data())
def test_any_damage_to_a_real_file_is_survived(sample, data):
    damaged = bytearray(sample)
    for _ in range(data.draw(st.integers(1, 8))):
        at = data.draw(st.integers(0, len(damaged) - 1))
        damaged[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.none(), st.integers(1, len(damaged))))

    assert documents_in_file("allegato", bytes(damaged[:cut]), Limits(), Progress())


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_damage_to_a_message_is_survived(data):
    damaged = bytearray(MESSAGE)
    for _ in range(data.draw(st.integers(1, 10))):
        damaged[data.draw(st.integers(0, 900))] = data.draw(st.integers(0, 255))

    assert isinstance(documents_in(bytes(damaged), Limits(), Progress()), tuple)


MESSAGE = builders.a_mail_with_message(builders.a_forwarded_pec(("a.pdf", PDF)))


@given(st.binary(max_size=200))
def test_any_bytes_as_asn1_are_rewritten_or_refused(data):
    try:
        once = definite(data)
    except Unreadable:
        return
    assert definite(once) == once


@given(st.text(max_size=400))
def test_any_name_becomes_a_harmless_one(raw):
    name = clean_name(raw)

    assert name
    assert name.isprintable()
    assert len(name) <= 200
    assert not set(name) & set("/\\\r\n")
    assert clean_name(name) == name


PIECES = b"".join(b"; filename*%d=a" % at for at in range(200_000))
WORDS = b'; filename="' + b"=?utf-8?q?a?= " * 200_000 + b'"'


@pytest.mark.parametrize("named", [PIECES, WORDS], ids=["in pieces", "in words"])
def test_a_name_of_megabytes_costs_no_more_than_a_long_one(named):
    part = b"Content-Type: application/pdf\r\nContent-Disposition: attachment" + named + b"\r\n\r\nx"
    mail = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" + part + b"\r\n--b--\r\n"
    begun = time.process_time()
    (opened,) = documents_in(mail, LIMITS, Progress())
    assert time.process_time() - begun < 5  # a minute and more, when all of it was looked at
    assert len(opened.document.name) <= 200
