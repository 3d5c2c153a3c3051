"""Messages, archives, names and limits: every attachment becomes a document, and none stops the next."""

import io
import zipfile
from dataclasses import replace

import pytest

from ingest.documents import OpenedDocument, documents_in, documents_in_file
from ingest.rules import DocumentPath, Limits, Progress
from ingest.verdict import Document
from ingest.vocabulary import Reason, Role
from tests.documents.builders import (
    a_docx,
    a_form_text,
    a_forwarded_pec,
    a_mail,
    a_mail_with_message,
    a_p7m,
    a_pdf,
    a_picture,
    a_raw_part,
    a_zip,
    a_zip_of,
    an_encrypted_zip,
    an_odt,
)

PDF = a_pdf()


def documents(*attachments: tuple[str, bytes], limits: Limits | None = None) -> list[Document]:
    return [found.document for found in documents_in(a_mail(*attachments), limits or Limits(), Progress())]


def of_message(raw: bytes) -> list[Document]:
    return [found.document for found in documents_in(raw, Limits(), Progress())]


def names(found: list[Document]) -> list[str]:
    return [document.name for document in found]


# what lies in a message


def test_the_texts_of_the_mail_are_no_documents():
    assert documents() == []


def test_an_attachment_is_a_document_with_its_bytes_and_its_place():
    (found,) = documents_in(a_mail(("Allegato 1.pdf", PDF)), Limits(), Progress())

    assert found.content == PDF
    assert (found.document.name, found.document.path, found.document.pages) == ("Allegato 1.pdf", (1,), 1)
    assert found.document.role_by_page == (Role.FORM,)


def test_a_message_that_is_only_an_attachment_has_one_document():
    raw = b"Content-Type: application/pdf\r\nContent-Transfer-Encoding: 8bit\r\n\r\n" + PDF

    assert [document.role for document in of_message(raw)] == [Role.FORM]


def test_an_unnamed_pdf_declared_as_text_is_a_document():
    raw = a_raw_part(["Content-Type: text/plain", "Content-Transfer-Encoding: 8bit"], PDF)

    assert [document.role for document in of_message(raw)] == [Role.FORM]


@pytest.mark.parametrize("encoding", ["", "base64", "BASE64"])
def test_a_message_inside_the_message_is_opened(encoding):
    found = of_message(a_mail_with_message(a_mail(("a.pdf", PDF)), encoding=encoding))

    assert [(document.name, document.role) for document in found] == [("a.pdf", Role.FORM)]


def test_a_message_attached_as_a_file_is_opened():
    assert names(documents(("messaggio.eml", a_mail(("a.pdf", PDF))))) == ["a.pdf"]


def test_a_forwarded_certified_message_gives_its_attachments_and_nothing_of_its_envelope():
    found = of_message(a_mail_with_message(a_forwarded_pec(("a.pdf", PDF), ("b.pdf", PDF))))

    assert names(found) == ["a.pdf", "b.pdf"]


def test_the_pieces_of_a_forwarded_envelope_are_no_documents_even_flattened():
    found = documents(
        ("daticert.xml", b"<?xml version='1.0'?><postacert tipo='posta-certificata'/>"),
        ("postacert.eml", a_mail(("a.pdf", PDF))),
        ("smime.p7s", a_p7m(b"x", detached=True)),
    )

    assert names(found) == ["a.pdf"]


def test_the_signature_of_a_signed_mail_is_no_document():
    raw = (
        b'From: a@pec.example\r\nContent-Type: multipart/signed; boundary="s"\r\n\r\n--s\r\n'
        b'Content-Type: application/pdf; name="a.pdf"\r\nContent-Transfer-Encoding: 8bit\r\n\r\n' + PDF + b"\r\n--s\r\n"
        b"Content-Type: application/pkcs7-signature; name=smime.p7s\r\n\r\nMIIB\r\n--s--\r\n"
    )

    assert names(of_message(raw)) == ["a.pdf"]


@pytest.mark.parametrize(
    "headers",
    [
        ['Content-Type: message/rfc822; name="postacert.eml"', "Content-Disposition: attachment"],
        ["Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64"],
    ],
)
def test_an_empty_part_goes_to_a_person(headers):
    (found,) = of_message(a_raw_part(headers, b""))

    assert (found.role, found.reasons) == (Role.UNREADABLE, (Reason.PART_UNREADABLE,))


def test_a_part_with_broken_base64_or_broken_xml_leaves_the_others_alone():
    broken = a_raw_part(["Content-Type: application/pdf; name=a.pdf", "Content-Transfer-Encoding: base64"], b"JVBER")
    found = documents(("rotto.eml", broken), ("b.xml", b"<?xml version='1.0'?><a><b></a>"), ("c.pdf", PDF))

    assert [document.reasons for document in found] == [(Reason.PART_UNREADABLE,), (Reason.PART_UNREADABLE,), ()]
    assert found[2].role == Role.FORM


@pytest.mark.parametrize("raw", [b"", b"\x00\xff" * 50, b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x"])
def test_a_message_that_is_none_raises_nothing(raw):
    assert isinstance(of_message(raw), list)


def test_multiparts_nested_without_end_are_bounded():
    raw = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000))

    assert all(document.role == Role.UNREADABLE for document in of_message(raw))


def test_a_bare_file_is_judged_like_an_attachment():
    (found,) = documents_in_file("x/../Allegato 1.pdf.p7m", a_p7m(PDF), Limits(), Progress())

    assert (found.document.name, found.document.role, found.content) == ("Allegato 1.pdf", Role.FORM, PDF)


# archives


def test_the_members_of_an_archive_and_of_archives_inside_are_documents():
    found = documents(("tutto.zip", a_zip(a__pdf=PDF, altro__zip=a_zip(b__pdf=PDF, c__docx=a_docx(a_form_text())))))

    assert [(document.name, document.role) for document in found] == [
        ("a.pdf", Role.FORM),
        ("b.pdf", Role.FORM),
        ("c.docx", Role.FORM),
    ]


def test_member_names_are_never_paths():
    found = documents(("z.zip", a_zip_of({"../../etc/a.pdf": PDF, "c:\\x\\b.pdf": PDF, "/c.pdf": PDF})))

    assert names(found) == ["a.pdf", "b.pdf", "c.pdf"]


def test_what_operating_systems_leave_in_archives_is_ignored():
    assert names(documents(("z.zip", a_zip_of({"__MACOSX/._a.pdf": b"x", ".DS_Store": b"y", "a.pdf": PDF})))) == [
        "a.pdf"
    ]


def test_an_archive_with_a_password_says_so():
    assert [document.reasons for document in documents(("z.zip", an_encrypted_zip()))] == [(Reason.PART_ENCRYPTED,)]


def test_a_bomb_in_an_archive_costs_itself_alone():
    found = documents(("z.zip", a_zip(bomba__txt=b"\x00" * 50_000_000, a__pdf=PDF)), ("b.pdf", PDF))

    assert [document.reasons for document in found] == [(Reason.PART_TOO_LARGE,), (), ()]
    assert [document.role for document in found][1:] == [Role.FORM, Role.FORM]


def test_a_member_beyond_the_total_is_put_aside_and_the_next_one_read():
    members = {"grande.txt": bytes(range(256)) * 4000, "a.pdf": PDF}
    found = documents(("z.zip", a_zip_of(members)), limits=Limits(unpacked_bytes=200_000))

    assert [document.reasons for document in found] == [(Reason.PART_TOO_LARGE,), ()]


def test_a_member_that_understates_its_size_is_unreadable():
    raw = bytearray(a_zip_of({"a.txt": b"ciao " * 1000}))
    size = (5000).to_bytes(4, "little")
    understated = bytes(raw).replace(size, (10).to_bytes(4, "little"))

    assert [document.reasons for document in documents(("z.zip", understated))] == [(Reason.PART_UNREADABLE,)]


def test_overlapping_members_are_unreadable():
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("a.txt", b"x" * 1000)
        twin = replace_name(archive.infolist()[0], "b.txt")
        archive.filelist.append(twin)
    found = documents(("z.zip", target.getvalue()))

    assert len(found) == 2
    assert Reason.PART_UNREADABLE in {reason for document in found for reason in document.reasons}


def replace_name(info: zipfile.ZipInfo, name: str) -> zipfile.ZipInfo:
    twin = zipfile.ZipInfo(name)
    for key in ("CRC", "compress_size", "file_size", "header_offset"):
        setattr(twin, key, getattr(info, key))
    return twin


@pytest.mark.parametrize(
    "content", [PDF_ZIP[:-30] if (PDF_ZIP := a_zip(a__pdf=PDF)) else b"", b"PK\x03\x04" + b"\x00" * 40, a_zip_of({})]
)
def test_a_broken_or_empty_archive_is_unreadable(content):
    assert [document.reasons for document in documents(("z.zip", content))] == [(Reason.PART_UNREADABLE,)]


# kinds


@pytest.mark.parametrize(
    ("name", "content", "media_type", "reasons"),
    [
        ("a.rar", b"Rar!\x1a\x07\x01\x00abc", "application/vnd.rar", (Reason.PART_UNSUPPORTED,)),
        ("a.7z", b"7z\xbc\xaf\x27\x1c\x00\x04", "application/x-7z-compressed", (Reason.PART_UNSUPPORTED,)),
        ("winmail.dat", b"\x78\x9f\x3e\x22\x00\x01", "application/vnd.ms-tnef", (Reason.PART_UNSUPPORTED,)),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"),
         "application/encrypted", (Reason.PART_ENCRYPTED,)),
        ("a.odt", an_odt("x", "<m><encryption-data/></m>"), "application/vnd.oasis.opendocument.text",
         (Reason.PART_ENCRYPTED,)),
        ("a.asice", a_zip_of({"mimetype": b"application/vnd.etsi.asic-e+zip"}, compression=zipfile.ZIP_STORED),
         "application/vnd.etsi.asic-e+zip", (Reason.PART_UNSUPPORTED,)),
        ("a.xlsx", a_zip_of({"[Content_Types].xml": b"<Types/>", "xl/workbook.xml": b"<w/>"}),
         "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", (Reason.PART_UNSUPPORTED,)),
        ("a.bin", b"\x00\x01\x02", "application/octet-stream", (Reason.PART_UNSUPPORTED,)),
        ("a.pdf", b"non sono un pdf", "text/plain", (Reason.PART_UNREADABLE,)),
        ("a.pdf", b"%PDF-1.4 troncato", "application/pdf", (Reason.PART_UNREADABLE,)),
        ("a.jpg", b"\xff\xd8\xff\xe0troncata", "image/jpeg", (Reason.PART_UNREADABLE,)),
        ("a.xml", b'<?xml?><!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "text/xml", (Reason.PART_UNREADABLE,)),
        ("a.docx", a_zip_of({"[Content_Types].xml": b"<T/>", "word/document.xml": b"<w:p"}),
         "application/vnd.openxmlformats-officedocument.wordprocessingml.document", (Reason.PART_UNREADABLE,)),
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_kept_with_its_reason(name, content, media_type, reasons):
    (found,) = documents_in(a_mail((name, content)), Limits(), Progress())

    assert (found.document.role, found.document.media_type) == (Role.UNREADABLE, media_type)
    assert found.document.reasons == reasons
    assert found.content == content


@pytest.mark.parametrize(
    ("name", "content", "role"),
    [
        ("logo.png", a_picture(200, 80, "PNG"), Role.OTHER),
        ("striscia.png", a_picture(1200, 100, "PNG"), Role.OTHER),
        ("firma.gif", a_picture(900, 900, "GIF"), Role.OTHER),
        ("contatto.vcf", b"BEGIN:VCARD\r\nVERSION:3.0\r\nEND:VCARD\r\n", Role.OTHER),
        ("nota.txt", b"Confermo la partecipazione.", Role.OTHER),
        (
            "Segnatura.xml",
            b'<!DOCTYPE Segnatura SYSTEM "Segnatura.dtd"><Segnatura/>',
            Role.SEGNATURA,
        ),
        ("fattura.xml", b'<?xml version="1.0"?><Fattura/>', Role.OTHER),
    ],
)
def test_what_carries_no_form_is_told_apart_without_alarm(name, content, role):
    (found,) = documents((name, content))

    assert (found.role, found.reasons) == (role, ())


def test_content_decides_and_the_name_does_not():
    found = documents(("foto.jpg", PDF), ("modulo.pdf", a_zip(a__pdf=PDF)), ("dati.xml", b"xx\n" + PDF))

    assert [document.role for document in found] == [Role.FORM] * 3


def test_a_picture_with_too_many_pixels_is_not_opened():
    (found,) = documents(("enorme.png", a_picture(20_000, 10_000, "PNG")))

    assert found.reasons == (Reason.PART_TOO_LARGE,)


# names


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ('attachment; filename="Atto di citazione\xff in \r\n opposizione all\x92ente\\" x".pdf.p7m', None),
        ('attachment; filename="=?utf-8?Q?Citt=C3=A0.pdf?="', "Città.pdf"),
        ("attachment; filename==?iso-8859-1?Q?Citt=E0.pdf?=", "Città.pdf"),
        ("attachment; filename*=utf-8''Citt%C3%A0%20nuova.pdf", "Città nuova.pdf"),
        ("attachment; filename*0*=utf-8''Citt%C3%A0; filename*1=\" nuova.pdf\"", "Città nuova.pdf"),
        ('attachment; filename="../../etc/passwd.pdf"', "passwd.pdf"),
        ('attachment; filename="C:\\\\Utenti\\\\a.pdf"', "a.pdf"),
        ('attachment; filename="modulo\u202efdp.exe"', "modulofdp.exe"),
        ('attachment; filename="' + "n" * 400 + '.pdf"', "n" * 196 + ".pdf"),
        ("attachment; filename=Allegato 1 firmato.pdf", "Allegato 1 firmato.pdf"),
        ('attachment; filename=""', "senza nome"),
        ('attachment; filename=".."', "senza nome"),
        ("attachment; filename*=ignoto''%ff%fe.pdf", None),
    ],
)
def test_names_are_decoded_and_harmless(header, name):
    raw = a_raw_part(["Content-Type: application/octet-stream", f"Content-Disposition: {header}"], PDF)
    (found,) = of_message(raw)

    assert found.role == Role.FORM
    assert name is None or found.name == name
    assert found.name.isprintable()
    assert len(found.name) <= 200


def test_raw_bytes_of_windows_keep_their_accents_and_their_ending():
    raw = a_raw_part(["Content-Type: application/pdf", "Content-Disposition: attachment; filename=NAME"], PDF)
    (found,) = of_message(raw.replace(b"=NAME", b'="Attivit\xe0 dell\x92ente\r\n .pdf.p7m"'))

    assert found.name == "Attività dell’ente .pdf.p7m"


def test_names_in_old_archives_are_read_as_italian_windows_wrote_them():
    raw = a_zip_of({"Citta_.pdf": PDF}).replace(b"Citta_", b"Citt\x85_")

    assert names(documents(("z.zip", raw))) == ["Città_.pdf"]


# limits


def test_too_many_parts_leave_a_reason_and_the_first_ones_read():
    found = documents(*[(f"{n}.pdf", PDF) for n in range(5)], limits=Limits(parts=3))

    assert [document.reasons for document in found] == [(), (), (), (Reason.LIMIT_REACHED,)]


def test_too_many_members_leave_a_reason():
    found = documents(
        ("z.zip", a_zip_of({f"{n}.txt": b"x" for n in range(50)})), ("b.pdf", PDF), limits=Limits(parts=10)
    )

    assert len(found) < 15
    assert Reason.LIMIT_REACHED in {reason for document in found for reason in document.reasons}


def test_too_many_pages_are_put_aside_and_the_next_document_is_read():
    found = documents(("lungo.pdf", a_pdf(*["pagina"] * 6)), ("modulo.pdf", PDF), limits=Limits(pages=5))

    assert [document.reasons for document in found] == [(Reason.LIMIT_REACHED,), ()]
    assert found[1].role == Role.FORM


def test_archives_nested_too_deep_are_put_aside():
    nested = PDF
    for _ in range(3):
        nested = a_zip(a__pdf=nested)

    assert [document.reasons for document in documents(("z.zip", nested), limits=Limits(nesting=2))] == [
        (Reason.LIMIT_REACHED,)
    ]
    assert [document.role for document in documents(("z.zip", nested), limits=Limits(nesting=3))] == [Role.FORM]


# the keeper


def test_every_part_is_announced_before_it_is_opened_and_can_be_set_aside():
    begun: list[DocumentPath] = []
    raw = a_mail(("a.pdf", PDF), ("z.zip", a_zip(b__pdf=PDF, c__pdf=PDF)), ("d.p7m", a_p7m(PDF)))
    first = documents_in(raw, Limits(), Progress(begin=begun.append))

    assert begun == [(1,), (2,), (2, 0), (2, 1), (3,), (3, 0)]

    for at, path in ((1, (2, 0)), (3, (3, 0))):
        again = documents_in(raw, Limits(), Progress(aside={path: Reason.PART_TIMED_OUT}))
        assert again[at].document.reasons == (Reason.PART_TIMED_OUT,)
        assert again[at].document.role == Role.UNREADABLE
        assert without(again, at) == without(first, at)


def without(found: tuple[OpenedDocument, ...], index: int) -> list[OpenedDocument]:
    return [replace(item) for number, item in enumerate(found) if number != index]
