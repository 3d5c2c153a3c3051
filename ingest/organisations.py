"""One organisation as lists show it: the row shared by exports, digest and listings (public contract, section 3)."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class OrganisationRow:
    """The current values of one body. Field names are those of `organisations --format json`."""

    id: int
    name: str
    fiscal_code: str | None
    vat_number: str | None
    legal_nature: str | None
    municipality: str | None
    emails: tuple[str, ...]
    pec: str | None
    phones: tuple[str, ...]
    themes: tuple[str, ...]
    role: str
    timeliness: str
    first_accepted_at: datetime | None
    versions: int
    status: str
    protocol: str = ""  # number and date of the message it first came with
    notice_id: str = ""
