"""Table H: a document in every wrapper a signer's program, a webmail or an accident gives it.

The pieces are public so that the tests of the documents can use them on payloads of their own.
"""

import base64
import io
import zipfile
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256

from asn1crypto import cms, tsp
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs7

from ingest.demo import messages as post
from ingest.demo.facts import AT
from ingest.demo.originals import Attachment, an_original
from ingest.demo.pki import Provider, Signer, authority
from ingest.demo.sign import Cms, detached_signature
from ingest.demo.smallpdf import a_small_pdf
from ingest.vocabulary import Reason

PDF = a_small_pdf()
DER, BER = Cms(opaque=True, ber=False), Cms(opaque=True)


@dataclass(frozen=True, slots=True)
class Wrapped:
    """Attachments of one message and what must come out of them."""

    name: str
    attachments: tuple[Attachment, ...]
    payloads: tuple[bytes, ...] = (PDF,)  # documents found inside, wrappers taken off
    reason: Reason | None = None  # said of the part that gives nothing

    def envelope(self) -> bytes:
        """A certified envelope with these attachments."""
        return post.an_envelope(an_original(attachments=self.attachments))


def a_signer(name: str = "Rossi Mario") -> Signer:
    """Somebody with a signing certificate from an authority nobody lists."""
    return authority("CA DI FIRMA DI PROVA", "firma").signer(
        Provider(f"{name.split(maxsplit=1)[0].lower()}.example", name), AT
    )


def signed(payload: bytes, style: Cms = DER, signer: Signer | None = None) -> bytes:
    """A .p7m around `payload`."""
    return detached_signature(payload, signer or a_signer(), AT, style)


def signed_by_two(payload: bytes) -> bytes:
    """Two parallel signatures over one payload."""
    first = cms.ContentInfo.load(signed(payload))
    second = cms.ContentInfo.load(signed(payload, signer=a_signer("Verdi Anna")))["content"]
    for name in ("certificates", "signer_infos"):
        first["content"][name] = [*first["content"][name], *second[name]]
    return bytes(first.dump(force=True))


def counter_signed(payload: bytes) -> bytes:
    """A signature with a counter-signature in its unsigned attributes."""
    outer = cms.ContentInfo.load(signed(payload))
    info = outer["content"]["signer_infos"][0]
    other = cms.ContentInfo.load(signed(info["signature"].native, signer=a_signer("Verdi Anna")))
    info["unsigned_attrs"] = [{"type": "counter_signature", "values": [other["content"]["signer_infos"][0]]}]
    return bytes(outer.dump(force=True))


def enveloped(payload: bytes) -> bytes:
    """Encrypted for somebody: nothing to read."""
    builder = pkcs7.PKCS7EnvelopeBuilder().set_data(payload).add_recipient(a_signer().certificate)
    return builder.encrypt(serialization.Encoding.DER, [pkcs7.PKCS7Options.Binary])


def time_stamped(payload: bytes) -> bytes:
    """A .tsd (RFC 5544) around `payload`, its time stamp a signed token of nothing in particular."""
    token = cms.ContentInfo.load(signed(sha256(payload).digest()))
    data = tsp.TimeStampedData(
        {
            "version": "v1",
            "content": payload,
            "temporal_evidence": tsp.Evidence(
                name="tst_evidence", value=tsp.TimeStampTokenEvidence([{"time_stamp": _as_encapsulated(token)}])
            ),
        }
    )
    kind = cms.ContentInfo({"content_type": "timestamped_data", "content": data})
    return bytes(kind.dump())


def _as_encapsulated(token: cms.ContentInfo) -> cms.EncapsulatedContentInfo:
    loaded: cms.EncapsulatedContentInfo = cms.EncapsulatedContentInfo.load(token.dump())
    return loaded


def pem(der: bytes, label: str = "PKCS7") -> bytes:
    """PEM armour."""
    return f"-----BEGIN {label}-----\n".encode() + base64.encodebytes(der) + f"-----END {label}-----\n".encode()


def zipped(members: dict[str, bytes]) -> bytes:
    """A zip of these members."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def an_asic(payload: bytes) -> bytes:
    """An ASiC container: a zip whose first member names its type."""
    return zipped({"mimetype": b"application/vnd.etsi.asic-e+zip", "domanda.pdf": payload})


def _p7m(name: str, content: bytes, reason: Reason | None = None) -> Wrapped:
    payloads = () if reason else (PDF,)
    return Wrapped(f"H {name}", (("domanda.pdf.p7m", "application/pkcs7-mime", content),), payloads, reason)


def readable() -> list[Wrapped]:
    """Wrappers to take off."""
    der, ber = signed(PDF), signed(PDF, BER)
    line = base64.b64encode(ber)
    marked = b"\xef\xbb\xbf<?xml version='1.0'?><a/>"
    return [
        _p7m("DER", der),
        _p7m("BER", ber),
        _p7m("base64 LF", base64.encodebytes(der)),
        _p7m("base64 CRLF", base64.encodebytes(ber).replace(b"\n", b"\r\n")),
        _p7m("base64 one line", line),
        _p7m("base64 trailing junk", line + b"\n\n--\nInviato da webmail\n"),
        _p7m("bytes after DER", der + b"\0\0\r\n"),
        Wrapped("H BOM", (("a.xml.p7m", "application/pkcs7-mime", signed(marked)),), (marked,)),
        _p7m("double", signed(ber)),
        *(_p7m(f"{depth} levels", reduce(lambda inside, _: signed(inside), range(depth), PDF)) for depth in (3, 6)),
        _p7m("parallel", signed_by_two(PDF)),
        _p7m("counter-signature", counter_signed(PDF)),
        Wrapped(
            "H detached with sibling",
            (
                ("domanda.pdf", "application/pdf", PDF),
                ("domanda.pdf.p7s", "application/pkcs7-signature", detached_signature(PDF, a_signer(), AT)),
            ),
        ),
        Wrapped("H tsd", (("domanda.pdf.tsd", "application/timestamped-data", time_stamped(PDF)),)),
        Wrapped("H tsd of p7m", (("domanda.pdf.p7m.tsd", "application/octet-stream", time_stamped(der)),)),
        _p7m("PEM", pem(der)),
        _p7m("PEM CMS", pem(ber, "CMS")),
        _p7m("plain PDF", PDF),
        Wrapped("H plain XML", (("a.xml.p7m", "application/pkcs7-mime", b"<?xml version='1.0'?><a/>"),), ()),
    ]


def refused() -> list[Wrapped]:
    """Parts that give nothing, each with its reason."""
    der = signed(PDF)
    alone = detached_signature(PDF, a_signer(), AT)
    damaged = base64.b64encode(der).replace(b"MII", b"MOKCr", 1)
    beside = (
        ("rotto.pdf.p7m", "application/pkcs7-mime", der[:200]),
        ("domanda.pdf.p7m", "application/pkcs7-mime", der),
    )
    return [
        _p7m("detached alone", alone, Reason.SIGNATURE_WITHOUT_DOCUMENT),
        _p7m("encrypted", enveloped(PDF), Reason.PART_ENCRYPTED),
        _p7m("two blanks", b"  ", Reason.PART_UNREADABLE),
        _p7m("damaged base64", damaged, Reason.PART_UNREADABLE),
        _p7m("truncated", der[: len(der) // 2], Reason.PART_UNREADABLE),
        Wrapped("H ASiC", (("domanda.asice", "application/zip", an_asic(PDF)),), (), Reason.PART_UNSUPPORTED),
        Wrapped("H broken beside good", beside, (PDF,), Reason.PART_UNREADABLE),
    ]


def smime_originals() -> list[tuple[str, bytes]]:
    """Envelopes whose original is itself signed by its author: multipart/signed, and opaque smime.p7m."""
    inner = an_original(attachments=(("domanda.pdf", "application/pdf", PDF),))
    head, _, body = inner.partition(b"\r\n\r\n")
    kept = b"\r\n".join(
        line for line in head.split(b"\r\n") if not line.lower().startswith((b"content-", b" ", b"mime"))
    )
    kind = b"\r\n".join(line for line in head.split(b"\r\n") if line.lower().startswith((b"content-", b" ")))
    part = kind + b"\r\n\r\n" + body
    opaque = base64.encodebytes(signed(part)).replace(b"\n", b"\r\n")
    detached = base64.encodebytes(detached_signature(part, a_signer(), AT)).replace(b"\n", b"\r\n")
    enclosed = (
        kept + b'\r\nMIME-Version: 1.0\r\nContent-Type: multipart/signed; protocol="application/pkcs7-signature"; '
        b'micalg=sha-256; boundary="=s="\r\n\r\n--=s=\r\n' + part + b"\r\n--=s=\r\nContent-Type: "
        b'application/pkcs7-signature; name="smime.p7s"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
        + detached + b"\r\n--=s=--\r\n"
    )  # fmt: skip
    whole = kept + (
        b'\r\nMIME-Version: 1.0\r\nContent-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return [("H multipart/signed", post.an_envelope(enclosed)), ("H opaque", post.an_envelope(whole + opaque))]


def table_h() -> list[Wrapped]:
    """Every row of table H but the bombs, which the tests of the limits make."""
    return [*readable(), *refused()]
