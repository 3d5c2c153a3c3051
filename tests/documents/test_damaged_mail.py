"""Messages that break the rules of mail, as programs do: what they carry is found, or a person is told."""

import base64
import binascii
import io
import quopri
from collections.abc import Callable

import pikepdf
import pytest

from ingest.documents import documents_in
from ingest.rules import Limits, Progress
from ingest.verdict import Document
from ingest.vocabulary import Reason, Role
from tests.documents.builders import a_pdf

PDF = a_pdf()
ENCODED = base64.encodebytes(PDF).replace(b"\n", b"\r\n")
NAMED = b'Content-Disposition: attachment; filename="allegato1.pdf"\r\n'
PART = b"Content-Type: application/pdf\r\n" + NAMED + b"Content-Transfer-Encoding: base64\r\n\r\n" + ENCODED
MAIL = (
    b"From: ente@pec.example\r\nSubject: Adesione\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="bb=_1"\r\n\r\n'
    b"--bb=_1\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nSi trasmette il modulo.\r\n--bb=_1\r\n"
) + (PART + b"\r\n--bb=_1--\r\n")


def found_in(raw: bytes) -> list[Document]:
    return [opened.document for opened in documents_in(raw, Limits(), Progress())]


def swapped(old: bytes, new: bytes) -> Callable[[], bytes]:
    assert old in MAIL
    return lambda: MAIL.replace(old, new, 1)


TYPE = b'Content-Type: multipart/mixed; boundary="bb=_1"'
DAMAGED = {
    "a line among the headers that is no field": swapped(b"MIME-Version", b"una riga rotta\r\nMIME-Version"),
    "such a line on top": lambda: b"una riga rotta\r\n" + MAIL,
    "a fold that lost its blank": swapped(b"Subject: Adesione", b"Subject: Adesione\r\nal piano\r\nX-Priority: 3"),
    "blank lines on top": lambda: b"\r\n \r\n" + MAIL,
    "a mark of UTF-8 on top": lambda: b"\xef\xbb\xbf" + MAIL,
    "an escaped mbox separator": lambda: b">From ente@pec.example Mon Jul 26 10:00:00 2021\r\n" + MAIL,
    "a name broken over two lines": swapped(b'"allegato1.pdf"', b'"modulo\r\nallegato1.pdf"'),
    "a line among an attachment's headers": swapped(NAMED, b"una riga rotta\r\n" + NAMED),
    "a blank line above an attachment's headers": swapped(PART, b"\r\n" + PART),
    "no blank line below an attachment's headers": swapped(b"base64\r\n\r\n", b"base64\r\n"),
    "no boundary": swapped(b'; boundary="bb=_1"', b""),
    "another boundary": swapped(b'"bb=_1"', b'"altro"'),
    "a boundary in capitals": swapped(b'"bb=_1"', b'"BB=_1"'),
    "a comment behind the boundary": swapped(TYPE, TYPE + b" (di due parti)"),
    "blanks around the slash": swapped(b"multipart/mixed", b"multipart / mixed "),
    "a blank before the colon": swapped(b"Content-Type: multipart", b"Content-Type : multipart"),
    "no slash": swapped(b"multipart/mixed", b"multipart mixed"),
    "no subtype": swapped(b"multipart/mixed", b"multipart"),
    "two types": swapped(TYPE, b"Content-Type: text/plain\r\n" + TYPE),
    "a lone carriage return in a header": swapped(b"Subject: Adesione", b"Subject: Adesione\ral piano"),
    "a lone carriage return in a name": swapped(b'"allegato1.pdf"', b'"alle\rgato1.pdf"'),
    "carriage returns doubled": lambda: MAIL.replace(b"\r\n", b"\r\r\n"),
}


@pytest.mark.parametrize("raw", DAMAGED.values(), ids=DAMAGED.keys())
def test_an_attachment_of_a_message_that_breaks_the_rules_is_found(raw):
    assert [(one.role, one.media_type) for one in found_in(raw())] == [(Role.FORM, "application/pdf")]


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ('"base64"', ENCODED), ("base64;", ENCODED), ("base64 (di binario)", ENCODED), ("\r\n base64", ENCODED),
        ("base-64", ENCODED), ("8bit", ENCODED), ("7bit\r\nContent-Transfer-Encoding: base64", ENCODED),
        ("base64", base64.encodebytes(ENCODED)), ('"quoted-printable"', quopri.encodestring(PDF, quotetabs=True)),
        ("x-uuencode", b"begin 644 a.pdf\r\n"
         + b"".join(binascii.b2a_uu(PDF[at : at + 45]) for at in range(0, len(PDF), 45)) + b"`\nend\n"),
    ],
)  # fmt: skip
def test_a_transfer_encoding_is_undone_however_it_is_written(header, body):
    head = b"Content-Type: application/pdf\r\n" + NAMED + b"Content-Transfer-Encoding: " + header.encode()

    (found,) = found_in(MAIL.replace(PART, head + b"\r\n\r\n" + body))

    assert (found.name, found.role) == ("allegato1.pdf", Role.FORM)


@pytest.mark.parametrize("line", [b"~~~~", b"M\xff\xfe", b"#\x80"])
def test_a_broken_line_of_a_unix_encoding_costs_that_part_alone(line):
    head = b"Content-Type: application/pdf\r\n" + NAMED + b"Content-Transfer-Encoding: x-uuencode\r\n\r\n"
    broken = head + b"begin 644 a.pdf\r\n" + line + b"\r\nend\r\n"

    assert [one.role for one in found_in(MAIL.replace(PART, broken + b"\r\n--bb=_1\r\n" + PART))] == [
        Role.UNREADABLE,
        Role.FORM,
    ]


def test_base64_that_nobody_announced_is_known_by_its_start():
    (found,) = found_in(MAIL.replace(b"Content-Transfer-Encoding: base64\r\n", b""))

    assert found.role is Role.FORM


def test_a_message_enclosed_in_quoted_printable_is_opened_and_one_that_only_says_so_is_not_altered():
    outer = b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    encoded = quopri.encodestring(MAIL.replace(b"\r\n", b"\n"))

    for enclosed in (encoded, MAIL):
        assert [one.role for one in found_in(MAIL.replace(PART, outer + enclosed.replace(b"bb=_1", b"inner")))] == [
            Role.FORM
        ]


def test_a_multipart_in_which_no_part_is_found_goes_to_a_person():
    (found,) = found_in(b"Content-Type: multipart/mixed; boundary=x\r\n\r\nniente di leggibile\r\n")

    assert (found.role, found.reasons) == (Role.UNREADABLE, (Reason.PART_UNREADABLE,))


def test_the_parts_of_a_multipart_beyond_the_first_thousands_do_not_vanish_without_a_word():
    many = b"--b\r\n\r\n\r\n" * 3000

    found = found_in(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + many + b"--b\r\n" + PART + b"\r\n--b--")

    assert [one.role for one in found] == [Role.UNREADABLE]


def test_a_pdf_whose_page_cannot_be_decoded_is_no_empty_one():
    """Line ends altered on the way leave such files: page and fields are still there, what they show is lost."""
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(PDF)) as pdf:
        page = pdf.pages[0]
        page.Contents = pikepdf.Stream(pdf, page.Contents.read_bytes())
        pdf.save(target, compress_streams=True)
    with pikepdf.open(target) as pdf:
        torn = pdf.pages[0].Contents.read_raw_bytes()
    broken = target.getvalue().replace(torn, torn[:2] + b"\xff" * (len(torn) - 2))

    (found,) = found_in(MAIL.replace(ENCODED, base64.encodebytes(broken)))

    assert (found.pages, found.reasons) == (1, (Reason.SCAN_NEEDS_PERSON,))
