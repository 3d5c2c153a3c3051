"""What every page of the console works with: the service it shows, one visit, and how a page is answered.

A page module holds views, functions from a `Visit` to a Response, and lists them in `PAGES` with the role they need.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from starlette.datastructures import FormData, QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ingest.app import Clock, Service
from ingest.console.look import templates
from ingest.database import Database
from ingest.keys import Settings
from ingest.store import Store


class Needs(IntEnum):
    """What a page needs of its visitor; a higher role may do all that a lower one may."""

    NOTHING = 0
    READER = 1
    CLERK = 2
    ADMIN = 3


ROLE_NEEDS = {"reader": Needs.READER, "clerk": Needs.CLERK, "admin": Needs.ADMIN}
LARGEST_ID = 2**31 - 1  # of a record, and of what PostgreSQL can be asked for


@dataclass(frozen=True, slots=True)
class Desk:
    """The service as the console sees it."""

    service: Service

    @property
    def db(self) -> Database:
        """The register."""
        return self.service.db

    @property
    def store(self) -> Store:
        """The originals."""
        return self.service.store

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return self.service.settings

    @property
    def clock(self) -> Clock:
        """The time, aware."""
        return self.service.clock

    @property
    def themes(self) -> dict[str, str]:
        """The notice's themes: key and printed label."""
        return dict(self.service.settings.notice.themes)


@dataclass(frozen=True, slots=True)
class Person:
    """Who is logged in."""

    id: int
    name: str
    role: str
    seat: int  # the session's row
    csrf: str
    vouched: str = "password"  # who said so: password | proxy | oidc

    @property
    def may(self) -> Needs:
        """The highest need this person meets."""
        return ROLE_NEEDS.get(self.role, Needs.NOTHING)


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, with everything a view may use. `form` is empty unless the request is a POST."""

    desk: Desk
    now: datetime
    path: str
    params: Mapping[str, Any]  # of the path
    query: QueryParams
    form: FormData
    person: Person | None
    address: str  # the network address it came from
    secure: bool  # over https
    cookies: Mapping[str, str] = field(default_factory=dict)
    opened: str = ""  # the token of a session that began with this request: a proxy vouches for the person
    stranger: str = ""  # whom a proxy vouches for, but who has no access here

    @property
    def who(self) -> Person:
        """The person of a page that needs one."""
        assert self.person is not None
        return self.person

    def text(self, name: str, longest: int = 300) -> str:
        """A field of the form as text; "" when it is missing or a file."""
        value = self.form.get(name, "")
        return value.strip()[:longest] if isinstance(value, str) else ""

    def page(self, template: str, /, *, status: int = 200, **facts: object) -> Response:
        """A rendered page of templates/console."""
        shared: dict[str, object] = {
            "person": self.person, "may": int(self.person.may) if self.person else 0, "path": self.path,
            "now": self.now, "title": self.desk.settings.notice.title, "said": SAID.get(self.query.get("esito", "")),
            "csrf": self.person.csrf if self.person else "",
            "notices": {one.notice.id: one.notice.title for one in self.desk.service.installation},
        }  # fmt: skip
        return HTMLResponse(templates().get_template(template).render(**shared, **facts), status)

    def missing(self, what: str = "La pagina") -> Response:
        """The answer when there is no such thing."""
        return self.page("errore.html", status=404, heading=f"{what} non c'è", text="L'indirizzo non porta a nulla.")

    def see(self, path: str, said: str = "") -> Response:
        """Sends the browser to a page of ours after a POST; `said` names the message shown there."""
        joined = f"{path}{'&' if '?' in path else '?'}esito={said}" if said else path
        return RedirectResponse(joined, 303)


def number_in(text: str) -> int | None:
    """The number of a record written in an address; None for anything else."""
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 16 else LARGEST_ID + 1
    return number if number <= LARGEST_ID else None


View = Callable[[Visit], Response]


@dataclass(frozen=True, slots=True)
class Page:
    """One route: the path in Starlette's notation, its view, what it needs, and its method."""

    path: str
    view: View
    needs: Needs
    method: str = "GET"


SAID: dict[str, str] = {
    "accesso": "Accesso effettuato.",
    "uscita": "Sei uscito dalla console.",
    "lettera-in-coda": "La lettera è in coda e partirà al prossimo giro.",
    "lettera-ferma": "La lettera non è in uno stato che permetta l'invio: non è stata toccata.",
    "convocazione-confermata": "Invio confermato: le lettere partono una alla volta, secondo i limiti del gestore.",
    "convocazione-fermata": "Invio fermato.",
    "convocazione-ferma": "La convocazione non è in uno stato che lo permetta: non è stata toccata.",
    "destinatari-cambiati": "Nel frattempo i destinatari sono cambiati: controllali e conferma di nuovo.",
    "integrazione-chiusa": "Richiesta di integrazione chiusa.",
    "integrazione-ferma": "La richiesta non è in attesa: non è stata toccata.",
    "protocollo-registrato": "Numero di protocollo registrato.",
    "ammissione-decisa": "Decisione sull'ammissione registrata.",
    "utente-creato": "Utente creato.",
    "utente-chiuso": "L'accesso dell'utente è stato chiuso.",
    "password-cambiata": "Password cambiata: le sessioni aperte prima non valgono più.",
}
