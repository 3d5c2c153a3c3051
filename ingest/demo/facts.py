"""What one certified event states: who, to whom, when, under which identifiers; and its certification data.

Defaults make a plausible message without a word said. Our office is `OFFICE`; whoever writes to it is `APPLICANT`.
"""

import zlib
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

from ingest.demo.layouts import LAYOUTS, Layout
from ingest.demo.pki import Authority, Provider, Signer, authority

OFFICE = "ufficio@pec.example"
APPLICANT = "mittente@pec.example"
ROME = ZoneInfo("Europe/Rome")
AT = datetime(2026, 10, 5, 10, 15, tzinfo=ROME)
SUBJECT = "Domanda di contributo"
CLIENT_ID = "cliente-0001@pec.example"
OUR_ID = "nostro-0001@pec.example"
OUR_PEC_ID = "opec0001.20261005101500.00042.7.1.1@gestore.example"


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything a builder may vary, by keyword. `None` = taken from the original message, or made up from the rest."""

    sender: str | None = None
    recipients: tuple[str, ...] | None = None  # To
    copies: tuple[str, ...] = ()  # Cc
    ordinary: tuple[str, ...] = ()  # further recipients, or some of the above, that are not certified ("esterno")
    subject: str | None = None
    at: datetime = AT
    identifier: str | None = None  # of the envelope, without brackets
    msgid: str | None = None  # the client's Message-ID, without brackets; "" = the client set none
    reply_to: str | None = None  # certification data's `risposte`; "" = empty element
    recipient: str = ""  # the one a receipt is about (`consegna`)
    receipt_kind: str = "completa"  # completa | breve | sintetica; "" = the client asked for none
    provider: Provider = field(default_factory=Provider)
    layout: Layout | str = "L26"
    authority: Authority | None = None
    signer: Signer | None = None  # overrides authority
    certification: bytes | None = None  # replaces daticert.xml; b"" = an empty one
    without_certification: bool = False
    subject_line: str | None = None  # replaces the whole Subject, prefix included
    headers: tuple[tuple[str, str], ...] = ()  # further outer headers, on top of the identifying one
    replaced: tuple[tuple[str, str], ...] = ()  # outer headers written instead of ours; value "" = left out
    text: str | None = None  # replaces the human-readable text

    @property
    def tree(self) -> Layout:
        """The layout as a value."""
        return LAYOUTS[self.layout] if isinstance(self.layout, str) else self.layout

    @property
    def certifier(self) -> Signer:
        """Who signs: the given signer, else the provider's one of the given or usual authority."""
        return self.signer or (self.authority or authority()).signer(self.provider, self.at)

    @property
    def all_recipients(self) -> tuple[str, ...]:
        """Every recipient of the message once, bare addresses, in order."""
        listed = [*(self.recipients or ()), *self.copies, *self.ordinary]
        return tuple(dict.fromkeys(parseaddr(text)[1] or text for text in listed))


def new_identifier(facts: Facts, seed: bytes) -> str:
    """A PEC id in the style of the layout, the same for the same event; `seed` tells events of one second apart."""
    number = zlib.crc32(seed)
    if facts.tree.identifiers == "hex":
        words = [zlib.crc32(seed + bytes([i])) for i in range(4)]
        return ".".join(f"{word:08X}" for word in words) + f".posta-certificata@{facts.provider.domain}"
    host, tail = number % 9000 + 1000, number // 9000 % 90000
    return f"{facts.tree.identifiers}{host}.{facts.at:%Y%m%d%H%M%S}.{tail:05d}.7.1.1@{facts.provider.domain}"


@dataclass(frozen=True, slots=True)
class Event:
    """What the root and the tail of the certification data say about the kind of event (RFC 6109 §4.4)."""

    type: str  # postacert/@tipo
    error: str = "nessuno"
    detail: str = ""  # errore-esteso
    receipt_kind: str = ""
    delivery: tuple[str, ...] = ()  # consegna
    taken: tuple[str, ...] = ()  # ricezione
    final: bool = False  # the 24-hour notice: its text alone tells it from the 12-hour one


def certification_data(facts: Facts, event: Event) -> bytes:
    """daticert.xml (UTF-8, four spaces of indent), with the line ends and the empty line of the layout's engine."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<postacert tipo="{event.type}" errore="{event.error}">']
    lines += ["    <intestazione>", *("        " + line for line in _heading(facts)), "    </intestazione>"]
    lines += ["    <dati>", *("        " + line for line in _data(facts, event)), "    </dati>", "</postacert>"]
    if facts.tree.identifiers == "hex":
        return "\r\n".join([*lines, "", ""]).encode()
    end = "\n\r\n" if facts.tree.identifiers == "jpec" else "\n"
    return ("\n".join(lines) + end).encode()


def _heading(facts: Facts) -> list[str]:
    outside = {parseaddr(address)[1] for address in facts.ordinary}
    lines = [_element("mittente", facts.sender or "")]
    for address in facts.all_recipients:
        kind = "esterno" if address in outside else "certificato"
        lines.append(f'<destinatari tipo="{kind}">{escape(address)}</destinatari>')
    lines.append(_element("risposte", (facts.sender or "") if facts.reply_to is None else facts.reply_to))
    return [*lines, _element("oggetto", facts.subject or "")]


def _data(facts: Facts, event: Event) -> list[str]:
    lines = [_element("gestore-emittente", facts.provider.name), f'<data zona="{facts.at:%z}">']
    lines += [f"    <giorno>{facts.at:%d/%m/%Y}</giorno>", f"    <ora>{facts.at:%H:%M:%S}</ora>", "</data>"]
    lines.append(_element("identificativo", facts.identifier or ""))
    if facts.msgid:
        lines.append(_element("msgid", f"<{facts.msgid}>"))
    if event.receipt_kind:
        lines.append(f'<ricevuta tipo="{event.receipt_kind}"/>')
    lines += [_element("consegna", address) for address in event.delivery]
    lines += [_element("ricezione", address) for address in event.taken]
    return lines + ([_element("errore-esteso", event.detail)] if event.detail else [])


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>"
