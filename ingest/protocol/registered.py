"""What the segnatura of a message says, read from register and configuration."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.keys import Settings
from ingest.protocol.segnatura import Office, Registered
from ingest.readout import plain
from ingest.vocabulary import Role
from models import Adhesion, Document, Entry, Organisation, ProtocolNumber

_NEEDED = ("administration", "name", "fiscal_code", "aoo", "register_code", "classification")


def lacking_keys(settings: Settings) -> list[str]:
    """The keys of [protocol] that a segnatura needs and that are empty."""
    return [f"protocol.{key}" for key in _NEEDED if not getattr(settings.protocol, key)]


def office_of(settings: Settings) -> Office:
    """Who registers, as configured."""
    chosen = settings.protocol
    return Office(
        administration=chosen.administration, name=chosen.name, fiscal_code=chosen.fiscal_code, aoo=chosen.aoo,
        register=chosen.register_code, classification=chosen.classification, address=settings.mailbox.own_address,
        file_code=chosen.file_code, file_name=chosen.file_name,
    )  # fmt: skip


def registered(session: Session, entry: Entry) -> Registered | None:
    """A message with its number and the body it speaks for; None while it has no number.

    The code is "" when no body of it is known: then there is no segnatura.
    """
    number = session.scalar(select(ProtocolNumber).where(ProtocolNumber.entry_id == entry.id))
    if number is None:
        return None
    body = session.scalar(
        select(Organisation)
        .join(Adhesion, Adhesion.organisation_id == Organisation.id)
        .where(Adhesion.entry_id == entry.id)
        .order_by(Adhesion.position)
        .limit(1)
    )
    documents = list(session.scalars(select(Document).where(Document.entry_id == entry.id).order_by(Document.position)))
    documents.sort(key=lambda one: one.role != Role.FORM)
    code = next((c for c in ((body.fiscal_code, body.vat_number) if body else ()) if c and len(c) == 11), "")
    return Registered(
        number=number.number, on=number.registered_on, subject=plain(entry.subject, 500) or "(senza oggetto)",
        sender_name=plain(body.name, 300) if body else entry.sender, sender_code=code, sender_address=entry.sender,
        documents=tuple((plain(one.name, 200), one.media_type, one.sha256) for one in documents),
    )  # fmt: skip
