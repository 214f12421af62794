"""Host names to addresses.

Its one rule: a look-up that hangs (a dead name server can take half a minute) holds up neither other work nor the end
of the process. The event loop's own threads would: it has few, and waits for them when it closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from threading import Thread

from aiohttp.abc import AbstractResolver, ResolveResult

_MOST = 32
"""Look-ups at a time, hanging ones included."""

Found = list[ResolveResult] | Exception


class Resolver(AbstractResolver):
    """The system's own resolver, in threads that nobody waits for."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(_MOST)

    async def resolve(self, host: str, port: int = 0, family: int = socket.AF_INET) -> list[ResolveResult]:
        """All addresses of a name; raises OSError (or UnicodeError, for what can be no name)."""
        await self._free.acquire()
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Found] = loop.create_future()

        def settle(found: Found) -> None:
            self._free.release()
            if not answer.cancelled():
                answer.set_result(found)

        def work() -> None:
            found = _look_up(host, port, family)
            with contextlib.suppress(RuntimeError):  # the loop has closed meanwhile: nobody waits any more
                loop.call_soon_threadsafe(settle, found)

        Thread(target=work, name="look-up", daemon=True).start()
        found = await answer
        if isinstance(found, Exception):
            raise found
        return found

    async def close(self) -> None:
        """Nothing is kept open."""


def _look_up(host: str, port: int, family: int) -> Found:
    try:
        infos = socket.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except (OSError, UnicodeError) as error:
        return error
    return [
        ResolveResult(hostname=host, host=str(address[0]), port=port, family=kind, proto=protocol, flags=_NUMERIC)
        for kind, _, protocol, _, address in infos
    ]


_NUMERIC = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
