"""Table C: how odd the wrapping may be without the message being lost."""

import re
from dataclasses import replace
from typing import Any

from ingest.demo import messages as post
from ingest.demo.facts import AT, OFFICE
from ingest.demo.layouts import LAYOUTS
from ingest.demo.originals import an_original
from ingest.vocabulary import Reason, SignatureState
from tests.gallery.case import ANSWERED, QUARANTINED, UNSURE, Case, but, changed, envelope_facts

L26 = LAYOUTS["L26"]
WRAPPERS: dict[str, dict[str, Any]] = {
    "preamble a": {"preamble": "This is a S/MIME signed message"},
    "preamble an": {"preamble": "This is an S/MIME signed message\r\n"},
    "no preamble": {"preamble": ""},
    "micalg sha1": {"micalg": "sha1"},
    "micalg quoted sha1": {"micalg": '"sha1"'},
    "micalg sha-1": {"micalg": "sha-1"},
    "micalg sha-256": {"micalg": "sha-256"},
    "micalg quoted sha-256": {"micalg": '"sha-256"'},
    "micalg false": {"micalg": "md5"},
    "unquoted names": {"quoted": False},
    "folded boundary": {"folded_boundary": True},
}
XML_PARTS: dict[str, dict[str, Any]] = {
    "certdata.xml": {"xml_name": "certdata.xml"},
    "text/xml": {"xml_type": "text/xml"},
    "no name": {"xml_type": "application/octet-stream", "xml_name": ""},
}
DATES = {
    "comment": "Mon, 05 Oct 2026 10:15:00 +0200 (CEST)",
    "strange zone": "Mon, 05 Oct 2026 10:15:00 +9900",
    "two digits": "Mon, 05 Oct 26 10:15:00 +0200",
    "none": "",
    "nonsense": "ieri sera",
}


def wrappers() -> list[Case]:
    """C1, C2, C4, C6: the wrapper's own spelling."""
    cases = [Case(f"C1 {name}", _laid(change), ANSWERED) for name, change in WRAPPERS.items()]
    tagged = post.an_envelope(subject_line="[ufficio] POSTA CERTIFICATA: Domanda", headers=(("Received", "from a"),))
    return [
        *cases,
        Case("C2 tagged", tagged, ANSWERED),
        Case("C2 bare LF", post.an_envelope().replace(b"\r\n", b"\n"), ANSWERED),
        Case("C2 footer", post.an_envelope() + b"Messaggio controllato\r\n", ANSWERED),
        Case("C4", _laid({"original_encoding": "base64"}), ANSWERED),
        *(Case(f"C6 {name}", _laid(change), ANSWERED) for name, change in XML_PARTS.items()),
    ]


def contents() -> list[Case]:
    """C3, C5, C10, C11, C12: what lies in the original."""
    latin = an_original(attachments=(), text="Perche' 10 euro\n")
    latin = changed(latin, b'charset="utf-8"', b'charset="iso-8859-15"')
    latin = changed(latin, b"Perche' 10 euro", "Perché 10 €".encode("iso-8859-15"))
    bodiless = b'From: a@pec.example\r\nContent-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n\r\n--x--\r\n'
    broken = an_original(attachments=[("a.pdf", "application/pdf", b"%PDF-1.4" * 9), ("b.xml", "text/xml", b"<a")])
    broken = re.sub(rb"JVBERi0xLjQl[A-Za-z0-9+/]+", b"JVBERi*?=x", broken, count=1)
    lying = "Ricevuta di avvenuta consegna\nper altro@pec.example \ufffd"
    return [
        Case("C3", post.an_envelope(latin), ANSWERED),
        Case("C5 empty original", _around(b""), but(UNSURE, reasons=(Reason.ORIGINAL_MISSING,))),
        Case("C5 part without body", _around(bodiless), ANSWERED),
        Case("C10", post.an_envelope(broken), ANSWERED),
        *(Case(f"C11 {name}", post.an_envelope(_named(text)), ANSWERED) for name, text in FILENAMES.items()),
        Case("C12", post.an_envelope(text=lying), ANSWERED),
    ]


FILENAMES = {
    "raw and folded": b'"Atto di opposizione all\xe0 "\r\n "citta.pdf.p7m"',
    "RFC 2047 in quotes": b'"=?utf-8?Q?Segnatura.xml?="',
    "path": b'"../../etc/domanda.pdf"',
    "bidi": '"domanda\u202efdp.exe"'.encode(),
    "carriage return": b'"domanda\r\n .pdf"',
    "long": b'"' + b"d" * 400 + b'.pdf"',
}


def _named(name: bytes) -> bytes:
    return changed(an_original(), b'filename="domanda.pdf"', b"filename=" + name)


def headers() -> list[Case]:
    """C7 to C9: list re-wraps, broken addresses, odd dates."""
    crowd = ", ".join(f"ente{number}@pec.example" for number in range(300))
    broken = {"blank": "pct@pec. x.example, " + OFFICE, "stray": f"<{OFFICE}>>, a@b.example", "crowd": crowd}
    refused = but(QUARANTINED, reasons=(Reason.SENDER_INVALID,))
    absent = but(QUARANTINED, signature=SignatureState.ABSENT)
    return [
        Case("C7", rewrapped(post.an_envelope()), absent),
        *(Case(f"C8 To {name}", post.an_envelope(replaced=(("To", to),)), ANSWERED) for name, to in broken.items()),
        Case("C8 From", post.an_envelope(replaced=(("From", '"Per conto di: ?" <@@>'),)), refused),
        *(
            Case(f"C9 {name}", post.an_envelope(replaced=(("Date", date),)), but(ANSWERED, details={"accepted_at": AT}))
            for name, date in DATES.items()
        ),
    ]


def rewrapped(raw: bytes) -> bytes:
    """What a mailing list makes of an envelope: its signed body one level down, a footer after it."""
    head, _, body = raw.partition(b"\r\n\r\n")
    top, _, kind = head.partition(b"MIME-Version: 1.0\r\n")
    inner = kind + b"\r\n\r\n" + body
    footer = b"Content-Type: text/plain\r\n\r\n_______\r\nlista@pec.example\r\n"
    opening = b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="=lista="\r\n\r\n--=lista=\r\n'
    return (
        top.replace(b"Subject: ", b"Subject: [lista] ")
        + opening
        + inner
        + b"\r\n--=lista=\r\n"
        + footer
        + (b"--=lista=--\r\n")
    )


def _laid(change: dict[str, Any]) -> bytes:
    return post.an_envelope(layout=replace(L26, **change))


def _around(postacert: bytes) -> bytes:
    return post.envelope_around(postacert, envelope_facts())


def table_c() -> list[Case]:
    """Every row of table C."""
    return [*wrappers(), *contents(), *headers()]
