"""The proofs that are made by themselves: each day server against register, each month every original re-read.

When each was last made stands in the audit log, so that one missed while the service was off is made at the next start.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from ingest.app import Service
from ingest.conditions import clear, observe
from ingest.database import Database
from ingest.reconcile import Reconciliation, reconcile
from ingest.scope import entries_to_judge
from ingest.trouble import Trouble
from ingest.watch import of_mailbox
from models import Audit, Condition, Entry

RECONCILED = "reconciled"
ORIGINALS_READ = "originals-read"
_EVERY = {RECONCILED: timedelta(days=1), ORIGINALS_READ: timedelta(days=30)}
_AGAIN = timedelta(days=1)  # while something is damaged: so that its repair is noticed
_WHO = "service"


def due(db: Database, what: str, now: datetime, mailbox: str = "") -> bool:
    """Whether a proof is to be made: never made, too old, or dated in the future by a clock that was set back.

    `mailbox`: its name, where each of several makes its own.
    """
    with db.reading() as session:
        made = (Audit.what == what, Audit.who == _WHO, Audit.object == _about(mailbox))
        last = session.scalar(select(func.max(Audit.at)).where(*made))
        damaged = select(Condition.id).where(Condition.code == Trouble.ORIGINAL_DAMAGED, Condition.cleared_at.is_(None))
        soon = what == ORIGINALS_READ and session.scalar(damaged.limit(1)) is not None
    every = _AGAIN if soon else _EVERY[what]
    return last is None or not now - every < last <= now


def prove_mailbox(service: Service, read_it: Callable[[], object]) -> Reconciliation:
    """Server against register; what seems missing may have come this minute, so it is read and counted once more."""
    ours = entries_to_judge(service.settings)
    found = reconcile(service.db, service.mailbox, ours)
    if found.missing:
        read_it()
        found = reconcile(service.db, service.mailbox, ours)
    missing = {"uids": list(found.missing[:20]), "uidvalidity": found.uidvalidity}
    counted = {
        "received": found.received,
        "recorded": found.recorded,
        **({"missing": missing} if found.missing else {}),
    }
    detail = f"received {found.received}, recorded {found.recorded}"
    name = service.settings.beside.name
    differs = of_mailbox(Trouble.RECONCILE_DIFFERENCE, name)
    _note(service, (RECONCILED, _about(name)), counted, differs, detail if found.difference else "")
    return found


def prove_originals(service: Service, stopped: Callable[[], bool] = lambda: False) -> list[int] | None:
    """The entries whose original is gone or altered, every one re-read; None when stopped before the end."""
    with service.db.reading() as session:
        originals = [(number, sha256) for number, sha256 in session.execute(select(Entry.id, Entry.sha256))]
    damaged = []
    for number, sha256 in originals:
        if stopped():
            return None
        if not service.store.verify(sha256):
            damaged.append(number)
    read: dict[str, Any] = {"read": len(originals), "damaged": damaged}
    detail = f"{len(damaged)} originals: entries {', '.join(map(str, damaged[:20]))}" if damaged else ""
    _note(service, (ORIGINALS_READ, ""), read, Trouble.ORIGINAL_DAMAGED, detail)
    return damaged


def _about(mailbox: str) -> str:
    return f"mailbox:{mailbox}" if mailbox else ""


def _note(service: Service, what: tuple[str, str], counted: dict[str, Any], trouble: str, detail: str) -> None:
    now = service.clock()
    with service.db.transaction() as session:
        session.add(Audit(at=now, who=_WHO, what=what[0], object=what[1], old=None, new=counted))
        if detail:
            observe(session, trouble, detail, now)
        else:
            clear(session, trouble, now)
