"""Under which notice a visit stands, where an installation serves several: every page then sees one deployment.

A message, a form or a body stands under its own notice, whatever was chosen; a list under the one chosen in "Avvisi".
"""

import re

from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.requests import Request

from ingest.console.desk import Desk
from ingest.keys import Settings
from models import Adhesion, Entry, Organisation

CHOSEN = "avviso"  # the cookie's name
_RECORD = re.compile(r"/(messaggi|adesioni|enti)/(\d{1,9})(?:/|$)")


def desk_for(desk: Desk, request: Request) -> Desk:
    """The desk under the notice that a request is about."""
    installation = desk.service.installation
    if len(installation) < 2:
        return desk
    found = _of_record(desk, request.url.path)
    found = found or next((one for one in installation if one.notice.id == request.cookies.get(CHOSEN)), None)
    return desk if found in (None, desk.settings) else Desk(desk.service.under(found))


def _of_record(desk: Desk, path: str) -> Settings | None:
    """The deployment of the record that an address names; None when it names none, or its notice is not served."""
    named = _RECORD.match(path)
    if named is None:
        return None
    with desk.db.reading() as session:
        mailbox, notice_id = _whose(session, named[1], int(named[2]))
    fitting = [one for one in desk.service.installation if notice_id in ("", one.notice.id)]
    at_home = [one for one in fitting if one.mailbox.account == mailbox]
    return next(iter(at_home or (fitting if notice_id else ())), None)


def _whose(session: Session, kind: str, number: int) -> tuple[str, str]:
    """Mailbox and notice of a record."""
    if kind == "enti":
        return "", session.scalar(select(Organisation.notice_id).where(Organisation.id == number)) or ""
    query = select(Entry.mailbox, Entry.notice_id)
    if kind == "adesioni":
        query = query.join(Adhesion, Adhesion.entry_id == Entry.id).where(Adhesion.id == number)
    else:
        query = query.where(Entry.id == number)
    row = session.execute(query).one_or_none()
    return (row[0], row[1]) if row else ("", "")
