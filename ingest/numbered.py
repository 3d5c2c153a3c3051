"""The list of organisations with the protocol number of the message each first came with."""

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.organisations import OrganisationRow
from ingest.protocol.numbers import in_words
from models import Organisation, ProtocolNumber


def numbered(session: Session, rows: Sequence[OrganisationRow]) -> list[OrganisationRow]:
    """The rows, in their order."""
    if not rows:
        return []
    ids = [row.id for row in rows]
    query = (
        select(Organisation.id, ProtocolNumber)
        .join(ProtocolNumber, ProtocolNumber.entry_id == Organisation.first_entry_id)
        .where(Organisation.id.between(min(ids), max(ids)))
    )
    found = {row[0]: in_words(row[1]) for row in session.execute(query)}
    return [replace(row, protocol=found[row.id]) if row.id in found else row for row in rows]
