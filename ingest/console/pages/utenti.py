"""Utenti: who may open the console. For administrators; a user is closed, never deleted."""

from collections.abc import Callable

from starlette.responses import Response

from ingest.console.desk import Needs, Page, Visit
from ingest.users import ROLES, SHORTEST, add_user, disable_user, set_password, users
from models import Audit

ROLE_WORDS = {
    "reader": "Lettura: consulta ed esporta",
    "clerk": "Ufficio: consulta, esamina, decide",
    "admin": "Amministrazione: anche gli utenti",
}


def list_users(visit: Visit) -> Response:
    """The users with the form for a new one."""
    return _page(visit)


def add(visit: Visit) -> Response:
    """A new user."""
    name, role, password = visit.text("nome", 200), visit.text("ruolo", 20), str(visit.form.get("password", ""))
    problem = _problem(name, password) or ("" if role in ROLES else "Scegli un ruolo.")
    if not problem and not _done(lambda: add_user(visit.desk.db, name, password, role, visit.now)):
        problem = "Esiste già un utente con questo nome."
    if problem:
        return _page(visit, problem=problem, status=422)
    _note(visit, "user-added", name.lower(), role)
    return visit.see("/utenti", "utente-creato")


def new_password(visit: Visit) -> Response:
    """A new password for another user, whose sessions end."""
    name, password = visit.text("nome", 200), str(visit.form.get("password", ""))
    problem = _problem(name, password)
    if not problem and not _done(lambda: set_password(visit.desk.db, name, password, visit.now)):
        problem = "Questo utente non esiste."
    if problem:
        return _page(visit, problem=problem, status=422)
    _note(visit, "user-password", name.lower(), None)
    return visit.see("/utenti", "password-cambiata")


def disable(visit: Visit) -> Response:
    """Closes a user's access at once. Nobody closes their own: the console would be left without a key."""
    name = visit.text("nome", 200)
    if name.lower() == visit.who.name:
        return _page(visit, problem="Non puoi chiudere il tuo stesso accesso.", status=422)
    if not _done(lambda: disable_user(visit.desk.db, name, visit.now)):
        return _page(visit, problem="Questo utente non esiste.", status=422)
    _note(visit, "user-disabled", name.lower(), None)
    return visit.see("/utenti", "utente-chiuso")


def _page(visit: Visit, *, problem: str = "", status: int = 200) -> Response:
    return visit.page(
        "utenti.html", status=status, users=users(visit.desk.db), problem=problem, roles=ROLE_WORDS, shortest=SHORTEST
    )


def _problem(name: str, password: str) -> str:
    if not name:
        return "Scrivi il nome utente."
    return "" if len(password) >= SHORTEST else f"La password deve avere almeno {SHORTEST} caratteri."


def _done(change: Callable[[], None]) -> bool:
    try:
        change()
    except ValueError:
        return False
    return True


def _note(visit: Visit, what: str, name: str, new: str | None) -> None:
    with visit.desk.db.transaction() as session:
        session.add(Audit(at=visit.now, who=visit.who.name, what=what, object=f"user:{name}", old=None, new=new))


PAGES = (
    Page("/utenti", list_users, Needs.ADMIN),
    Page("/utenti", add, Needs.ADMIN, "POST"),
    Page("/utenti/password", new_password, Needs.ADMIN, "POST"),
    Page("/utenti/chiudi", disable, Needs.ADMIN, "POST"),
)
