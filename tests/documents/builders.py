"""What people attach: PDFs, signed files, archives, messages around them. Everything invented."""

import base64
import email
import hashlib
import io
import warnings
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage, Message
from functools import cache

import pikepdf
from asn1crypto import algos, cms, core, keys, tsp
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.x509.oid import NameOID
from PIL import Image
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

SIGNED_AT = datetime(2021, 7, 20, 9, 30, tzinfo=UTC)

NOTICE = """AVVISO PUBBLICO PER LA PARTECIPAZIONE ALLA FASE DI CO-PROGRAMMAZIONE
DEL PIANO SOCIALE DI ZONA 2021-2023
L'Assemblea dei Sindaci del Distretto 4 ha deliberato di dare avvio alla nuova programmazione.
I soggetti indicati dall'art. 4 del D.lgs n 117/2017 sono invitati a manifestare il proprio interesse
attraverso la compilazione dell'Allegato 1 e il successivo invio entro e non oltre il giorno 29 luglio 2021.
comune.cernuscosulnaviglio@pec.regione.lombardia.it"""

NOTICE_2 = """Per ulteriori informazioni contattare l'Ufficio di Piano. Seguiranno successive comunicazioni
sulla co-programmazione. f.to La Dirigente del Settore Servizi sociali"""

FORM = """ALLEGATO 1
Spett.le Comune di Cernusco sul Naviglio, capofila del Distretto 4
PEC: comune.cernuscosulnaviglio@pec.regione.lombardia.it
OGGETTO: Manifestazione di interesse, avviso pubblico per la co-programmazione del Piano Sociale di Zona 2021-2023
Il/La sottoscritto/a (cognome e nome) {declarant}
nato/a a ______________________ (prov. ____) il ____/____/________
in qualità di: □ legale rappresentante □ delegato
Denominazione / Ragione sociale {name}
Codice fiscale {code} Partita IVA ___________________
con sede legale in (Comune) _______________ via/piazza ______________ n. ____ CAP _____
tel. ______________ e-mail {email} PEC ____________________
MANIFESTA
l'interesse e la disponibilità a partecipare al processo di co-programmazione"""

FORM_2 = """DICHIARA (artt. 46-47 e 76 D.P.R. 445/2000)
□ di rientrare tra i soggetti di cui all'art. 4 D.Lgs. 117/2017
□ di aver letto l'informativa sul trattamento dei dati (Reg. UE 2016/679)
Luogo ________________ data ____/____/______ Firma del dichiarante ____________________"""

IDENTITY = """REPUBBLICA ITALIANA - MINISTERO DELL'INTERNO
CARTA DI IDENTITÀ / IDENTITY CARD
COGNOME ESEMPIO NOME ANNA STATURA 168 CITTADINANZA ITA
SCADENZA 01.01.2029"""

STATUTE = """STATUTO DELL'ASSOCIAZIONE ESEMPIO
Art. 1 - Denominazione e sede. È costituita l'associazione.
Art. 2 - Finalità. L'associazione persegue finalità civiche."""

COVER = """Oggetto: trasmissione manifestazione di interesse
Il sottoscritto, presidente dell'associazione, trasmette in allegato il modulo compilato
relativo alla co-programmazione del Piano di Zona. Distinti saluti. Il Presidente"""

LEADERS = "_" * 30


def a_form_text(declarant: str = "Esempio Anna", name: str = "Associazione Esempio ODV",
                code: str = "99900010150", email: str = "info@associazione.example") -> str:  # fmt: skip
    return FORM.format(declarant=declarant, name=name, code=code, email=email)


def a_blank_form_text() -> str:
    return a_form_text(LEADERS, LEADERS, LEADERS, LEADERS)


@cache
def a_pdf(*pages: str) -> bytes:
    """A PDF with one text per page; an empty text is a page with a picture only (a scan)."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4, invariant=1)
    for text in pages or (a_form_text(),):
        if not text:
            canvas.drawInlineImage(Image.new("L", (600, 800), 200), 0, 0, *A4)
        for number, line in enumerate(text.splitlines()):
            canvas.setFont("Helvetica", 9)
            canvas.drawString(40, 800 - 16 * number, line)
        canvas.showPage()
    canvas.save()
    return target.getvalue()


def a_fillable_pdf(value: str = "", *, ticked: bool = False) -> bytes:
    """The blank form with two fields to fill and one box to tick."""
    target = io.BytesIO()
    canvas = Canvas(target, pagesize=A4)
    for number, line in enumerate(a_blank_form_text().splitlines()):
        canvas.drawString(40, 800 - 16 * number, line)
    canvas.acroForm.textfield(name="untitled1", x=200, y=730, width=200, height=12, value=value)
    canvas.acroForm.textfield(name="untitled2", x=200, y=690, width=200, height=12, value="")
    canvas.acroForm.checkbox(name="untitled3", x=200, y=650, size=10, checked=ticked)
    canvas.showPage()
    canvas.save()
    return target.getvalue()


def with_password(pdf: bytes, *, user: str = "", owner: str = "ufficio") -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(pdf)) as document:
        document.save(target, encryption=pikepdf.Encryption(owner=owner, user=user))
    return target.getvalue()


def a_picture(width: int = 1200, height: int = 1600, kind: str = "JPEG") -> bytes:
    target = io.BytesIO()
    Image.new("L", (width, height), 230).save(target, kind)
    return target.getvalue()


def a_zip(**members: bytes) -> bytes:
    """A zip; `__` in a keyword stands for a dot."""
    return a_zip_of({name.replace("__", "."): content for name, content in members.items()})


def a_zip_of(members: dict[str, bytes], *, compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with warnings.catch_warnings(), zipfile.ZipFile(target, "w", compression) as archive:
        warnings.simplefilter("ignore")
        for name, content in members.items():
            archive.writestr(name, content)
    return target.getvalue()


def an_encrypted_zip() -> bytes:
    """A zip whose member says it is encrypted (flag bit 0, in both its headers)."""
    raw = bytearray(a_zip(modulo__pdf=a_pdf()))
    raw[6] |= 1
    raw[raw.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(raw)


def a_docx(text: str) -> bytes:
    """A .docx whose tick stands in a content control."""
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    paragraphs = "".join(f"<w:p><w:r><w:t>{line}</w:t></w:r></w:p>" for line in text.splitlines())
    inside = f'<w:document xmlns:w="{space}"><w:body>{paragraphs}</w:body></w:document>'
    return a_zip_of({"[Content_Types].xml": b"<Types/>", "word/document.xml": inside.encode()})


def an_odt(text: str, manifest: str = "<m/>") -> bytes:
    space = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    paragraphs = "".join(f"<text:p>{line}</text:p>" for line in text.splitlines())
    members = {
        "mimetype": b"application/vnd.oasis.opendocument.text",
        "META-INF/manifest.xml": manifest.encode(),
        "content.xml": f'<office xmlns:text="{space}">{paragraphs}</office>'.encode(),
    }
    return a_zip_of(members, compression=zipfile.ZIP_STORED)


@dataclass(frozen=True)
class Person:
    """Who signs, with a certificate of his own making."""

    name: str = "ESEMPIO ANNA"
    fiscal_code: str = "CLMPLA58T55F205Z"


@cache
def credentials(person: Person) -> tuple[rsa.RSAPrivateKey, asn1_x509.Certificate]:
    key = rsa.generate_private_key(65537, 2048)
    name = x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, person.name),
            x509.NameAttribute(NameOID.SERIAL_NUMBER, f"TINIT-{person.fiscal_code}"),
        ]
    )
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(SIGNED_AT - timedelta(days=1))
        .not_valid_after(SIGNED_AT + timedelta(days=3650))
        .sign(key, hashes.SHA256())
    )
    return key, asn1_x509.Certificate.load(certificate.public_bytes(serialization.Encoding.DER))


def a_p7m(
    content: bytes, *signers: Person, detached: bool = False, signed_over: bytes | None = None, chunk: int = 0
) -> bytes:
    """CAdES over `content`: DER, or BER with indefinite lengths and `chunk` bytes a piece.

    `signed_over`: what the digest is made of, if something else (a broken signature).
    """
    people = signers or (Person(),)
    over = content if signed_over is None else signed_over
    signed = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": "data", "content": None if detached else content},
            "certificates": [credentials(person)[1] for person in people],
            "signer_infos": [_signer_info(person, over) for person in people],
        }
    )
    if chunk:
        return _indefinite(signed, content, chunk)
    return _dumped(cms.ContentInfo({"content_type": "signed_data", "content": signed}))


def _dumped(value: core.Asn1Value) -> bytes:
    encoded: bytes = value.dump()
    return encoded


def _signer_info(person: Person, content: bytes) -> cms.SignerInfo:
    key, certificate = credentials(person)
    attributes = cms.CMSAttributes(
        [
            {"type": "content_type", "values": ["data"]},
            {"type": "signing_time", "values": [cms.Time({"utc_time": SIGNED_AT})]},
            {"type": "message_digest", "values": [hashlib.sha256(content).digest()]},
        ]
    )
    sid = {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}}
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(sid),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "rsassa_pkcs1v15", "parameters": core.Null()},
            "signature": key.sign(attributes.dump(), PKCS1v15(), hashes.SHA256()),
        }
    )


def _indefinite(signed: cms.SignedData, content: bytes, chunk: int) -> bytes:
    end = b"\x00\x00"
    pieces = b"".join(
        core.OctetString(content[start : start + chunk]).dump() for start in range(0, len(content), chunk)
    )
    octets = b"\x24\x80" + pieces + end
    encap = b"\x30\x80" + cms.ContentType("data").dump() + b"\xa0\x80" + octets + end + end
    parts = [signed["version"].dump(), signed["digest_algorithms"].dump(), encap]
    parts += [signed["certificates"].dump(), signed["signer_infos"].dump()]
    inside = b"\x30\x80" + b"".join(parts) + end
    return b"\x30\x80" + _dumped(cms.ContentType("signed_data")) + b"\xa0\x80" + inside + end + end


def as_base64(content: bytes, line_end: bytes = b"", width: int = 64) -> bytes:
    packed = base64.b64encode(content)
    return packed if not line_end else line_end.join(packed[at : at + width] for at in range(0, len(packed), width))


def as_pem(content: bytes, label: str = "PKCS7") -> bytes:
    return b"-----BEGIN %b-----\n%b\n-----END %b-----\n" % (label.encode(), as_base64(content, b"\n"), label.encode())


def an_enveloped() -> bytes:
    return bytes.fromhex("3080 0609 2a864886f70d010703 a080 3080 020100 0000 0000 0000".replace(" ", ""))


def a_tsd(content: bytes) -> bytes:
    token = cms.ContentInfo({"content_type": "data", "content": b"token"})
    stamp = tsp.TimeStampAndCRL({"time_stamp": cms.EncapsulatedContentInfo.load(token.dump())})
    evidence = tsp.Evidence({"tst_evidence": [stamp]})
    data = tsp.TimeStampedData({"version": "v1", "content": content, "temporal_evidence": evidence})
    return _dumped(cms.ContentInfo({"content_type": "timestamped_data", "content": data}))


def a_signed_pdf(pdf: bytes, person: Person | None = None, field: str = "Firma") -> bytes:
    """PAdES, by pyHanko."""
    key, certificate = credentials(person or Person())
    raw = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    signer = signers.SimpleSigner(
        signing_cert=certificate,
        signing_key=keys.PrivateKeyInfo.load(raw),
        cert_registry=SimpleCertificateStore(),
        signature_mechanism=algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa"}),
    )
    target = io.BytesIO()
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf))
    signers.sign_pdf(writer, signers.PdfSignatureMetadata(field_name=field), signer, output=target)
    return target.getvalue()


def a_mail(*attachments: tuple[str, bytes], text: str = "Buongiorno, in allegato la domanda.") -> bytes:
    """An original message; what is attached is always declared application/octet-stream."""
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@pec.example", "ufficio@pec.example", "Domanda"
    message.set_content(text)
    message.add_alternative(f"<p>{text}</p>", subtype="html")
    for name, content in attachments:
        message.add_attachment(content, maintype="application", subtype="octet-stream", filename=name)
    return message.as_bytes()


def a_raw_part(headers: Sequence[str], body: bytes) -> bytes:
    """A message of one multipart whose second part is written by hand."""
    lines = ["From: a@pec.example", "MIME-Version: 1.0", 'Content-Type: multipart/mixed; boundary="b"', ""]
    head = "\r\n".join([*lines, "--b", "Content-Type: text/plain", "", "testo", "--b"]).encode()
    part = "\r\n".join(headers).encode("utf-8", "surrogateescape")
    return head + b"\r\n" + part + b"\r\n\r\n" + body + b"\r\n--b--\r\n"


def a_forwarded_pec(*attachments: tuple[str, bytes]) -> bytes:
    """A certified message as it lies in a mailbox: envelope, certification data, original, provider's signature."""
    outer = Message()
    outer["Subject"], outer["X-Trasporto"] = "POSTA CERTIFICATA: Domanda", "posta-certificata"
    outer["From"], outer["MIME-Version"] = "posta-certificata@gestore.example", "1.0"
    outer["Content-Type"] = 'multipart/signed; protocol="application/pkcs7-signature"; boundary="outer"'
    inner = Message()
    inner["Content-Type"] = 'multipart/mixed; boundary="inner"'
    inner.set_payload([_a_part("text/plain", b"Messaggio di posta certificata"),
                       _a_part('application/xml; name="daticert.xml"', b'<?xml version="1.0"?><postacert tipo="x"/>'),
                       _a_message(a_mail(*attachments))])  # fmt: skip
    outer.set_payload([inner, _a_part('application/pkcs7-signature; name="smime.p7s"', a_p7m(b"x", detached=True))])
    return outer.as_bytes()


def a_mail_with_message(inner: bytes, *, encoding: str = "") -> bytes:
    """A message with a message/rfc822 part, in base64 if `encoding` says so."""
    headers = ['Content-Type: message/rfc822; name="postacert.eml"', "Content-Disposition: attachment"]
    if encoding:
        headers.append(f"Content-Transfer-Encoding: {encoding}")
    return a_raw_part(headers, base64.encodebytes(inner) if encoding else inner)


def _a_part(kind: str, content: bytes) -> Message:
    part = Message()
    part["Content-Type"], part["Content-Transfer-Encoding"] = kind, "base64"
    part.set_payload(base64.encodebytes(content).decode())
    return part


def _a_message(raw: bytes) -> Message:
    part = Message()
    part["Content-Type"] = 'message/rfc822; name="postacert.eml"'
    part.set_payload([email.message_from_bytes(raw)])
    return part


def a_deflate_bomb_pdf(megabytes: int = 100) -> bytes:
    """One page whose content stream unpacks to so many megabytes of drawing."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        page.obj.Contents = pdf.make_stream(b"0 0 m 1 1 l S\n" * (megabytes * 1_000_000 // 14))
        target = io.BytesIO()
        pdf.save(target, compress_streams=True)
        return target.getvalue()


def an_endless_pdf(width: int = 10, depth: int = 9) -> bytes:
    """A form XObject that draws the next one `width` times, `depth` levels down: 10^9 drawings in a few kilobytes."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        inner = pdf.make_stream(b"BT /F0 9 Tf (a) Tj ET")
        inner.Type, inner.Subtype, inner.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 9, 9]
        for _ in range(depth):
            outer = pdf.make_stream(b"/X Do " * width)
            outer.Type, outer.Subtype, outer.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 9, 9]
            outer.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
            inner = outer
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=inner))
        page.obj.Contents = pdf.make_stream(b"/X Do")
        target = io.BytesIO()
        pdf.save(target)
        return target.getvalue()


def a_recursive_pdf() -> bytes:
    """A form XObject that draws itself."""
    with pikepdf.new() as pdf:
        page = pdf.add_blank_page()
        form = pdf.make_indirect(pdf.make_stream(b"/X Do /X Do"))
        form.Type, form.Subtype, form.BBox = pikepdf.Name.XObject, pikepdf.Name.Form, [0, 0, 9, 9]
        form.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
        page.obj.Resources = pikepdf.Dictionary(XObject=pikepdf.Dictionary(X=form))
        page.obj.Contents = pdf.make_stream(b"/X Do")
        target = io.BytesIO()
        pdf.save(target)
        return target.getvalue()


def a_long_pdf(pages: int = 3000) -> bytes:
    with pikepdf.new() as pdf:
        for _ in range(pages):
            pdf.add_blank_page()
        target = io.BytesIO()
        pdf.save(target)
        return target.getvalue()


def with_javascript(content: bytes) -> bytes:
    target = io.BytesIO()
    with pikepdf.open(io.BytesIO(content)) as pdf:
        action = pikepdf.Dictionary(S=pikepdf.Name.JavaScript, JS="while(true){}")
        pdf.Root.OpenAction = action
        pdf.save(target)
    return target.getvalue()
