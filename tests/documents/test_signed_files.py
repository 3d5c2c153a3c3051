"""Signed attachments, in every form people send them; what they hold is opened, who signed is listed."""

import io
import time

import pikepdf
import pytest
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter

from ingest.documents import OpenedDocument, documents_in
from ingest.rules import Limits, Progress
from ingest.vocabulary import Reason, Role
from tests.documents.builders import (
    SIGNED_AT,
    Person,
    a_mail,
    a_p7m,
    a_pdf,
    a_signed_pdf,
    a_tsd,
    a_zip,
    an_enveloped,
    as_base64,
    as_pem,
    with_password,
)

PDF = a_pdf()
ANNA = Person()
LUIGI = Person("BIANCHI LUIGI", "BNCLGU65M10E094X")


def opened(*attachments: tuple[str, bytes], limits: Limits | None = None) -> list[OpenedDocument]:
    return list(documents_in(a_mail(*attachments), limits or Limits(), Progress()))


def one(name: str, content: bytes) -> OpenedDocument:
    (found,) = opened((name, content))
    return found


DER = a_p7m(PDF)
BER = a_p7m(PDF, chunk=1000)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(DER, id="DER"),
        pytest.param(BER, id="BER of indefinite length"),
        pytest.param(a_p7m(PDF, chunk=7), id="BER in tiny chunks"),
        pytest.param(DER + b"\r\n\x00junk", id="bytes after the DER"),
        pytest.param(BER + b"junk", id="bytes after the BER"),
        pytest.param(as_base64(DER), id="base64 on one line"),
        pytest.param(as_base64(BER), id="base64 of BER"),
        pytest.param(as_base64(DER, b"\n"), id="base64 with LF"),
        pytest.param(as_base64(DER, b"\r\n", 76), id="base64 with CRLF"),
        pytest.param(b"\xef\xbb\xbf" + as_base64(DER, b"\r\n"), id="base64 after a byte order mark"),
        pytest.param(as_base64(DER, b"\n") + b"\n\n-- \nfirmato con un programma\n", id="base64 with trailing junk"),
        pytest.param(as_pem(DER), id="PEM"),
        pytest.param(as_pem(BER, "CMS"), id="PEM labelled CMS"),
        pytest.param(b"firma\n" + as_pem(DER), id="PEM after a line of text"),
        pytest.param(a_p7m(DER), id="signed twice"),
        pytest.param(a_p7m(DER, chunk=500), id="DER in BER"),
        pytest.param(as_base64(a_p7m(as_base64(BER))), id="base64 in base64"),
        pytest.param(a_tsd(PDF), id="time-stamped PDF"),
        pytest.param(a_tsd(DER), id="time-stamped signed PDF"),
        pytest.param(PDF, id="a PDF named p7m"),
    ],
)
def test_the_pdf_inside_is_found_byte_for_byte(content):
    found = one("Allegato 1.pdf.p7m", content)

    assert found.content == PDF
    assert (found.document.role, found.document.media_type) == (Role.FORM, "application/pdf")


@pytest.mark.parametrize("content", [DER, BER, as_pem(DER), as_base64(BER, b"\n"), a_tsd(DER)])
def test_the_signer_is_named_and_the_signature_intact(content):
    (signature,) = one("Allegato 1.pdf.p7m", content).document.signatures

    assert (signature.kind, signature.signer) == ("cades", "ESEMPIO ANNA")
    assert signature.signer_fiscal_code == ANNA.fiscal_code
    assert (signature.integrity, signature.trust, signature.at) == ("intact", "not-validated", SIGNED_AT)


def test_parallel_signers_are_all_listed():
    found = one("a.p7m", a_p7m(PDF, ANNA, LUIGI)).document.signatures

    assert sorted((item.signer, item.integrity) for item in found) == [
        ("BIANCHI LUIGI", "intact"),
        ("ESEMPIO ANNA", "intact"),
    ]


def test_the_signers_of_every_layer_are_listed():
    found = one("a.p7m", a_p7m(a_p7m(PDF, LUIGI), ANNA)).document.signatures

    assert [item.signer for item in found] == ["ESEMPIO ANNA", "BIANCHI LUIGI"]


def test_a_signature_over_other_bytes_is_broken_and_its_document_still_read():
    found = one("a.p7m", a_p7m(PDF, signed_over=PDF + b" "))

    assert found.document.role == Role.FORM
    assert [item.integrity for item in found.document.signatures] == ["broken"]
    assert found.document.signatures[0].signer == "ESEMPIO ANNA"


def test_the_wrapper_s_ending_is_taken_off_the_name():
    assert one("Allegato 1.pdf.p7m", DER).document.name == "Allegato 1.pdf"


def test_six_layers_are_opened_and_the_seventh_is_a_limit():
    six = PDF
    for _ in range(6):
        six = a_p7m(six)

    assert one("a.p7m", six).document.role == Role.FORM
    assert one("a.p7m", a_p7m(six)).document.reasons == (Reason.LIMIT_REACHED,)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        pytest.param(an_enveloped(), Reason.PART_ENCRYPTED, id="enveloped data"),
        pytest.param(DER[: len(DER) // 2], Reason.PART_UNREADABLE, id="truncated DER"),
        pytest.param(BER[: len(BER) // 2], Reason.PART_UNREADABLE, id="truncated BER"),
        pytest.param(as_base64(DER)[:900], Reason.PART_UNREADABLE, id="truncated base64"),
        pytest.param(b"MOKC\xc2\xa0rAYJ\xc3\x8b", Reason.PART_UNREADABLE, id="base64 damaged as text"),
        pytest.param(b"  ", Reason.PART_UNREADABLE, id="two blank bytes"),
        pytest.param(b"", Reason.PART_UNREADABLE, id="empty"),
        pytest.param(b"0\x80" * 5000, Reason.PART_UNREADABLE, id="endless nesting, not even CMS"),
        pytest.param(DER[:25] + b"\x30\x80" * 5000, Reason.PART_UNREADABLE, id="endless nesting"),
    ],
)
def test_what_cannot_be_opened_says_why_and_leaves_its_sibling_alone(content, reason):
    bad, good = opened(("cattivo.p7m", content), ("buono.pdf", PDF))

    assert (bad.document.role, bad.document.reasons) == (Role.UNREADABLE, (reason,))
    assert good.document.role == Role.FORM


def test_xml_named_p7m_is_taken_as_it_is():
    found = one("fattura.xml.p7m", b"\xef\xbb\xbf<?xml version='1.0'?><dati/>").document

    assert (found.media_type, found.reasons) == ("text/xml", ())


def test_a_signed_xml_with_a_byte_order_mark_is_found():
    found = one("Segnatura.xml.p7m", a_p7m(b"\xef\xbb\xbf<?xml version='1.0'?><Segnatura/>"))

    assert found.document.role == Role.SEGNATURA


def test_a_detached_signature_goes_to_the_sibling_it_was_made_over():
    document, signature = opened(("modulo.pdf", PDF), ("qualsiasi nome.p7s", a_p7m(PDF, LUIGI, detached=True)))

    assert [(item.signer, item.integrity) for item in document.document.signatures] == [("BIANCHI LUIGI", "intact")]
    assert (signature.document.role, signature.document.reasons) == (Role.SIGNATURE_ONLY, ())


def test_a_detached_signature_named_after_a_changed_sibling_is_broken():
    document, _ = opened(("modulo.pdf", PDF), ("modulo.pdf.p7s", a_p7m(b"altro", detached=True)))

    assert [item.integrity for item in document.document.signatures] == ["broken"]


def test_a_detached_signature_alone_asks_for_its_document():
    found = one("modulo.pdf.p7m", a_p7m(PDF, detached=True)).document

    assert (found.role, found.reasons) == (Role.SIGNATURE_ONLY, (Reason.SIGNATURE_WITHOUT_DOCUMENT,))
    assert found.signatures == ()


def test_a_signed_archive_lends_its_signature_to_what_is_inside():
    found = one("tutto.zip.p7m", a_p7m(a_zip(modulo__pdf=PDF)))

    assert [item.signer for item in found.document.signatures] == ["ESEMPIO ANNA"]


def test_an_opaque_signed_mail_is_a_mail():
    original = a_mail(("modulo.pdf", PDF))
    (found,) = documents_in(
        b'MIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; name="smime.p7m"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n" + as_base64(a_p7m(original), b"\r\n"),
        Limits(),
        Progress(),
    )

    assert (found.document.name, found.document.role) == ("modulo.pdf", Role.FORM)


def test_signatures_inside_a_pdf_are_told_apart():
    first = a_signed_pdf(PDF, ANNA)
    both = one("modulo.pdf", a_signed_pdf(first, LUIGI, "Firma2")).document.signatures

    assert [(item.kind, item.signer, item.integrity) for item in both] == [
        ("pades", "ESEMPIO ANNA", "intact"),
        ("pades", "BIANCHI LUIGI", "intact"),
    ]
    assert both[-1].modified_after == ""
    assert both[0].at is not None


def test_a_pdf_changed_inside_its_signed_bytes_is_broken():
    signed = a_signed_pdf(PDF)
    (signature,) = one(
        "modulo.pdf", signed.replace(b"/CreationDate (D:2000", b"/CreationDate (D:2001")
    ).document.signatures

    assert signature.integrity == "broken"


def test_a_pdf_edited_after_signing_says_so():
    signed = a_signed_pdf(PDF)
    target = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(signed))
    kids = writer.root["/Pages"]["/Kids"]
    page = kids[0].get_object()
    page[generic.NameObject("/MediaBox")] = generic.ArrayObject(generic.NumberObject(n) for n in (0, 0, 300, 300))
    writer.mark_update(kids.raw_get(0))
    writer.write(target)
    (signature,) = one("modulo.pdf", target.getvalue()).document.signatures

    assert (signature.integrity, signature.modified_after) == ("intact", "other")


def test_a_pdf_re_saved_after_signing_is_not_intact():
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(a_signed_pdf(PDF))) as pdf:
        pdf.save(target)

    assert [item.integrity for item in one("modulo.pdf", target.getvalue()).document.signatures] == ["broken"]


def test_a_pdf_with_an_owner_password_alone_is_read_and_one_with_a_user_password_is_not():
    readable, locked = opened(("a.pdf", with_password(PDF)), ("b.pdf", with_password(PDF, user="x")))

    assert readable.document.role == Role.FORM
    assert locked.document.reasons == (Reason.PART_ENCRYPTED,)


def test_twenty_megabytes_in_small_chunks_open_in_linear_time():
    content = b"%PDF-1.4" + b"x" * 20_000_000
    signed = a_p7m(content, chunk=1000)
    started = time.process_time()
    found = one("grande.p7m", signed)

    assert found.content == content
    assert [item.integrity for item in found.document.signatures] == ["intact"]
    assert time.process_time() - started < 10
