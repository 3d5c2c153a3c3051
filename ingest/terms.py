"""The terms of a notice move: deadline, start of the works, clock, role of the late. What follows for what is recorded.

Time class and role of every adhesion are worked out anew, each change with its line in the audit. No letter is sent for
it, and a role that a person set stays. Which terms were applied last stands in the audit too.
"""

import json
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ingest.database import Database
from ingest.decisions import Deciding, audit, decision
from ingest.digest_queries import RECLASSIFIED
from ingest.notice import deciding_instant, role, timeliness
from ingest.register import refresh
from ingest.rules import Arrival, Notice
from ingest.wire import verdict_from_json
from models import Adhesion, Audit, Entry

BY = "configuration"
_APPLIED = "terms-applied"
_CLASSES = ("timeliness", "role")


def keep_terms(db: Database, notice: Notice, by: Deciding) -> int:
    """Reclassifies when the notice's terms are not those applied last. How many adhesions changed theirs."""
    with decision(db) as session:
        about, terms = f"notice:{notice.id}", _terms(notice)
        last = select(Audit.new).where(Audit.what == _APPLIED, Audit.object == about).order_by(Audit.id.desc()).limit(1)
        before = session.scalar(last)
        if before == terms:
            return 0
        audit(session, by, _APPLIED, about, (before, terms))
        return _reclassified(session, notice, by)


def reclassify(db: Database, notice: Notice, by: Deciding) -> int:
    """Works out time class and role of a notice's adhesions anew. How many adhesions changed theirs."""
    with decision(db) as session:
        return _reclassified(session, notice, by)


def _terms(notice: Notice) -> dict[str, Any]:
    ends = {key: at.isoformat() if (at := getattr(notice, key)) else None for key in ("deadline", "works_start")}
    return {**ends, "clock": notice.clock, "late_role": str(notice.late_role)}


def _reclassified(session: Session, notice: Notice, by: Deciding) -> int:
    forms = select(Adhesion, Entry).join(Entry, Entry.id == Adhesion.entry_id).where(Entry.notice_id == notice.id)
    changed: dict[int, int | None] = {}
    for form, entry in session.execute(forms.order_by(Adhesion.id).execution_options(yield_per=500)):
        new = _classes(form, entry, notice)
        old = {key: getattr(form, key) for key in _CLASSES}
        if any(old[key] != new[key] for key in _CLASSES):
            for key, value in new.items():
                setattr(form, key, value)
            audit(session, by, RECLASSIFIED, f"adhesion:{form.id}", (old, {key: new[key] for key in _CLASSES}))
            changed[form.id] = form.organisation_id
    session.flush()
    for organisation_id in sorted({one for one in changed.values() if one is not None}):
        refresh(session, organisation_id, by.now)
    if changed:
        audit(session, by, RECLASSIFIED, f"notice:{notice.id}", (None, {"adhesions": len(changed)}))
    return len(changed)


def _classes(form: Adhesion, entry: Entry, notice: Notice) -> dict[str, Any]:
    """Time class and role under the notice's terms, and the clock and instant that decide under them."""
    at, clock = form.accepted_at or form.created_at, form.clock
    if entry.verdict and not _decides(form.clock, notice):
        arrival = Arrival(now=entry.received_at, internal_date=entry.internal_date)
        chosen = deciding_instant(verdict_from_json(json.loads(entry.verdict)).envelope, notice, arrival)
        at, clock = chosen.at, chosen.clock
    when = timeliness(at, notice)
    return {"timeliness": str(when), "role": str(role(when, notice)), "clock": clock, "accepted_at": at}


def _decides(clock: str, notice: Notice) -> bool:
    """Whether a form's clock is the one the notice asks for; one that could only be approximate is tried again."""
    return clock == notice.clock
