"""A register as the demo's mailbox fills it, without IMAP and SMTP: judged, recorded, some letters answered."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from ingest import ledger, outbox
from ingest.app import Service, build
from ingest.config import example_settings
from ingest.convocations.audience import Audience
from ingest.convocations.drafts import Author, Writing, confirm, write
from ingest.demo.facts import OFFICE
from ingest.demo.pki import authority
from ingest.demo.samples import samples
from ingest.judge import judge
from ingest.keys import Settings
from ingest.ledger import Origin
from ingest.mailbox import Place
from ingest.record import record
from ingest.roundlog import begin_round, end_round
from ingest.rounds import RoundReport
from ingest.rules import Arrival
from ingest.users import add_user
from ingest.verdict import Envelope, Verdict
from ingest.vocabulary import EnvelopeKind, ReceiptType, SignatureState, VerdictKind
from models import Letter
from tests.fakes import FakeMailbox, FakePost
from tests.register.builders import a_receipt

NOW = datetime(2021, 7, 29, 8, 30, tzinfo=UTC)
PASSWORD = "parola-di-prova-lunga"
USERS = {"anna": "admin", "carlo": "clerk", "lea": "reader"}
HOSTILE = (
    "<script>alert('x')</script><img src=x onerror=alert(1)> \u202egpj.exe\u202c \u2066nascosto\u2069 {{ 7*7 }} "
    + "a" * 10_000
)


@dataclass
class Clock:
    """A clock that a test sets."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **span: float) -> None:
        self.now += timedelta(**span)


def the_settings(folder: Path, **sections: dict[str, Any]) -> Settings:
    anchor = folder / "authority.pem"
    anchor.write_bytes(authority().ca_pem)
    given: dict[str, dict[str, Any]] = {
        "mailbox": {"host": "127.0.0.1", "username": OFFICE, "address": OFFICE, "password": "x"},
        "pec": {"trust_anchors": [str(anchor)]},
        "database": {"url": f"sqlite:///{folder / 'console.db'}"},
        "storage": {"path": str(folder / "originals")},
        "digest": {"to": ["ufficiodipiano@pec.example"]},
    }
    return example_settings(**{**given, **sections})


def the_service(folder: Path, clock: Clock | None = None) -> Service:
    """A service over the files of `folder`, with a mailbox in memory."""
    return replace(build(the_settings(folder), clock or Clock()), mailbox=FakeMailbox())


def fill(service: Service) -> None:
    """Users, about twenty judged samples, a hostile message, letters with receipts, a round."""
    db, context = service.db, service.context
    db.upgrade()
    for name, role in USERS.items():
        add_user(db, name, PASSWORD, role, NOW - timedelta(days=30))
    number = begin_round(db, NOW - timedelta(seconds=90))
    for uid, sample in enumerate(samples(), start=1):
        stored = service.store.keep(sample.raw)
        place = Place(service.mailbox.account, "INBOX", 7, uid)
        entry = ledger.enter(db, stored, place, Origin("imap", sample.at), NOW - timedelta(hours=2))
        verdict = judge(sample.raw, context, Arrival(NOW, sample.at))
        record(db, entry, verdict, service.settings, NOW - timedelta(hours=2))
    hostile_message(service)
    send_letters(service)
    later_life(service)
    end_round(db, number, NOW - timedelta(seconds=60), report=RoundReport(collected=len(samples())))


def later_life(service: Service) -> None:
    """Three convocations: the third is a draft."""
    by = Author("carlo", NOW - timedelta(hours=1))
    for theme in ("abitare", "occupazione", ""):
        writing = Writing("Invito al tavolo", "Gentile {{ referente }},\n{{ ente }} è invitato.", Audience(theme))
        number = write(service.db, service.settings.notice.id, writing, by)
        if theme:
            confirm(service.db, number, service.settings, by)


def hostile_message(service: Service) -> int:
    """An entry whose every text is an attack."""
    raw = b"Subject: x\r\n\r\nhostile\r\n"
    entry = ledger.enter(service.db, service.store.keep(raw), None, Origin("import"), NOW)
    envelope = Envelope(
        kind=EnvelopeKind.ORDINARY, signature=SignatureState.NOT_APPLICABLE, sender=HOSTILE, subject=HOSTILE,
        reply_to=HOSTILE, identifier=HOSTILE, provider=HOSTILE, recipients=(HOSTILE,),
    )  # fmt: skip
    record(service.db, entry, Verdict(VerdictKind.REVIEW, (), envelope), service.settings, NOW)
    return entry


def send_letters(service: Service) -> None:
    """Letters at their provider: the first two delivered, the third refused, the others on their way."""
    outbox.send_due(service.db, FakePost(), NOW)
    with service.db.reading() as session:
        sent = list(session.query(Letter).order_by(Letter.id))
    for number, letter in enumerate(sent[:3]):
        a_receipt_of(service, letter, ReceiptType.ACCEPTANCE, number)
    for number, letter in enumerate(sent[:2]):
        a_receipt_of(service, letter, ReceiptType.DELIVERY, number)
    a_receipt_of(service, sent[2], ReceiptType.DELIVERY_ERROR, 2)


def a_receipt_of(service: Service, letter: Letter, kind: ReceiptType, number: int) -> int:
    raw = f"Subject: {kind} {letter.message_id}\r\n\r\n".encode()
    entry = ledger.enter(service.db, service.store.keep(raw), None, Origin("imap"), NOW)
    recipient = letter.to_address if kind is not ReceiptType.ACCEPTANCE else ""
    verdict = a_receipt(
        kind, letter.message_id, recipient, NOW + timedelta(seconds=number), identifier=f"opec{number}",
        sent_by=letter.sender, recipients=(letter.to_address,),
    )  # fmt: skip
    record(service.db, entry, verdict, service.settings, NOW)
    return entry
