"""Adesione: the page's picture beside what was read on it; a person corrects, confirms, rejects, and goes on."""

import json
from dataclasses import dataclass, replace

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ingest.answering import Case, guard_facts, written
from ingest.console.desk import SAID, Needs, Page, Visit, number_in
from ingest.console.headers import LETTER
from ingest.console.inputs import FIELDS, Typed, options_of, texts_of, typed, value_of
from ingest.console.labels import label
from ingest.console.lists import forms_to_decide
from ingest.console.pages.lettere import part_of
from ingest.console.pages.picture import LARGEST_KEY, PageView, views
from ingest.console.slots import Form, groups, unsure
from ingest.corrected import corrections_of, mark_of
from ingest.decisions import Deciding, reply_for
from ingest.form.fold import fold
from ingest.loopguard import why_not_answer
from ingest.matching import match_name
from ingest.readout import value_text
from ingest.review import Act, Choice, Done, Seen, Stale, Taken, decide, fields_now
from ingest.verdict import FieldValue
from ingest.vocabulary import Reason
from ingest.wire import verdict_from_json
from models import Adhesion, AdhesionState, Audit, Correction, Entry, Organisation, OrganisationStatus

SAID.update(
    {
        "salvata": "Correzioni salvate.",
        "confermata": "Modulo confermato.",
        "confermata-lettera": "Modulo confermato e registrato: la lettera è in coda e partirà al prossimo giro.",
        "confermata-senza-lettera": "Modulo confermato e registrato; non parte nessuna lettera.",
        "scartata": "Segnato come «non è un'adesione». Il messaggio resta nel registro.",
        "finite": "Non c'è altro da esaminare.",
    }
)
_ACTS = {"salva": Act.SAVE, "conferma": Act.CONFIRM, "scarta": Act.REJECT}
_IN_REGISTER = (AdhesionState.RECORDED, AdhesionState.VERSION)


@dataclass(frozen=True, slots=True)
class Shown:
    """One form with everything its page shows."""

    adhesion: Adhesion
    entry: Entry
    fields: dict[str, FieldValue]
    corrections: list[Correction]
    mark: str
    organisation: Organisation | None
    candidates: list[Organisation]
    history: list[Audit]
    pages: list[PageView]


@dataclass(frozen=True, slots=True)
class Dispute:
    """One value that two people changed, or that changed under somebody's hands."""

    label: str
    before: str
    theirs: str
    mine: str


def adhesion(visit: Visit) -> Response:
    """The review page of one form."""
    shown = _shown(visit)
    return _page(visit, shown) if shown else visit.missing("L'adesione")


def first(visit: Visit) -> Response:
    """Goes to the form that has waited longest."""
    return _onward(visit, 0, "")


def save(visit: Visit) -> Response:
    """Takes corrections and a decision; then the next form that waits."""
    shown = _shown(visit)
    if shown is None:
        return visit.missing("L'adesione")
    sent = typed(visit.form, visit.desk.settings.notice.rules())
    suggested = visit.text("usa", 2000).partition("|")
    if suggested[1] and suggested[0] in sent.texts:
        sent.texts[suggested[0]] = (suggested[2],)
        return _page(visit, shown, replace(sent, errors={}))
    act = _ACTS.get(visit.text("azione", 20), Act.SAVE)
    if act is Act.REJECT:
        sent = replace(sent, changes={}, errors={})
    elif act is Act.CONFIRM:
        _confirm_unsure(visit, shown, sent)
    if sent.errors:
        return _page(visit, shown, sent, status=422)
    choice = Choice(act, sent.changes, _into(visit), visit.text("perche", 1000))
    by = Deciding(visit.who.name, visit.now)
    done = decide(visit.desk.db, Seen(shown.adhesion.id, visit.text("visto", 64)), choice, visit.desk.settings, by)
    if isinstance(done, Stale):
        return _collision(visit, shown, sent)
    if isinstance(done, Taken):
        sent.errors["organisation.fiscal_code" if choice.into is None else ""] = (
            f"il codice è già dell'ente n. {done.organisation_id}: se è lo stesso ente, unisci i due enti"
            if choice.into is None else f"l'ente n. {done.organisation_id} non c'è, o è stato unito a un altro"
        )  # fmt: skip
        return _page(visit, shown, sent, status=422)
    return _onward(visit, shown.adhesion.id, _word(act, done))


def letter(visit: Visit) -> Response:
    """The letter that a confirmation would queue, as its reader would see it; `?ente=` for an existing body."""
    number = visit.params["id"]
    into = number_in(visit.query.get("ente", ""))
    with visit.desk.db.reading() as session:
        form = session.get(Adhesion, number) if number <= LARGEST_KEY else None
        entry = session.get(Entry, form.entry_id) if form else None
        if form is None or entry is None or entry.verdict is None:
            return visit.missing("La lettera")
        case = Case(session, entry, verdict_from_json(json.loads(entry.verdict)), visit.desk.settings, visit.now)
        body = session.get(Organisation, into) if into else None
        form.organisation_id = body.id if body else form.organisation_id  # only read with: nothing is written
        reply = reply_for(case, form, (body.versions + 1) if body else 1)
        against: Reason | None = Reason.HELD_FOR_PERSON
        html = ""
        if reply is not None:
            against = why_not_answer(case.verdict.envelope, guard_facts(case, reply))
            html = part_of(written(case, reply, "anteprima@localhost")[1], "html")
        session.rollback()
    if visit.query.get("foglio"):
        return HTMLResponse(html, headers={"Content-Security-Policy": LETTER})
    kind = reply.kind if reply else ""
    return visit.page(
        "adesione-lettera.html", id=number, into=into, against=against, kind=str(kind), to=reply.to if reply else ""
    )


def _shown(visit: Visit) -> Shown | None:
    with visit.desk.db.reading() as session:
        form = session.get(Adhesion, visit.params["id"]) if visit.params["id"] <= LARGEST_KEY else None
        if form is None:
            return None
        entry = session.get_one(Entry, form.entry_id)
        body = session.get(Organisation, form.organisation_id) if form.organisation_id else None
        about = (f"adhesion:{form.id}", f"entry:{form.entry_id}")
        fields = fields_now(session, form)
        return Shown(
            form, entry, fields, corrections_of(session, form), mark_of(session, form), body,
            _candidates(session, form, fields, visit.query.get("cerca", "")),
            list(session.scalars(select(Audit).where(Audit.object.in_(about)).order_by(Audit.id))),
            views(session, visit, form),
        )  # fmt: skip


def _page(visit: Visit, shown: Shown, sent: Typed | None = None, status: int = 200) -> Response:
    form = shown.adhesion
    notice = visit.desk.settings.notice.rules()
    made = groups(Form(shown.fields, shown.corrections, form.missing, form.document, notice), sent)
    body = shown.organisation
    newest = body is None or form.state not in _IN_REGISTER or _is_current(visit, form, body)
    waits = form.state == AdhesionState.REVIEW or (
        form.needs_review and form.decided_at is None and form.state in _IN_REGISTER
    )
    errors = {
        f"c.{key}" if key else "": f"{label(key) if key else 'Ente'}: {text}"
        for key, text in (sent.errors if sent else {}).items()
    }
    return visit.page(
        "adesione.html", status=status, adhesion=form, entry=shown.entry, groups=made, body=body, waits=waits,
        may_edit=int(visit.who.may) >= Needs.CLERK and form.state != AdhesionState.REJECTED and newest,
        newest=newest, mark=visit.text("visto", 64) if sent else shown.mark, errors=errors, history=shown.history,
        candidates=shown.candidates, pages=shown.pages, chosen=visit.text("ente", 20),
        searched=visit.query.get("cerca", "")[:200],
        doubts=sum(slot.doubtful for _, slots in made for slot in slots),
        corrections=[one for one in shown.corrections if one.adhesion_id == form.id and one.old != one.new],
        spoken=value_text, themes=visit.desk.themes,
    )  # fmt: skip


def _is_current(visit: Visit, form: Adhesion, body: Organisation) -> bool:
    """True when the body's data come from this form: to correct an older one would overwrite what is newer."""
    with visit.desk.db.reading() as session:
        later = select(Adhesion.id).where(
            Adhesion.organisation_id == body.id,
            Adhesion.state.in_(_IN_REGISTER),
            Adhesion.accepted_at > form.accepted_at,
        )
        return session.scalar(later.limit(1)) is None


def _confirm_unsure(visit: Visit, shown: Shown, sent: Typed) -> None:
    """What was doubtful and stands there untouched is confirmed by its reader; a failed check asks for a tick."""
    notice = visit.desk.settings.notice.rules()
    for field in unsure(shown.fields):
        key, value = field.key, shown.fields[field.key].value
        shows = texts_of(field, value)
        if key in sent.changes or key in sent.errors or sent.texts.get(key) != shows:
            continue
        wrong = value_of(field, shows, options_of(field, notice, shows))[1]
        if wrong and f"t.{key}" not in visit.form:
            sent.errors[key] = wrong
        else:
            sent.changes[key] = value


def _into(visit: Visit) -> int | None:
    return number_in(visit.text("ente", 20))


def _collision(visit: Visit, shown: Shown, sent: Typed) -> Response:
    """Both values of everything that was changed here or meanwhile; saving again is a new decision."""
    themes, disputes = visit.desk.themes, []
    for field in FIELDS:
        if field.key not in sent.texts:
            continue
        theirs = texts_of(field, shown.fields[field.key].value) if field.key in shown.fields else ()
        mine, before = sent.texts[field.key], sent.before[field.key]
        if mine == before and theirs == before:
            continue
        told = [
            ", ".join(value_text(field.key, one, themes) or one for one in texts) for texts in (before, theirs, mine)
        ]
        disputes.append(Dispute(label(field.key), *told))
    fields = [
        (name, value)
        for name, value in visit.form.multi_items()
        if isinstance(value, str) and name not in ("csrf", "visto")
    ]
    last = next((one for one in reversed(shown.history) if one.who != visit.who.name), None)
    return visit.page(
        "adesione-conflitto.html", status=409, adhesion=shown.adhesion, disputes=disputes, kept=fields, mark=shown.mark,
        last=last,
    )  # fmt: skip


def _candidates(session: Session, form: Adhesion, fields: dict[str, FieldValue], searched: str) -> list[Organisation]:
    """Organisations this form may belong to: by its code, its name, its address, or what the clerk looks for."""
    if form.state != AdhesionState.REVIEW:
        return []
    entry = session.get_one(Entry, form.entry_id)
    query = select(Organisation).where(
        Organisation.notice_id == entry.notice_id, Organisation.status != OrganisationStatus.MERGED
    )
    words = fold(searched[:200]).split()
    if words:
        for word in words:
            query = query.where(
                or_(Organisation.match_name.contains(word, autoescape=True), Organisation.fiscal_code == word)
            )
        return list(session.scalars(query.order_by(Organisation.match_name).limit(10)))
    code, name, pec = (str(fields[key].value or "") if key in fields else "" for key in
                       ("organisation.fiscal_code", "organisation.name", "organisation.pec"))  # fmt: skip
    same = [Organisation.fiscal_code == code] if code else []
    same += [Organisation.match_name == match_name(name)] if name else []
    same += [Organisation.pec == pec] if pec else []
    return list(session.scalars(query.where(or_(*same)).order_by(Organisation.id).limit(10))) if same else []


def _word(act: Act, done: Done) -> str:
    if act is Act.REJECT:
        return "scartata"
    if act is Act.SAVE:
        return "salvata"
    if done.accepted is None:
        return "confermata"
    return "confermata-lettera" if done.accepted.unanswered is None else "confermata-senza-lettera"


def _onward(visit: Visit, last: int, said: str) -> Response:
    """The next form that waits, in the order of their numbers, beginning anew after the last."""
    query = select(Adhesion.id).where(forms_to_decide(), Adhesion.id != last)
    with visit.desk.db.reading() as session:
        found = session.scalar(query.where(Adhesion.id > last).order_by(Adhesion.id).limit(1))
        found = found or session.scalar(query.order_by(Adhesion.id).limit(1))
    if found is None:
        return visit.see("/", said or "finite")
    return visit.see(f"/adesioni/{found}", said) if said else RedirectResponse(f"/adesioni/{found}", 303)


PAGES = (
    Page("/adesioni", first, Needs.READER),
    Page("/adesioni/{id:int}", adhesion, Needs.READER),
    Page("/adesioni/{id:int}", save, Needs.CLERK, "POST"),
    Page("/adesioni/{id:int}/lettera", letter, Needs.READER),
)
