"""How sizes, durations, days, paths and addresses are written in the configuration."""

import re
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

_UNITS = {"": 1, "K": 10**3, "M": 10**6, "G": 10**9}
_SPANS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def _bytes(value: object) -> object:
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+)\s*([KMG]?)B?\s*", value, re.IGNORECASE)
        if not found:
            raise ValueError('expected a size such as "100 MB"')
        return int(found[1]) * _UNITS[found[2].upper()]
    return value


def _span(value: object) -> object:
    if isinstance(value, str):
        found = re.fullmatch(r"\s*(\d+)\s*([smhd])\s*", value)
        if not found:
            raise ValueError('expected a duration such as "2m" or "90s"')
        return timedelta(seconds=int(found[1]) * _SPANS[found[2]])
    if isinstance(value, int | float):
        return timedelta(seconds=value)
    return value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


def last_second(value: object) -> object:
    """A day without an hour lasts to its end, in Rome: the notice gives its term that way."""
    return _on_that_day(value, time(23, 59, 59))


def first_second(value: object) -> object:
    """A day without an hour begins with its first second, in Rome."""
    return _on_that_day(value, time())


def _on_that_day(value: object, hour: time) -> object:
    if isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", value):
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime.combine(value, hour, ZoneInfo("Europe/Rome"))
    return _empty_is_none(value)


def _listed(value: object) -> object:
    """A list, or one text with commas between its items: the environment has no better way."""
    return [one.strip() for one in value.split(",") if one.strip()] if isinstance(value, str) else value


def _mailboxes(found: tuple[str, ...]) -> tuple[str, ...]:
    if not all(re.fullmatch(r"[^@,;\r\n]+@[^@,;\s]+", one) for one in found):
        raise ValueError('expected e-mail addresses such as ["ufficio@example.it"]')
    return found


def host_and_port(listen: str) -> tuple[str, int]:
    """Host and port of "127.0.0.1:8080" or "[::1]:8080". Raises ValueError for anything else."""
    host, colon, port = listen.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ValueError('expected an address and a port such as "127.0.0.1:8080"')
    return host.strip("[]") or "127.0.0.1", int(port)


def _listening(value: str) -> str:
    if value:
        host_and_port(value)
    return value


Mailboxes = Annotated[tuple[str, ...], BeforeValidator(_listed), AfterValidator(_mailboxes)]
Listen = Annotated[str, AfterValidator(_listening)]
Size = Annotated[int, BeforeValidator(_bytes), Field(gt=0)]
Span = Annotated[timedelta, BeforeValidator(_span)]
OptionalPath = Annotated[Path | None, BeforeValidator(_empty_is_none)]
OptionalDate = Annotated[date | None, BeforeValidator(_empty_is_none)]
