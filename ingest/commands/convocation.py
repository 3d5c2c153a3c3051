"""`convocation`: a letter to many, from its draft to the list of those it did not reach."""

import argparse
import getpass
import sys
from dataclasses import asdict

from ingest.app import utc_now
from ingest.commands.opened import database_of, settings_of
from ingest.commands.tables import print_json, print_table
from ingest.config import ConfigError
from ingest.convocations.audience import Audience, recipients
from ingest.convocations.drafts import Author, Writing, confirm, listed, outlook, preview, stop, write
from ingest.convocations.letter import TextProblem
from ingest.convocations.state import REACH_IT, Reach, counted_it, counts, lines
from ingest.database import Database
from ingest.italian import ROME
from ingest.keys import Settings
from ingest.vocabulary import ParticipationRole
from ingest.wording import LEGAL_NATURES, LETTER_STATES
from models import Convocation, Via

STATES = {"draft": "Bozza", "sending": "In invio", "sent": "Inviata", "stopped": "Fermata"}


def convocation(args: argparse.Namespace) -> int:
    """Carries out one action; what is wrong with a text is said to whoever wrote it."""
    settings = settings_of(args)
    with database_of(args) as db:
        if args.action in ("preview", "send", "state", "stop"):
            with db.reading() as session:
                found = session.get(Convocation, args.id)
            if found is None or found.notice_id != settings.notice.id:
                print(f"pec-ingest: there is no convocation {args.id}", file=sys.stderr)
                return 2
        try:
            return _ACTIONS[args.action](args, db, settings)
        except TextProblem as problem:
            print(f"pec-ingest: {problem}", file=sys.stderr)
            return 2


def _new(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    known = (
        ("theme", args.theme, tuple(settings.notice.themes)), ("role", args.role, tuple(ParticipationRole)),
        ("municipality", args.municipality, settings.notice.municipalities), ("category", args.category, LEGAL_NATURES),
    )  # fmt: skip
    wrong = [f"--{name}: one of {', '.join(words)}" for name, word, words in known if word and word not in words]
    if wrong:
        raise ConfigError(wrong)
    audience = Audience(args.theme, args.municipality, args.role, args.category)
    body = args.body.read_text(encoding="utf-8-sig")
    number = write(db, settings.notice.id, Writing(args.subject, body, audience, Via(args.via)), _author())
    with db.reading() as session:
        expected = outlook(session, session.get_one(Convocation, number), settings, 0)
    print(f"convocation {number}: a draft to {expected.total} addresses, "
          f"{expected.missed} organisations without one; nothing is sent before: "
          f"pec-ingest convocation send {number}")  # fmt: skip
    return 0


def _preview(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    with db.reading() as session:
        found = session.get_one(Convocation, args.id)
        reached = list(recipients(session, found, settings))
        first = args.organisation or next((one.organisation_id for one in reached), None)
        if first is None or first not in {one.organisation_id for one in reached}:
            print("pec-ingest: the audience has no such organisation", file=sys.stderr)
            return 2
        letter = preview(session, found, first, settings)
    if args.output:
        args.output.write_text(letter.html, encoding="utf-8")
    print(f"{letter.subject}\n\n{letter.text}")
    print_table(
        ("N.", "Ente", "Indirizzo"),
        [(one.organisation_id, one.name, one.address or "nessun indirizzo") for one in reached],
    )
    return 0


def _send(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    number = confirm(db, args.id, settings, _author())
    if number is None:
        print(f"pec-ingest: convocation {args.id} was confirmed before; nothing was done", file=sys.stderr)
        return 2
    print(f"convocation {args.id}: {number} letters will leave as the limits allow; the daemon sends them")
    return 0


def _stop(args: argparse.Namespace, db: Database, _settings: Settings) -> int:
    if not stop(db, args.id, _author()):
        print(f"pec-ingest: convocation {args.id} is not being sent; nothing was done", file=sys.stderr)
        return 2
    print(f"convocation {args.id}: stopped; letters already queued leave all the same")
    return 0


def _state(args: argparse.Namespace, db: Database, _settings: Settings) -> int:
    with db.reading() as session:
        found = lines(session, args.id)
    shown = [one for one in found if one.reach is Reach.NOT_REACHED] if args.unreached else found
    if args.json:
        print_json([asdict(one) for one in shown])
        return 0
    print_table(
        ("Ente", "Indirizzo", "Esito", "Lettera", "Stato", "Motivo"),
        [(one.name, one.address, REACH_IT[one.reach], one.letter, LETTER_STATES.get(one.state, ""), one.why)
         for one in shown],
    )  # fmt: skip
    print("; ".join(f"{counted_it(reach, number)}: {number}" for reach, number in counts(found).items()))
    return 0


def _list(args: argparse.Namespace, db: Database, settings: Settings) -> int:
    with db.reading() as session:
        found = listed(session, settings.notice.id)
    if args.json:
        print_json(
            [{"id": one.id, "subject": one.subject, "via": one.via, "audience": one.audience, "state": one.state,
              "recipients": number, "created_at": one.created_at.astimezone(ROME).isoformat()} for one, number in found]
        )  # fmt: skip
        return 0
    print_table(
        ("N.", "Oggetto", "Stato", "Destinatari"),
        [(one.id, one.subject, STATES[one.state], number) for one, number in found],
    )
    return 0


def _author() -> Author:
    return Author(f"{getpass.getuser()} (comando)", utc_now())


_ACTIONS = {"new": _new, "preview": _preview, "send": _send, "stop": _stop, "state": _state, "list": _list}
