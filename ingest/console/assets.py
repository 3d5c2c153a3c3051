"""Stylesheet, script and mark of the console, served under names that change with their content."""

from functools import cache
from hashlib import sha256

from ingest.templating import templates_folder

TYPES = {"css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}


@cache
def assets() -> dict[str, tuple[bytes, str]]:
    """Served name -> bytes and media type. Only these files exist for the console: no path is ever opened."""
    found = {}
    for path in sorted((templates_folder() / "console" / "static").iterdir()):
        content, suffix = path.read_bytes(), path.suffix.removeprefix(".")
        if suffix in TYPES:
            found[f"{path.stem}.{sha256(content).hexdigest()[:12]}.{suffix}"] = (content, TYPES[suffix])
    return found


@cache
def asset(name: str) -> str:
    """The address of a file of templates/console/static. Raises KeyError when there is none."""
    stem, _, suffix = name.rpartition(".")
    for served in assets():
        if served.startswith(f"{stem}.") and served.endswith(f".{suffix}"):
            return f"/static/{served}"
    raise KeyError(name)
