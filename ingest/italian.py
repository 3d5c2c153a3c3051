"""Dates, hours and plurals as an Italian office writes them, in Italian local time."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

ROME = ZoneInfo("Europe/Rome")
_MONTHS = (
    "gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno",
    "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre",
)  # fmt: skip
_DAYS = ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica")


def date_it(day: date) -> str:
    """A day such as "26 luglio 2021" or "1° luglio 2021". An aware datetime gives its day in Rome."""
    if isinstance(day, datetime):
        day = day.astimezone(ROME).date()
    return f"{'1°' if day.day == 1 else day.day} {_MONTHS[day.month - 1]} {day.year}"


def time_it(at: datetime) -> str:
    """An hour in Rome, such as "10:15:00"."""
    return f"{at.astimezone(ROME):%H:%M:%S}"


def instant_it(at: datetime) -> str:
    """Day and hour, "26 luglio 2021 alle ore 10:15:00"; in the hour that comes twice in October, with its zone."""
    local = at.astimezone(ROME)
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    zone = "" if not twice else (" (ora legale)" if local.dst() else " (ora solare)")
    return f"{date_it(local)} alle ore {time_it(local)}{zone}"


def weekday_it(day: date) -> str:
    """The day of the week, such as "lunedì"."""
    return _DAYS[day.weekday()]


def month_it(year: int, month: int) -> str:
    """A month such as "luglio 2021"."""
    return f"{_MONTHS[month - 1]} {year}"


def plural(count: int, one: str, many: str) -> str:
    """A number with its noun: "1 adesione", "3 adesioni"."""
    return f"{count} {one if count == 1 else many}"


def list_it(items: list[str] | tuple[str, ...], conjunction: str = "e") -> str:
    """A list in words: "a", "a e b", "a, b e c"."""
    *most, last = items or ("",)
    return f"{', '.join(most)} {conjunction} {last}" if most else last
