"""Table D: certification data missing, repaired, hostile or merely loose."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from ingest.demo import messages as post
from ingest.demo.facts import APPLICANT, AT, OFFICE, OUR_ID, OUR_PEC_ID, ROME, Event, certification_data
from ingest.demo.layouts import LAYOUTS
from ingest.vocabulary import EnvelopeKind, Reason, ReceiptType
from tests.gallery.case import ANSWERED, KEPT, UNSURE, Case, Expect, but, envelope_facts, receipt

GOOD = certification_data(envelope_facts(), Event("posta-certificata", receipt_kind="completa"))
MISSING = but(UNSURE, reasons=(Reason.CERTIFICATION_DATA_MISSING,))
UNREADABLE = but(UNSURE, reasons=(Reason.CERTIFICATION_DATA_UNREADABLE,))
HOSTILE = {
    "doctype": b'<!DOCTYPE postacert SYSTEM "daticert.dtd">',
    "external entity": b'<!DOCTYPE postacert [<!ENTITY x SYSTEM "file:///etc/hostname">]>',
    "entity bomb": b'<!DOCTYPE postacert [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;"><!ENTITY x "&b;&b;&b;">]>',
}
REPLIES = {
    "empty": b"",
    "not an address": b"in segreteria",
    "ordinary": b"mario@posta.example",
}
SUBJECTS = {
    "newline": b"Domanda\ndi contributo",
    "quotes": b"Domanda &quot;urgente&quot;",
    "accents": "Adesione è già".encode(),
    "spaces": b"  Domanda  ",
}
DETAILS = {
    "dashes": ("5.1.1 - Gestore - indirizzo non valido", "5.1.1"),
    "commas": ("5.5.1, Gestore, presenza di un virus", "5.5.1"),
    "no code": ("indirizzo non valido", ""),
    "two digits": ("5.1.10 - Gestore - altro", "5.1.10"),
}


def edited(old: bytes, new: bytes) -> bytes:
    """The default envelope with one place of its certification data changed before signing."""
    assert old in GOOD, old
    return post.an_envelope(certification=GOOD.replace(old, new, 1))


def _element(name: str, text: bytes) -> bytes:
    """The default envelope with the text of one element replaced."""
    tag = name.encode()
    data = re.sub(b"<" + tag + b">.*?</" + tag + b">", lambda _: b"<" + tag + b">" + text + b"</" + tag + b">", GOOD)
    assert data != GOOD or text in GOOD
    return post.an_envelope(certification=data)


def missing() -> list[Case]:
    """D1 to D3: nothing to read, or not quite."""
    lost = Expect(EnvelopeKind.RECEIPT, trusted=False, reasons=(Reason.CERTIFICATION_DATA_MISSING,))
    bare = GOOD.replace(b"&lt;", b"<").replace(b"&gt;", b">")
    repaired = but(ANSWERED, reasons=(Reason.CERTIFICATION_DATA_REPAIRED,))
    accepted = receipt(ReceiptType.ACCEPTANCE, about="", details={"identifier": OUR_PEC_ID})
    return [
        Case("D1 missing", post.an_envelope(without_certification=True), MISSING),
        Case("D1 empty", post.an_envelope(certification=b""), but(UNSURE)),
        Case("D1 null", post.an_envelope(certification=b"\0\0\0\0"), UNREADABLE),
        Case("D1 not XML", post.an_envelope(certification=b"tipo: posta-certificata"), UNREADABLE),
        Case("D1 receipt", post.an_acceptance(without_certification=True), lost),
        Case("D2", post.an_envelope(certification=bare), repaired),
        Case("D3 envelope", post.an_envelope(msgid=""), ANSWERED),
        Case("D3 receipt", post.an_acceptance(msgid=""), accepted),
    ]


def texts() -> list[Case]:
    """D4 and D5: reply address and subject."""
    twice = b"<risposte>uno@pec.example</risposte>\n        <risposte>due@pec.example</risposte>"
    start, end = GOOD.index(b"<risposte>"), GOOD.index(b"</risposte>") + len("</risposte>")
    cases = [
        Case("D4 missing", edited(GOOD[start:end], b""), ANSWERED),
        Case("D4 two", edited(GOOD[start:end], twice), ANSWERED),
        Case("D4 no Reply-To", post.an_envelope(replaced=(("Reply-To", ""),)), ANSWERED),
    ]
    cases += [Case(f"D4 {name}", _element("risposte", text), ANSWERED) for name, text in REPLIES.items()]
    cases += [Case(f"D5 {name}", _element("oggetto", text), ANSWERED) for name, text in SUBJECTS.items()]
    return [*cases, Case("D5 missing", edited(b"<oggetto>Domanda di contributo</oggetto>", b""), ANSWERED)]


def loose() -> list[Case]:
    """D6, D7, D9: hostile, loose and differently formatted XML."""
    cases = []
    for name, declaration in HOSTILE.items():
        data = GOOD.replace(b"<postacert", declaration + b"<postacert", 1).replace(b"Domanda", b"&x;Domanda")
        cases.append(Case(f"D6 {name}", post.an_envelope(certification=data), UNREADABLE))
    huge = GOOD.replace(b"<oggetto>", b"<oggetto>" + b"x" * 1_100_000)
    reordered = GOOD.replace(b"<msgid>", b"<novita/><msgid>")
    plain = GOOD.replace(b' errore="nessuno"', b"").replace(b'<destinatari tipo="certificato">', b"<destinatari>")
    delivery = Event("avvenuta-consegna", receipt_kind="sintetica", delivery=(APPLICANT, "secondo@pec.example"))
    quoted = replace(LAYOUTS["L26"], xml_encoding="quoted-printable")
    ends = {"LF": b"\n", "LF CRLF": b"\n\r\n", "CRLF": b"\r\n"}
    cases += [
        Case("D6 huge", post.an_envelope(certification=huge), UNREADABLE),
        Case("D7 unknown element", post.an_envelope(certification=reordered), ANSWERED),
        Case("D7 other order", post.an_envelope(certification=_turned(GOOD)), ANSWERED),
        Case("D7 two consegna", post.a_receipt(delivery), receipt(ReceiptType.DELIVERY, about=OUR_ID)),
        Case("D7 defaults", post.an_envelope(certification=plain), ANSWERED),
        Case("D9 quoted-printable", post.an_envelope(layout=quoted), ANSWERED),
        Case("D9 blank", edited(b'"completa"/>', b'"completa" />'), ANSWERED),
    ]
    cases += [
        Case(f"D9 ends {name}", post.an_envelope(certification=GOOD.strip() + end), ANSWERED)
        for name, end in ends.items()
    ]
    return cases


def _turned(data: bytes) -> bytes:
    """`dati` before `intestazione`."""
    start, middle, end = data.index(b"<intestazione>"), data.index(b"<dati>"), data.index(b"</postacert>")
    return data[:start] + data[middle:end] + data[start:middle] + data[end:]


def times() -> list[Case]:
    """D8: the instants around a change of hour."""
    winter = datetime(2026, 12, 1, 9, 0, tzinfo=ROME)
    first = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=2)))
    second = datetime(2026, 10, 25, 2, 30, tzinfo=timezone(timedelta(hours=1)))
    moments = {"+0200": AT, "+0100": winter, "02:30 first": first, "02:30 second": second}
    cases = [
        Case(f"D8 {name}", post.an_envelope(at=at), but(ANSWERED, details={"accepted_at": at.astimezone(UTC)}))
        for name, at in moments.items()
    ]
    leap = edited(b"<ora>10:15:00</ora>", b"<ora>10:15:60</ora>")
    return [*cases, Case("D8 leap", leap, ANSWERED)]


def recipients() -> list[Case]:
    """D10 and D11: who received it, and why it failed."""
    outside = tuple(f"fuori{number}@posta.example" for number in range(7))
    elsewhere = but(KEPT, reasons=(Reason.NOT_ADDRESSED_TO_US,))
    beside = but(ANSWERED, details={"ordinary_recipients": outside})
    failed = receipt(ReceiptType.DELIVERY_ERROR, about=OUR_ID)
    cases = [
        Case("D10 case", post.an_envelope(recipients=("USER1@pec.example", "Ufficio@PEC.example")), ANSWERED),
        Case("D10 duplicates", post.an_envelope(recipients=(OFFICE, OFFICE), copies=(OFFICE,)), ANSWERED),
        Case("D10 seven outside", post.an_envelope(ordinary=outside), beside),
        Case("D10 not ours", post.an_envelope(recipients=("altro@pec.example",)), elsewhere),
    ]
    cases += [
        Case(f"D11 {name}", post.a_delivery_error(text), but(failed, code=code))
        for name, (text, code) in DETAILS.items()
    ]
    return cases


def table_d() -> list[Case]:
    """Every row of table D."""
    return [*missing(), *texts(), *loose(), *times(), *recipients()]
