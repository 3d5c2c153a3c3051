"""The clocks of a message, each read from where it is written and never mixed.

Certified time (daticert) decides; the time of delivery is approximate; the sender's own Date is only evidence.
"""

import re
from datetime import UTC, datetime, timedelta, timezone
from email.utils import parsedate_tz

from ingest.envelope.headers import Headers

_DAY = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_HOUR = re.compile(r"(\d{1,2}):(\d{2}):(\d{2})")
_ZONE = re.compile(r"([+-])(\d{2}):?(\d{2})")
_EUROPEAN_ZONES = {"CET": 3600, "CEST": 7200, "MET": 3600, "MEST": 7200, "WET": 0, "WEST": 3600}
_LONGEST_DATE = 200  # characters of a date worth reading


def certified_time(day: str, hour: str, zone: str) -> datetime | None:
    """An instant from giorno dd/mm/yyyy, ora hh:mm:ss and zona ±hhmm, aware (RFC 6109 §4.4).

    The zone alone tells the two 02:30 of the October night apart, so without it there is no instant: None.
    Second 60 is the first of the next minute.
    """
    date, clock, offset = _DAY.fullmatch(day), _HOUR.fullmatch(hour), _ZONE.fullmatch(zone)
    if not (date and clock and offset):
        return None
    seconds = int(clock[3])
    leap = 1 if seconds == 60 else 0
    minutes = (int(offset[2]) * 60 + int(offset[3])) * (-1 if offset[1] == "-" else 1)
    try:
        zoned = timezone(timedelta(minutes=minutes))
        start = datetime(int(date[3]), int(date[2]), int(date[1]), int(clock[1]), int(clock[2]), tzinfo=zoned)
        if seconds - leap > 59:
            return None
        instant = start + timedelta(seconds=seconds)
        instant.astimezone(UTC)  # the first and last hours of the calendar have no instant elsewhere
    except (ValueError, OverflowError):
        return None
    return instant


def mail_date(text: str) -> datetime | None:
    """A Date header as an aware instant, read tolerantly: comments, two-digit years, zones by name.

    A zone nobody knows counts as UTC (RFC 5322 §4.3). None when there is no date in it.
    """
    written = text.strip()[:_LONGEST_DATE]
    try:
        parsed = parsedate_tz(written)
        if parsed is None:
            return None
        offset = parsed[9]
        if not offset:
            name = next((word for word in re.findall(r"[A-Z]{3,4}", written) if word in _EUROPEAN_ZONES), "")
            offset = _EUROPEAN_ZONES.get(name, 0) if name and "+" not in written else 0
        instant = datetime(*parsed[:6], tzinfo=timezone(timedelta(seconds=offset)))
        instant.astimezone(UTC)
    except (ValueError, OverflowError, TypeError, IndexError):
        return None
    return instant


def delivery_time(headers: Headers, internal_date: datetime | None) -> datetime | None:
    """When the message reached our mailbox, approximately: topmost Received, else the server's internal date.

    The proof of delivery is a receipt that only the sender holds (DPR 68/2005 art. 6).
    """
    _, semicolon, date = headers.value("received").rpartition(";")
    return (mail_date(date) if semicolon else None) or internal_date
