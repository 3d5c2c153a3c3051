"""Login and logout, one's own password, and the accessibility statement: the pages around the work."""

import secrets
from hmac import compare_digest

from starlette.responses import RedirectResponse, Response

from ingest.console.desk import Needs, Page, Visit
from ingest.console.login import login
from ingest.console.resume import Kept, carried, is_ours
from ingest.console.sessions import COOKIE, close_session, open_session, person_of
from ingest.users import SHORTEST, set_password

_LOGIN_COOKIE = "pec_ingest_accesso"  # ties the login form to the browser it was shown in
_REFUSED = (
    "Nome utente o password non corretti, oppure troppi tentativi: dopo cinque errori l'accesso resta chiuso per "
    "quindici minuti."
)


def login_page(visit: Visit, *, status: int = 200, error: str = "", kept: Kept | None = None) -> Response:
    """The login form, with a form that waits for it, if there is one."""
    known = visit.cookies.get(_LOGIN_COOKIE, "")
    mark = known if len(known) == 43 and known.isascii() else secrets.token_urlsafe(32)
    back = visit.text("poi", 2000) or visit.query.get("poi", "")[:2000]
    response = visit.page("accesso.html", status=status, error=error, mark=mark, back=back if is_ours(back) else "",
                          oidc=visit.desk.settings.oidc,
                          name=visit.text("nome", 200) if visit.path == "/accesso" else "", kept=kept)  # fmt: skip
    response.set_cookie(_LOGIN_COOKIE, mark, httponly=True, secure=visit.secure, samesite="strict", path="/accesso")
    return response


def show_login(visit: Visit) -> Response:
    """The login form; who is logged in already goes on to the day."""
    return RedirectResponse("/", 303) if visit.person else login_page(visit)


def enter(visit: Visit) -> Response:
    """Checks name and password and opens a session."""
    mark = visit.cookies.get(_LOGIN_COOKIE, "")
    if not mark or not compare_digest(mark.encode(), visit.text("segno", 200).encode()):
        return login_page(visit, status=403, error="La pagina di accesso era scaduta: riprova.", kept=carried(visit))
    password = visit.form.get("password", "")
    user = login(visit.desk.db, visit.text("nome", 200), str(password), visit.address, visit.now)
    if user is None:
        return login_page(visit, status=401, error=_REFUSED, kept=carried(visit))
    if visit.person is not None:
        close_session(visit.desk.db, visit.person.seat)
    token = open_session(visit.desk.db, user, visit.now)
    back, waiting = visit.text("poi", 2000), carried(visit)
    response: Response = RedirectResponse(back if is_ours(back) else "/", 303)
    if waiting is not None:
        person = person_of(visit.desk.db, token, visit.now)
        assert person is not None
        response = offered_again(visit, person.csrf, waiting)
    seated(visit, response, token)
    response.delete_cookie(_LOGIN_COOKIE, path="/accesso", secure=visit.secure, httponly=True, samesite="strict")
    return response


def resume(visit: Visit) -> Response:
    """A kept form after a login in another tab: offered again, or kept on when there was none."""
    waiting, mark = carried(visit), visit.cookies.get(_LOGIN_COOKIE, "")
    if visit.person is None or not mark or not compare_digest(mark.encode(), visit.text("segno", 200).encode()):
        return login_page(visit, status=401, kept=waiting)
    return offered_again(visit, visit.person.csrf, waiting) if waiting else RedirectResponse("/", 303)


def offered_again(visit: Visit, csrf: str, waiting: Kept) -> Response:
    """The page that sends a kept form again, under a session's mark."""
    return visit.page("riprendi.html", kept=waiting, new_csrf=csrf)


def seated(visit: Visit, response: Response, token: str) -> Response:
    """The response with the cookie of a session."""
    response.set_cookie(COOKIE, token, httponly=True, secure=visit.secure, samesite="lax", path="/")
    return response


def leave(visit: Visit) -> Response:
    """Ends the session."""
    close_session(visit.desk.db, visit.who.seat)
    response = visit.see("/accesso", "uscita")
    response.delete_cookie(COOKIE, path="/", secure=visit.secure, httponly=True, samesite="lax")
    return response


def own_password(visit: Visit) -> Response:
    """The form to change one's own password."""
    return visit.page("password.html", error="", shortest=SHORTEST)


def change_password(visit: Visit) -> Response:
    """Sets a new password for who is logged in, and asks to log in with it."""
    old, new, again = (str(visit.form.get(name, "")) for name in ("attuale", "nuova", "ripetuta"))
    error = ""
    if len(new) < SHORTEST:
        error = f"La nuova password deve avere almeno {SHORTEST} caratteri."
    elif new != again:
        error = "Le due scritture della nuova password sono diverse."
    elif login(visit.desk.db, visit.who.name, old, visit.address, visit.now) is None:
        error = "La password attuale non è corretta."
    if error:
        return visit.page("password.html", status=422, error=error, shortest=SHORTEST)
    set_password(visit.desk.db, visit.who.name, new, visit.now)
    close_session(visit.desk.db, visit.who.seat)
    return visit.see("/accesso", "password-cambiata")


def accessibility(visit: Visit) -> Response:
    """The accessibility statement (L. 4/2004)."""
    return visit.page("accessibilita.html")


PAGES = (
    Page("/accesso", show_login, Needs.NOTHING),
    Page("/accesso", enter, Needs.NOTHING, "POST"),
    Page("/accesso/riprendi", resume, Needs.NOTHING, "POST"),
    Page("/esci", leave, Needs.READER, "POST"),
    Page("/password", own_password, Needs.READER),
    Page("/password", change_password, Needs.READER, "POST"),
    Page("/accessibilita", accessibility, Needs.NOTHING),
)
