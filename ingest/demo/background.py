"""An event loop in a thread of its own, where the demo's servers live; leaving the block ends them all."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Coroutine
from types import TracebackType
from typing import Any, Self, TypeVar

Result = TypeVar("Result")
PATIENCE = 10.0  # seconds for a loopback server to start or to stop


class Background:
    """`with Background() as loop: port = loop.listen(factory)`; ports are ephemeral, on 127.0.0.1."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="demo-server", daemon=True)
        self._servers: list[asyncio.Server] = []
        self._protocols: list[Any] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.run(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, for protocols that ask for it."""
        return self._loop

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        """The result of `work`, done in the loop. Raises what it raises, or TimeoutError."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)

    def listen(self, factory: Callable[[], Any], tls: ssl.SSLContext | None = None, port: int = 0) -> int:
        """The port where connections get a protocol made by `factory` (whose `transport` is closed at the end)."""

        def remembered() -> Any:
            protocol = factory()
            self.remember(protocol)
            return protocol

        server = self.run(self._serve(remembered, tls, port))
        self._servers.append(server)
        return int(server.sockets[0].getsockname()[1])

    def remember(self, connection: Any) -> None:
        """Has `connection.transport` closed at the end."""
        self._protocols.append(connection)

    async def _serve(self, factory: Callable[[], Any], tls: ssl.SSLContext | None, port: int) -> asyncio.Server:
        return await self._loop.create_server(factory, "127.0.0.1", port, ssl=tls)

    async def _end(self) -> None:
        for server in self._servers:
            server.close()
        for protocol in self._protocols:
            transport = getattr(protocol, "transport", None)
            if transport is not None:
                transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0.01)  # aborted transports close their sockets in the next turns of the loop
