"""That a register was put back from a backup or rebuilt: whatever it lost may have been answered already."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models import Audit

RESTORED = "restored"
REGISTER = "register"
_WHO = "service"


def note_restored(session: Session, now: datetime, told: dict[str, Any]) -> None:
    """Notes that this register began anew at `now`."""
    session.add(Audit(at=now, who=_WHO, what=RESTORED, object=REGISTER, old=None, new=told))


def answered_elsewhere(session: Session, arrived: datetime, now: datetime) -> bool:
    """Whether a register that was lost may have answered a message: it had arrived before a restore, made by `now`."""
    later = (Audit.object == REGISTER, Audit.what == RESTORED, Audit.at >= arrived, Audit.at <= now)
    return session.scalar(select(func.count()).select_from(Audit).where(*later)) != 0
