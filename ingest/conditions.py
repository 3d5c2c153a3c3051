"""What is wrong with the service, one open row per code, so that an alarm is sent once and its end is known."""

from datetime import datetime

from sqlalchemy import text, update
from sqlalchemy.orm import Session

from ingest.database import insert
from models import Condition


def observe(session: Session, code: str, detail: str, now: datetime) -> None:
    """Opens a condition, or notes that it still holds. `detail` is for operators: no personal data."""
    new = insert(session, Condition).values(code=code, since=now, last_seen=now, detail=detail)
    session.execute(
        new.on_conflict_do_update(
            index_elements=["code"],
            index_where=text("cleared_at IS NULL"),
            set_={"last_seen": new.excluded.last_seen, "detail": new.excluded.detail},
        )
    )


def clear(session: Session, code: str, now: datetime) -> None:
    """Ends a condition, if it is open."""
    session.execute(
        update(Condition).where(Condition.code == code, Condition.cleared_at.is_(None)).values(cleared_at=now)
    )
