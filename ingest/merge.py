"""Two organisations turn out to be one body: everything of one goes to the other, and nothing is deleted.

The one that goes stays on record, points to the one that remains, and keeps its fiscal code if the other has its own:
a later form with that code finds its way.
"""

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.decisions import Deciding, audit, decision
from ingest.register import refresh
from models import Adhesion, Correction, Organisation, OrganisationStatus, OrganisationVersion

_CODE = "organisation.fiscal_code"


def merge(db: Database, going: int, staying: int, by: Deciding) -> bool:
    """Merges organisation `going` into `staying`. False, and nothing done, unless both stand in the same notice."""
    if going == staying:
        return False
    with decision(db) as session:
        gone, kept = _pair(session, going, staying)
        if gone is None or kept is None or gone.notice_id != kept.notice_id:
            return False
        _keep_what_people_said(session, gone, kept, by)
        _move(session, going, staying)
        before = {"status": gone.status, "name": gone.name, "fiscal_code": gone.fiscal_code}
        gone.status, gone.merged_into, gone.updated_at = OrganisationStatus.MERGED, staying, by.now
        if kept.fiscal_code is None:
            gone.fiscal_code = None  # one body, one code: the other takes it when its values are worked out anew
        earlier = Organisation.merged_into == going
        session.execute(update(Organisation).where(earlier).values(merged_into=staying))
        session.flush()
        refresh(session, staying, by.now)
        audit(session, by, "merged", f"organisation:{going}", (before, {"into": staying}))
        audit(session, by, "merged", f"organisation:{staying}", (None, {"from": going}))
        return True


def _pair(session: Session, going: int, staying: int) -> tuple[Organisation | None, Organisation | None]:
    """Both, locked in the same order by whoever asks; None for one that is unknown or already merged."""
    both = select(Organisation).where(Organisation.id.in_((going, staying))).order_by(Organisation.id)
    found = {one.id: one for one in session.scalars(both.with_for_update()) if one.merged_into is None}
    return found.get(going), found.get(staying)


def _keep_what_people_said(session: Session, gone: Organisation, kept: Organisation, by: Deciding) -> None:
    """Where people set a value of both, and for two codes, the one of the organisation that remains goes on to hold."""
    said = select(Correction.key).where(Correction.organisation_id == gone.id)
    ours = set(session.scalars(select(Correction.key).where(Correction.organisation_id == kept.id)))
    held = {key for key in session.scalars(said) if key in ours}
    if gone.fiscal_code and kept.fiscal_code:
        held.add(_CODE)
    for key in sorted(held):
        value = kept.fiscal_code if key == _CODE else kept.values.get(key, {}).get("value")
        session.add(Correction(organisation_id=kept.id, key=key, old=None, new=value, who=by.who, at=by.now))


def _move(session: Session, going: int, staying: int) -> None:
    last = select(func.max(OrganisationVersion.number)).where(OrganisationVersion.organisation_id == staying)
    number = session.scalar(last) or 0
    moved = select(OrganisationVersion).where(OrganisationVersion.organisation_id == going)
    for version in session.scalars(moved.order_by(OrganisationVersion.number)).all():
        number += 1
        version.organisation_id, version.number = staying, number
    session.execute(update(Adhesion).where(Adhesion.organisation_id == going).values(organisation_id=staying))
    session.execute(update(Correction).where(Correction.organisation_id == going).values(organisation_id=staying))
    session.flush()
