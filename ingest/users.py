"""Users of the office console: argon2id hashes, three roles, nothing ever deleted (the audit names them)."""

from datetime import datetime

from argon2 import PasswordHasher
from sqlalchemy import select

from ingest.database import Database
from models import User

ROLES = ("reader", "clerk", "admin")
SHORTEST = 12  # characters of a password (AgID minimum measures ask for complexity or length; length is kinder)

_hasher = PasswordHasher()


def add_user(db: Database, name: str, password: str, role: str, now: datetime) -> None:
    """A new user. Raises ValueError when the name is taken, or the password too short."""
    if role not in ROLES:
        raise ValueError(f"role must be one of {', '.join(ROLES)}")
    hashed = _hashed(password)
    with db.transaction() as session:
        if session.scalar(select(User.id).where(User.name == _plain(name))) is not None:
            raise ValueError(f"there is a user {_plain(name)} already")
        session.add(User(name=_plain(name), password_hash=hashed, role=role, created_at=now, password_at=now))


def set_password(db: Database, name: str, password: str, now: datetime) -> None:
    """A new password; sessions begun before it are void and a locked account is opened. ValueError if unknown."""
    hashed = _hashed(password)
    with db.transaction() as session:
        user = session.scalar(select(User).where(User.name == _plain(name)))
        if user is None:
            raise ValueError(f"there is no user {_plain(name)}")
        user.password_hash, user.password_at, user.failures, user.locked_until = hashed, now, 0, None


def disable_user(db: Database, name: str, now: datetime) -> None:
    """Closes a user's access at once. Raises ValueError when there is no such user."""
    with db.transaction() as session:
        user = session.scalar(select(User).where(User.name == _plain(name)))
        if user is None:
            raise ValueError(f"there is no user {_plain(name)}")
        user.disabled_at = user.disabled_at or now


def users(db: Database) -> list[User]:
    """All users by name."""
    with db.reading() as session:
        return list(session.scalars(select(User).order_by(User.name)))


def _plain(name: str) -> str:
    plain = name.strip().lower()
    if not plain or len(plain) > 200:
        raise ValueError("a user needs a name of at most 200 characters")
    return plain


def _hashed(password: str) -> str:
    if len(password) < SHORTEST:
        raise ValueError(f"a password needs at least {SHORTEST} characters")
    return _hasher.hash(password)
