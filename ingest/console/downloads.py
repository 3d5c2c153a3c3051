"""Files for the office: lists as workbook, CSV or JSON, the mail-merge list and the signature sheet of a table."""

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from starlette.responses import Response

from ingest.export import Profile, as_csv, as_json, as_xlsx, harmless
from ingest.italian import ROME
from ingest.organisations import OrganisationRow
from ingest.workbook import Sheet, workbook

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_NAMES = {Profile.INTERNAL: "enti-interno", Profile.PUBLISHABLE: "enti-pubblicabile"}


@dataclass(frozen=True, slots=True)
class Seat:
    """One organisation at a table: whom to invite, and where."""

    organisation: int
    name: str
    role: str
    contact: str
    email: str
    pec: str
    phone: str
    municipality: str


def organisations_file(
    rows: Sequence[OrganisationRow], kind: str, profile: str, themes: Mapping[str, str], now: datetime
) -> Response | None:
    """The list in a format and a profile; None when there is no such format or profile."""
    if profile not in set(Profile):
        return None
    chosen = Profile(profile)
    name = f"{_NAMES[chosen]}-{now.astimezone(ROME):%Y%m%d}"
    if kind == "xlsx":
        return attachment(as_xlsx(rows, chosen, themes, now), f"{name}.xlsx", XLSX)
    if kind == "csv":
        return attachment(b"\xef\xbb\xbf" + as_csv(rows, chosen), f"{name}.csv", "text/csv; charset=utf-8")
    if kind == "json":
        return attachment(as_json(rows, chosen), f"{name}.json", "application/json")
    return None


def mail_merge(seats: Sequence[Seat]) -> bytes:
    """The invitation list as CSV for a word processor: UTF-8 with its mark, semicolons as Italian programs expect."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(("Ente", "Ruolo", "Referente", "E-mail", "PEC", "Telefono", "Comune"))
    for seat in seats:
        cells = (seat.name, seat.role, seat.contact, seat.email, seat.pec, seat.phone, seat.municipality)
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue().encode("utf-8-sig", "replace")


def table_workbook(title: str, seats: Sequence[Seat], now: datetime) -> bytes:
    """The same as a workbook."""
    headings = ("N.", "Ente", "Ruolo", "Referente", "E-mail", "PEC", "Telefono", "Comune")
    rows = tuple(
        (seat.organisation, seat.name, seat.role, seat.contact, seat.email, seat.pec, seat.phone, seat.municipality)
        for seat in seats
    )
    return workbook((Sheet(_sheet_name(title), headings, rows),), now)


def attachment(content: bytes, name: str, media_type: str) -> Response:
    """A file to save. `name` is ours: plain letters, digits and hyphens."""
    return Response(content, media_type=media_type, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _sheet_name(title: str) -> str:
    return "".join(mark for mark in title if mark not in "[]:*?/\\'")[:31].strip() or "Tavolo"
