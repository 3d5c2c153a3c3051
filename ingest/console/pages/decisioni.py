"""What a person decides about an organisation: its role, its withdrawal, that it is the same as another one."""

from sqlalchemy import or_, select
from sqlalchemy.orm import Session
from starlette.responses import Response

from ingest.console.desk import SAID, Needs, Page, Visit, number_in
from ingest.console.labels import LABELS, label
from ingest.console.pages.picture import LARGEST_KEY, PageView, views
from ingest.decisions import Deciding, correct, set_status
from ingest.form.fold import fold
from ingest.merge import merge
from ingest.readout import value_text
from ingest.split import split
from ingest.vocabulary import ParticipationRole
from ingest.wording import ROLES
from models import Adhesion, Organisation, OrganisationStatus, OrganisationVersion

SAID.update(
    {
        "ruolo": "Ruolo impostato: resta questo anche con le adesioni successive.",
        "ritirato": "Ente segnato come ritirato.",
        "riattivato": "Ente di nuovo attivo.",
        "separato": "Modulo separato: ora appartiene a questo ente.",
        "unito": "Enti uniti: versioni, messaggi e correzioni sono ora qui.",
        "non-cambiato": "Non è cambiato nulla: intanto un'altra persona ha modificato l'ente. Controlla e ripeti.",
    }
)
_COMPARED = (
    "organisation.name", "organisation.fiscal_code", "organisation.legal_nature", "declarant.name",
    "organisation.registered_office.municipality", "organisation.pec", "organisation.emails", "themes",
)  # fmt: skip


def choices(visit: Visit) -> Response:
    """What can be decided about an organisation; with `?con=` the comparison that comes before a merger."""
    with visit.desk.db.reading() as session:
        body = _body(session, visit.params["id"])
        if body is None:
            return visit.missing("L'ente")
        other = _body(session, number_in(visit.query.get("con", "")) or 0)
        searched = visit.query.get("cerca", "")[:200]
        found = _like(session, body, searched)
        forms = session.execute(
            select(OrganisationVersion, Adhesion)
            .join(Adhesion, Adhesion.id == OrganisationVersion.adhesion_id)
            .where(OrganisationVersion.organisation_id == body.id)
            .order_by(OrganisationVersion.number)
        ).all()
    other = None if other is None or other.id == body.id or other.merged_into else other
    lines = _lines(visit, (body, other)) if other else []
    return visit.page("decisioni.html", body=body, other=other, lines=lines, found=found, searched=searched,
                      forms=[(version, form, _named(version)) for version, form in forms],
                      roles={str(word): text for word, text in ROLES.items()})  # fmt: skip


def set_role(visit: Visit) -> Response:
    """Sets the role for good."""
    chosen = visit.text("ruolo", 40)
    body = _seen(visit)
    if body is None or chosen not in set(ParticipationRole):
        return _unchanged(visit)
    correct(visit.desk.db, body.id, "role", chosen, _by(visit))
    return visit.see(f"/enti/{body.id}", "ruolo")


def withdraw(visit: Visit) -> Response:
    """Marks a withdrawal, or takes it back."""
    body = _seen(visit)
    if body is None or body.merged_into:
        return _unchanged(visit)
    gone = visit.text("stato", 20) == "ritirato"
    set_status(visit.desk.db, body.id, OrganisationStatus.WITHDRAWN if gone else OrganisationStatus.ACTIVE, _by(visit))
    return visit.see(f"/enti/{body.id}", "ritirato" if gone else "riattivato")


def unite(visit: Visit) -> Response:
    """Gives everything of this organisation to another one."""
    body, into = _seen(visit), number_in(visit.text("con", 20)) or 0
    if body is None or into > LARGEST_KEY or not merge(visit.desk.db, body.id, into, _by(visit)):
        return _unchanged(visit)
    return visit.see(f"/enti/{into}", "unito")


def separate(visit: Visit) -> Response:
    """Gives one form of this organisation to a body of its own, or to another organisation."""
    body, form, written = _seen(visit), number_in(visit.text("adesione", 20)), visit.text("ente", 20)
    into = number_in(written)
    if body is None or form is None or max(form, into or 0) > LARGEST_KEY or bool(written) != (into is not None):
        return _unchanged(visit)
    if not _has(visit, form):
        return _unchanged(visit)
    place = split(visit.desk.db, form, into, _by(visit))
    return visit.see(f"/enti/{place}", "separato") if place is not None else _unchanged(visit)


def versions(visit: Visit) -> Response:
    """Two versions side by side: what differs, and the page each was read from."""
    with visit.desk.db.reading() as session:
        body = _body(session, visit.params["id"])
        if body is None:
            return visit.missing("L'ente")
        query = select(OrganisationVersion, Adhesion).join(Adhesion, Adhesion.id == OrganisationVersion.adhesion_id)
        found = list(session.execute(
            query.where(OrganisationVersion.organisation_id == body.id).order_by(OrganisationVersion.number)
        ))  # fmt: skip
        numbers = [version.number for version, _ in found]
        left = _chosen(visit, "a", numbers, numbers[-2:][0] if numbers else 0)
        right = _chosen(visit, "b", numbers, numbers[-1] if numbers else 0)
        pair = [next(one for one in found if one[0].number == number) for number in (left, right)] if found else []
        pictures = [_first_page(views(session, visit, form)) for _, form in pair]
    themes = visit.desk.themes
    keys = dict.fromkeys(key for version, _ in pair for key in version.values)
    rows = []
    for key in sorted(keys, key=[*LABELS, *keys].index):
        texts = [value_text(key, version.values.get(key, {}).get("value"), themes) for version, _ in pair]
        if any(texts):
            rows.append((label(key), texts, len(set(texts)) > 1))
    return visit.page("versioni.html", body=body, numbers=numbers, pair=pair, pictures=pictures, rows=rows)


def _body(session: Session, number: int) -> Organisation | None:
    return session.get(Organisation, number) if number <= LARGEST_KEY else None


def _named(version: OrganisationVersion) -> str:
    """What a version's form calls itself."""
    name = version.values.get("organisation.name", {}).get("value")
    return name if isinstance(name, str) else ""


def _has(visit: Visit, form: int) -> bool:
    """True when the form belongs to the organisation of the page."""
    with visit.desk.db.reading() as session:
        found = session.get(Adhesion, form)
    return found is not None and found.organisation_id == visit.params["id"]


def _seen(visit: Visit) -> Organisation | None:
    """The organisation, if it is still as the person saw it."""
    with visit.desk.db.reading() as session:
        body = _body(session, visit.params["id"])
    return body if body and body.updated_at.isoformat() == visit.text("visto", 40) else None


def _unchanged(visit: Visit) -> Response:
    return visit.see(f"/enti/{visit.params['id']}/decisioni", "non-cambiato")


def _by(visit: Visit) -> Deciding:
    return Deciding(visit.who.name, visit.now)


def _like(session: Session, body: Organisation, searched: str) -> list[Organisation]:
    """Organisations that may be the same: those looked for, else those of the same name or address."""
    query = select(Organisation).where(
        Organisation.notice_id == body.notice_id, Organisation.id != body.id, Organisation.merged_into.is_(None)
    )
    words = fold(searched).split()
    for word in words:
        query = query.where(
            or_(Organisation.match_name.contains(word, autoescape=True), Organisation.fiscal_code == word)
        )
    if not words:
        same = [Organisation.match_name == body.match_name]
        same += [Organisation.pec == body.pec] if body.pec else []
        query = query.where(or_(*same))
    return list(session.scalars(query.order_by(Organisation.match_name, Organisation.id).limit(10)))


def _lines(visit: Visit, bodies: tuple[Organisation, ...]) -> list[tuple[str, list[str]]]:
    themes = visit.desk.themes
    return [
        (label(key), [value_text(key, one.values.get(key, {}).get("value"), themes) for one in bodies])
        for key in _COMPARED
    ]


def _chosen(visit: Visit, name: str, numbers: list[int], otherwise: int) -> int:
    asked = number_in(visit.query.get(name, ""))
    return asked if asked in numbers else otherwise


def _first_page(pages: list[PageView]) -> PageView | None:
    return next((one for one in pages if one.of_form), None)


PAGES = (
    Page("/enti/{id:int}/decisioni", choices, Needs.CLERK),
    Page("/enti/{id:int}/ruolo", set_role, Needs.CLERK, "POST"),
    Page("/enti/{id:int}/stato", withdraw, Needs.CLERK, "POST"),
    Page("/enti/{id:int}/unisci", unite, Needs.CLERK, "POST"),
    Page("/enti/{id:int}/separa", separate, Needs.CLERK, "POST"),
    Page("/enti/{id:int}/versioni", versions, Needs.READER),
)
