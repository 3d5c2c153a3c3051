"""The parsers that meet outside bytes, each as a function of bytes that may only end in a value or in Unreadable."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from ingest.config import built_in_notice
from ingest.demo.facts import OFFICE
from ingest.demo.forms import a_page_of, typed_form
from ingest.demo.messages import an_acceptance, an_anomaly, an_envelope
from ingest.demo.ordinary import a_bounce, a_plain_mail, a_rem_message
from ingest.demo.pki import authority
from ingest.demo.samples import GERMOGLIO
from ingest.documents import documents_in, documents_in_file
from ingest.documents.archive import open_archive
from ingest.documents.budget import Budget
from ingest.envelope import open_envelope
from ingest.envelope.cms import read_signature
from ingest.form.normal import normalise
from ingest.form.officepage import pages_of_office
from ingest.form.pages import pages_of
from ingest.form.reader import read_form
from ingest.form.schema import SCHEMA
from ingest.rules import Arrival, Context, Limits, Progress
from ingest.verdict import Unreadable
from tests.corpus.variants import generate
from tests.documents.builders import a_docx, a_p7m, a_zip, a_zip_of, as_base64, as_pem

ARRIVAL = Arrival(now=datetime(2026, 10, 5, 12, tzinfo=UTC))
LIMITS = Limits(message_bytes=2_000_000, unpacked_bytes=4_000_000, parts=50, pages=5, seconds=5.0)


def context() -> Context:
    return Context(notice=built_in_notice(), limits=LIMITS, addresses=(OFFICE,), trust_anchors=(authority().ca_pem,))


CONTEXT = context()


def envelope(data: bytes) -> None:
    opened = open_envelope(data, CONTEXT, ARRIVAL)
    assert isinstance(opened.text, str)


def signature(data: bytes) -> None:
    with suppress(Unreadable):
        read_signature(data)


def original(data: bytes) -> None:
    for found in documents_in(data, LIMITS, Progress()):
        assert len(found.content) <= LIMITS.unpacked_bytes


def document(data: bytes) -> None:
    documents_in_file("allegato", data, LIMITS, Progress())


def archive(data: bytes) -> None:
    """A zip: its directory and what it says of its members, then the members themselves."""
    budget = Budget(LIMITS, Progress())
    with suppress(Unreadable):
        opened = open_archive(data)
        for member in opened.members():
            with suppress(Unreadable):
                opened.read(member, budget)


def office(data: bytes) -> None:
    """A .docx; bytes that are no zip stand for its document.xml, which no mutation of a zip would reach."""
    content = data if data.startswith(b"PK") else a_zip_of({"word/document.xml": data})
    with suppress(Unreadable):
        tuple(pages_of_office(content))


def form(data: bytes) -> None:
    with suppress(Unreadable):
        read_form(tuple(pages_of(data, "application/pdf", None)), CONTEXT.notice, 0)


def value(data: bytes) -> None:
    if not data:
        return
    field = SCHEMA[data[0] % len(SCHEMA)]
    normalise(field.key, data[1:].decode("utf-8", "replace"))


def _documents() -> list[bytes]:
    """The document.xml of forms with tables, boxes, tabs and content controls."""
    forms = (generate(variant, 1).content for variant in ("docx", "docx-struck-option"))
    return [zipfile.ZipFile(io.BytesIO(form)).read("word/document.xml") for form in forms]


def seeds(name: str) -> list[bytes]:
    """What each target starts from."""
    signed = a_p7m(typed_form(GERMOGLIO))
    mails = [an_envelope(), an_envelope(layout="LIC"), an_acceptance(), an_anomaly(), a_plain_mail(), a_bounce(),
             a_rem_message()]  # fmt: skip
    files = [typed_form(GERMOGLIO), a_page_of("STATUTO"), signed, as_base64(signed), as_pem(signed),
             a_zip(modulo=b"%PDF-1.4"), a_docx("Denominazione Ente")]  # fmt: skip
    return {
        "envelope": mails,
        "signature": [signed],
        "original": mails,
        "document": files,
        "archive": [a_zip(uno=b"1", due=b"22"), a_docx("x"), a_zip_of({"a.pdf": b"%PDF"}, compression=0)],
        "office": [a_docx("Denominazione Ente"), *_documents()],
        "form": [typed_form(GERMOGLIO)],
        "value": [b"\x0099900010150", b"\x01P.zza Roma 12/A", b"\x0229/7/21"],
    }[name]


TARGETS: dict[str, Callable[[bytes], None]] = {
    "envelope": envelope,
    "signature": signature,
    "original": original,
    "document": document,
    "archive": archive,
    "office": office,
    "form": form,
    "value": value,
}
