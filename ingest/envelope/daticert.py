"""daticert.xml: the certification data, the only certified facts of a message (RFC 6109 §4.4).

The grammar is read loosely (any order, unknown elements, defaults) and the XML strictly: no DTD, no entity, a size
cap. Elements are taken from their own place only, so that nothing inside a subject can pose as one.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ingest.envelope.addresses import plain_address
from ingest.envelope.mime import Part, decoded
from ingest.envelope.times import certified_time
from ingest.verdict import Unreadable
from ingest.vocabulary import Reason

LARGEST = 1_000_000  # bytes of XML
LARGEST_ENCODED = 3 * LARGEST + 1000  # quoted-printable writes up to three characters for one byte
NAMES = ("daticert.xml", "certdata.xml")  # RFC 6109 names the second, every real message the first
XML_TYPES = ("application/xml", "text/xml")
_ROOT = b"<postacert"
_UNESCAPED = re.compile(rb"<msgid>\s*<([^<>]{0,1000})>\s*</msgid>")


@dataclass(frozen=True, slots=True)
class CertificationData:
    """What the provider certifies. Addresses lower-case, identifiers without brackets, "" for what is not there."""

    kind: str  # postacert/@tipo, trimmed and lower-cased
    error: str  # postacert/@errore, "nessuno" by default
    sender: str  # mittente; "" when it is no address
    recipients: tuple[str, ...]
    ordinary_recipients: tuple[str, ...]  # tipo="esterno"
    reply_to: str  # risposte, if it is exactly one address
    subject: str | None  # oggetto as it is written, spaces included
    provider: str  # gestore-emittente: of this message
    identifier: str
    message_id: str  # msgid: the client's
    delivered_to: str  # consegna; the first when repeated
    error_detail: str  # errore-esteso
    at: datetime | None  # data, aware, offset as certified
    literal: str  # giorno, ora and zona as written
    repaired: bool = False  # an unescaped msgid had to be escaped first


def find_certification_data(parts: tuple[Part, ...]) -> Part | None:
    """The certification data among the children of the signed multipart; never deeper.

    By name, else by XML type, else by content.
    """
    leaves = [part for part in parts if not part.is_multipart and part.media_type != "message/rfc822"]
    by_name = [part for part in leaves if part.name.lower() in NAMES]
    by_type = [part for part in leaves if part.media_type in XML_TYPES]
    by_content = [part for part in leaves if _ROOT in decoded(part, 4000)]
    return next(iter(by_name + by_type + by_content), None)


def read_certification_data(part: Part) -> CertificationData:
    """The certification data in a part.

    Raises Unreadable: CERTIFICATION_DATA_MISSING when the part is empty, CERTIFICATION_DATA_UNREADABLE when it is
    not well-formed, too large, declares a DTD or has another root.
    """
    if len(part.content()) > LARGEST_ENCODED:
        raise Unreadable(Reason.CERTIFICATION_DATA_UNREADABLE, "too large")
    xml = decoded(part)
    if not xml.strip():
        raise Unreadable(Reason.CERTIFICATION_DATA_MISSING, "empty")
    if len(xml) > LARGEST:
        raise Unreadable(Reason.CERTIFICATION_DATA_UNREADABLE, "too large")
    root, repaired = _parsed(xml.strip(b"\r\n\t \0"))
    if root.tag.rpartition("}")[2].lower() != "postacert":
        raise Unreadable(Reason.CERTIFICATION_DATA_UNREADABLE, "another root element")
    return _data(root, repaired=repaired)


def _parsed(xml: bytes) -> tuple[Element, bool]:
    try:
        return _tree(xml), False
    except Unreadable:
        # some producers write <msgid><id@host></msgid>; the angle brackets are all that is wrong
        escaped, changes = _UNESCAPED.subn(rb"<msgid>&lt;\1&gt;</msgid>", xml, count=1)
        if not changes:
            raise
        return _tree(escaped), True


def _tree(xml: bytes) -> Element:
    try:
        tree: Element = fromstring(xml, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:  # the last two: odd encodings
        raise Unreadable(Reason.CERTIFICATION_DATA_UNREADABLE, type(error).__name__) from error
    return tree


def _data(root: Element, *, repaired: bool) -> CertificationData:
    recipients = [(plain_address(_content(item)), item) for item in root.findall("intestazione/destinatari")]
    ordinary = [address for address, item in recipients if item.get("tipo", "").strip().lower() == "esterno"]
    replies = [plain_address(_content(item)) for item in root.findall("intestazione/risposte") if _content(item)]
    subject = root.find("intestazione/oggetto")
    day, hour = _text(root, "dati/data/giorno"), _text(root, "dati/data/ora")
    data = root.find("dati/data")
    zone = data.get("zona", "").strip() if data is not None else ""
    return CertificationData(
        kind=root.get("tipo", "").strip().lower(),
        error=root.get("errore", "nessuno").strip().lower() or "nessuno",
        sender=plain_address(_text(root, "intestazione/mittente")),
        recipients=tuple(dict.fromkeys(address for address, _ in recipients if address)),
        ordinary_recipients=tuple(dict.fromkeys(address for address in ordinary if address)),
        reply_to=replies[0] if len(replies) == 1 else "",
        subject=None if subject is None else "".join(subject.itertext()),
        provider=_text(root, "dati/gestore-emittente"),
        identifier=_identifier(_text(root, "dati/identificativo")),
        message_id=_identifier(_text(root, "dati/msgid")),
        delivered_to=plain_address(_text(root, "dati/consegna")),
        error_detail=_text(root, "dati/errore-esteso"),
        at=certified_time(day, hour, zone),
        literal=" ".join(piece for piece in (day, hour, zone) if piece),
        repaired=repaired,
    )


def _content(element: Element) -> str:
    return "".join(element.itertext()).strip()


def _text(root: Element, path: str) -> str:
    found = root.find(path)
    return "" if found is None else _content(found)


def _identifier(text: str) -> str:
    return text.strip().removeprefix("<").removesuffix(">").strip()
