"""Messaggio: one entry whole. Its clocks, its envelope, what it carried, what was answered, who did what with it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.responses import FileResponse, Response, StreamingResponse

from ingest.console.bundle import bundle
from ingest.console.desk import SAID, Needs, Page, Visit
from ingest.console.lists import forms_to_decide
from ingest.decisions import Deciding, mark_reviewed
from ingest.entries import stored_verdict
from ingest.protocol.numbers import number_of
from ingest.queries import outgoing_rows
from ingest.readout import Row, rows
from ingest.verdict import Verdict
from models import Adhesion, Audit, Entry, Integration, Organisation, ReceiptRow

SAID.update(
    {
        "messaggio-esaminato": "Messaggio segnato come esaminato: resta nel registro.",
        "messaggio-fermo": "Il messaggio non aspetta nessuno, o aspetta una decisione sul modulo: non è stato toccato.",
    }
)
_BLOCK = 1 << 16
FORM_STATES = {
    "recorded": "Registrato", "version": "Nuova versione", "duplicate": "Già registrato", "review": "Da esaminare",
    "rejected": "Non è un'adesione",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Instant:
    """One clock of a message: its name, what it is worth, and the instant, if it is known."""

    name: str
    worth: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Form:
    """One form of the message, as it was read."""

    adhesion: Adhesion
    state: str
    rows: tuple[Row, ...]
    organisation: Organisation | None
    waits: bool  # for a person


def message(visit: Visit) -> Response:
    """The message's page."""
    entry_id = visit.params["id"]
    desk = visit.desk
    with desk.db.reading() as session:
        entry = session.get(Entry, entry_id)
        if entry is None:
            return visit.missing("Il messaggio")
        verdict = stored_verdict(desk.db, entry_id)
        facts: dict[str, Any] = {
            "entry": entry,
            "places": list(entry.locations),
            "verdict": verdict,
            "clocks": clocks(entry),
            "forms": _forms(session, entry_id, verdict, desk.themes),
            "letters": outgoing_rows(session, entry_id=entry_id),
            "receipts": _receipts(session, entry_id),
            "history": history(session, entry_id),
            "protocol": number_of(session, entry),
            "integration": session.scalar(
                select(Integration)
                .where(or_(Integration.entry_id == entry_id, Integration.answered_by == entry_id))
                .order_by(Integration.id.desc())
                .limit(1)
            ),
            "waits": waits_by_itself(session, entry),
            "kept": desk.store.path_of(entry.sha256).is_file(),
        }
    return visit.page("messaggio.html", **facts)


def examined(visit: Visit) -> Response:
    """A person has seen a message and agrees with what became of it; one with a form that waits is decided there."""
    number = visit.params["id"]
    with visit.desk.db.reading() as session:
        entry = session.get(Entry, number)
        if entry is None:
            return visit.missing("Il messaggio")
        open_still = waits_by_itself(session, entry)
    if not open_still:
        return visit.see(f"/messaggi/{number}", "messaggio-fermo")
    mark_reviewed(visit.desk.db, number, Deciding(visit.who.name, visit.now))
    return visit.see("/", "messaggio-esaminato")


def waits_by_itself(session: Session, entry: Entry) -> bool:
    """Whether a message waits for a person and none of its forms does."""
    form = session.scalar(select(Adhesion.id).where(Adhesion.entry_id == entry.id, forms_to_decide()).limit(1))
    return entry.needs_review and entry.reviewed_at is None and form is None


def clocks(entry: Entry) -> list[Instant]:
    """The four clocks and our own, in the order of the message's way."""
    return [
        Instant("Data scritta dal mittente", "Dichiarata: non fa fede", entry.claimed_at),
        Instant("Accettazione del gestore del mittente", "Certificata: fa fede per l'invio", entry.accepted_at),
        Instant("Firma della busta", "Apposta dal gestore", entry.signed_at),
        Instant("Consegna nella nostra casella", "Indicata dal server che ha consegnato", entry.delivered_at),
        Instant("Registrazione in questo sistema", "Ora nostra", entry.received_at),
    ]


def history(session: Session, entry_id: int) -> list[Audit]:
    """What people and the system did with an entry, its forms and its letters, oldest first."""
    forms = session.scalars(select(Adhesion.id).where(Adhesion.entry_id == entry_id))
    letters = [row.id for row in outgoing_rows(session, entry_id=entry_id)]
    about = [f"entry:{entry_id}", *(f"adhesion:{one}" for one in forms), *(f"letter:{one}" for one in letters)]
    return list(session.scalars(select(Audit).where(Audit.object.in_(about)).order_by(Audit.id)))


def original(visit: Visit) -> Response:
    """The message exactly as it came. The download is noted: it may hold identity documents."""
    desk, entry_id = visit.desk, visit.params["id"]
    with desk.db.reading() as session:
        entry = session.get(Entry, entry_id)
    if entry is None:
        return visit.missing("Il messaggio")
    if not desk.store.verify(entry.sha256):
        return _lost(visit)
    _note(visit, "original-downloaded", entry_id)
    return FileResponse(
        desk.store.path_of(entry.sha256), media_type="application/octet-stream", filename=f"pec-{entry_id:06d}.eml",
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip


def evidence(visit: Visit) -> Response:
    """The original with our letters, their receipts and the hashes of all, as a zip."""
    desk, entry_id = visit.desk, visit.params["id"]
    with desk.db.reading() as session:
        entry = session.get(Entry, entry_id)
        if entry is None:
            return visit.missing("Il messaggio")
        if not desk.store.verify(entry.sha256):
            return _lost(visit)
        file = bundle(session, desk.store, entry, visit.now)
    _note(visit, "evidence-downloaded", entry_id)
    headers = {"Content-Disposition": f'attachment; filename="fascicolo-{entry_id:06d}.zip"'}

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_BLOCK):
                yield piece

    return StreamingResponse(pieces(), media_type="application/zip", headers=headers)


def _lost(visit: Visit) -> Response:
    return visit.page(
        "errore.html", status=404, heading="L'originale non è disponibile",
        text="Il file conservato manca o non corrisponde più alla sua impronta. I dati registrati restano "
        "consultabili; chi amministra il servizio può ripristinarlo dalla copia di sicurezza o dalla casella.",
    )  # fmt: skip


def _note(visit: Visit, what: str, entry_id: int) -> None:
    with visit.desk.db.transaction() as session:
        session.add(Audit(at=visit.now, who=visit.who.name, what=what, object=f"entry:{entry_id}", old=None, new=None))


def _forms(session: Session, entry_id: int, verdict: Verdict | None, themes: dict[str, str]) -> list[Form]:
    of_entry = Adhesion.entry_id == entry_id
    found = session.scalars(select(Adhesion).where(of_entry).order_by(Adhesion.position))
    waiting = set(session.scalars(select(Adhesion.id).where(of_entry, forms_to_decide())))
    forms = []
    for one in found:
        known = verdict is not None and one.position < len(verdict.adhesions)
        read = rows(verdict.adhesions[one.position].fields, themes) if known and verdict is not None else ()
        body = session.get(Organisation, one.organisation_id) if one.organisation_id else None
        forms.append(Form(one, FORM_STATES.get(one.state, one.state), read, body, one.id in waiting))
    return forms


def _receipts(session: Session, entry_id: int) -> list[ReceiptRow]:
    """Receipts that this entry is, and receipts of the letters that answer it."""
    letters = [row.id for row in outgoing_rows(session, entry_id=entry_id)]
    query = select(ReceiptRow).where(or_(ReceiptRow.entry_id == entry_id, ReceiptRow.letter_id.in_(letters)))
    return list(session.scalars(query.order_by(ReceiptRow.at, ReceiptRow.id)))


PAGES = (
    Page("/messaggi/{id:int}", message, Needs.READER),
    Page("/messaggi/{id:int}/esaminato", examined, Needs.CLERK, "POST"),
    Page("/messaggi/{id:int}/originale", original, Needs.CLERK),
    Page("/messaggi/{id:int}/fascicolo", evidence, Needs.CLERK),
)
