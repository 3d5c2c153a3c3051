"""Builders of stored messages, verdicts and receipts. Every person and body is invented."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from typing import Any

from ingest.answer import choose_answer
from ingest.config import parse
from ingest.database import Database
from ingest.keys import Settings
from ingest.ledger import Origin, enter
from ingest.mailbox import Place
from ingest.post import Submission, SubmissionState
from ingest.record import record
from ingest.store import Stored
from ingest.verdict import Adhesion, Answer, Envelope, Receipt, Verdict
from ingest.vocabulary import EnvelopeKind, Outcome, ReceiptType, SignatureState, VerdictKind
from models import Entry, Letter, Organisation
from tests.letters.builders import OURS, SENDER, a_context, a_document, an_adhesion, an_envelope

__all__ = ["OURS"]
NOW = datetime(2021, 7, 27, 9, 0, tzinfo=UTC)
ACCOUNT = "comune@pec.example.it@imaps.example.it:993"
HOUR = timedelta(hours=1)
CODES = ("99900010150", "99900020159", "99900030158", "99900040967", "99900050966", "99900060155")
WRONG_CODE = "99900010151"
REFUSED = Submission(SubmissionState.PERMANENT, "550 no")
LATER = Submission(SubmissionState.TEMPORARY, "451 later")
UNSURE = Submission(SubmissionState.UNCERTAIN, "connection lost after DATA")
NO_LOGIN = Submission(SubmissionState.LOGIN_REFUSED, "535 wrong password")
_serial = count(1)


def the_settings(**answers: Any) -> Settings:
    notice = {"id": "piano-di-zona", "title": "Co-programmazione", "deadline": "2021-07-29T23:59:59+02:00"}
    mailbox = {"host": "imaps.example.it", "username": OURS}
    return parse({"mailbox": mailbox, "notice": notice, "answers": answers}, {})


def a_stored(content: bytes | None = None) -> Stored:
    raw = content if content is not None else f"message {next(_serial)}".encode()
    return Stored(sha256=sha256(raw).hexdigest(), size=len(raw), path=Path("unused.eml"))


def a_place(uid: int = 1, uidvalidity: int = 7, folder: str = "INBOX") -> Place:
    return Place(ACCOUNT, folder, uidvalidity, uid)


def a_message(db: Database, content: bytes | None = None, place: Place | None = None, at: datetime = NOW) -> int:
    return enter(db, a_stored(content), place, Origin("imap"), at)


@dataclass(slots=True)
class Sending:
    """A message as its sender made it: who, when, with which forms."""

    sender: str = "aurora@pec.example.org"
    at: datetime = datetime(2021, 7, 26, 8, 15, tzinfo=UTC)
    identifier: str = field(default_factory=lambda: f"opec{next(_serial)}@pec.example.org")
    envelope: dict[str, Any] = field(default_factory=dict)

    def sealed(self) -> Envelope:
        plain = an_envelope(sender=self.sender, accepted_at=self.at, delivered_at=self.at + timedelta(seconds=4))
        return replace(plain, identifier=self.identifier, **self.envelope)


def a_verdict(sending: Sending | None = None, *forms: dict[str, Any], **changes: Any) -> Verdict:
    """A verdict of the real rules on forms given by their field values; none given = one complete form."""
    envelope = (sending or Sending()).sealed()
    adhesions = tuple(_form(envelope, position, form) for position, form in enumerate(forms or ({},)))
    documents = tuple(
        a_document(f"Allegato {n}.pdf", sha256=sha256(repr(forms[n : n + 1]).encode()).hexdigest())
        for n in range(len(adhesions))
    )
    reasons = tuple(dict.fromkeys(reason for adhesion in adhesions for reason in adhesion.reasons))
    verdict = Verdict(VerdictKind.ADHESION, reasons, envelope, documents, adhesions)
    verdict = replace(verdict, **changes)
    return verdict if "answer" in changes else verdict.with_answer(choose_answer(verdict, a_context()))


def _form(envelope: Envelope, position: int, form: dict[str, Any]) -> Adhesion:
    return replace(an_adhesion(envelope, **form), document=position)


def a_receipt(
    type_: ReceiptType,
    about: str = "",
    recipient: str = "",
    at: datetime = NOW,
    *,
    identifier: str = "opec.ours@pec.example.it",
    code: str = "",
    sent_by: str = OURS,
    **envelope: Any,
) -> Verdict:
    receipt = Receipt(
        type=type_, about=about, recipient=recipient, error="nessuno", detail=code, final=False, code=code,
        sender=sent_by,
    )  # fmt: skip
    sealed = an_envelope(
        kind=EnvelopeKind.RECEIPT, sender="posta-certificata@pec.example.it", identifier=identifier, receipt=receipt,
        recipients=(recipient or SENDER,), accepted_at=at, delivered_at=None,
    )  # fmt: skip
    sealed = replace(sealed, **envelope)
    silent = Answer(send=False, letter=None, to="", why=None)
    kind = VerdictKind.RECEIPT if sealed.signature is SignatureState.VALID else VerdictKind.REVIEW
    return Verdict(kind, (), sealed, answer=silent)


def recorded(db: Database, verdict: Verdict, now: datetime = NOW, settings: Settings | None = None) -> Outcome:
    """The outcome of a new message with this verdict."""
    return record(db, a_message(db, at=now), verdict, settings or the_settings(), now)


def entries(db: Database) -> list[Entry]:
    with db.reading() as session:
        return list(session.query(Entry).order_by(Entry.id))


def letters(db: Database) -> list[Letter]:
    with db.reading() as session:
        return list(session.query(Letter).order_by(Letter.id))


def organisations(db: Database) -> list[Organisation]:
    with db.reading() as session:
        return list(session.query(Organisation).order_by(Organisation.id))
