"""An edit survives the end of its session: the form comes along through the login and is offered again.

Only a form of our own pages is carried (the browser says where it comes from), and only a person's click sends it.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from ingest.console.desk import Visit

_LARGEST = 200_000  # characters in all
_PREFIX = "tenuto."
_PATH = "tenuto"


@dataclass(frozen=True, slots=True)
class Kept:
    """A form that waits for its login: where it goes, and its fields in order."""

    path: str
    fields: tuple[tuple[str, str], ...]


def kept(visit: Visit, headers: Mapping[str, str]) -> Kept | None:
    """The form of a POST that came without a session; None when it is not from our pages, or too large."""
    if headers.get("sec-fetch-site", "") != "same-origin" and not _same_origin(headers):
        return None
    fields = tuple((name, value) for name, value in visit.form.multi_items() if isinstance(value, str))
    if sum(len(name) + len(value) for name, value in fields) > _LARGEST:
        return None
    return Kept(visit.path, tuple(pair for pair in fields if pair[0] != "csrf"))


def carried(visit: Visit) -> Kept | None:
    """The form that came along with a login."""
    path = visit.text(_PATH, 2000)
    if not is_ours(path):
        return None
    items = [(name, value) for name, value in visit.form.multi_items() if isinstance(value, str)]
    return Kept(path, tuple((name.removeprefix(_PREFIX), value) for name, value in items if name.startswith(_PREFIX)))


def is_ours(path: str) -> bool:
    """True for a path of this console, false for an address elsewhere."""
    return path.startswith("/") and not path.startswith("//") and "\\" not in path and path.isprintable()


def _same_origin(headers: Mapping[str, str]) -> bool:
    origin = headers.get("origin", "")
    return bool(origin) and origin.partition("://")[2] == headers.get("host", "-")
