"""Which rows a deployment works on and shows: all that are not known to belong to another one.

For the only deployment that is every row, and no condition at all.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, and_, exists, or_, true

from ingest.keys import Settings
from models import Entry, Letter, Round


def entries_to_judge(settings: Settings) -> ColumnElement[bool]:
    """What came to our mailbox."""
    return Entry.mailbox.not_in(settings.beside.accounts) if settings.beside.accounts else true()


def entries_shown(settings: Settings) -> ColumnElement[bool]:
    """What belongs to our notice, or to no notice so far and came where ours arrives."""
    beside = settings.beside
    if not beside.notices:
        return true()
    nobodys = and_(Entry.notice_id.not_in(beside.notices), Entry.mailbox.not_in(beside.foreign))
    return or_(Entry.notice_id == settings.notice.id, nobodys)


def letters_sent(settings: Settings) -> ColumnElement[bool]:
    """What leaves through our account."""
    beside = settings.beside
    if not beside.accounts:
        return true()
    by_another = Letter.mailbox.not_in(beside.accounts)
    return and_(by_another, or_(Letter.channel != "pec", Letter.sender.not_in(beside.addresses)))


def letters_shown(settings: Settings) -> ColumnElement[bool]:
    """Letters that answer our notice's messages, or no message at all and did not leave from a foreign mailbox."""
    beside = settings.beside
    if not beside.notices:
        return true()
    ours = exists().where(Entry.id == Letter.entry_id, entries_shown(settings))
    return or_(ours, and_(Letter.entry_id.is_(None), Letter.mailbox.not_in(beside.foreign)))


def told_here(code: str, settings: Settings) -> bool:
    """Whether a condition is no other mailbox's own."""
    return code.rpartition(":")[2] not in settings.beside.names


def rounds_made(settings: Settings) -> ColumnElement[bool]:
    """The rounds over our mailbox."""
    return Round.mailbox == settings.beside.name if settings.beside.accounts else true()


def entries_of(deployments: Sequence[Settings], now: datetime, *, narrowed: bool) -> ColumnElement[bool] | None:
    """What a list of messages shows of these deployments; None for everything.

    A list that nobody narrowed leaves out what belongs to archived notices, unless it still waits for a person.
    """
    if narrowed:
        return or_(*(and_(entries_shown(one), entries_to_judge(one)) for one in deployments))
    old = [one.notice.id for one in deployments if archived(one, now)]
    return or_(Entry.notice_id.not_in(old), Entry.needs_review) if 0 < len(old) < len(deployments) else None


def archived(settings: Settings, now: datetime) -> bool:
    """Whether the notice's last day has passed: its register is kept, and left out of lists nobody narrowed to it."""
    closes = settings.notice.closes
    return closes is not None and closes < now
