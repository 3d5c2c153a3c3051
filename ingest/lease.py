"""The right to run, held by one process at a time, with a token that grows: whoever slept past its end is found out."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import or_, select, update
from sqlalchemy.orm import Session

from ingest.database import Database, insert
from models import Lease

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)  # not "now": the next holder's clock may be behind ours


@dataclass(frozen=True, slots=True)
class Held:
    """A lease as its holder knows it."""

    name: str
    holder: str
    token: int


class LeaseLostError(Exception):
    """Another process has taken over: stop, and write nothing more."""


def acquire(db: Database, name: str, holder: str, now: datetime, lasting: timedelta) -> Held | None:
    """The lease, if it is free or its time has run out; None while another process holds it.

    A lease that lasts longer than any holder would have asked was taken before the clock was set back: it is free.
    """
    with db.transaction() as session:
        new = insert(session, Lease).values(name=name, holder=holder, token=1, expires_at=now + lasting)
        token = session.scalar(
            new.on_conflict_do_update(
                index_elements=["name"],
                set_={"holder": holder, "token": Lease.token + 1, "expires_at": now + lasting},
                where=or_(Lease.expires_at <= now, Lease.expires_at > now + 2 * lasting),
            ).returning(Lease.token)
        )
        return None if token is None else Held(name, holder, token)


def renew(db: Database, held: Held, now: datetime, lasting: timedelta) -> None:
    """Holds the lease longer. Raises LeaseLostError when another process took it over in the meantime."""
    with db.transaction() as session:
        check(session, held)
        session.execute(update(Lease).where(Lease.name == held.name).values(expires_at=now + lasting))


def release(db: Database, held: Held) -> None:
    """Gives the lease back at once; nothing happens when it is lost already."""
    with db.transaction() as session:
        mine = (Lease.name == held.name, Lease.token == held.token)
        session.execute(update(Lease).where(*mine).values(expires_at=_LONG_AGO))


def check(session: Session, held: Held) -> None:
    """Keeps the lease ours to the end of this transaction. Raises LeaseLostError when it is not ours any more."""
    token = session.scalar(select(Lease.token).where(Lease.name == held.name).with_for_update())
    if token != held.token:
        raise LeaseLostError(f"the lease {held.name!r} was taken over")
