"""A person's decision on who is admitted to the tables, and the report that shows it."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.convocations.audience import STANDING
from ingest.database import Database, one_at_a_time
from ingest.decisions import Deciding
from ingest.organisation_queries import months_of, organisation_tally, organisations
from ingest.report import Report, ReportFacts, report
from ingest.rules import Notice
from models import Admission, Audit, Organisation, OrganisationStatus


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


def report_now(session: Session, notice: Notice, now: datetime, limit: int | None = None) -> Report:
    """The report on a notice as the register stands. Its lists name at most `limit` bodies, its figures count all.

    Who adhered is admitted unless a person decided otherwise: the procedure is no selection (D.M. 72/2021 §2).
    """
    ours = Organisation.notice_id == notice.id
    settled, standing = Organisation.status == OrganisationStatus.ACTIVE, Organisation.status.in_(STANDING)
    refused = Organisation.id.in_(select(Admission.organisation_id).where(Admission.admitted.is_(False)))
    tally = organisation_tally(session, ours, Organisation.status != OrganisationStatus.MERGED)
    out = organisation_tally(session, ours, standing, refused)
    admitted, unsettled = (tally.of(status) - out.of(status) for status in STANDING)
    return report(
        ReportFacts(
            title=notice.title, themes=dict(notice.themes), made_at=now, tally=tally,
            months=months_of(session, ours, standing),
            admitted=organisations(session, ours, settled, ~refused, limit=limit),
            not_admitted=organisations(session, ours, standing, refused, limit=limit),
            totals=(admitted, out.total, unsettled),
        )
    )  # fmt: skip
