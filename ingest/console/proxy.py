"""What a reverse proxy says about a request, believed only when the connection itself comes from a listed address.

Anybody may write a header; only the proxy that overwrites it may be believed. From any other peer the headers count for
nothing, and uvicorn's own trust in loopback is switched off (`serve`).
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

from starlette.datastructures import Headers

from ingest.entrance import ConsoleSettings

REMOTE = "pec_ingest.remote"  # where in the request's scope the person stands whom the proxy vouches for
_LONGEST = 200
App = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Remote:
    """Who the proxy says is there: a name in lower case, and the words that stand for roles."""

    name: str
    words: tuple[str, ...] = ()


class Proxied:
    """ASGI: the scope as the browser meant it, where a trusted proxy stands between."""

    def __init__(self, app: App, settings: ConsoleSettings) -> None:
        self._app = app
        self._settings = settings

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Passes the request on."""
        if scope["type"] == "http" and self._is_trusted((scope.get("client") or ("",))[0]):
            headers = Headers(scope=scope)
            scope = {**scope, REMOTE: remote_of(headers, self._settings)}
            forwarded = _listed(headers, "x-forwarded-proto")
            if forwarded and forwarded[-1].lower() in ("http", "https"):
                scope["scheme"] = forwarded[-1].lower()
            came_from = next(
                (one for one in reversed(_listed(headers, "x-forwarded-for")) if not self._is_trusted(one)), ""
            )
            scope["client"] = (came_from[:80], 0) if came_from else scope["client"]
        await self._app(scope, receive, send)

    def _is_trusted(self, peer: str) -> bool:
        try:
            address = ip_address(peer.partition("%")[0])
        except ValueError:
            return False
        mapped = getattr(address, "ipv4_mapped", None)
        return any((mapped or address) in network for network in self._settings.proxies)


def remote_of(headers: Headers, settings: ConsoleSettings) -> Remote | None:
    """The person the headers name; None without one, or with a header that comes twice: one is not the proxy's."""
    names = headers.getlist(settings.user_header) if settings.user_header else []
    words = headers.getlist(settings.role_header) if settings.role_header else []
    if len(names) != 1 or len(words) > 1:
        return None
    name = names[0].strip().lower()
    if not name or len(name) > _LONGEST or not name.isprintable():
        return None
    listed: Sequence[str] = words[0].split(",") if words else ()
    return Remote(name, tuple(word.strip() for word in listed if word.strip()))


def _listed(headers: Headers, name: str) -> list[str]:
    return [part.strip() for value in headers.getlist(name) for part in value.split(",") if part.strip()]
