"""Settings from a TOML file, then the environment (PEC_INGEST__SECTION__KEY), then secret files (`key_file`).

Every problem is reported at once, by key, and an unknown key names the nearest known one. No input value is ever
repeated in an error: it may be a password.
"""

import difflib
import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ingest.keys import NoticeSettings, Settings
from ingest.rules import Notice

PREFIX = "PEC_INGEST__"


class ConfigError(Exception):
    """The configuration cannot be used; `problems` holds one line per key."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


def load(path: Path | None, environ: Mapping[str, str] = os.environ) -> Settings:
    """The settings of a file and the environment. Raises ConfigError with every problem found."""
    return parse(read(path), environ)


def read(path: Path | None) -> dict[str, Any]:
    """The TOML table of a file; an empty one without a file. Raises ConfigError when it cannot be read."""
    if path is None:
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError([f"{path}: {error.strerror}"]) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError([f"{path}: not valid TOML: {error}"]) from error


def parse(raw: dict[str, Any], environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from a parsed TOML table. Raises ConfigError with every problem found."""
    problems: list[str] = []
    merged = _with_environment(raw, environ)
    _read_secret_files(merged, problems)
    try:
        settings = Settings.model_validate(merged)
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        problems += [_explained(item) for item in (*found, *_hidden(merged, found))]
        raise ConfigError(problems) from None
    if problems:
        raise ConfigError(problems)
    return settings


def built_in_notice() -> Notice:
    """The notice of config.example.toml, for commands that run without a configuration file."""
    return NoticeSettings.model_validate(tomllib.loads(example_text())["notice"]).rules()


def example_text() -> str:
    """The text of config.example.toml, from the package or, in a checkout, from the repository's top level."""
    packaged = files("ingest.data").joinpath("config.example.toml")
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).parent.parent / "config.example.toml").read_text(encoding="utf-8")


def _with_environment(raw: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    merged = {section: dict(keys) if isinstance(keys, dict) else keys for section, keys in raw.items()}
    for name, value in environ.items():
        if not name.startswith(PREFIX):
            continue
        section, _, key = name.removeprefix(PREFIX).lower().partition("__")
        table = merged.setdefault(section, {})
        if isinstance(table, dict):
            table[key] = from_text(value)
    return merged


def from_text(value: str) -> Any:
    """An environment value: a TOML list or table where it looks like one, else the string itself."""
    if value[:1] in "[{":
        try:
            return tomllib.loads(f"value = {value}")["value"]
        except tomllib.TOMLDecodeError:
            return value
    return value


def _read_secret_files(merged: dict[str, Any], problems: list[str]) -> None:
    for section, keys in merged.items():
        if not isinstance(keys, dict):
            continue
        for key in [key for key in keys if key in ("password_file", "url_file", "client_secret_file")]:
            path = Path(str(keys.pop(key)))
            try:
                keys[key.removesuffix("_file")] = path.read_text(encoding="utf-8").rstrip("\r\n")
            except (OSError, UnicodeDecodeError) as error:
                problems.append(f"{section}.{key}: {path} cannot be read ({type(error).__name__})")


def _hidden(merged: Mapping[str, Any], found: Sequence[Any]) -> list[Any]:
    """What a section's own check would say, which does not run while one of the section's keys is wrong.

    The wrong keys take the example's values; a sentence that names one of them is left out: it speaks of the example.
    """
    example, hidden = tomllib.loads(example_text()), []
    for section in dict.fromkeys(item["loc"][0] for item in found if len(item["loc"]) > 1):
        wrong = {str(item["loc"][1]) for item in found if item["loc"][0] == section and len(item["loc"]) > 1}
        kept = {key: value for key, value in merged[section].items() if key not in wrong}
        usable = {key: example[section][key] for key in wrong if key in example.get(section, {})}
        model: Any = Settings.model_fields[section].annotation
        try:
            model.model_validate({**kept, **usable})
        except ValidationError as error:
            more = error.errors(include_input=False, include_url=False)
            hidden += [{**item, "loc": (section,)} for item in more if not item["loc"] and not _named(item, wrong)]
    return hidden


def _named(item: Any, keys: set[str]) -> bool:
    return not keys.isdisjoint(re.findall(r"\w+", item["msg"]))


def _explained(item: Any) -> str:
    where = ".".join(str(part) for part in item["loc"])
    if item["type"] != "extra_forbidden":
        return f"{where}: {item['msg'].removeprefix('Value error, ')}"
    *parents, last = item["loc"]
    model: Any = Settings
    for parent in parents:
        model = model.model_fields[parent].annotation
    near = difflib.get_close_matches(str(last), model.model_fields, n=1, cutoff=0.0)
    return f"{where}: unknown key; the nearest known key is {'.'.join([*map(str, parents), *near])}"


def example_settings(**changes: dict[str, Any]) -> Settings:
    """The example's settings with some keys of some sections replaced; the environment is not looked at."""
    raw = tomllib.loads(example_text())
    return parse({section: {**keys, **changes.get(section, {})} for section, keys in raw.items()}, {})
