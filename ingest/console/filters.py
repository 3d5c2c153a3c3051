"""The searches of the log that a person keeps under a name of their own choice."""

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from ingest.console.desk import Person
from ingest.database import Database, insert
from models import SavedFilter

MOST = 20  # of one person: more would be a list to search in
LONGEST_NAME = 60


def saved_filters(session: Session, person: Person) -> list[SavedFilter]:
    """A person's searches by name."""
    query = select(SavedFilter).where(SavedFilter.user_id == person.id)
    return list(session.scalars(query.order_by(func.lower(SavedFilter.name), SavedFilter.id)))


def keep_filter(db: Database, person: Person, name: str, query: str, now: object) -> bool:
    """Keeps a search; one of the same name takes its place. False when the person has as many as there may be."""
    with db.transaction() as session:
        mine = saved_filters(session, person)
        if len(mine) >= MOST and name not in {one.name for one in mine}:
            return False
        new = insert(session, SavedFilter).values(user_id=person.id, name=name, query=query, created_at=now)
        session.execute(new.on_conflict_do_update(index_elements=["user_id", "name"], set_={"query": query}))
        return True


def drop_filter(db: Database, person: Person, number: int) -> None:
    """Forgets a search of this person; anybody else's stays."""
    with db.transaction() as session:
        session.execute(delete(SavedFilter).where(SavedFilter.id == number, SavedFilter.user_id == person.id))
