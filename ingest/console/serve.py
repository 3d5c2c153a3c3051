"""The console on its address: alone (`web`), or beside the daemon in a thread of its own."""

import socket
import threading
from collections.abc import Callable

import structlog
import uvicorn

from ingest.app import Service
from ingest.config import ConfigError
from ingest.console.site import site
from ingest.quantities import host_and_port

log = structlog.get_logger()
_STOPS_WITHIN = 3  # seconds for answers under way


def serve(service: Service, listen: str) -> None:
    """Serves until SIGTERM or Ctrl-C, or until the register is lost.

    Raises ConfigError when the address is none, OSError when it is taken.
    """
    server = _server(service)

    def end() -> None:
        server.should_exit = True

    if service.db.file is not None:
        service.db.file.when_lost(end)
    with taken(listen) as place:
        log.info("console", listen=listen)
        server.run(sockets=[place])


def serve_in_background(service: Service, listen: str) -> Callable[[], None]:
    """Serves in a thread; what comes back stops it. ConfigError and OSError as in `serve`, at once."""
    server, place = _server(service), taken(listen)
    thread = threading.Thread(target=server.run, args=([place],), name="console", daemon=True)
    thread.start()  # outside the main thread uvicorn leaves the signals alone
    log.info("console", listen=listen)

    def stop() -> None:
        server.should_exit = True
        thread.join(_STOPS_WITHIN + 1)
        place.close()

    return stop


def address(listen: str) -> tuple[str, int]:
    """Host and port of "127.0.0.1:8080" or "[::1]:8080". Raises ConfigError for anything else."""
    try:
        return host_and_port(listen)
    except ValueError as error:
        raise ConfigError([f'console.listen: {error}, not "{listen}"']) from error


def taken(listen: str) -> socket.socket:
    """The socket of an address. ConfigError when the address is none, OSError when somebody else has it.

    Small packets leave at once: asyncio sees to that only for sockets it opens itself, and without it every page waits
    40 ms for the browser's delayed acknowledgement of its head.
    """
    host, port = address(listen)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    place = socket.create_server((host, port), family=family, backlog=128)
    place.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # those it accepts inherit it
    return place


def _server(service: Service) -> uvicorn.Server:
    return uvicorn.Server(
        uvicorn.Config(
            site(service), log_config=None, access_log=False, server_header=False, lifespan="off", ws="none",
            proxy_headers=False,  # whom to believe is configured: see `proxy`
            timeout_graceful_shutdown=_STOPS_WITHIN, timeout_keep_alive=15, limit_concurrency=200,
        )
    )  # fmt: skip
