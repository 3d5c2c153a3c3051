"""The right to run, held by one process at a time, with a token that grows: whoever slept past its end is found out."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
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
    until: datetime  # as its holder last wrote it


class LeaseLostError(Exception):
    """Another process has taken over: stop, and write nothing more."""


class LeaseWentBackError(LeaseLostError):
    """The register holds an older state of the lease than its holder wrote: it is not the register that was written."""


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
        return None if token is None else Held(name, holder, token, now + lasting)


def free_former(db: Database, name: str, holders: Sequence[str]) -> None:
    """Frees the lease when one of these holds it: they are known to have ended."""
    with db.transaction() as session:
        theirs = (Lease.name == name, Lease.holder.in_(holders))
        session.execute(update(Lease).where(*theirs).values(expires_at=_LONG_AGO))


def renew(db: Database, held: Held, now: datetime, lasting: timedelta) -> Held:
    """Holds the lease longer. Raises LeaseLostError when another process took it over in the meantime.

    Raises LeaseWentBackError when what `held` last wrote is not there any more.
    """
    with db.transaction() as session:
        check(session, held)
        mine = Lease.name == held.name
        if session.scalars(select(Lease.expires_at).where(mine)).one() < held.until:  # later: a commit unheard of
            raise LeaseWentBackError(f"the lease {held.name!r} is not as it was written")
        session.execute(update(Lease).where(mine).values(expires_at=now + lasting))
    return replace(held, until=now + lasting)


def release(db: Database, held: Held) -> None:
    """Gives the lease back at once; nothing happens when it is lost already."""
    with db.transaction() as session:
        mine = (Lease.name == held.name, Lease.token == held.token)
        session.execute(update(Lease).where(*mine).values(expires_at=_LONG_AGO))


def check(session: Session, held: Held) -> None:
    """Keeps the lease ours to the end of this transaction. Raises LeaseLostError when it is not ours any more."""
    token = session.scalar(select(Lease.token).where(Lease.name == held.name).with_for_update())
    if token is None or token < held.token:  # it only grows
        raise LeaseWentBackError(f"the lease {held.name!r} is older than its holder")
    if token != held.token:
        raise LeaseLostError(f"the lease {held.name!r} was taken over")
