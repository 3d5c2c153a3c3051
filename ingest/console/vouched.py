"""People for whom somebody else vouches: a proxy or an identity provider says the name, here it gets a role.

While [console] roles is empty, the role is the one given under Utenti; otherwise the words decide at every login, so
that whoever loses a group loses the role. A user whose access was closed here stays outside, whoever vouches.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from ingest.database import Database
from ingest.entrance import ConsoleSettings, granted
from models import Audit, User, Vouched


def role_for(words: Sequence[str], settings: ConsoleSettings, known: str = "") -> str:
    """The role of somebody with these words whose role here is `known` ("" for a new one); "" for no access."""
    if settings.roles:
        return granted(tuple(words), settings.roles, settings.default_role)
    return known or settings.default_role


def vouched_user(
    db: Database, name: str, words: Sequence[str], by: tuple[Vouched, datetime], settings: ConsoleSettings
) -> int | None:
    """The id of the user of this name, made or with its role renewed; None for somebody who has no access here."""
    vouched, now = by
    with db.transaction() as session:
        user = session.scalar(select(User).where(User.name == name).with_for_update())
        if user is not None and user.disabled_at is not None:
            return None
        role = role_for(words, settings, user.role if user else "")
        if not role:
            return None
        old = user.role if user is not None else None
        if user is None:
            user = User(name=name, password_hash="", role=role, created_at=now, password_at=now)
            session.add(user)
        user.role, user.last_login_at = role, now
        session.flush()
        session.add(Audit(at=now, who=name, what="login", object=f"user:{name}", old=None, new={"by": str(vouched)}))
        if old != role:
            session.add(Audit(at=now, who=name, what="role-vouched", object=f"user:{name}", old=old, new=role))
        return user.id
