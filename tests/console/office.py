"""The console as a browser meets it: visitors who log in, open pages and send forms with their mark."""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from httpx2 import Response
from sqlalchemy import select
from starlette.testclient import TestClient

from ingest.app import Service
from ingest.console.sessions import COOKIE, open_session
from ingest.console.site import site
from models import User
from tests.console.filled import PASSWORD, Clock

_MARK = re.compile(r'name="(?:csrf|segno)" value="([^"]+)"')


@dataclass
class Visitor:
    """A browser of its own, with its cookies."""

    client: TestClient

    def get(self, path: str, **more: Any) -> Response:
        return self.client.get(path, **more)

    def post(self, path: str, form: dict[str, Any] | None = None, **more: Any) -> Response:
        return self.client.post(path, data={"csrf": self.csrf(), **(form or {})}, **more)

    def csrf(self) -> str:
        found = _MARK.search(self.get("/password").text)
        return found[1] if found else ""

    def log_in(self, name: str, password: str = PASSWORD, **fields: str) -> Response:
        found = _MARK.search(self.get("/accesso").text)
        assert found
        return self.client.post("/accesso", data={"segno": found[1], "nome": name, "password": password, **fields})


@dataclass
class Office:
    """A filled register with its console."""

    service: Service
    clock: Clock
    site: Any = field(init=False)

    def __post_init__(self) -> None:
        self.site = site(self.service)

    def visitor(self, name: str | None = None, **how: Any) -> Visitor:
        """A browser, logged in when a name is given."""
        scheme = how.pop("scheme", "http")
        client = TestClient(self.site, base_url=f"{scheme}://console.example", follow_redirects=False, **how)
        visitor = Visitor(client)
        if name is not None:
            client.cookies.set(COOKIE, self.session(name))
        return visitor

    def session(self, name: str) -> str:
        """The token of a session begun without the slow check of a password."""
        with self.service.db.reading() as session:
            user = session.scalars(select(User.id).where(User.name == name)).one()
        return open_session(self.service.db, user, self.clock())


def tags(page: Response) -> list[tuple[str, dict[str, str]]]:
    """The elements of a page with their attributes, as a browser takes them."""
    found: list[tuple[str, dict[str, str]]] = []

    class Reader(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            found.append((tag, {name: value or "" for name, value in attrs}))

    Reader().feed(page.text)
    return found


def words(page: Response) -> str:
    """What a page says, without its markup."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())
