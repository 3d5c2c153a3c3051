"""The rows that tell when the service last did its work: liveness is a finished round, not a living process."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.rounds import RoundReport, counts
from models import Round


def begin_round(db: Database, now: datetime) -> int:
    """The number of a round that begins."""
    with db.transaction() as session:
        row = Round(started_at=now, counts={})
        session.add(row)
        session.flush()
        return row.id


def end_round(db: Database, number: int, now: datetime, *, report: RoundReport | None = None, error: str = "") -> None:
    """Notes how a round ended: with its counts, or with the name of what stopped it.

    Rounds without anything to tell are kept as one: an idle poll every two minutes would fill the table.
    """
    with db.transaction() as session:
        row = session.get_one(Round, number)
        row.finished_at, row.ok, row.error = now, not error, error
        row.counts = counts(report) if report else {}
        before = session.scalar(select(Round).where(Round.id < number).order_by(Round.id.desc()).limit(1))
        if before is not None and before.ok and row.ok and not _worked(before):
            session.delete(before)


def last_quota(session: Session) -> tuple[int, int] | None:
    """Bytes used and allowed in the mailbox, as the last good round saw them; None where the server does not tell."""
    counted = session.scalar(select(Round.counts).where(Round.ok.is_(True)).order_by(Round.id.desc()).limit(1)) or {}
    return (counted["quota_used"], counted["quota_limit"]) if "quota_used" in counted else None


def _worked(row: Round) -> bool:
    return any(number for name, number in row.counts.items() if not name.startswith("quota"))


def last_success(db: Database) -> datetime | None:
    """When the last round ended that did all its work."""
    with db.reading() as session:
        return session.scalar(select(Round.finished_at).where(Round.ok.is_(True)).order_by(Round.id.desc()).limit(1))
