"""What figures and lists ask of the organisations: counted by the database, or the first of them by name."""

import json
from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Text, case, cast, func, select
from sqlalchemy.orm import Session

from ingest.italian import ROME
from ingest.organisations import OrganisationRow
from ingest.queries import LISTED_BODY, organisation_row
from ingest.tally import Group, Tally
from models import Organisation

_AT_ONCE = 500  # months counted by one statement: databases limit its columns


def organisation_tally(session: Session, *among: ColumnElement[bool]) -> Tally:
    """The organisations that meet all conditions, counted: the table is read once, and none of its rows fetched."""
    columns = (
        Organisation.status, Organisation.legal_nature, Organisation.municipality, cast(Organisation.themes, Text),
        Organisation.role, Organisation.timeliness,
    )  # fmt: skip
    counted = session.execute(select(*columns, func.count()).where(*among).group_by(*columns))
    return Tally(
        tuple(
            (Group(status, nature or "", municipality or "", tuple(json.loads(themes)), role, timeliness), number)
            for status, nature, municipality, themes, role, timeliness, number in counted
        )
    )


def organisations(session: Session, *among: ColumnElement[bool], limit: int | None) -> list[OrganisationRow]:
    """The organisations that meet all conditions, by name; at most so many."""
    query = select(*LISTED_BODY).where(*among).order_by(Organisation.match_name, Organisation.id).limit(limit)
    return [organisation_row(found) for found in session.execute(query)]


def months_of(session: Session, *among: ColumnElement[bool]) -> dict[tuple[int, int], int]:
    """The organisations that meet all conditions by year and month (in Rome) of their first adhesion."""
    first = Organisation.first_accepted_at
    start, end = session.execute(select(func.min(first), func.max(first)).where(*among)).one()
    months = list(_months(start, end)) if start and end else []
    found: dict[tuple[int, int], int] = {}
    for at in range(0, len(months), _AT_ONCE):
        some = months[at : at + _AT_ONCE]
        counted = (func.count(case(((first >= since) & (first < until), 1))) for since, until in some)
        numbers = session.execute(select(*counted).where(*among)).one()
        found |= {(since.year, since.month): number for (since, _), number in zip(some, numbers, strict=True) if number}
    return found


def _months(start: datetime, end: datetime) -> Iterator[tuple[datetime, datetime]]:
    """The first instants in Rome of each month that a span touches, and of the one after it."""
    local = start.astimezone(ROME)
    month = datetime(local.year, local.month, 1, tzinfo=ROME)
    while month <= end and month.year < 9999:
        after = month.replace(year=month.year + month.month // 12, month=month.month % 12 + 1)
        yield month, after
        month = after
