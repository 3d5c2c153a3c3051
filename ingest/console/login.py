"""Passwords checked, slowly and not too often: five wrong ones close an account, twenty an address, for a while."""

from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import delete, func, select

from ingest.database import Database
from models import Audit, LoginFailure, User

WRONG_BY_USER = 5
WRONG_BY_ADDRESS = 20
CLOSED_FOR = timedelta(minutes=15)
_LONGEST = 1000  # characters of a password worth hashing

_hasher = PasswordHasher()


def login(db: Database, name: str, password: str, address: str, now: datetime) -> int | None:
    """The id of the user whose password this is; None for anything else, without telling what was wrong."""
    name = name.strip().lower()[:200]
    with db.reading() as session:
        user = session.scalar(select(User).where(User.name == name))
        wrong = session.scalar(
            select(func.count())
            .select_from(LoginFailure)
            .where(LoginFailure.address == address, LoginFailure.at > now - CLOSED_FOR)
        )
    closed = (wrong or 0) >= WRONG_BY_ADDRESS or (
        user is not None and user.locked_until is not None and user.locked_until > now
    )
    known = user is not None and user.disabled_at is None
    own = user.password_hash if known and user is not None else ""  # empty: a provider vouches, there is no password
    right = _is_right(own or _nobodys(), password) and bool(own)
    if user is not None and right and not closed:
        _succeeded(db, user.id, now)
        return user.id
    if not closed:
        _failed(db, user.id if user is not None else None, address, now)
    return None


def _is_right(hashed: str, password: str) -> bool:
    try:
        return len(password) <= _LONGEST and _hasher.verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    """A hash no password has, so that an unknown name costs the same time as a known one."""
    return _hasher.hash("\0")


def _succeeded(db: Database, user_id: int, now: datetime) -> None:
    with db.transaction() as session:
        user = session.get_one(User, user_id, with_for_update=True)
        user.failures, user.locked_until, user.last_login_at = 0, None, now
        session.add(Audit(at=now, who=user.name, what="login", object=f"user:{user.name}", old=None, new=None))


def _failed(db: Database, user_id: int | None, address: str, now: datetime) -> None:
    with db.transaction() as session:
        session.execute(delete(LoginFailure).where(LoginFailure.at < now - CLOSED_FOR))
        session.add(LoginFailure(address=address, at=now))
        if user_id is None:
            return
        user = session.get_one(User, user_id, with_for_update=True)
        user.failures += 1
        if user.failures >= WRONG_BY_USER:
            user.failures, user.locked_until = 0, now + CLOSED_FOR
            session.add(Audit(at=now, who=user.name, what="locked", object=f"user:{user.name}", old=None, new=None))
