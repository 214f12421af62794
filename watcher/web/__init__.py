"""HTTP: is the process alive, is work being done, and what was counted. Nothing here changes anything."""

from __future__ import annotations

import hmac
from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from watcher import __version__


class Watched(Protocol):
    """What the pages show of the running service."""

    async def not_ready(self) -> tuple[str, ...]:
        """Sentences that say which work has stalled."""
        ...

    async def metrics(self) -> bytes:
        """All counters, in Prometheus' text format."""
        ...


Page = Callable[[web.Request], Awaitable[web.StreamResponse]]

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'",
    "X-Content-Type-Options": "nosniff",
}


def site(watched: Watched, *, token: str | None = None) -> web.Application:
    """Make the web application. With a ``token``, ``/metrics`` wants it (``Authorization: Bearer …``)."""

    async def healthz(_: web.Request) -> web.StreamResponse:
        return web.json_response({"alive": True, "version": __version__}, headers=HEADERS)

    async def readyz(_: web.Request) -> web.StreamResponse:
        reasons = await watched.not_ready()
        status = 503 if reasons else 200
        return web.json_response({"ready": not reasons, "reasons": list(reasons)}, status=status, headers=HEADERS)

    async def metrics(request: web.Request) -> web.StreamResponse:
        if token is not None and not _allowed(request, token):
            raise web.HTTPUnauthorized(text="this page wants the server token (Authorization: Bearer …)\n")
        text = await watched.metrics()
        return web.Response(body=text, headers={**HEADERS, "Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    app = web.Application()
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


def _allowed(request: web.Request, token: str) -> bool:
    kind, _, given = request.headers.get("Authorization", "").partition(" ")
    return kind.lower() == "bearer" and hmac.compare_digest(given.strip().encode(), token.encode())


class Server:
    """A listening site; ``address`` is where it really listens (port 0 takes any free one)."""

    def __init__(self, runner: web.AppRunner, address: str) -> None:
        self._runner = runner
        self.address = address

    async def close(self) -> None:
        """Stop listening."""
        await self._runner.cleanup()


async def serve(app: web.Application, *, host: str, port: int) -> Server:
    """Start listening; raises OSError when the address is taken or not ours."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError:
        await runner.cleanup()
        raise
    taken = runner.addresses[0]
    return Server(runner, f"[{taken[0]}]:{taken[1]}" if ":" in str(taken[0]) else f"{taken[0]}:{taken[1]}")
