"""`digest` and `form`: what goes to the office, and what the office publishes."""

import argparse
import sys

from ingest.app import utc_now
from ingest.cli import config_path
from ingest.commands.opened import service_of
from ingest.config import ConfigError, built_in_notice, load
from ingest.digest import compose_digest
from ingest.digest_due import facts_of, queue_digest
from ingest.form.blank import write_blank_form
from ingest.italian import ROME
from ingest.rounds import RoundReport, send
from ingest.week import Week, parse_week, week_of


def digest(args: argparse.Namespace) -> int:
    """Prints the digest of a week, writes it as a page, or sends it (once a week, whatever is tried)."""
    week = _week(args.week)
    with service_of(args) as service:
        now = service.clock()
        if args.send:
            if not service.settings.digest.to:
                raise ConfigError(["digest.to: nobody to send the digest to"])
            with service.db.transaction() as session:
                queued = queue_digest(session, service, week, now)
            send(service, RoundReport())
            print(f"digest {week} {'queued' if queued else 'was made before: nothing was sent again'}")
            return 0
        with service.db.reading() as session:
            letter = compose_digest(facts_of(session, service, week, now))
    if args.preview:
        args.preview.write_text(letter.html, encoding="utf-8")
    else:
        sys.stdout.write(letter.text)
    return 0


def form(args: argparse.Namespace) -> int:
    """Writes the blank Allegato 1 of the configured notice, or of the built-in one."""
    path = config_path(args)
    notice = load(path).notice.rules() if path else built_in_notice()
    args.output.write_bytes(write_blank_form(notice))
    return 0


def _week(text: str | None) -> Week:
    if text is None:
        return week_of(utc_now().astimezone(ROME).date()).previous()
    try:
        return parse_week(text)
    except ValueError as error:
        raise ConfigError([f"--week: {error}"]) from error
