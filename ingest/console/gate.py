"""The one gate every request passes: who is it, may they, is the form their own; then the view, then the headers.

A page that says nothing about its needs cannot be written: `Page` asks for them. What is no page is not found.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from hmac import compare_digest
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from ingest.console.choice import desk_for
from ingest.console.desk import LARGEST_ID, Desk, Needs, Page, Person, Visit
from ingest.console.headers import guarded
from ingest.console.pages.accesso import login_page, offered_again, seated
from ingest.console.proxy import REMOTE, Remote
from ingest.console.resume import kept
from ingest.console.sessions import COOKIE, open_session, person_of
from ingest.console.vouched import role_for, vouched_user
from models import Vouched

LOGIN = "/accesso"
_STALE = "Il modulo non è più valido. Torna alla pagina, ricaricala e ripeti l'operazione."
_STRANGER = "Ti riconosciamo come «{}», ma questo nome non ha accesso. Rivolgiti a chi amministra la console."
_NOT_ALLOWED = "Il tuo ruolo non permette questa operazione. Rivolgiti a chi amministra la console."
Endpoint = Callable[[Request], Awaitable[Response]]


def endpoint(desk: Desk, page: Page) -> Endpoint:
    """The page as Starlette calls it."""

    async def answer(request: Request) -> Response:
        form = await _form(request) if request.method == "POST" else FormData()
        return guarded(await run_in_threadpool(admitted, desk, page, request, form), request)

    return answer


def admitted(desk: Desk, page: Page, request: Request, form: FormData) -> Response:
    """The view's answer, or why this visitor does not get it."""
    visit = _seated(visit_of(desk, request, form), request)
    response = _answer(page, visit, request)
    return seated(visit, response, visit.opened) if visit.opened else response


def _answer(page: Page, visit: Visit, request: Request) -> Response:
    if any(isinstance(value, int) and value > LARGEST_ID for value in visit.params.values()):
        return visit.missing()
    if page.needs is Needs.NOTHING:
        return page.view(visit)
    if visit.person is None:
        return _refused(visit) if visit.stranger else _to_login(visit, request)
    waiting = kept(visit, request.headers) if visit.opened and request.method == "POST" else None
    if waiting is not None:
        return offered_again(visit, visit.person.csrf, waiting)
    stale = request.method == "POST" and not compare_digest(
        visit.text("csrf", 200).encode(), visit.person.csrf.encode()
    )
    if stale or visit.person.may < page.needs:
        heading, text = ("Modulo scaduto", _STALE) if stale else ("Operazione non consentita", _NOT_ALLOWED)
        return visit.page("errore.html", status=403, heading=heading, text=text)
    return page.view(visit)


def visit_of(desk: Desk, request: Request, form: FormData) -> Visit:
    """The visit a request is."""
    desk, now = desk_for(desk, request), desk.clock()
    person = person_of(desk.db, request.cookies.get(COOKIE, ""), now)
    return Visit(
        desk=desk, now=now, path=request.url.path, params=request.path_params, query=request.query_params, form=form,
        person=person if _still_vouched(desk, person, request.scope.get(REMOTE)) else None,
        address=request.client.host if request.client else "", secure=request.url.scheme == "https",
        cookies=request.cookies,
    )  # fmt: skip


def _still_vouched(desk: Desk, person: Person | None, remote: Remote | None) -> bool:
    """False for a session that a proxy vouched for when it no longer says the same name and role with the request."""
    if person is None or (remote is None and person.vouched != Vouched.PROXY):
        return person is not None
    return remote is not None and person.name == remote.name and person.role == role_for(
        remote.words, desk.settings.console, person.role
    )  # fmt: skip


def _seated(visit: Visit, request: Request) -> Visit:
    """The visit with a session of its own when a proxy vouches for somebody who has none yet."""
    remote: Remote | None = request.scope.get(REMOTE)
    if remote is None or visit.person is not None:
        return visit
    by = (Vouched.PROXY, visit.now)
    user = vouched_user(visit.desk.db, remote.name, remote.words, by, visit.desk.settings.console)
    if user is None:
        return replace(visit, stranger=remote.name)
    token = open_session(visit.desk.db, user, visit.now, Vouched.PROXY)
    return replace(visit, person=person_of(visit.desk.db, token, visit.now), opened=token)


def _refused(visit: Visit) -> Response:
    text = _STRANGER.format(visit.stranger)
    return visit.page("errore.html", status=403, heading="Accesso non abilitato", text=text)


def _to_login(visit: Visit, request: Request) -> Response:
    """The login page; what a form carried when its session had ended comes along and is offered again afterwards."""
    if request.method == "GET":
        back = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        return RedirectResponse(LOGIN if back == "/" else f"{LOGIN}?{urlencode({'poi': back})}", 303)
    return login_page(visit, status=401, kept=kept(visit, request.headers))


async def _form(request: Request) -> FormData:
    try:
        return await request.form(max_files=0, max_fields=2000)
    except ClientDisconnect as gone:
        raise HTTPException(400) from gone
