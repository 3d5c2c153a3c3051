"""Every kind of message a certified provider makes, as raw bytes (CRLF) with a genuine signature (RFC 6109 §3).

Each builder takes the keywords of `Facts`: `an_envelope(an_original(subject="X"), at=…, layout="LIC")`. What is not
said comes from the original message, else from the defaults. Receipts are by default about our own letter `OUR_ID`.
"""

import zlib
from dataclasses import replace
from datetime import timedelta
from email import message_from_bytes, policy
from email.utils import format_datetime, getaddresses, parseaddr
from typing import Any

from ingest.demo.facts import (
    APPLICANT,
    OFFICE,
    OUR_ID,
    OUR_PEC_ID,
    SUBJECT,
    Event,
    Facts,
    certification_data,
    new_identifier,
)
from ingest.demo.layouts import CRLF, Content, sealed
from ingest.demo.originals import an_original, as_accepted, shortened, with_crlf
from ingest.demo.wording import subject_of, text_of

VIRUS = "5.5.1, Gestore Di Prova S.p.A., presenza di un virus nel messaggio"
FULL = "5.2.2 - Gestore Di Prova S.p.A. - casella piena"
UNKNOWN = "5.1.1 - Gestore Di Prova S.p.A. - indirizzo non valido"
TOO_LATE = "5.4.1 - Gestore Di Prova S.p.A. - tempo massimo superato"
NOT_TAKEN = "non ricevuta presa in carico nelle prime 12 ore"
Headers = list[tuple[str, str]]


def an_envelope(original: bytes | None = None, **facts: Any) -> bytes:
    """A transport envelope around the client's `original`, which is stamped as the provider stamps it."""
    original = an_original(**_for_original(facts)) if original is None else with_crlf(original)
    known = facts_of(original, **facts)
    if known.identifier is None:
        known = replace(known, identifier=new_identifier(known, original))
    event = Event("posta-certificata", receipt_kind=known.receipt_kind or "completa")
    return envelope_around(as_accepted(original, known.identifier or "", known.msgid or "", known.at), known, event)


def envelope_around(postacert: bytes, facts: Facts, event: Event | None = None) -> bytes:
    """A transport envelope whose postacert.eml is exactly `postacert`, with the certification data of `event`."""
    event = event or Event("posta-certificata", receipt_kind=facts.receipt_kind or "completa")
    headers: Headers = [("Return-Path", f"<{facts.sender}>"), ("Delivered-To", _first(facts)), *_received(facts)]
    headers += [*_reference(facts), ("X-Trasporto", "posta-certificata")]
    if facts.tree.kind_header and facts.receipt_kind:
        headers.append((facts.tree.kind_header, facts.receipt_kind))
    headers += _addresses(facts, f'"Per conto di: {facts.sender}" <{facts.provider.address}>')
    headers.append(("Reply-To", facts.reply_to or facts.sender or ""))
    headers.append(("Message-ID", f"<{facts.identifier}>"))
    return composed(headers, facts, event, postacert)


def an_anomaly(original: bytes | None = None, *, reason: str = "", **facts: Any) -> bytes:
    """An anomaly envelope around any mail: no certification data, the sender's own Message-ID (RFC 6109 §3.2.2)."""
    if original is None:
        original = an_original(sender="cittadino@posta.example", msgid="mail-0001@posta.example")
    known = facts_of(original, **facts)
    event = Event("errore", detail=reason)
    headers: Headers = [("Return-Path", f"<{known.sender}>"), ("Delivered-To", _first(known)), *_received(known)]
    headers.append(("X-Trasporto", "errore"))
    headers += _addresses(known, f'"Per conto di: {known.sender}" <{known.provider.address}>')
    headers.append(("Reply-To", known.reply_to or known.sender or ""))
    headers += [("Message-ID", f"<{known.msgid}>")] if known.msgid else []
    return composed(headers, replace(known, without_certification=True), event, with_crlf(original))


def a_receipt(event: Event, original: bytes | None = None, **facts: Any) -> bytes:
    """Any message with `X-Ricevuta`, to the sender of the letter it speaks of; `about=` is our Message-ID."""
    known = _about_our_letter(facts)
    headers: Headers = [("Return-Path", f"<{known.provider.address}>"), ("Delivered-To", known.sender or "")]
    headers += [*_received(known), *_reference(known), ("X-Ricevuta", event.type)]
    if event.error == "virus" and event.type in ("non-accettazione", "errore-consegna"):
        headers.append(("X-VerificaSicurezza", "errore"))
    to = f"ricevute@{known.provider.domain}" if event.type in ("presa-in-carico", "rilevazione-virus") else known.sender
    if event.type == "rilevazione-virus":
        headers.append(("X-Mittente", known.sender or ""))
    headers += [("Date", _date(known)), ("From", known.provider.address), ("To", to or "")]
    own = new_identifier(replace(known, provider=known.provider), f"{event}{known}".encode())
    headers.append(("Message-ID", f"<{own}>"))
    return composed(headers, known, event, original)


def an_acceptance(**facts: Any) -> bytes:
    """The provider accepted our letter."""
    facts.setdefault("reply_to", "")
    if facts.get("layout", "L26") == "L26":
        subject = facts.get("subject", SUBJECT)
        facts.setdefault("headers", (("X-REM-Subject", f"REM SubmissionAcceptance: {subject}"),))
    return a_receipt(Event("accettazione"), **facts)


def a_refusal(reason: str = "destinatario in copia nascosta (Bcc) non ammesso", **facts: Any) -> bytes:
    """Our letter was not accepted for a formal error."""
    return a_receipt(Event("non-accettazione", "altro", reason), **facts)


def a_refusal_for_virus(**facts: Any) -> bytes:
    """Our letter was not accepted because of a virus."""
    return a_receipt(Event("non-accettazione", "virus", "Eicar-Test"), **facts)


def a_delivery(original: bytes | None = None, **facts: Any) -> bytes:
    """Our letter is in the mailbox of `recipient`. `receipt_kind` completa and breve carry it back inside."""
    known = _about_our_letter(facts)
    kind = known.receipt_kind or "completa"
    inside = None
    if kind != "sintetica":
        letter = original or _our_letter(known)
        letter = shortened(letter) if kind == "breve" else letter
        inside = as_accepted(letter, known.identifier or "", known.msgid or "", known.at)
    event = Event("avvenuta-consegna", receipt_kind=kind, delivery=(known.recipient,))
    return a_receipt(event, inside, **facts)


def a_delivery_error(detail: str = UNKNOWN, error: str = "altro", **facts: Any) -> bytes:
    """Our letter could not be delivered to `recipient`; `detail` is errore-esteso."""
    return a_receipt(Event("errore-consegna", error, detail, delivery=(_recipient(facts),)), **facts)


def a_delivery_error_for_virus(**facts: Any) -> bytes:
    """Our letter was not delivered to `recipient` because of a virus."""
    return a_delivery_error(VIRUS, "virus", **facts)


def a_delay_notice(hours: int = 12, detail: str | None = None, **facts: Any) -> bytes:
    """The 12-hour notice (not final) or the 24-hour one: same header, same Subject (RFC 6109 §3.1.6).

    `at` defaults to the end of the term after the default event; `detail` to the usual errore-esteso, "" for none.
    """
    facts.setdefault("at", Facts().at + timedelta(hours=12 if hours == 12 else 23.5))
    usual = NOT_TAKEN if hours == 12 else TOO_LATE
    event = Event("preavviso-errore-consegna", "altro", usual if detail is None else detail)
    return a_receipt(replace(event, delivery=(_recipient(facts),), final=hours != 12), **facts)


def a_taking_in_charge(taken: tuple[str, ...] = (APPLICANT, "secondo@pec.example"), **facts: Any) -> bytes:
    """Provider to provider: these recipients are ours now. Never meant for a mailbox of people."""
    return a_receipt(Event("presa-in-carico", taken=taken), **facts)


def a_virus_notice(*, taken: bool = False, **facts: Any) -> bytes:
    """Provider to provider: a virus. The recipient stands in `consegna`, or with `taken` in `ricezione`."""
    recipients = (_recipient(facts),)
    event = Event("rilevazione-virus", "virus", "Eicar-Test")
    event = replace(event, taken=recipients) if taken else replace(event, delivery=recipients)
    return a_receipt(event, **facts)


def facts_of(original: bytes, **facts: Any) -> Facts:
    """The facts given by keyword, completed from the headers of the client's message."""
    message = message_from_bytes(original, policy=policy.compat32)
    said = message_from_bytes(original.partition(b"\r\n\r\n")[0] + b"\r\n\r\n", policy=policy.default)
    known = Facts(**facts)
    to = tuple(address for _, address in getaddresses([str(v) for v in message.get_all("To", [])]))
    copies = tuple(address for _, address in getaddresses([str(v) for v in message.get_all("Cc", [])]))
    identifier = str(message.get("Message-ID", "")).strip().strip("<>")
    asked = parseaddr(str(message.get("Reply-To", "")))[1]
    return replace(
        known,
        sender=known.sender if known.sender is not None else parseaddr(str(message.get("From", "")))[1],
        recipients=known.recipients if known.recipients is not None else to,
        copies=known.copies or copies,
        subject=known.subject if known.subject is not None else str(said.get("Subject", "")),
        msgid=known.msgid if known.msgid is not None else identifier,
        reply_to=known.reply_to if known.reply_to is not None else asked or None,
    )


def composed(headers: Headers, facts: Facts, event: Event, original: bytes | None) -> bytes:
    """The whole message: outer headers (replaced and added to as `facts` say), then the signed body."""
    certification = None if facts.without_certification else facts.certification
    if certification is None and not facts.without_certification:
        certification = certification_data(facts, event)
    subject = facts.subject_line if facts.subject_line is not None else subject_of(facts, event)
    text = facts.text if facts.text is not None else text_of(facts, event)
    headers = [*headers, ("Subject", subject)]
    replaced = {name.lower(): value for name, value in facts.replaced}
    written = [(name, replaced.get(name.lower(), value)) for name, value in headers]
    kept = [(name, value) for name, value in [*facts.headers, *written] if value]
    type_lines, body = sealed(Content(text, certification, original), facts.certifier, facts.at, facts.tree)
    head = b"".join(f"{name}: ".encode() + _header_value(value) + CRLF for name, value in kept)
    return head + b"MIME-Version: 1.0\r\n" + type_lines + CRLF + body


def _header_value(value: str) -> bytes:
    """The value as it stands where it is ASCII (folds included), else as RFC 2047 words."""
    if value.isascii():
        return value.encode()
    folded: str = policy.SMTP.fold("X", value)
    return folded.encode().removeprefix(b"X: ").rstrip()


def _about_our_letter(facts: dict[str, Any]) -> Facts:
    facts = dict(facts)
    if "about" in facts:
        facts["msgid"] = facts.pop("about")
    facts = {"sender": OFFICE, "recipients": (APPLICANT,), "subject": SUBJECT, "msgid": OUR_ID} | facts
    facts = {"identifier": OUR_PEC_ID, "recipient": (*facts["recipients"], "")[0]} | facts
    return Facts(**facts)


def _recipient(facts: dict[str, Any]) -> str:
    return _about_our_letter(facts).recipient


def _our_letter(facts: Facts) -> bytes:
    return an_original(
        sender=facts.sender or "",
        recipients=facts.recipients or (),
        subject=facts.subject or "",
        text="Si conferma la ricezione della domanda.\n",
        msgid=facts.msgid or "",
        at=facts.at,
    )


def _for_original(facts: dict[str, Any]) -> dict[str, Any]:
    wanted = {
        name: facts[name] for name in ("sender", "recipients", "copies", "subject", "msgid", "at") if name in facts
    }
    return {name: value for name, value in wanted.items() if value is not None}


def _first(facts: Facts) -> str:
    return OFFICE if OFFICE in facts.all_recipients else (*facts.all_recipients, OFFICE)[0]


def _received(facts: Facts) -> Headers:
    host = f"from mx.{facts.provider.domain} (mx.{facts.provider.domain} [192.0.2.1])"
    number = zlib.crc32(f"{facts.identifier}{facts.msgid}".encode()) % 90000
    return [("Received", f"{host}\r\n\tby mail.pec.example with LMTP id {number};\r\n\t{_date(facts)}")]


def _reference(facts: Facts) -> Headers:
    return [("X-Riferimento-Message-ID", f"<{facts.msgid}>")] if facts.msgid else []


def _addresses(facts: Facts, author: str) -> Headers:
    to = ",\r\n\t".join(facts.recipients or ())
    return [("Date", _date(facts)), ("From", author), ("To", to), ("Cc", ",\r\n\t".join(facts.copies))]


def _date(facts: Facts) -> str:
    names = {"+0100": " (CET)", "+0200": " (CEST)"}
    comment = names.get(f"{facts.at:%z}", "") if facts.tree.dated_comment else ""
    return format_datetime(facts.at) + comment
