"""The one gate every request passes: who is it, may they, is the form their own; then the view, then the headers.

A page that says nothing about its needs cannot be written: `Page` asks for them. What is no page is not found.
"""

from collections.abc import Awaitable, Callable
from hmac import compare_digest
from urllib.parse import urlencode

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import RedirectResponse, Response

from ingest.console.desk import Desk, Needs, Page, Visit
from ingest.console.headers import guarded
from ingest.console.pages.accesso import login_page
from ingest.console.resume import kept
from ingest.console.sessions import COOKIE, person_of

LOGIN = "/accesso"
LARGEST_ID = 10**15  # no record has a greater number; no database is asked for one
_STALE = "Il modulo non è più valido. Torna alla pagina, ricaricala e ripeti l'operazione."
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
    visit = visit_of(desk, request, form)
    if any(isinstance(value, int) and value > LARGEST_ID for value in visit.params.values()):
        return visit.missing()
    if page.needs is Needs.NOTHING:
        return page.view(visit)
    if visit.person is None:
        return _to_login(visit, request)
    if request.method == "POST" and not compare_digest(visit.text("csrf", 200).encode(), visit.person.csrf.encode()):
        return visit.page("errore.html", status=403, heading="Modulo scaduto", text=_STALE)
    if visit.person.may < page.needs:
        return visit.page("errore.html", status=403, heading="Operazione non consentita", text=_NOT_ALLOWED)
    return page.view(visit)


def visit_of(desk: Desk, request: Request, form: FormData) -> Visit:
    """The visit a request is."""
    now = desk.clock()
    return Visit(
        desk=desk, now=now, path=request.url.path, params=request.path_params, query=request.query_params, form=form,
        person=person_of(desk.db, request.cookies.get(COOKIE, ""), now),
        address=request.client.host if request.client else "", secure=request.url.scheme == "https",
        cookies=request.cookies,
    )  # fmt: skip


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
