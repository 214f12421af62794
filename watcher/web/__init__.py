"""HTTP: is the process alive, is work being done, what was counted; and the console page. Nothing here changes a thing.

Rule: ``/healthz`` and ``/readyz`` answer everybody; for all else there is a token wherever others can reach the port.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol

from aiohttp import web

from watcher import __version__
from watcher.web.access import Access
from watcher.web.page import Console
from watcher.web.scene import Model, Scene

__all__ = ["Access", "Model", "Scene", "Server", "Watched", "serve", "site"]


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
LARGEST_FORM = 4096
"""Bytes: the only thing that is ever sent here is a token."""


def site(
    watched: Watched, *, access: Access | None = None, scene: Callable[[], Scene] | None = None
) -> web.Application:
    """Make the web application. ``scene``: what the console page is made from; without it there is no page."""
    access = access or Access()

    async def healthz(_: web.Request) -> web.StreamResponse:
        return web.json_response({"alive": True, "version": __version__}, headers=HEADERS)

    async def readyz(_: web.Request) -> web.StreamResponse:
        reasons = await watched.not_ready()
        status = 503 if reasons else 200
        return web.json_response({"ready": not reasons, "reasons": list(reasons)}, status=status, headers=HEADERS)

    async def metrics(request: web.Request) -> web.StreamResponse:
        if not access.admits(request):
            raise web.HTTPUnauthorized(text="this page wants the server token (Authorization: Bearer …)\n")
        text = await watched.metrics()
        return web.Response(body=text, headers={**HEADERS, "Content-Type": "text/plain; version=0.0.4; charset=utf-8"})

    app = web.Application(client_max_size=LARGEST_FORM)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    if scene is not None:
        Console(scene=scene, reasons=watched.not_ready, access=access).add_to(app)
    app.on_response_prepare.append(_harmless)
    return app


async def _harmless(_: web.Request, response: web.StreamResponse) -> None:
    """Let refusals, too, be stored by nobody and run nothing."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers["Server"] = "watcher"


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
