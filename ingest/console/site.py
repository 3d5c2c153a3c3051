"""The console as an ASGI application: every page of every module behind the gate, and nothing else.

Nothing is compressed: a page that holds both a secret mark and words of its reader's choice would leak the mark.
"""

from collections.abc import Awaitable, Callable, Iterator
from importlib.util import find_spec
from typing import Any

import structlog
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from ingest.app import Service
from ingest.config import ConfigError
from ingest.console.assets import assets
from ingest.console.desk import Desk, Page
from ingest.console.gate import endpoint, visit_of
from ingest.console.headers import guarded
from ingest.console.pages import (
    accesso,
    adesione,
    avvisi,
    convocazioni,
    decisioni,
    digest,
    enti,
    integrazioni,
    lettere,
    messaggio,
    oggi,
    oidc,
    picture,
    protocollo,
    registro,
    relazione,
    stato,
    tavoli,
    utenti,
)
from ingest.console.probes import health, metrics
from ingest.console.proxy import Proxied
from ingest.sqlite_file import RegisterLostError

PAGES: tuple[Page, ...] = (
    *accesso.PAGES, *oidc.PAGES, *adesione.PAGES, *avvisi.PAGES, *picture.PAGES, *decisioni.PAGES, *oggi.PAGES,
    *registro.PAGES, *messaggio.PAGES, *enti.PAGES, *lettere.PAGES, *digest.PAGES, *tavoli.PAGES, *convocazioni.PAGES,
    *integrazioni.PAGES,
    *protocollo.PAGES, *relazione.PAGES, *utenti.PAGES, *stato.PAGES,
)  # fmt: skip
LARGEST_FORM = 1_000_000  # bytes; no page asks for files
_SAID = {
    404: ("La pagina non c'è", "L'indirizzo non porta a nulla. Controlla di averlo scritto per intero."),
    405: ("Operazione non prevista", "Questa pagina non accetta questa richiesta."),
    413: ("Troppo lungo", "Il modulo inviato è troppo lungo."),
}

log = structlog.get_logger()


def site(service: Service) -> Starlette:
    """The console of a service. Raises ConfigError when it asks for libraries that are not installed."""
    if service.settings.oidc.issuer and not (find_spec("joserfc") and find_spec("httpx2")):
        raise ConfigError(["oidc.issuer: the extra is missing: pip install 'pec-ingest[oidc]'"])
    desk = Desk(service)
    app = Starlette(
        routes=list(_routes(desk)),
        exception_handlers={HTTPException: _refusal(desk), RegisterLostError: _in_doubt, Exception: _broken},
        middleware=[Middleware(Proxied, service.settings.console)],
        max_body_size=LARGEST_FORM,
    )
    app.router.redirect_slashes = False
    return app


def _routes(desk: Desk) -> Iterator[Route]:
    for page in PAGES:
        yield Route(page.path, endpoint(desk, page), methods=[page.method])
    for path, probe in (("/health", health), ("/metrics", metrics)):
        yield Route(path, _probe(desk, probe), methods=["GET"])
    yield Route("/static/{name}", _static, methods=["GET"])


def _probe(desk: Desk, probe: Callable[[Desk], Response]) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        return guarded(await run_in_threadpool(probe, desk), request)

    return answer


async def _static(request: Request) -> Response:
    """A file of ours by its served name; the name is a key, never a path."""
    found = assets().get(request.path_params["name"])
    if found is None:
        return guarded(PlainTextResponse("", 404), request)
    content, media_type = found
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return guarded(Response(content, media_type=media_type, headers=headers), request)


def _refusal(desk: Desk) -> Callable[[Request, Any], Awaitable[Response]]:
    async def answer(request: Request, error: HTTPException) -> Response:
        heading, text = _SAID.get(error.status_code, ("Richiesta non riuscita", "La richiesta non si può soddisfare."))
        visit = await run_in_threadpool(visit_of, desk, request, FormData())
        page = visit.page("errore.html", status=error.status_code, heading=heading, text=text)
        return guarded(page, request)

    return answer


async def _in_doubt(request: Request, error: Exception) -> Response:
    """The register is not the one that was written, or waits for a choice: nothing is decided on it."""
    log.error("console-without-register", error=type(error).__name__, path=request.url.path)
    text = (
        "Il file del registro è stato spostato o sostituito mentre era in uso: finché non è verificato non si può "
        "registrare nulla. I messaggi ricevuti sono al sicuro. Avvisa chi amministra il servizio.\n"
    )
    return guarded(PlainTextResponse(text, 503), request)


async def _broken(request: Request, error: Exception) -> Response:
    """An error of ours: its kind goes to the service log, nothing of it to the page."""
    log.error("console-failed", error=type(error).__name__, path=request.url.path)
    text = "Si è verificato un errore interno. I messaggi ricevuti sono al sicuro. Riprova tra qualche minuto.\n"
    return guarded(PlainTextResponse(text, 500), request)
