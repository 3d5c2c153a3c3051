"""`explain FILE`: what would be done with a message or a document, and why. Touches neither database nor network."""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from ingest.app import utc_now
from ingest.cli import config_path
from ingest.commands.tables import harmless, print_json, print_table
from ingest.config import ConfigError, built_in_notice
from ingest.deployments import load_all
from ingest.form.schema import SCHEMA, field_of
from ingest.italian import instant_it
from ingest.judge import judge_document, judge_file
from ingest.keys import trust_anchor
from ingest.overlay import marks_of, overlaid
from ingest.readout import value_text
from ingest.rules import Arrival, Context
from ingest.sandbox import Sandbox
from ingest.verdict import Adhesion, FieldValue, Unreadable, Verdict
from ingest.wire import verdict_to_json
from ingest.wording import (
    DOCUMENTS,
    ENVELOPES,
    LETTERS,
    REASONS,
    RECEIPTS,
    ROLES,
    SIGNATURES,
    TIMELINESS,
    VERDICTS,
)

_HEADER = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:>?From [^\n]*\n)?[!-9;-~]+[ \t]*:[^\n]*\n")
_MAIL_HEADERS = re.compile(
    rb"^(?:received|return-path|from|to|date|subject|message-id|mime-version|content-type|x-[a-z-]+|delivered-to):",
    re.IGNORECASE | re.MULTILINE,
)


def explain(args: argparse.Namespace) -> int:
    """Prints the verdict on a file; the built-in notice is used when there is no configuration."""
    if not args.file.is_file():
        what = "not a file; name one message or document" if args.file.exists() else "no such file"
        raise ConfigError([f"{args.file}: {what}"])
    with args.file.open("rb") as file:
        mail = is_mail(file.read(8192))
    context = _context(args)
    sandbox = Sandbox(judge_file if mail else judge_document, context.limits)
    try:
        verdict = sandbox.judge(args.file.resolve(), context, Arrival(now=utc_now()))
    finally:
        sandbox.close()
    if args.json:
        print_json(verdict_to_json(verdict))
    else:
        _print(verdict, context)
    return _draw(args, verdict, context, mail=mail) if args.overlay else 0


def _draw(args: argparse.Namespace, verdict: Verdict, context: Context, *, mail: bool) -> int:
    """Writes the form's document with boxes and labels on it; 1 when there is nothing to draw on."""
    if not verdict.adhesions:
        print("Nessun modulo letto: niente da disegnare.", file=sys.stderr)
        return 1
    document = verdict.adhesions[0].document
    thresholds = {field.key: field.threshold for field in SCHEMA}
    marks = marks_of(verdict.adhesions, document, thresholds)
    try:
        drawn = overlaid(str(args.file.resolve()), document, marks, context.limits, mail=mail)
    except Unreadable as found:
        print(f"Il documento non si può disegnare: {REASONS[found.reason]}", file=sys.stderr)
        return 1
    args.overlay.write_bytes(drawn)
    return 0


def is_mail(start: bytes) -> bool:
    """True when the first bytes of a file are a mail's header: a field first, and at least two that mails carry."""
    return _HEADER.match(start) is not None and len(_MAIL_HEADERS.findall(start)) >= 2


def _context(args: argparse.Namespace) -> Context:
    path: Path | None = config_path(args)
    if path is not None:
        first, *others = load_all(path)
        return replace(first.context(), others=tuple(one.notice.rules() for one in others))
    notice = built_in_notice()
    own = tuple(value for value in notice.own_values if "@pec." in value)
    return Context(notice=notice, addresses=own, trust_anchors=(trust_anchor("agid-ca1"),))


def _print(verdict: Verdict, context: Context) -> None:
    envelope = verdict.envelope
    facts = {
        "Esito": VERDICTS[verdict.kind],
        "Tipo di messaggio": ENVELOPES[envelope.kind],
        "Firma del gestore": SIGNATURES[envelope.signature],
        "Mittente": envelope.sender,
        "Oggetto": envelope.subject,
        "Identificativo PEC": envelope.identifier,
        "Accettato il": instant_it(envelope.accepted_at) if envelope.accepted_at else "",
        "Ricevuta": RECEIPTS[envelope.receipt.type] if envelope.receipt else "",
    }
    for label, text in facts.items():
        if text:
            print(f"{label}: {harmless(text)}")
    for reason in verdict.reasons:
        print(f"  · {REASONS[reason]} ({reason})")
    if verdict.documents:
        print()
        print_table(
            ("Documento", "Tipo", "Pagine", "Che cos'è", "Note"),
            [
                (d.name, d.media_type, d.pages or "", DOCUMENTS[d.role], "; ".join(REASONS[r] for r in d.reasons))
                for d in verdict.documents
            ],
        )
    for number, adhesion in enumerate(verdict.adhesions, start=1):
        _print_adhesion(number, adhesion, context)
    answer = verdict.answer
    print()
    if answer.send and answer.letter is not None:
        print(f"Risposta: {LETTERS[answer.letter]} a {answer.to}")
    else:
        print(f"Nessuna risposta automatica: {REASONS[answer.why]}" if answer.why else "Nessuna risposta automatica")


def _print_adhesion(number: int, adhesion: Adhesion, context: Context) -> None:
    print(f"\nAdesione {number}: {TIMELINESS[adhesion.timeliness]}, ruolo {ROLES[adhesion.role]}")
    print_table(("Campo", "Valore", "Da dove", "Certezza", "Dubbi"), list(_rows(adhesion, context)))
    if adhesion.missing:
        print("Mancano: " + ", ".join(field_of(key).label_it for key in adhesion.missing))


def _rows(adhesion: Adhesion, context: Context) -> Iterator[tuple[str, str, str, str, str]]:
    for key, field in adhesion.fields.items():
        text = value_text(key, field.value, context.notice.themes) or f"({field.raw})"
        yield key, text, _where(field), f"{field.confidence:.2f}", ", ".join(field.warnings)


def _where(field: FieldValue) -> str:
    place = f"doc. {field.document + 1}, p. {field.page}, " if field.document >= 0 else ""
    return f"{place}{field.method}"
