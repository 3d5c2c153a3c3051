"""Whom a convocation goes to: organisations by theme, municipality, role or category, each with its addresses."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import ColumnElement, Text, cast, null, select
from sqlalchemy.orm import Session

from ingest.keys import Settings
from ingest.loopguard import is_address, plain_address
from models import Convocation, Organisation, OrganisationStatus, Via

STANDING = (OrganisationStatus.ACTIVE, OrganisationStatus.TO_CONFIRM)
NO_ADDRESS = "no-address"
BAD_ADDRESS = "bad-address"
_AT_ONCE = 1000  # rows read together


@dataclass(frozen=True, slots=True)
class Audience:
    """Which organisations: empty means all of the notice that have not withdrawn."""

    theme: str = ""
    municipality: str = ""
    role: str = ""
    nature: str = ""


class Recipient(NamedTuple):
    """One organisation and one of its addresses; `why` says why it cannot be written to ("" = it can)."""

    organisation_id: int
    name: str
    address: str
    certified: bool
    why: str = ""


def audience_of(convocation: Convocation) -> Audience:
    """Whom it is for."""
    return Audience(**convocation.audience)


def recipients(
    session: Session, convocation: Convocation, settings: Settings, only: int | None = None
) -> Iterator[Recipient]:
    """To whom it would go if it were confirmed now, by name; an organisation without such an address stands there once.

    `only`: this organisation alone, if it is one of them.
    """
    audience, via = audience_of(convocation), Via(convocation.via)
    certified, contact = Organisation.pec, Organisation.values["contact.email"]["value"].as_string()
    of_mail = (contact, Organisation.emails) if via is not Via.PEC else (null(), null())  # long values stay unread
    found = session.execute(
        select(Organisation.id, Organisation.name, certified, *of_mail)
        .where(
            Organisation.notice_id == convocation.notice_id, Organisation.status.in_(STANDING), *_conditions(audience)
        )
        .where(*([] if only is None else [Organisation.id == only]))
        .order_by(Organisation.match_name, Organisation.id)
        .execution_options(yield_per=_AT_ONCE)
    )
    own = plain_address(settings.mailbox.own_address)
    with found:
        for number, name, pec, written, emails in found:
            ordinary = written if written is not None else next(iter(emails or ()), "")
            for address, is_certified, why in _of(pec, ordinary, via, own):
                yield Recipient(number, name, address, is_certified, why)


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


def _of(certified: str | None, ordinary: str, via: Via, own: str) -> list[tuple[str, bool, str]]:
    """The addresses of an organisation to write to: whether it is a certified one, and why not ("" = it can)."""
    pec = "" if via is Via.ORDINARY else _comparable(certified or "")
    mail = "" if via is Via.PEC else _comparable(ordinary)
    found = [(pec, True, _why_not(pec, own))] if pec else []
    if mail and mail != pec:  # the same address in both places is the certified one
        found.append((mail, False, _why_not(mail, own)))
    return found or [("", via is not Via.ORDINARY, NO_ADDRESS)]


def _why_not(address: str, own: str) -> str:
    return "" if is_address(address) and address != own else BAD_ADDRESS


def _comparable(address: str) -> str:
    """The address as `plain_address` gives it; one that is plain already, as nearly all are, costs nothing."""
    return address if not address or is_address(address) else plain_address(address)
