"""ISO weeks, Monday to Sunday, in a zone's own days."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.italian import ROME, date_it

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True, slots=True, order=True)
class Week:
    """One ISO week. `str` gives "2021-W29"."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year:04}-W{self.number:02}"

    @property
    def monday(self) -> date:
        """Its first day."""
        return date.fromisocalendar(self.year, self.number, 1)

    def bounds(self, zone: ZoneInfo = ROME) -> tuple[datetime, datetime]:
        """Its first instant and the first instant after it; seven days of 24 hours only where no clock changes."""
        end = self.monday + timedelta(days=7)
        return datetime.combine(self.monday, time(), zone), datetime.combine(end, time(), zone)

    def previous(self) -> "Week":
        """The week before."""
        return week_of(self.monday - timedelta(days=1))

    def in_words(self) -> str:
        """Its days as an Italian office writes them: "dal 19 luglio 2021 al 25 luglio 2021"."""
        return f"dal {date_it(self.monday)} al {date_it(self.monday + timedelta(days=6))}"


def week_of(day: date) -> Week:
    """The ISO week of a day."""
    year, number, _ = day.isocalendar()
    return Week(year, number)


def parse_week(text: str) -> Week:
    """The week of "2021-W29". Raises ValueError for anything else, or a week that year does not have."""
    found = re.fullmatch(r"(\d{4})-?W(\d{2})", text.strip(), re.IGNORECASE)
    if not found:
        raise ValueError('expected an ISO week such as "2021-W29"')
    week = Week(int(found[1]), int(found[2]))
    date.fromisocalendar(week.year, week.number, 1)
    return week


def last_due(schedule: str, zone: ZoneInfo, now: datetime) -> tuple[Week, datetime]:
    """The newest week whose digest is due by `now`, and since when. `schedule` is "mon 08:00".

    At the scheduled hour the week before the current one is reported, whole, whatever the day of the schedule.
    """
    day, _, hour = schedule.partition(" ")
    local = now.astimezone(zone)
    this = week_of(local.date())
    at = datetime.combine(this.monday + timedelta(days=_DAYS.index(day)), time.fromisoformat(hour), zone)
    if now < at:
        this = this.previous()
        at = datetime.combine(this.monday + timedelta(days=_DAYS.index(day)), time.fromisoformat(hour), zone)
    return this.previous(), at
