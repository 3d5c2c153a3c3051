"""`log`, `show`, `organisations`, `outgoing`: what is recorded, as tables for people and JSON for programs."""

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from typing import Any

from ingest.app import utc_now
from ingest.commands.opened import database_of, deployments_of
from ingest.commands.tables import harmless, print_csv, print_json, print_table
from ingest.config import ConfigError
from ingest.entries import entry_whole
from ingest.export import Profile, as_csv, as_json, as_xlsx, columns, records
from ingest.italian import ROME
from ingest.numbered import numbered
from ingest.queries import LogFilter, LogRow, log_rows, organisation_rows, outgoing_rows
from ingest.scope import archived, entries_of
from ingest.vocabulary import Outcome, Reason
from ingest.wording import OUTCOMES, REASONS

_LOG_KEYS = (
    "id", "at", "outcome", "reasons", "kind", "sender", "subject", "identifier", "accepted_at", "organisations",
    "letters", "sha256", "needs_review", "protocol",
)  # fmt: skip


def log(args: argparse.Namespace) -> int:
    """The ingestion log, newest last on a terminal as in every log."""
    chosen = LogFilter(
        since=_instant(args.since) if args.since else None,
        outcomes=(_outcome(args.outcome),) if args.outcome else (),
        search=args.search or "",
        limit=args.limit,
        among=entries_of(deployments_of(args), utc_now(), narrowed=bool(args.notice or args.mailbox)),
    )
    with database_of(args) as db, db.reading() as session:
        rows = log_rows(session, chosen)[::-1]
    if args.json:
        print_json([_in_rome({key: getattr(row, key) for key in _LOG_KEYS}) for row in rows])
    else:
        print_log(rows)
    return 0


def print_log(rows: list[LogRow]) -> None:
    """The log as a table in Italian."""
    print_table(
        ("N.", "Ricevuto", "Esito", "Protocollo", "Mittente", "Oggetto", "Perché"),
        [
            (row.id, _short(row.at), OUTCOMES[Outcome(row.outcome)] if row.outcome else "in attesa", row.protocol,
             row.sender, row.subject, ", ".join(row.reasons))
            for row in rows
        ],
    )  # fmt: skip


def show(args: argparse.Namespace) -> int:
    """One entry whole."""
    with database_of(args) as db:
        whole = entry_whole(db, args.id)
    if whole is None:
        print(f"pec-ingest: there is no entry {args.id}", file=sys.stderr)
        return 2
    if args.json:
        print_json(_in_rome(whole))
    else:
        _print_nested(_in_rome(whole))
    return 0


def organisations(args: argparse.Namespace) -> int:
    """The organisations, as a table or in a file format."""
    notices = _listed_notices(args)
    several = len(notices) > 1
    wanted = "json" if args.json else args.format
    with database_of(args) as db, db.reading() as session:
        rows = numbered(session, [row for notice in notices for row in organisation_rows(session, notice_id=notice)])
    profile = Profile(args.profile)
    if wanted == "table" and args.output:
        raise ConfigError(["organisations -o FILE needs --format json, csv or xlsx"])
    if wanted == "table" and profile is Profile.PUBLISHABLE:
        kept = records(rows, profile, several=several)
        print_table(columns(profile, several=several), [[_told(value) for value in one.values()] for one in kept])
        return 0
    if wanted == "table":
        print_table(
            (
                *(("Avviso",) if several else ()),
                "N.",
                "Denominazione",
                "Codice fiscale",
                "Comune",
                "Tematiche",
                "Ruolo",
                "Versioni",
            ),
            [
                (
                    *((r.notice_id,) if several else ()),
                    r.id,
                    r.name,
                    r.fiscal_code,
                    r.municipality,
                    ", ".join(r.themes),
                    r.role,
                    r.versions,
                )
                for r in rows
            ],
        )
        return 0
    if wanted == "xlsx":
        if several:
            raise ConfigError(["organisations --format xlsx: each notice has its own workbook; add --notice ID"])
        exported = as_xlsx(rows, profile, next(iter(notices.values())), utc_now())
    else:
        exported = (as_csv if wanted == "csv" else as_json)(rows, profile, several=several)
    if args.output:
        args.output.write_bytes(exported)
    elif wanted == "xlsx":
        raise ConfigError(["organisations --format xlsx needs -o FILE"])
    elif wanted == "csv":
        print_csv(exported)
    else:
        print_json(json.loads(exported))
    return 0


def _listed_notices(args: argparse.Namespace) -> dict[str, dict[str, str]]:
    """The notices to list, with their themes: those asked for, else those that are not archived."""
    chosen = deployments_of(args)
    open_ones = chosen if args.notice else [one for one in chosen if not archived(one, utc_now())]
    return {one.notice.id: one.notice.themes for one in open_ones or chosen}


def outgoing(args: argparse.Namespace) -> int:
    """The letters and how far they got."""
    with database_of(args) as db, db.reading() as session:
        rows = outgoing_rows(session)[::-1]
    if args.json:
        print_json([_in_rome(asdict(row)) for row in rows])
        return 0
    print_table(
        ("N.", "Lettera", "Messaggio", "A", "Stato", "Ultimo passo"),
        [(r.id, r.letter, r.entry, r.to, r.state, _short(r.history[-1].at) if r.history else "") for r in rows],
    )
    return 0


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError([f"--since: {text!r} is not an ISO date"]) from error
    return at if at.tzinfo else at.replace(tzinfo=ROME)


def _outcome(text: str) -> str:
    if text not in list(Outcome):
        raise ConfigError([f"--outcome: one of {', '.join(Outcome)}"])
    return text


def _told(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value or "")


def _short(at: datetime) -> str:
    return f"{at.astimezone(ROME):%d/%m/%Y %H:%M}"


def _in_rome(value: Any) -> Any:
    """The value with every instant as ISO 8601 in Italian time, ready for JSON."""
    if isinstance(value, datetime):
        return value.astimezone(ROME).isoformat()
    if isinstance(value, dict):
        return {key: _in_rome(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_in_rome(item) for item in value]
    return value


def _print_nested(value: Any, indent: int = 0) -> None:
    """A nested value as indented lines; reasons get their Italian sentence."""
    pad = "  " * indent
    items = value.items() if isinstance(value, dict) else enumerate(value, start=1)
    for key, item in items:
        if isinstance(item, dict | list) and item:
            print(f"{pad}{key}:")
            _print_nested(item, indent + 1)
        elif item not in (None, "", [], {}):
            meaning = f"  ({REASONS[Reason(item)]})" if item in list(Reason) and key != "value" else ""
            print(f"{pad}{key}: {harmless(str(item))}{meaning}")
