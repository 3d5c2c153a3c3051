"""`digest` and `form`: what goes to the office, and what the office publishes."""

import argparse
import sys

from ingest.app import Service, utc_now
from ingest.cli import config_path
from ingest.commands.opened import services_of, settings_of
from ingest.config import ConfigError, built_in_notice
from ingest.digest import preview_digest
from ingest.digest_due import facts_of, queue_digest
from ingest.form.blank import write_blank_form
from ingest.italian import ROME
from ingest.rounds import RoundReport, send
from ingest.week import Week, parse_week, week_of


def digest(args: argparse.Namespace) -> int:
    """Prints the digest of a week, writes it as a page, or sends it (once a week, whatever is tried)."""
    week = _week(args.week)
    with services_of(args) as services:
        of_notices = {one.notice.id: service.of(one.notice.id) for service in services for one in service.deployments}
        chosen = [service for notice, service in of_notices.items() if args.notice in (None, notice)]
        if args.preview and len(chosen) > 1:
            raise ConfigError(["digest --preview: each notice has its own digest; add --notice ID"])
        for service in chosen:
            if args.send:
                _send(service, week)
                continue
            with service.db.reading() as session:
                letter = preview_digest(facts_of(session, service, week, service.clock()))
            if args.preview:
                args.preview.write_text(letter.html, encoding="utf-8")
            else:
                sys.stdout.write(letter.text)
    return 0


def _send(service: Service, week: Week) -> None:
    if not service.settings.digest.to:
        raise ConfigError(["digest.to: nobody to send the digest to"])
    with service.db.transaction() as session:
        queued = queue_digest(session, service, week, service.clock())
    send(service, RoundReport())
    print(f"digest {week} {'queued' if queued else 'was made before: nothing was sent again'}")


def form(args: argparse.Namespace) -> int:
    """Writes the blank Allegato 1 of the configured notice, or of the built-in one."""
    notice = settings_of(args).notice.rules() if config_path(args) else built_in_notice()
    args.output.write_bytes(write_blank_form(notice))
    return 0


def _week(text: str | None) -> Week:
    if text is None:
        return week_of(utc_now().astimezone(ROME).date()).previous()
    try:
        return parse_week(text)
    except ValueError as error:
        raise ConfigError([f"--week: {error}"]) from error
