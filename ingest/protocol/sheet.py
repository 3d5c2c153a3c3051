"""What the protocol register needs of each message and letter (art. 53 DPR 445/2000), as CSV.

Every communication from a digital domicile is registered (art. 40-bis CAD); receipts and the provider's own notices are
not, they belong to what they speak of.
"""

import csv
import io
from dataclasses import astuple, dataclass
from datetime import datetime

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from ingest.answering import reference
from ingest.export import harmless
from ingest.italian import ROME
from ingest.keys import Settings
from ingest.readout import plain
from ingest.vocabulary import Outcome, Reason
from models import Convocation, Document, Entry, EntryState, Invitation, Letter, ProtocolNumber

HEADINGS = (
    "riferimento", "verso", "numero protocollo", "data protocollo", "mittente", "destinatario", "oggetto",
    "data e ora", "identificativo PEC", "impronta SHA-256", "allegati", "impronte degli allegati",
)  # fmt: skip
_NOT_REGISTERED = (Outcome.RECEIPT, Outcome.DUPLICATE)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One line of the export, in the order of HEADINGS."""

    reference: str
    way: str
    number: str
    on: str
    sender: str
    to: str
    subject: str
    at: str
    identifier: str
    sha256: str
    names: str
    hashes: str


def sheets(session: Session, settings: Settings, *, all_of_them: bool) -> list[Sheet]:
    """Messages and letters to register, oldest first; with `all_of_them` also those that have their number."""
    return [*_incoming(session, settings, all_of_them), *_outgoing(session, settings, all_of_them)]


def as_csv(found: list[Sheet]) -> bytes:
    """UTF-8 with its mark, semicolons, CRLF; no cell is taken for a formula by a spreadsheet."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(HEADINGS)
    for one in found:
        writer.writerow([harmless(cell) for cell in astuple(one)])
    return out.getvalue().encode("utf-8-sig", "replace")


def letter_reference(letter_id: int) -> str:
    """Our reference of a letter: "LETT-000012"."""
    return f"LETT-{letter_id:06d}"


def _incoming(session: Session, settings: Settings, all_of_them: bool) -> list[Sheet]:  # noqa: FBT001
    query = (
        select(Entry, ProtocolNumber)
        .outerjoin(ProtocolNumber, ProtocolNumber.entry_id == Entry.id)
        .where(Entry.notice_id == settings.notice.id)
        .where(Entry.state == EntryState.DONE, Entry.outcome.not_in(_NOT_REGISTERED))
        .order_by(Entry.id)
    )
    query = query if all_of_them else query.where(ProtocolNumber.id.is_(None))
    rows = [row for row in session.execute(query).all() if Reason.PROVIDER_NOTICE not in row[0].reasons]
    of_entry = _documents(session, query.with_only_columns(Entry.id).order_by(None))
    made = []
    for entry, number in rows:
        documents = of_entry.get(entry.id, [])
        made.append(
            Sheet(
                reference(entry.id), "entrata", *_number(number), entry.sender,
                settings.mailbox.own_address, plain(entry.subject, 500),
                _at(entry.accepted_at or entry.received_at), entry.identifier, entry.sha256,
                " | ".join(plain(name, 200) for name, _ in documents), " | ".join(sha256 for _, sha256 in documents),
            )
        )  # fmt: skip
    return made


def _documents(session: Session, entries: Select[int]) -> dict[int, list[tuple[str, str]]]:
    """Name and hash of each document of the `entries` selected, in their order, by entry."""
    query = (
        select(Document.entry_id, Document.name, Document.sha256)
        .where(Document.entry_id.in_(entries))
        .order_by(Document.entry_id, Document.position)
    )
    found: dict[int, list[tuple[str, str]]] = {}
    for entry_id, name, sha256 in session.execute(query):
        found.setdefault(entry_id, []).append((name, sha256))
    return found


def _outgoing(session: Session, settings: Settings, all_of_them: bool) -> list[Sheet]:  # noqa: FBT001
    """Certified letters that left: answers and reminders of the notice's messages, and its convocations."""
    answered = select(Entry.id).where(Entry.notice_id == settings.notice.id)
    convened = (
        select(Invitation.letter_id)
        .join(Convocation, Convocation.id == Invitation.convocation_id)
        .where(Convocation.notice_id == settings.notice.id)
    )
    query = (
        select(Letter, ProtocolNumber)
        .outerjoin(ProtocolNumber, ProtocolNumber.letter_id == Letter.id)
        .where(Letter.channel == "pec", Letter.submitted_at.is_not(None))
        .where(Letter.entry_id.in_(answered) | Letter.id.in_(convened))
        .order_by(Letter.id)
    )
    query = query if all_of_them else query.where(ProtocolNumber.id.is_(None))
    return [
        Sheet(
            letter_reference(letter.id), "uscita", *_number(number), letter.sender, letter.to_address,
            plain(letter.subject, 500), _at(letter.submitted_at), letter.identifier, "", "", "",
        )
        for letter, number in session.execute(query)
    ]  # fmt: skip


def _number(found: ProtocolNumber | None) -> tuple[str, str]:
    return (found.number, f"{found.registered_on:%d/%m/%Y}") if found else ("", "")


def _at(at: datetime | None) -> str:
    return f"{at.astimezone(ROME):%d/%m/%Y %H:%M:%S}" if at else ""
