"""A person reads a form beside its picture and decides: corrections and decision together, in one transaction.

Who decides says which state of the form they saw. When somebody else was quicker, nothing is written and both values
come back: no update is ever lost.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from sqlalchemy.orm import Session

from ingest.corrected import corrections_of, lacking, mark_of, overlaid
from ingest.database import Database
from ingest.decisions import Accepted, Deciding, accept_in, audit, conclude, decision, reject_in
from ingest.form.schema import field_of
from ingest.keys import Settings
from ingest.register import holder_of, refresh
from ingest.verdict import FieldValue, Value
from ingest.wire import verdict_from_json
from models import Adhesion, AdhesionState, Correction, Entry, Organisation, OrganisationStatus

_CODE = "organisation.fiscal_code"


class Act(StrEnum):
    """What a person does with a form besides correcting it."""

    SAVE = "save"
    CONFIRM = "confirm"  # a form that waits enters the register; one that is there already needs nobody any more
    REJECT = "reject"


@dataclass(frozen=True, slots=True)
class Seen:
    """A form and the state of it that a person saw (`corrected.mark_of`)."""

    adhesion_id: int
    mark: str


@dataclass(frozen=True, slots=True)
class Choice:
    """What a person wants: new values per schema key, what to do, the organisation it belongs to (None: a new one).

    A value equal to the one that was read is a confirmation of it.
    """

    act: Act
    changes: Mapping[str, Value] = field(default_factory=dict)
    into: int | None = None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """The decision stands; `accepted` when it put the form into the register."""

    accepted: Accepted | None = None


@dataclass(frozen=True, slots=True)
class Stale:
    """Somebody else changed the form meanwhile: nothing was written. Its values as they are now."""

    fields: Mapping[str, FieldValue]


@dataclass(frozen=True, slots=True)
class Taken:
    """Another organisation has this fiscal code, or the one chosen is none: nothing was written."""

    organisation_id: int


def decide(db: Database, seen: Seen, choice: Choice, settings: Settings, by: Deciding) -> Done | Stale | Taken:
    """Corrects a form and decides about it. KeyError for a key that is no field; NoResultFound for an unknown form."""
    for key in choice.changes:
        field_of(key)
    with decision(db) as session:
        form = session.get_one(Adhesion, seen.adhesion_id, with_for_update=True)
        if mark_of(session, form) != seen.mark:
            return Stale(fields_now(session, form))
        against = _against(session, form, choice)
        if against is not None:
            return Taken(against)
        _amend(session, form, choice.changes, by)
        if choice.act is Act.REJECT:
            reject_in(session, form, by, choice.why)
        elif choice.act is Act.CONFIRM and form.state == AdhesionState.REVIEW:
            return Done(accept_in(session, form, choice.into, settings, by))
        elif choice.act is Act.CONFIRM and form.state in (AdhesionState.RECORDED, AdhesionState.VERSION):
            _agree(session, form, by)
        return Done()


def fields_now(session: Session, form: Adhesion) -> dict[str, FieldValue]:
    """The form's fields as they hold now: as read, and over it what people corrected."""
    entry = session.get_one(Entry, form.entry_id)
    read = verdict_from_json(json.loads(entry.verdict or "")).adhesions[form.position]
    return overlaid(read.fields, corrections_of(session, form))


def _against(session: Session, form: Adhesion, choice: Choice) -> int | None:
    """The organisation that stands against a choice."""
    if choice.into is not None:
        body = session.get(Organisation, choice.into)
        if body is None or body.status == OrganisationStatus.MERGED:
            return choice.into
    code = choice.changes.get(_CODE)
    if form.organisation_id is None or not isinstance(code, str) or not code:
        return None
    return holder_of(session, code, session.get_one(Organisation, form.organisation_id))


def _amend(session: Session, form: Adhesion, changes: Mapping[str, Value], by: Deciding) -> None:
    now = fields_now(session, form)
    known = {one.key for one in corrections_of(session, form)}
    confirmed = []
    for key, new in changes.items():
        old = now[key].value if key in now else None
        if old == new and key in known:
            continue
        session.add(
            Correction(
                organisation_id=form.organisation_id,
                adhesion_id=form.id,
                key=key,
                old=old,
                new=new,
                who=by.who,
                at=by.now,
            )
        )
        if old == new:
            confirmed.append(key)
        else:
            audit(session, by, "corrected", f"adhesion:{form.id}", ({key: old}, {key: new}))
    if confirmed:
        audit(session, by, "values-confirmed", f"adhesion:{form.id}", (None, {"keys": confirmed}))
    session.flush()
    read = verdict_from_json(json.loads(session.get_one(Entry, form.entry_id).verdict or "")).adhesions[form.position]
    form.missing = list(lacking(read, fields_now(session, form)))
    if form.organisation_id is not None:
        refresh(session, form.organisation_id, by.now)


def _agree(session: Session, form: Adhesion, by: Deciding) -> None:
    """A form that is in the register already, seen and found right."""
    form.decided_at, form.decided_by, form.needs_review = by.now, by.who, False
    audit(session, by, "reviewed", f"adhesion:{form.id}", (None, None))
    session.flush()
    if form.organisation_id is not None:
        refresh(session, form.organisation_id, by.now)
    conclude(session, session.get_one(Entry, form.entry_id), by)
