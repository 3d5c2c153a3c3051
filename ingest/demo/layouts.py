"""The MIME trees providers really write, byte by byte (RFC 6109 §2.1 leaves them much room).

L14, L18 and L26 are one engine in 2014, 2018 and 2026; LIC is another, with the original first. A layout is a value:
`replace(LAYOUTS["L26"], micalg="sha1")` writes the same tree with a false digest name.
"""

import base64
import hashlib
import quopri
from dataclasses import dataclass, field
from datetime import datetime

from ingest.demo.pki import Signer
from ingest.demo.sign import Cms, detached_signature

CRLF = b"\r\n"


@dataclass(frozen=True, slots=True)
class Layout:
    """How one provider writes its multipart/signed. Header fragments are literal."""

    protocol: str = "application/pkcs7-signature"
    micalg: str = "sha-256"
    preamble: str = "This is a S/MIME signed message"
    dashed: bool = False  # boundaries ----<32 hex>, else ----=_Part_n
    folded_boundary: bool = False
    quoted: bool = True  # name="daticert.xml", else name=daticert.xml
    inner_preamble: str = ""
    alternative: bool = True  # plain and HTML text, else plain alone
    cte_of_multiparts: bool = False  # Content-Transfer-Encoding: binary on the multiparts
    xml_first: bool = True
    xml_type: str = "application/xml"
    xml_name: str = "daticert.xml"  # "" = no name at all
    xml_encoding: str = "base64"  # base64 | quoted-printable
    disposition: str = "inline"  # of both parts; the texts follow only when inline
    original_encoding: str = "7bit"  # 7bit | base64 | "" = no line
    trailing_line: bool = False  # an empty line after the signature and after the last delimiter
    kind_header: str = "X-TipoRicevuta"  # spelling on envelopes; "" = never written
    dated_comment: bool = False  # Date: … +0200 (CEST)
    identifiers: str = "jpec"  # opec | jpec | hex
    cms: Cms = field(default_factory=lambda: Cms(protection=True, algorithm="sha256_rsa"))


_SHA1_DER = Cms(digest="sha1", ber=False, capabilities=True)
_LEGACY = Layout(
    protocol="application/x-pkcs7-signature",
    micalg='"sha1"',
    preamble="This is an S/MIME signed message\r\n",
    dashed=True,
    cte_of_multiparts=True,
    trailing_line=True,
    kind_header="X-Tiporicevuta",
    identifiers="opec",
    cms=_SHA1_DER,
)
LAYOUTS = {
    "L14": Layout(
        protocol="application/x-pkcs7-signature",
        micalg="sha1",
        preamble="This is an S/MIME signed message\r\n",
        dashed=True,
        inner_preamble="This is a multi-part message in MIME format...",
        alternative=False,
        trailing_line=True,
        kind_header="X-Tiporicevuta",
        identifiers="opec",
        cms=_SHA1_DER,
    ),
    "L18": _LEGACY,
    "L26": Layout(dated_comment=True),
    "LIC": Layout(
        micalg="sha-1",
        preamble="",
        folded_boundary=True,
        quoted=False,
        xml_first=False,
        xml_encoding="quoted-printable",
        disposition="attachment",
        original_encoding="",
        kind_header="",
        identifiers="hex",
        cms=Cms(digest="sha1", capabilities=True, preference=True),
    ),
}


@dataclass(frozen=True, slots=True)
class Content:
    """What a provider's message carries: a text, the certification data and the original, either of them optional."""

    text: str
    certification: bytes | None
    original: bytes | None


def sealed(content: Content, signer: Signer, at: datetime, layout: Layout) -> tuple[bytes, bytes]:
    """The Content-Type header lines and the body (bytes) of a signed message dated `at`."""
    inner = signed_part(content, layout)
    if layout.cms.opaque:
        return _opaque(inner, signer, at, layout)
    signature = detached_signature(inner, signer, at, layout.cms)
    return enclosed(inner, base64.encodebytes(signature).replace(b"\n", CRLF), layout)


def enclosed(inner: bytes, encoded_signature: bytes, layout: Layout) -> tuple[bytes, bytes]:
    """Content-Type lines and body of a multipart/signed around `inner` and a signature already in base64."""
    boundary = _boundary(inner, "signed", dashed=layout.dashed)
    fold = "\r\n\t" if layout.folded_boundary else " "
    header = (
        f'Content-Type: multipart/signed; protocol="{layout.protocol}"; micalg={layout.micalg};'
        f'{fold}boundary="{boundary}"\r\n'
    )
    name = '"smime.p7s"' if layout.quoted else "smime.p7s; smime-type=signed-data"
    signature_part = (
        f"Content-Type: {layout.protocol}; name={name}\r\nContent-Transfer-Encoding: base64\r\n"
        'Content-Disposition: attachment; filename="smime.p7s"\r\n\r\n'
    ).encode() + encoded_signature
    opening = layout.preamble.encode() + CRLF if layout.preamble else b""
    tail = CRLF if layout.trailing_line else b""
    delimiter = b"--" + boundary.encode()
    body = opening + delimiter + CRLF + inner + CRLF + delimiter + CRLF + signature_part + tail
    return header.encode(), body + delimiter + b"--" + CRLF + tail


def signed_part(content: Content, layout: Layout) -> bytes:
    """The bytes the provider signs: multipart/mixed of text, certification data and original."""
    parts = [_certification_part(content.certification, layout)] if content.certification is not None else []
    if content.original is not None:
        parts.insert(len(parts) if layout.xml_first else 0, _original_part(content.original, layout))
    seed = content.text.encode() + (content.certification or b"") + (content.original or b"")
    mime = "MIME-Version: 1.0\r\n" if layout.inner_preamble else ""
    opening = f"{layout.inner_preamble}\r\n\r\n" if layout.inner_preamble else ""
    multipart = _multipart("mixed", [_text_part(content.text, layout), *parts], seed, layout)
    head, _, body = multipart.partition(b"\r\n\r\n")
    return head + CRLF + mime.encode() + CRLF + opening.encode() + body


def _multipart(subtype: str, parts: list[bytes], seed: bytes, layout: Layout) -> bytes:
    boundary = _boundary(seed, subtype, dashed=False) if not layout.dashed else _numbered(seed, subtype)
    header = f'Content-Type: multipart/{subtype}; boundary="{boundary}"\r\n'
    if layout.cte_of_multiparts:
        header += "Content-Transfer-Encoding: binary\r\n"
    delimiter = b"--" + boundary.encode()
    return header.encode() + CRLF + b"".join(delimiter + CRLF + part + CRLF for part in parts) + delimiter + b"--\r\n"


def _text_part(text: str, layout: Layout) -> bytes:
    plain = _text("plain", text, layout)
    if not layout.alternative:
        return plain
    title, _, rest = text.partition("\n")
    html = f"<html><body><h3>{_html(title)}</h3><p>{_html(rest)}</p></body></html>\n"
    return _multipart("alternative", [plain, _text("html", html, layout)], text.encode(), layout)


def _text(subtype: str, text: str, layout: Layout) -> bytes:
    header = f'Content-Type: text/{subtype}; charset="iso-8859-1"\r\nContent-Transfer-Encoding: quoted-printable\r\n'
    if layout.disposition == "inline":
        header += "Content-Disposition: inline\r\n"
    encoded = quopri.encodestring(text.encode("iso-8859-1", "replace")).replace(b"\n", CRLF)
    return header.encode() + CRLF + encoded


def _certification_part(certification: bytes, layout: Layout) -> bytes:
    if layout.xml_encoding == "base64":
        body = base64.encodebytes(certification).replace(b"\n", CRLF)
    else:
        unix = certification.replace(CRLF, b"\n")
        body = quopri.encodestring(unix).replace(b"\n", CRLF)
    charset = "; charset=UTF-8" if layout.disposition == "attachment" else ""
    name, filename = _names(layout.xml_name, layout)
    return (
        f"Content-Type: {layout.xml_type}{charset}{name}\r\nContent-Transfer-Encoding: {layout.xml_encoding}\r\n"
        f"Content-Disposition: {layout.disposition}{filename}\r\n\r\n"
    ).encode() + body


def _original_part(original: bytes, layout: Layout) -> bytes:
    name, filename = _names("postacert.eml", layout)
    encoding = f"Content-Transfer-Encoding: {layout.original_encoding}\r\n" if layout.original_encoding else ""
    header = f"Content-Type: message/rfc822{name}\r\n{encoding}Content-Disposition: {layout.disposition}{filename}\r\n"
    if layout.original_encoding == "base64":
        original = base64.encodebytes(original).replace(b"\n", CRLF)
    return header.encode() + CRLF + original


def _names(name: str, layout: Layout) -> tuple[str, str]:
    mark = '"' if layout.quoted else ""
    return (f"; name={mark}{name}{mark}", f"; filename={mark}{name}{mark}") if name else ("", "")


def _opaque(inner: bytes, signer: Signer, at: datetime, layout: Layout) -> tuple[bytes, bytes]:
    signature = detached_signature(inner, signer, at, layout.cms)
    header = (
        'Content-Type: application/pkcs7-mime; smime-type=signed-data; name="smime.p7m"\r\n'
        'Content-Transfer-Encoding: base64\r\nContent-Disposition: attachment; filename="smime.p7m"\r\n'
    )
    return header.encode(), base64.encodebytes(signature).replace(b"\n", CRLF)


def _boundary(seed: bytes, use: str, *, dashed: bool) -> str:
    digest = hashlib.md5(use.encode() + seed, usedforsecurity=False).hexdigest()
    if dashed:
        return "----" + digest.upper()
    return f"----=_Part_{int(digest[:5], 16)}_{int(digest[5:12], 16)}.{int(digest[12:22], 16)}"


def _numbered(seed: bytes, use: str) -> str:
    digest = hashlib.md5(use.encode() + seed, usedforsecurity=False).hexdigest()
    return f"----------=_{int(digest[:8], 16)}-{int(digest[8:12], 16)}-{int(digest[12:16], 16)}"


def _html(text: str) -> str:
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return escaped.replace("\n", "<br>\n")
