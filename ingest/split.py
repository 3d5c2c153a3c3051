"""Two bodies were taken for one: a form goes, with all that belongs to it, to a body of its own or to another one.

The counterpart of `merge`. Nothing is deleted; both bodies are worked out anew from the forms that are theirs.
"""

import json

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from ingest.corrected import overlaid
from ingest.database import Database
from ingest.decisions import Deciding, audit, decision
from ingest.matching import identity_of
from ingest.register import open_new, refresh
from ingest.wire import verdict_from_json
from models import Adhesion, AdhesionState, Correction, Entry, Organisation, OrganisationVersion


def split(db: Database, adhesion_id: int, into: int | None, by: Deciding) -> int | None:
    """The id of the organisation a form now belongs to: a new one (`into` None), or another of the same notice.

    None, and nothing done, for a form that is its organisation's only one, or no version at all: then the two
    organisations are merged, or the form is decided about.
    """
    with decision(db) as session:
        form = session.get_one(Adhesion, adhesion_id, with_for_update=True)
        version = session.scalar(select(OrganisationVersion).where(OrganisationVersion.adhesion_id == adhesion_id))
        if version is None or form.organisation_id is None or form.organisation_id != version.organisation_id:
            return None
        left = session.get_one(Organisation, form.organisation_id, with_for_update=True)
        target = session.get(Organisation, into, with_for_update=True) if into is not None else None
        unfit = into is not None and (
            target is None or target.id == left.id or target.merged_into or target.notice_id != left.notice_id
        )
        if unfit or len(_versions(session, left.id)) < 2:
            return None
        place = target.id if target is not None else _opened(session, form, left, by)
        _move(session, form, version, place)
        _renumber(session, left.id)
        left.fiscal_code = None  # given again below if a form that stays says it
        session.flush()
        refresh(session, left.id, by.now)
        refresh(session, place, by.now)
        audit(session, by, "split", f"organisation:{left.id}", ({"adhesion": form.id}, {"into": place}))
        audit(session, by, "split", f"organisation:{place}", (None, {"adhesion": form.id, "from": left.id}))
        audit(session, by, "assigned", f"adhesion:{form.id}", ({"organisation": left.id}, {"organisation": place}))
        return place


def _versions(session: Session, organisation_id: int) -> list[OrganisationVersion]:
    query = select(OrganisationVersion).where(OrganisationVersion.organisation_id == organisation_id)
    return list(session.scalars(query.order_by(OrganisationVersion.number)))


def _opened(session: Session, form: Adhesion, left: Organisation, by: Deciding) -> int:
    entry = session.get_one(Entry, form.entry_id)
    read = verdict_from_json(json.loads(entry.verdict or "")).adhesions[form.position]
    own = session.scalars(select(Correction).where(Correction.adhesion_id == form.id).order_by(Correction.id)).all()
    return open_new(session, form, identity_of(overlaid(read.fields, own)), left.notice_id, by.now)


def _move(session: Session, form: Adhesion, version: OrganisationVersion, place: int) -> None:
    """The form, its version, what people said about it, and the copies of it that came later."""
    last = select(func.max(OrganisationVersion.number)).where(OrganisationVersion.organisation_id == place)
    number = (session.scalar(last) or 0) + 1
    copies = (
        Adhesion.organisation_id == form.organisation_id, Adhesion.state == AdhesionState.DUPLICATE,
        Adhesion.content_key == form.content_key, Adhesion.content_key != "",
    )  # fmt: skip
    session.execute(update(Adhesion).where(*copies).values(organisation_id=place))
    session.execute(update(Correction).where(Correction.adhesion_id == form.id).values(organisation_id=place))
    version.organisation_id, version.number = place, number
    form.organisation_id = place
    form.state = AdhesionState.RECORDED if number == 1 else AdhesionState.VERSION
    session.flush()


def _renumber(session: Session, organisation_id: int) -> None:
    """What stays counts from 1 again; each step goes down into a number that is free."""
    for number, version in enumerate(_versions(session, organisation_id), start=1):
        if version.number != number:
            version.number = number
            session.flush()
        if number == 1:
            session.get_one(Adhesion, version.adhesion_id).state = AdhesionState.RECORDED
    session.flush()
