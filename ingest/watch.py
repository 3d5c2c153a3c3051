"""What a round tells about the health of mailbox, password, disk and letters, as conditions that open and end."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from ingest.conditions import clear, observe
from ingest.database import Database
from ingest.italian import ROME
from ingest.keys import MailboxSettings, Settings
from ingest.mailbox import FolderMissing, LoginRefused, MailboxError, MailboxUnavailable, Quota
from ingest.scope import rounds_made
from ingest.trouble import Trouble
from ingest.vocabulary import Reason
from models import Condition, Round

NEARLY_FULL = 0.8  # of the mailbox's quota
LITTLE_SPACE = 1_000_000_000  # bytes free where the originals lie
WARN_BEFORE = 21  # days before the password expires

_FAULTS: tuple[tuple[type[MailboxError], Trouble], ...] = (
    (LoginRefused, Trouble.LOGIN_REFUSED),
    (FolderMissing, Trouble.FOLDER_MISSING),
    (MailboxUnavailable, Trouble.MAILBOX_UNREACHABLE),
)


@contextmanager
def mailbox_watched(db: Database, now: datetime, name: str = "") -> Iterator[None]:
    """Opens the condition that fits a mailbox fault, which still propagates; ends them all when there is none.

    `name` as everywhere here: which mailbox it is, where there are several.
    """
    try:
        yield
    except MailboxError as error:
        trouble = next((code for fault, code in _FAULTS if isinstance(error, fault)), Trouble.MAILBOX_UNREACHABLE)
        with db.transaction() as session:
            observe(session, of_mailbox(trouble, name), str(error), now)
        raise
    with db.transaction() as session:
        for _, trouble in _FAULTS:
            clear(session, of_mailbox(trouble, name), now)


def of_mailbox(trouble: str, name: str) -> str:
    """The code of a condition that each mailbox may have on its own."""
    return f"{trouble}:{name}" if name else trouble


def state(db: Database, trouble: str, detail: str, now: datetime, *, holds: bool) -> None:
    """Opens or ends one condition."""
    with db.transaction() as session:
        if holds:
            observe(session, trouble, detail, now)
        else:
            clear(session, trouble, now)


def is_open(db: Database, trouble: str) -> bool:
    """Whether a condition holds, as far as was seen."""
    return _last_seen(db, trouble) is not None


def seen_within(db: Database, trouble: str, span: timedelta, now: datetime) -> bool:
    """Whether a condition is open and was last observed less than `span` ago."""
    last = _last_seen(db, trouble)
    return last is not None and now - span < last <= now


def _last_seen(db: Database, trouble: str) -> datetime | None:
    with db.reading() as session:
        open_now = (Condition.code == trouble, Condition.cleared_at.is_(None))
        return session.scalar(select(Condition.last_seen).where(*open_now))


def watch_room(db: Database, settings: Settings, quota: Quota | None, now: datetime) -> None:
    """Room in the mailbox and on the disk, days left of the password."""
    used = quota.used / quota.limit if quota and quota.limit else 0.0
    name = settings.beside.name
    state(db, of_mailbox(Trouble.MAILBOX_FULL, name), f"{used:.0%} used", now, holds=used >= NEARLY_FULL)
    left = days_left(settings.mailbox, now.astimezone(ROME).date())
    soon = left is not None and left <= WARN_BEFORE
    state(db, of_mailbox(Trouble.PASSWORD_EXPIRING, name), f"{left} days left", now, holds=soon)
    free = free_space(settings.storage.path)
    state(db, Trouble.DISK_LOW, f"{free // 1_000_000} MB free", now, holds=free < LITTLE_SPACE)


def watch_messages(db: Database, failed: list[int], unavailable: list[int], now: datetime, name: str = "") -> None:
    """Messages that broke our own program, and messages that the server does not give."""
    said = {
        Trouble.MESSAGE_FAILING: "entries " + ", ".join(map(str, failed[:20])) if failed else "",
        Trouble.MESSAGE_UNAVAILABLE: "uids " + ", ".join(map(str, unavailable[:20])) if unavailable else "",
    }
    for trouble, detail in said.items():
        state(db, of_mailbox(trouble, name), detail, now, holds=bool(detail))


def watch_rounds(db: Database, settings: Settings, now: datetime, began: datetime | None) -> None:
    """No round finished well for three intervals; not said again when a fault of the mailbox, already told, is why.

    `began`: since when this process polls; what was before its start is nobody's fault.
    """
    every, name, ours = settings.mailbox.poll_every, settings.beside.name, rounds_made(settings)
    failing = of_mailbox(Trouble.ROUND_FAILING, name)
    with db.transaction() as session:
        last = session.scalar(select(func.max(Round.finished_at)).where(Round.ok.is_(True), ours))
        first = session.scalar(select(func.min(Round.started_at)).where(ours))
        begun = max(filter(None, (last or first, began)), default=None)
        causes = select(Condition.id).where(Condition.code.in_([of_mailbox(code, name) for _, code in _FAULTS]))
        told = session.scalar(causes.where(Condition.cleared_at.is_(None)).limit(1)) is not None
        if begun is None or now - begun < 3 * every:
            clear(session, failing, now)
        elif not told:
            observe(session, failing, f"none since {begun:%Y-%m-%d %H:%M} UTC", now)


def days_left(mailbox: MailboxSettings, today: date) -> int | None:
    """Days until the mailbox's password expires; None when it does not, or when nobody told."""
    if mailbox.password_set_on is None or mailbox.password_valid_days == 0:
        return None
    return (mailbox.password_set_on + timedelta(days=mailbox.password_valid_days) - today).days


def free_space(path: Path) -> int:
    """Bytes free where `path` is, or will be."""
    existing = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    return shutil.disk_usage(existing).free


def note_rem(db: Database, entry_id: int, reasons: tuple[Reason, ...], now: datetime) -> None:
    """A REM message opens a condition of its own, which a person ends by reviewing the entry."""
    if Reason.REM_UNSUPPORTED in reasons:
        state(db, f"{Trouble.REM_RECEIVED}:{entry_id}", f"entry {entry_id}", now, holds=True)


def open_conditions(db: Database) -> list[Condition]:
    """What is wrong now, oldest first."""
    with db.reading() as session:
        return list(session.scalars(select(Condition).where(Condition.cleared_at.is_(None)).order_by(Condition.since)))
