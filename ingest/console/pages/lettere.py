"""Lettere: what was written to whom and how far it got; a person decides what is sent again."""

from datetime import timedelta
from email import message_from_bytes
from email.policy import default

from sqlalchemy import select
from sqlalchemy.orm import undefer
from starlette.responses import HTMLResponse, Response

from ingest.answering import reference
from ingest.console import lists
from ingest.console.desk import Needs, Page, Visit, number_in
from ingest.console.headers import LETTER
from ingest.entries import stored_verdict
from ingest.italian import ROME
from ingest.letter import Letter as Rendered
from ingest.letter import LetterFacts
from ingest.queries import OutgoingRow, outgoing_rows
from ingest.release import release
from ingest.reply import compose
from ingest.verdict import Verdict
from ingest.vocabulary import LetterKind
from ingest.wording import LETTERS
from models import Adhesion, Entry, Letter, LetterState

_ROWS = 50
_FILTERS = {
    "da-decidere": tuple(lists.TO_DECIDE),
    "in-viaggio": (LetterState.QUEUED, LetterState.SUBMITTING, LetterState.SUBMITTED, LetterState.ACCEPTED),
    "in-ritardo": (LetterState.LATE,),
    "consegnate": (LetterState.DELIVERED,),
}
_FILTER_WORDS = {
    "": "Tutte", "da-decidere": "Da decidere", "in-viaggio": "In viaggio", "in-ritardo": "In ritardo",
    "consegnate": "Consegnate",
}  # fmt: skip


def letters(visit: Visit) -> Response:
    """A page of the letters, newest first."""
    chosen = visit.query.get("stato", "")
    states = _FILTERS.get(chosen, ())
    last = number_in(visit.query.get("prima", ""))
    with visit.desk.db.reading() as session:
        rows = lists.letters(session, states, last, _ROWS + 1)
        counts = lists.letter_counts(session)
    numbers = {name: sum(counts.get(state, 0) for state in _FILTERS.get(name, counts)) for name in _FILTER_WORDS}
    return visit.page(
        "lettere.html", rows=rows[:_ROWS], more=rows[_ROWS - 1].id if len(rows) > _ROWS else 0,
        chosen=chosen if chosen in _FILTERS else "", filters=_FILTER_WORDS, numbers=numbers,
    )  # fmt: skip


def letter(visit: Visit) -> Response:
    """One letter: where it stands with each recipient, its steps, its text."""
    number = visit.params["id"]
    with visit.desk.db.reading() as session:
        row = session.get(Letter, number, options=[undefer(Letter.raw)])
        if row is None:
            return visit.missing("La lettera")
        steps = _steps(visit, row)
        copy = lists.resent(session, number)
        people = lists.recipients(session, number)
    may_send = row.state in lists.TO_DECIDE and copy is None
    return visit.page(
        "lettera.html", letter=row, steps=steps, copy=copy, recipients=people, may_send=may_send,
        text=part_of(row.raw, "plain"), framed=bool(part_of(row.raw, "html")),
    )  # fmt: skip


def letter_frame(visit: Visit) -> Response:
    """The letter as its reader sees it, to be shown in a frame without any right."""
    with visit.desk.db.reading() as session:
        row = session.get(Letter, visit.params["id"], options=[undefer(Letter.raw)])
    return framed(part_of(row.raw, "html")) if row is not None else visit.missing("La lettera")


def send(visit: Visit) -> Response:
    """A person's decision to send a letter that waits, failed or may not have been sent."""
    number = visit.params["id"]
    with visit.desk.db.reading() as session:
        if session.get(Letter, number) is None:
            return visit.missing("La lettera")
    queued = release(visit.desk.db, number, visit.who.name, visit.now)
    if queued is None:
        return visit.see(f"/lettere/{number}", "lettera-ferma")
    return visit.see(f"/lettere/{queued}", "lettera-in-coda")


def models(visit: Visit) -> Response:
    """The kinds of letter there are."""
    return visit.page("modelli.html", kinds=[(str(kind), text) for kind, text in LETTERS.items()])


def model(visit: Visit) -> Response:
    """A kind of letter, filled with the newest form that was read."""
    kind = visit.params["kind"]
    if kind not in set(LetterKind):
        return visit.missing("Il modello")
    entry_id, rendered = _filled(visit, LetterKind(kind))
    return visit.page("modello.html", kind=kind, entry=entry_id, subject=rendered.subject if rendered else "",
                      text=rendered.text if rendered else "")  # fmt: skip


def model_frame(visit: Visit) -> Response:
    """The same as its reader would see it."""
    kind = visit.params["kind"]
    rendered = _filled(visit, LetterKind(kind))[1] if kind in set(LetterKind) else None
    return framed(rendered.html) if rendered else visit.missing("Il modello")


def framed(html: str) -> Response:
    """A letter's page under the policy of letters: no script, no network, framed by the console alone."""
    return HTMLResponse(html, headers={"Content-Security-Policy": LETTER})


def _filled(visit: Visit, kind: LetterKind) -> tuple[int, Rendered | None]:
    """The number of the entry whose data fill the letter, and the letter; 0 and None while there is no form."""
    with visit.desk.db.reading() as session:
        entry_id = session.scalar(
            select(Entry.id).join(Adhesion, Adhesion.entry_id == Entry.id).order_by(Entry.id.desc()).limit(1)
        )
    verdict = stored_verdict(visit.desk.db, entry_id) if entry_id else None
    if entry_id is None or verdict is None:
        return 0, None
    return entry_id, compose(kind, _facts(visit, entry_id, verdict))


def _facts(visit: Visit, entry_id: int, verdict: Verdict) -> LetterFacts:
    settings, envelope = visit.desk.settings, verdict.envelope
    missing = tuple(dict.fromkeys(key for adhesion in verdict.adhesions for key in adhesion.missing))
    term = visit.now.astimezone(ROME).date() + timedelta(days=settings.answers.integration_days)
    return LetterFacts(
        notice=settings.notice.rules(), key=reference(entry_id), sender=envelope.sender, subject=envelope.subject,
        identifier=envelope.identifier, accepted_at=envelope.accepted_at, adhesions=verdict.adhesions, missing=missing,
        reply_by=term, version=2, reasons=verdict.reasons,
        office=settings.mailbox.own_address,
    )  # fmt: skip


def _steps(visit: Visit, row: Letter) -> OutgoingRow | None:
    with visit.desk.db.reading() as session:
        if row.entry_id is None:
            return None
        return next((one for one in outgoing_rows(session, entry_id=row.entry_id) if one.id == row.id), None)


def part_of(raw: bytes, kind: str) -> str:
    """The text of a letter of ours; "" when it has no such part."""
    message = message_from_bytes(raw, policy=default)
    part = message.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def attached(raw: bytes) -> bytes:
    """The first file attached to a letter of ours; b"" when there is none."""
    files = message_from_bytes(raw, policy=default).iter_attachments()
    return next((bytes(one.get_content()) for one in files), b"")


PAGES = (
    Page("/lettere", letters, Needs.READER),
    Page("/lettere/modelli", models, Needs.READER),
    Page("/lettere/modelli/{kind}", model, Needs.READER),
    Page("/lettere/modelli/{kind}/foglio", model_frame, Needs.READER),
    Page("/lettere/{id:int}", letter, Needs.READER),
    Page("/lettere/{id:int}/foglio", letter_frame, Needs.READER),
    Page("/lettere/{id:int}/invia", send, Needs.CLERK, "POST"),
)
