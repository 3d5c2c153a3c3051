"""Opens what a command needs from the configuration: settings, the service, its database."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.app import Service, assert_models_are_ours, build_all
from ingest.cli import config_path
from ingest.config import ConfigError
from ingest.database import Database
from ingest.deployments import load_all
from ingest.keys import Settings
from models import schema


def settings_of(args: argparse.Namespace) -> Settings:
    """The configuration, of several deployments the first chosen. Raises ConfigError as `deployments_of`."""
    return deployments_of(args)[0]


def deployments_of(args: argparse.Namespace) -> tuple[Settings, ...]:
    """Every deployment, or those that --mailbox and --notice leave.

    Raises ConfigError when there is no configuration, when it is wrong, or when nothing is left.
    """
    path = config_path(args)
    if path is None:
        raise ConfigError(["no configuration: give --config FILE, set PEC_INGEST_CONFIG or create ./config.toml"])
    found = load_all(path)
    for option, name_of in (("mailbox", _mailbox_name), ("notice", _notice_id)):
        wanted = getattr(args, option, None)
        if wanted and wanted not in map(name_of, found):
            known = ", ".join(sorted({name_of(one) for one in found} - {""})) or "there is only one, without a name"
            raise ConfigError([f"--{option}: no {wanted!r} here; known: {known}"])
        found = tuple(one for one in found if not wanted or name_of(one) == wanted)
    if not found:
        raise ConfigError([f"--notice: {args.notice!r} does not arrive at mailbox {args.mailbox!r}"])
    return found


def _mailbox_name(settings: Settings) -> str:
    return settings.beside.name


def _notice_id(settings: Settings) -> str:
    return settings.notice.id


@contextmanager
def database_of(args: argparse.Namespace) -> Iterator[Database]:
    """The database alone, for commands that only look. Raises ConfigError when its schema is not current."""
    assert_models_are_ours()
    db = Database(settings_of(args).database.url.get_secret_value())
    try:
        require_schema(db)
        yield db
    finally:
        db.close()


@contextmanager
def service_of(args: argparse.Namespace) -> Iterator[Service]:
    """The whole service, of several deployments the first chosen. Raises ConfigError as `services_of`."""
    with services_of(args) as services:
        yield services[0]


@contextmanager
def services_of(args: argparse.Namespace) -> Iterator[tuple[Service, ...]]:
    """A service for each chosen mailbox. Raises ConfigError when the database's schema is not current."""
    chosen = deployments_of(args)
    path = config_path(args)
    services = build_all(chosen, installation=load_all(path))
    try:
        require_schema(services[0].db)
        yield services
    finally:
        services[0].close()


def require_schema(db: Database) -> None:
    """Raises ConfigError unless the database has exactly the schema of this version, in a place where it may lie."""
    unsuitable = db.unsuitable()
    if unsuitable:  # said before anything opens the file
        raise ConfigError([f"database.url: {unsuitable}"])
    missing = db.missing_file()
    if missing is not None:
        raise ConfigError([f"database.url: {missing_database(missing)}"])
    found, needed = db.revision(), schema.head()
    if found is None:
        raise ConfigError(["database.url: the database is empty; run: pec-ingest db upgrade"])
    if found != needed and not schema.known(found):
        raise ConfigError(
            [f"database.url: schema {found} is of a newer version; install that one, or restore a backup"]
        )
    if found != needed:
        raise ConfigError([f"database.url: schema {found}, this version needs {needed}; run: pec-ingest db upgrade"])


def missing_database(file: Path) -> str:
    """What to do about a database file that is not there. Nothing is made: the path may be the mistake."""
    return f"there is no file {file.absolute()}; correct the path, or make a new database with: pec-ingest db upgrade"
