"""The mail of a hard week: every kind of message the office may get, each with what must become of it.

What is expected is said here from the rules of certified mail and of the notice, never taken from the program.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email import message_from_bytes
from email.utils import parsedate_to_datetime
from functools import cache
from typing import Any

from stdnum import luhn

from ingest.demo.consequences import Submission
from ingest.demo.facts import AT, OFFICE, Event
from ingest.demo.forms import Body, filled_form, typed_form
from ingest.demo.messages import (
    a_delay_notice,
    a_delivery_error,
    a_receipt,
    an_acceptance,
    an_anomaly,
    an_envelope,
)
from ingest.demo.ordinary import a_bounce
from ingest.demo.originals import an_original
from ingest.demo.pki import authority
from ingest.demo.samples import PONTE, samples
from ingest.vocabulary import EnvelopeKind
from tests.gallery.attachments import an_asic, pem, signed, signed_by_two, time_stamped, zipped
from tests.gallery.case import Case
from tests.gallery.gallery import gallery

PDF = ("application/pdf", "Allegato 1.pdf")
P7M = ("application/pkcs7-mime", "Allegato 1.pdf.p7m")
SUBJECT = "Allegato 1 - adesione alla co-programmazione"
NO_LETTER = ""
AFTER_START = "adhesion-received-after-start"
_FLAGS = ((), ("\\Seen",), ("\\Flagged",), ("\\Answered",), ("\\Seen", "\\Answered", "$Forwarded"))


@dataclass(frozen=True)
class Posted:
    """One message as it lies in the mailbox, and what must become of it."""

    name: str
    raw: bytes
    at: datetime  # INTERNALDATE
    outcomes: tuple[str, ...]  # any of them is right
    letter: str = NO_LETTER  # its kind
    to: str = ""
    flags: tuple[str, ...] = ()


@cache
def mailbag() -> tuple[Posted, ...]:
    """All of it, in order of arrival; some messages were already read, flagged or answered by a clerk."""
    bag = [*_the_samples(), *_wrapped_forms(), *_baits(), *_twice(), *_of_the_gallery()]
    return tuple(replace(item, flags=_FLAGS[place % len(_FLAGS)]) for place, item in enumerate(bag))


def a_body(number: int) -> Body:
    """An invented association of its own name, address and code; numbers from 20."""
    code = f"999{number:04d}015"
    given: dict[str, Any] = {
        "name": f"Associazione Prova {number} ODV",
        "code": code + luhn.calc_check_digit(code),
        "mail": f"prova{number}",
        "street": f"Via Roma {number}",
    }
    return replace(PONTE, **given)


@cache
def the_form(number: int) -> bytes:
    """The filled form of association `number`, the same bytes each time."""
    return typed_form(a_body(number))


def an_application(number: int, *, form: bytes | None = None, kind: tuple[str, str] = PDF, **facts: Any) -> bytes:
    """A certified message with a filled form of association `number`."""
    at = facts.get("at", AT)
    content = form if form is not None else the_form(number)
    original = an_original(
        sender=facts.pop("writer", a_body(number).pec),
        subject=facts.pop("title", SUBJECT),
        text="Buongiorno,\nsi trasmette il modulo.\n",
        attachments=[(kind[1], kind[0], content)],
        headers=facts.pop("inner", None),
        msgid=f"domanda-{number}@pec.example",
        at=at,
    )
    return an_envelope(original, **facts)


_SAMPLES = {
    # sender's local part and subject of the demo's messages → outcomes, letter
    "ilponte": (("recorded",), "adhesion-received"),
    "germoglio": (("recorded",), "adhesion-received"),
    "alanuova": (("recorded",), "adhesion-received"),
    "icfalcone": (("recorded",), "adhesion-received"),
    "sanmarco": (("recorded",), "adhesion-received"),
    "ulm": (("recorded",), "adhesion-received"),
    "rete": (("recorded",), "adhesion-received"),
    "mutuanaviglio": (("recorded",), "adhesion-incomplete"),
    "orti": (("review",), NO_LETTER),  # wrong check digit: a person looks before anything is stored as true
    "comitato": (("review",), "no-form"),
    "senzamodulo": (("review",), "no-form"),
    "danneggiato": (("unreadable",), "form-unreadable"),
    "straniera": (("review",), NO_LETTER),
    "alterata": (("review",), NO_LETTER),
    "protocollo": (("noted",), NO_LETTER),
    "vicini": (("recorded",), "adhesion-received-late"),
    "filorosso": (("recorded",), "adhesion-received-after-start"),
    "Correzione Allegato 1": (("updated",), "adhesion-updated"),
    "Re-invio Allegato 1": (("duplicate",), "adhesion-duplicate"),
    "casacomune": (("recorded",), "adhesion-received"),
    "fornitore": (("noted", "review"), NO_LETTER),
}


def _the_samples() -> Iterator[Posted]:
    for number, sample in enumerate(samples()):
        head = message_from_bytes(sample.raw.partition(b"\r\n\r\n")[0])
        subject = str(head["Subject"]).partition(": ")[2]
        who = str(head["Reply-To"] or head["From"]).partition("@")[0]
        certified = "X-Trasporto" in head and head["X-Trasporto"] == "posta-certificata"
        if not certified:
            yield Posted(f"demo {number} {who}", sample.raw, sample.at, ("noted", "review"))
            continue
        outcomes, letter = _SAMPLES.get(subject) or _SAMPLES[who]
        yield Posted(f"demo {number} {who}", sample.raw, sample.at, outcomes, letter, f"{who}@pec.example")


def _wrapped_forms() -> Iterator[Posted]:
    """One form in each wrapper people use; the notice's term is past, the works have begun."""
    form = {number: the_form(number) for number in range(20, 26)}
    in_zip = zipped({"modulo/Allegato 1.pdf.p7m": signed(form[22])})
    wrappers = {
        20: (signed(signed(form[20])), P7M),
        21: (signed_by_two(form[21]), P7M),
        22: (in_zip, ("application/zip", "documenti.zip")),
        23: (time_stamped(form[23]), ("application/octet-stream", "Allegato 1.pdf.tsd")),
        24: (pem(signed(form[24])), P7M),
        25: (form[25], ("application/octet-stream", "documento")),
    }
    for number, (content, kind) in wrappers.items():
        raw = an_application(number, form=content, kind=kind)
        yield Posted(f"form in {kind[1]} {number}", raw, AT, ("recorded",), AFTER_START, a_body(number).pec)
    asic = an_application(26, form=an_asic(the_form(26)), kind=("application/zip", "Allegato 1.asice"))
    yield Posted("form in a container we do not open", asic, AT, ("unreadable",), "form-unreadable", a_body(26).pec)


def _baits() -> Iterator[Posted]:
    """Messages that would be answered but for the one thing that forbids it."""
    certifier = "posta-certificata@altrogestore.example"
    auto = {"Auto-Submitted": "auto-replied"}
    recorded = ("recorded", "review")
    yield Posted("bait auto-submitted form", an_application(30, inner=auto), AT, recorded)
    yield Posted("bait outer precedence", an_application(31, headers=(("Precedence", "bulk"),)), AT, recorded)
    yield Posted("bait list", an_application(32, inner={"List-Id": "<elenco.pec.example>"}), AT, recorded)
    yield Posted("bait no-reply", an_application(33, writer="no-reply@pec.example"), AT, recorded)
    yield Posted("bait from us", an_application(34, writer=OFFICE), AT, recorded)
    yield Posted("bait reply to us", an_application(35, reply_to=OFFICE), AT, recorded)
    yield Posted("bait provider", an_application(36, writer=certifier), AT, recorded)
    yield Posted("bait not to us", an_application(37, recipients=("altri@pec.example",)), AT, ("review",))
    yield Posted("bait suppress", an_application(38, inner={"X-Auto-Response-Suppress": "All"}), AT, recorded)
    impostor = authority(key="impostor")
    yield Posted("bait impostor", an_application(39, authority=impostor), AT, ("review",))
    broken = an_application(40).replace(b"si trasmette", b"si Trasmette", 1)
    yield Posted("bait altered", broken, AT, ("review",))
    inside = an_original(sender="cittadino@posta.example", subject=SUBJECT, msgid="m-41@posta.example",
                         attachments=[(PDF[1], PDF[0], the_form(41))])  # fmt: skip
    yield Posted("bait anomaly with a form", an_anomaly(inside), AT, ("review",))
    yield Posted("bait ordinary mail with a form", inside, AT, ("review",))
    forwarded = an_original(sender="inoltra@pec.example", subject=f"I: {SUBJECT}", msgid="m-42@pec.example",
                            attachments=[("postacert.eml", "message/rfc822", an_application(42))])  # fmt: skip
    yield Posted("bait forwarded application", an_envelope(forwarded), AT, recorded)
    without = an_original(sender="no-reply@pec.example", subject="Adesione", attachments=(), msgid="m-43@pec.example")
    yield Posted("bait machine without a form", an_envelope(without), AT, ("review", "noted"))


def _twice() -> Iterator[Posted]:
    """The same application three times: as it came, the very same bytes, and with another relay's line on top."""
    raw = an_application(50)
    first = Posted("first copy", raw, AT, ("recorded",), AFTER_START, a_body(50).pec)
    yield first
    yield replace(first, name="same bytes", at=AT + timedelta(minutes=1))
    relayed = b"Received: from relay.pec.example by mx.pec.example;\r\n\tMon, 05 Oct 2026 10:16:00 +0200\r\n" + raw
    yield Posted("same message, other bytes", relayed, AT + timedelta(minutes=2), ("duplicate",))
    reply_to = an_application(51, reply_to="persona@posta.example")
    yield Posted("Reply-To elsewhere", reply_to, AT, ("recorded",), AFTER_START, a_body(51).pec)


def _of_the_gallery() -> Iterator[Posted]:
    for case in gallery():
        at = case.internal_date or _dated(case.raw)
        letter, to = ("no-form", "mittente@pec.example") if case.name == "D5 accents" else (NO_LETTER, "")
        yield Posted(f"gallery {case.name}", case.raw, at, _expected(case), letter, to)


def _expected(case: Case) -> tuple[str, ...]:
    """None of the gallery carries a form of this notice: nothing may be recorded, what is doubtful is a person's."""
    expect = case.expect
    if expect.kind is EnvelopeKind.RECEIPT:
        unknown = case.name == "B8"  # kept, moves nothing
        return ("receipt",) if expect.trusted or unknown else ("review",)
    if expect.kind is EnvelopeKind.REM:
        return ("review",)
    if expect.kind is EnvelopeKind.CERTIFIED and (not expect.trusted or case.name == "D10 not ours"):
        return ("review",)
    return ("noted", "review", "unreadable")


def _dated(raw: bytes) -> datetime:
    try:
        at = parsedate_to_datetime(str(message_from_bytes(raw)["Date"]))
    except (TypeError, ValueError):
        return AT
    return at if at.tzinfo and at.year > 2000 else AT


def about_a_letter(letter: Submission, identifier: str, at: datetime) -> Iterator[Posted]:
    """What may come about a letter of ours that was delivered: none of it may change its state, or be answered."""
    about: dict[str, Any] = {"about": letter.message_id, "recipients": letter.recipients, "identifier": identifier}
    about["at"] = at
    who = letter.recipients[0]
    reply: dict[str, Any] = {"writer": who, "at": at, "title": f"Re: {SUBJECT}"}
    stranger = authority("CA DI FANTASIA", "stranger")
    human: dict[str, Any] = {
        "msgid": "scritta-a-mano@pec.example",
        "at": at,
        "identifier": "opec999.di.una.persona@gestore.example",
    }
    forged = {"X-Ricevuta": "errore-consegna", "X-Riferimento-Message-ID": f"<{letter.message_id}>"}
    ours = an_envelope(letter.raw, at=at)
    yield Posted("reply to the PEC id", an_application(60, inner={"In-Reply-To": f"<{identifier}>"}, **reply), at,
                 ("recorded", "review"))  # fmt: skip
    yield Posted("reply to our id", an_application(61, inner={"References": f"<{letter.message_id}>"}, **reply), at,
                 ("recorded", "review"))  # fmt: skip
    yield Posted("late notice", a_delay_notice(12, **about), at, ("receipt",))
    yield Posted("failure after delivery", a_delivery_error(**about), at, ("receipt",))
    yield Posted("failure signed by a stranger", a_delivery_error(authority=stranger, **about), at, ("review",))
    yield Posted("unsigned receipt", an_original(sender=who, headers=forged, subject="AVVISO", at=at), at, ("review",))
    yield Posted("acceptance once more", b"X-Copia: 1\r\n" + an_acceptance(**about), at, ("receipt",))
    yield Posted("receipt of a person's mail", an_acceptance(**human), at, ("receipt",))
    odd = a_receipt(Event("mancata-consegna", "eccezione-formale"), **about)
    yield Posted("receipt of an unknown kind", odd, at, ("receipt",))
    bounce = an_anomaly(a_bounce(ours, about=letter.message_id), at=at)
    yield Posted("bounce of our letter", bounce, at, ("review", "noted"))


def a_large_application(number: int, size: int) -> bytes:
    """An application with a second attachment of `size` bytes."""
    original = an_original(
        sender=a_body(number).pec,
        subject=SUBJECT,
        attachments=[
            (PDF[1], PDF[0], filled_form(a_body(number))),
            ("foto.bin", "application/octet-stream", bytes(range(256)) * (size // 256)),
        ],
        msgid=f"grande-{number}@pec.example",
    )
    return an_envelope(original)
