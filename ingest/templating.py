"""Templates for people: letters, digest, console. One environment per family, strict about what it is given.

Templates end in .txt, .html or .txt/.html parts of those: only *.html is escaped, *.txt never (Jinja2's own
`select_autoescape` looks at the last suffix).
"""

from collections.abc import Callable
from functools import cache
from importlib.resources import files
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from ingest.italian import date_it, instant_it, plural, time_it


def templates_folder() -> Path:
    """Where the templates are: inside the installed package, else at the top of a checkout."""
    packaged = Path(str(files("ingest"))) / "templates"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "templates"


@cache
def environment(family: str) -> Environment:
    """The environment of one family of templates ("letters", "digest", "console")."""
    made = Environment(
        loader=FileSystemLoader(templates_folder() / family),
        autoescape=select_autoescape(enabled_extensions=("html",), default=False),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )
    filters: dict[str, Callable[..., str]] = {
        "date_it": date_it, "instant_it": instant_it, "time_it": time_it, "plural": plural,
    }  # fmt: skip
    made.filters.update(filters)
    return made


def render(family: str, name: str, **facts: object) -> str:
    """One rendered template. Raises jinja2.UndefinedError when it asks for a fact it was not given."""
    return environment(family).get_template(name).render(**facts)
