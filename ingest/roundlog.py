"""The rows that tell when the service last did its work: liveness is a finished round, not a living process."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, Select, select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.rounds import RoundReport, counts
from models import Round


def begin_round(db: Database, now: datetime, mailbox: str = "") -> int:
    """The number of a round that begins; `mailbox`: the name of its mailbox, where there are several."""
    with db.transaction() as session:
        row = Round(started_at=now, mailbox=mailbox, counts={})
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
        same = (Round.id < number, Round.mailbox == row.mailbox)
        before = session.scalar(select(Round).where(*same).order_by(Round.id.desc()).limit(1))
        if before is not None and before.ok and row.ok and not _worked(before):
            session.delete(before)


def last_quota(session: Session, among: ColumnElement[bool] | None = None) -> tuple[int, int] | None:
    """Bytes used and allowed in the mailbox, as the last good round saw them; None where the server does not tell."""
    good = select(Round.counts).where(Round.ok.is_(True)).order_by(Round.id.desc()).limit(1)
    counted = session.scalar(good if among is None else good.where(among)) or {}
    return (counted["quota_used"], counted["quota_limit"]) if "quota_used" in counted else None


def _worked(row: Round) -> bool:
    return any(number for name, number in row.counts.items() if not name.startswith("quota"))


def last_success(db: Database, mailboxes: Iterable[str] = ("",)) -> datetime | None:
    """When the last round ended that did all its work; of several mailboxes the one that has waited longest.

    None while a mailbox had none.
    """
    with db.reading() as session:
        ends = [session.scalar(_good(name).order_by(Round.id.desc()).limit(1)) for name in mailboxes]
    known = [end for end in ends if end is not None]
    return min(known) if len(known) == len(ends) else None


def _good(mailbox: str) -> Select[datetime | None]:
    good = select(Round.finished_at).where(Round.ok.is_(True))
    return good.where(Round.mailbox == mailbox) if mailbox else good
