"""The "segnatura informatica" 3.0 of a registered message, as XML (AgID, Det. 371/2021).

Postal addresses are left out: the published schema wants a CAP of six digits, and no true one would be valid. The
seal (XAdES-B) is the protocol system's to add: this file carries none.
"""

import base64
from dataclasses import dataclass
from datetime import date
from xml.etree import ElementTree as ET

NAMESPACE = "http://www.agid.gov.it/protocollo/"


@dataclass(frozen=True, slots=True)
class Office:
    """Who registers: codes of the IPA index, and what files it under."""

    administration: str  # IPA code, e.g. c_c523
    name: str
    fiscal_code: str  # 11 digits
    aoo: str
    register: str  # at most 16 characters
    classification: str  # code of the titolario
    address: str  # our certified address
    file_code: str = ""  # of the fascicolo
    file_name: str = ""


@dataclass(frozen=True, slots=True)
class Registered:
    """A registered message: number (seven digits at least), sender and documents (name, media type, SHA-256 in hex)."""

    number: str
    on: date
    subject: str
    sender_name: str
    sender_code: str  # fiscal code or VAT number of the body: 11 digits
    sender_address: str
    documents: tuple[tuple[str, str, str], ...]  # the main one first; at least one


def segnatura(office: Office, message: Registered) -> bytes:
    """The XML, UTF-8. Raises ValueError for what the schema cannot hold."""
    if not (len(message.sender_code) == 11 and message.sender_code.isdecimal()):
        raise ValueError("the sender has no code of eleven digits")
    if not message.documents:
        raise ValueError("the message has no document")
    ET.register_namespace("prot", NAMESPACE)
    root = ET.Element(_q("SegnaturaInformatica"), {_q("versione"): "3.0.0", _q("lang"): "it"})
    head = ET.SubElement(root, _q("Intestazione"))
    _heading(head, office, message)
    body = ET.SubElement(root, _q("Descrizione"))
    sender = ET.SubElement(ET.SubElement(body, _q("Mittente")), _q("PersonaGiuridica"))
    _texts(sender, ("Denominazione", message.sender_name), ("PIVA", message.sender_code))
    _mail(sender, "ContattiPersonaGiuridica", message.sender_address)
    to = ET.SubElement(ET.SubElement(body, _q("Destinatario")), _q("PA"))
    _texts(to, ("DenominazionePA", office.name), ("CFPA", office.fiscal_code),
           ("CodiceIPAPA", office.administration), ("CodiceIPAAOO", office.aoo))  # fmt: skip
    _mail(to, "ContattiAOO", office.address)
    for position, document in enumerate(message.documents):
        _document(body, "Allegato" if position else "DocumentoPrimario", document)
    ET.indent(root)
    written: bytes = ET.tostring(root, encoding="UTF-8", xml_declaration=True)
    return written + b"\n"


def _heading(head: ET.Element, office: Office, message: Registered) -> None:
    identifier = ET.SubElement(head, _q("Identificatore"))
    _texts(identifier, ("CodiceAmministrazione", office.administration), ("CodiceAOO", office.aoo),
           ("CodiceRegistro", office.register), ("NumeroRegistrazione", message.number),
           ("DataRegistrazione", message.on.isoformat()))  # fmt: skip
    _texts(head, ("Oggetto", message.subject))
    class_ = ET.SubElement(head, _q("Classifica"))
    _texts(class_, ("Denominazione", office.classification), ("CodiceFlat", office.classification))
    if office.file_code:
        file = ET.SubElement(head, _q("Fascicolo"))
        _texts(file, ("Denominazione", office.file_name or office.file_code), ("CodiceFascicolo", office.file_code))


def _document(body: ET.Element, tag: str, document: tuple[str, str, str]) -> None:
    name, media_type, sha256 = document
    made = ET.SubElement(body, _q(tag), {_q("nomeFile"): _xml(name), _q("mimeType"): _xml(media_type)})
    hashed = ET.SubElement(made, _q("Impronta"), {_q("algoritmo"): "SHA-256"})
    hashed.text = base64.b64encode(bytes.fromhex(sha256)).decode("ascii")


def _mail(parent: ET.Element, tag: str, address: str) -> None:
    contact = ET.SubElement(ET.SubElement(parent, _q(tag)), _q("IndirizzoTelematico"), {_q("tipo"): "smtp"})
    contact.text = _xml(address)


def _texts(parent: ET.Element, *pairs: tuple[str, str]) -> None:
    for tag, text in pairs:
        ET.SubElement(parent, _q(tag)).text = _xml(text)


def _xml(text: str) -> str:
    """The text without what XML 1.0 cannot carry."""
    return "".join(mark for mark in text if mark in "\t\n" or (mark >= " " and not "\ud800" <= mark <= "\udfff"))


def _q(tag: str) -> str:
    return f"{{{NAMESPACE}}}{tag}"
