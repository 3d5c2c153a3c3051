"""Opens what a command needs from the configuration: settings, the service, its database."""

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ingest.app import Service, assert_models_are_ours, build
from ingest.cli import config_path
from ingest.config import ConfigError, load
from ingest.database import Database
from ingest.keys import Settings
from models import schema


def settings_of(args: argparse.Namespace) -> Settings:
    """The configuration. Raises ConfigError when there is none or it is wrong."""
    path = config_path(args)
    if path is None:
        raise ConfigError(["no configuration: give --config FILE, set PEC_INGEST_CONFIG or create ./config.toml"])
    return load(path)


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
    """The whole service. Raises ConfigError when the database's schema is not current."""
    service = build(settings_of(args))
    try:
        require_schema(service.db)
        yield service
    finally:
        service.close()


def require_schema(db: Database) -> None:
    """Raises ConfigError unless the database has exactly the schema of this version."""
    missing = db.missing_file()
    if missing is not None:
        raise ConfigError([f"database.url: {missing_database(missing)}"])
    found, needed = db.revision(), schema.head()
    if found is None:
        raise ConfigError(["database.url: the database is empty; run: pec-ingest db upgrade"])
    if found != needed:
        raise ConfigError([f"database.url: schema {found}, this version needs {needed}; run: pec-ingest db upgrade"])


def missing_database(file: Path) -> str:
    """What to do about a database file that is not there. Nothing is made: the path may be the mistake."""
    return f"there is no file {file.absolute()}; correct the path, or make a new database with: pec-ingest db upgrade"
