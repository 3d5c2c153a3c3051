"""A person's decision on who is admitted to the tables, and the report that shows it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.database import Database, one_at_a_time
from ingest.decisions import Deciding
from ingest.queries import organisation_rows
from ingest.report import Report, report
from ingest.rules import Notice
from models import Admission, Audit, Organisation


def decide(db: Database, organisation_id: int, *, admitted: bool, why: str, by: Deciding) -> bool:
    """Admits an organisation or not; the newest decision holds and the audit keeps all. False when there is none."""
    with db.transaction() as session:
        one_at_a_time(session)
        if session.get(Organisation, organisation_id) is None:
            return False
        found = admission_of(session, organisation_id)
        old = {"admitted": found.admitted, "why": found.why} if found else None
        if found is None:
            found = Admission(organisation_id=organisation_id)
            session.add(found)
        found.admitted, found.why, found.decided_at, found.decided_by = admitted, why, by.now, by.who
        new = {"admitted": admitted, "why": why}
        about = f"organisation:{organisation_id}"
        session.add(Audit(at=by.now, who=by.who, what="admission", object=about, old=old, new=new))
        return True


def admission_of(session: Session, organisation_id: int) -> Admission | None:
    """The decision on an organisation; None while nobody decided."""
    return session.scalar(select(Admission).where(Admission.organisation_id == organisation_id))


def report_now(session: Session, notice: Notice, now: datetime) -> Report:
    """The report on a notice as the register stands."""
    refused = session.scalars(select(Admission.organisation_id).where(Admission.admitted.is_(False)))
    return report(notice.title, organisation_rows(session, notice_id=notice.id), refused, dict(notice.themes), now)
