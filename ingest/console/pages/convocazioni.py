"""Convocazioni: a letter to many, written by a clerk, looked at with real data, sent once, followed per recipient."""

from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from ingest.console.desk import Needs, Page, Visit, number_in
from ingest.console.downloads import XLSX, attachment
from ingest.console.pages.lettere import framed
from ingest.convocations.audience import Audience, audience_of, recipients
from ingest.convocations.drafts import (
    Author,
    Writing,
    confirm,
    listed,
    outlook,
    preview,
    rewrite,
    stop,
    write,
)
from ingest.convocations.letter import FIELDS, LONGEST_BODY, LONGEST_SUBJECT, TextProblem
from ingest.convocations.state import REACH_IT, Line, Reach, counted_it, counts, lines, replies
from ingest.italian import ROME
from ingest.letter import Letter
from ingest.readout import masked, plain
from ingest.wording import LEGAL_NATURES, LETTER_STATES, ROLES
from ingest.workbook import Sheet, workbook
from models import Convocation, ConvocationState, Via

STATES = {"draft": "Bozza", "sending": "In invio", "sent": "Inviata", "stopped": "Fermata"}
VIAS = {"pec": "solo PEC", "ordinary": "solo e-mail ordinaria", "both": "PEC ed e-mail ordinaria"}
_SHOWN = 200


def convocations(visit: Visit) -> Response:
    """The convocations, newest first."""
    with visit.desk.db.reading() as session:
        found = listed(session, visit.desk.settings.notice.id)
    return visit.page("convocazioni.html", found=found, states=STATES)


def new(visit: Visit) -> Response:
    """The form for a new one; `tema` of the address is chosen already."""
    theme = visit.query.get("tema", "")
    chosen = Audience(theme=theme if theme in visit.desk.themes else "")
    return _form(visit, None, Writing("", "", chosen))


def create(visit: Visit) -> Response:
    """A new draft, or the form again with what is wrong."""
    writing = _writing(visit)
    try:
        number = write(visit.desk.db, visit.desk.settings.notice.id, writing, _by(visit))
    except TextProblem as problem:
        return _form(visit, None, writing, problem)
    return visit.see(f"/convocazioni/{number}")


def convocation(visit: Visit) -> Response:
    """A draft with its preview, or what became of a convocation."""
    found = _found(visit)
    if found is None:
        return visit.missing("La convocazione")
    return _draft(visit, found) if found.state == ConvocationState.DRAFT else _followed(visit, found)


def change(visit: Visit) -> Response:
    """A draft with another text or audience."""
    found, writing = _found(visit), _writing(visit)
    if found is None:
        return visit.missing("La convocazione")
    try:
        done = rewrite(visit.desk.db, found.id, writing, _by(visit))
    except TextProblem as problem:
        return _form(visit, found.id, writing, problem)
    return visit.see(f"/convocazioni/{found.id}", "" if done else "convocazione-ferma")


def edit(visit: Visit) -> Response:
    """The form of a draft."""
    found = _found(visit)
    if found is None:
        return visit.missing("La convocazione")
    return _form(visit, found.id, Writing(found.subject, found.body, audience_of(found), Via(found.via)))


def send(visit: Visit) -> Response:
    """Confirms a draft: its recipients are fixed and its letters leave."""
    found = _found(visit)
    if found is None:
        return visit.missing("La convocazione")
    if visit.text("visti", 20) != str(_reached(visit, found)):
        return visit.see(f"/convocazioni/{found.id}", "destinatari-cambiati")
    try:
        done = confirm(visit.desk.db, found.id, visit.desk.settings, _by(visit))
    except TextProblem as problem:
        writing = Writing(found.subject, found.body, audience_of(found), Via(found.via))
        return _form(visit, found.id, writing, problem)
    return visit.see(f"/convocazioni/{found.id}", "convocazione-ferma" if done is None else "convocazione-confermata")


def halt(visit: Visit) -> Response:
    """Stops what has not entered the queue yet."""
    found = _found(visit)
    if found is None:
        return visit.missing("La convocazione")
    done = stop(visit.desk.db, found.id, _by(visit))
    return visit.see(f"/convocazioni/{found.id}", "convocazione-fermata" if done else "convocazione-ferma")


def frame(visit: Visit) -> Response:
    """The letter as one organisation (`ente` of the address) reads it, in a frame without any right."""
    found = _found(visit)
    try:
        letter = _letter(visit, found, number_in(visit.query.get("ente", ""))) if found else None
    except TextProblem:
        letter = None
    return framed(letter.html) if letter else visit.missing("La lettera")


def export(visit: Visit) -> Response:
    """What became of it, per recipient, as a workbook."""
    found = _found(visit)
    if found is None:
        return visit.missing("La convocazione")
    with visit.desk.db.reading() as session:
        known = lines(session, found.id)
    headings = ("N.", "Ente", "Indirizzo", "Esito", "Stato della lettera", "Motivo")
    rows = tuple(
        (one.organisation, masked(plain(one.name)), one.address, REACH_IT[one.reach],
         LETTER_STATES.get(one.state, one.state), plain(one.why, 300))
        for one in known
    )  # fmt: skip
    name = f"convocazione-{found.id}-{visit.now.astimezone(ROME):%Y%m%d}.xlsx"
    return attachment(workbook((Sheet("Destinatari", headings, rows),), visit.now), name, XLSX)


def _draft(visit: Visit, found: Convocation) -> Response:
    asked, settings = number_in(visit.query.get("ente", "")), visit.desk.settings
    problem, letter = "", None
    with visit.desk.db.reading() as session:
        expected = outlook(session, found, settings, _SHOWN)
        known = asked is not None and any(recipients(session, found, settings, asked))
        shown = asked if known else next(iter(expected.bodies), None)
        try:
            letter = preview(session, found, shown, settings) if shown is not None else None
        except TextProblem as error:
            problem = str(error)
    daily = max(0, settings.answers.daily_limit - settings.convocations.reserve)
    return visit.page(
        "convocazione-bozza.html", convocation=found, audience=_in_words(visit, audience_of(found)), vias=VIAS,
        expected=expected, shown=shown, letter=letter, problem=problem, daily=daily,
    )  # fmt: skip


def _followed(visit: Visit, found: Convocation) -> Response:
    with visit.desk.db.reading() as session:
        known, answers = lines(session, found.id), replies(session, found.id)
    counted = [(counted_it(reach, number), str(reach), number) for reach, number in counts(known).items()]
    order = list(Reach)[::-1]
    known.sort(key=lambda one: order.index(one.reach))
    missed: list[Line] = [one for one in known if one.reach is Reach.NOT_REACHED]
    others = [one for one in known if one.reach is not Reach.NOT_REACHED]
    return visit.page(
        "convocazione.html", convocation=found, audience=_in_words(visit, audience_of(found)), vias=VIAS,
        states=STATES, counts=counted,
        missed=missed[:_SHOWN], missed_total=len(missed), others=others[:_SHOWN],
        total=len(known), reach_it={str(word): text for word, text in REACH_IT.items()}, replies=answers,
    )  # fmt: skip


def _form(visit: Visit, number: int | None, writing: Writing, problem: TextProblem | None = None) -> Response:
    settings = visit.desk.settings
    return visit.page(
        "convocazione-modulo.html", status=422 if problem else 200, number=number, writing=writing,
        problem=str(problem or ""), fields=FIELDS, vias=VIAS, themes=visit.desk.themes, natures=LEGAL_NATURES,
        municipalities=settings.notice.municipalities, roles={str(word): text for word, text in ROLES.items()},
        longest=(LONGEST_SUBJECT, LONGEST_BODY),
    )  # fmt: skip


def _writing(visit: Visit) -> Writing:
    notice = visit.desk.settings.notice

    def word(name: str, known: Any) -> str:
        value = visit.text(name)
        return value if value in known else ""

    audience = Audience(
        theme=word("tema", notice.themes), municipality=word("comune", notice.municipalities),
        role=word("ruolo", {str(one) for one in ROLES}), nature=word("natura", LEGAL_NATURES),
    )  # fmt: skip
    via = word("via", set(Via)) or "pec"
    return Writing(
        visit.text("oggetto", LONGEST_SUBJECT + 1), visit.text("testo", LONGEST_BODY + 1), audience, Via(via)
    )


def _letter(visit: Visit, found: Convocation, organisation: int | None) -> Letter | None:
    settings = visit.desk.settings
    with visit.desk.db.reading() as session:
        one = next(recipients(session, found, settings, organisation), None)
        return preview(session, found, one.organisation_id, settings) if one else None


def _reached(visit: Visit, found: Convocation) -> int:
    with visit.desk.db.reading() as session:
        return outlook(session, found, visit.desk.settings, 0).total


def _found(visit: Visit) -> Convocation | None:
    with visit.desk.db.reading() as session:
        found = session.get(Convocation, visit.params["id"])
    return found if found and found.notice_id == visit.desk.settings.notice.id else None


def _in_words(visit: Visit, audience: Audience) -> str:
    roles: Mapping[str, str] = {str(word): text for word, text in ROLES.items()}
    said = [
        f"tematica: {visit.desk.themes.get(audience.theme, audience.theme)}" if audience.theme else "",
        f"Comune: {audience.municipality}" if audience.municipality else "",
        f"ruolo: {roles.get(audience.role, audience.role)}" if audience.role else "",
        f"categoria: {LEGAL_NATURES.get(audience.nature, audience.nature)}" if audience.nature else "",
    ]
    return "; ".join(one for one in said if one) or "tutti gli enti aderenti"


def _by(visit: Visit) -> Author:
    return Author(visit.who.name, visit.now)


PAGES = (
    Page("/convocazioni", convocations, Needs.READER),
    Page("/convocazioni", create, Needs.CLERK, "POST"),
    Page("/convocazioni/nuova", new, Needs.CLERK),
    Page("/convocazioni/{id:int}", convocation, Needs.READER),
    Page("/convocazioni/{id:int}", change, Needs.CLERK, "POST"),
    Page("/convocazioni/{id:int}/modifica", edit, Needs.CLERK),
    Page("/convocazioni/{id:int}/foglio", frame, Needs.READER),
    Page("/convocazioni/{id:int}/elenco", export, Needs.READER),
    Page("/convocazioni/{id:int}/invia", send, Needs.CLERK, "POST"),
    Page("/convocazioni/{id:int}/ferma", halt, Needs.CLERK, "POST"),
)
