"""Who is logged in: sessions kept in the database, ended by idleness, age, a new password or a closed account."""

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import delete, select, update

from ingest.console.desk import Person
from ingest.database import Database
from models import Seat, User, Vouched

COOKIE = "pec_ingest_console"
IDLE = timedelta(minutes=60)
LONGEST = timedelta(hours=12)
_NOTED_EVERY = timedelta(minutes=1)  # so that reading pages does not write at each of them


def open_session(db: Database, user_id: int, now: datetime, vouched: Vouched = Vouched.PASSWORD) -> str:
    """The token of a new session; it is given out once and never stored."""
    token = secrets.token_urlsafe(32)
    with db.transaction() as session:
        session.execute(delete(Seat).where((Seat.seen_at < now - IDLE) | (Seat.started_at < now - LONGEST)))
        mark = secrets.token_urlsafe(32)
        session.add(
            Seat(token_sha256=_hash(token), user_id=user_id, csrf=mark, started_at=now, seen_at=now, vouched=vouched)
        )
    return token


def person_of(db: Database, token: str, now: datetime) -> Person | None:
    """The person a token belongs to; None when the session has ended or never was."""
    if not token:
        return None
    with db.reading() as session:
        found = session.execute(
            select(Seat, User).join(User, User.id == Seat.user_id).where(Seat.token_sha256 == _hash(token))
        ).one_or_none()
    if found is None:
        return None
    seat, user = found
    if now - seat.seen_at > IDLE or now - seat.started_at > LONGEST:
        return None
    if user.disabled_at is not None or seat.started_at < user.password_at:
        return None
    if now - seat.seen_at > _NOTED_EVERY:
        with db.transaction() as session:
            session.execute(update(Seat).where(Seat.id == seat.id).values(seen_at=now))
    return Person(user.id, user.name, user.role, seat.id, seat.csrf, seat.vouched)


def close_session(db: Database, seat: int) -> None:
    """Ends a session; a second time does nothing."""
    with db.transaction() as session:
        session.execute(delete(Seat).where(Seat.id == seat))


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()
