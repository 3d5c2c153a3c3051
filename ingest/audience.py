"""Whom a convocation goes to: organisations by theme, municipality, role or category, each with its addresses."""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Text, cast, select
from sqlalchemy.orm import Session

from ingest.keys import Settings
from ingest.loopguard import is_address, plain_address
from models import Organisation, OrganisationStatus, Via

STANDING = (OrganisationStatus.ACTIVE, OrganisationStatus.TO_CONFIRM)
NO_ADDRESS = "no-address"
BAD_ADDRESS = "bad-address"


@dataclass(frozen=True, slots=True)
class Audience:
    """Which organisations: empty means all of the notice that have not withdrawn."""

    theme: str = ""
    municipality: str = ""
    role: str = ""
    nature: str = ""


@dataclass(frozen=True, slots=True)
class Recipient:
    """One organisation and one of its addresses; `why` says why it cannot be written to ("" = it can)."""

    organisation_id: int
    name: str
    address: str
    certified: bool
    why: str = ""


def recipients(session: Session, notice_id: str, audience: Audience, via: Via, settings: Settings) -> list[Recipient]:
    """Everyone the audience names, by name; an organisation without an address of this way stands there once."""
    found = session.scalars(
        select(Organisation)
        .where(Organisation.notice_id == notice_id, Organisation.status.in_(STANDING), *_conditions(audience))
        .order_by(Organisation.match_name, Organisation.id)
    )
    own = plain_address(settings.mailbox.own_address)
    return [one for body in found for one in _of(body, via, own)]


def _conditions(audience: Audience) -> list[ColumnElement[bool]]:
    pairs = (
        (Organisation.municipality, audience.municipality),
        (Organisation.role, audience.role),
        (Organisation.legal_nature, audience.nature),
    )
    conditions = [column == value for column, value in pairs if value]
    if audience.theme:
        conditions.append(cast(Organisation.themes, Text).contains(f'"{audience.theme}"', autoescape=True))
    return conditions


def _of(body: Organisation, via: Via, own: str) -> list[Recipient]:
    pec = plain_address(body.pec or "")
    contact = body.values.get("contact.email", {}).get("value")
    ordinary = plain_address(contact if isinstance(contact, str) else next(iter(body.emails), ""))
    wanted: dict[str, bool] = {}
    if via in (Via.ORDINARY, Via.BOTH) and ordinary:
        wanted[ordinary] = False
    if via in (Via.PEC, Via.BOTH) and pec:
        wanted[pec] = True  # the same address in both places is the certified one
    if not wanted:
        return [Recipient(body.id, body.name, "", via is not Via.ORDINARY, NO_ADDRESS)]
    return [
        Recipient(body.id, body.name, address, certified, "" if is_address(address) and address != own else BAD_ADDRESS)
        for address, certified in sorted(wanted.items(), key=lambda item: not item[1])
    ]
