"""Slack's Socket Mode: a websocket out of the house, on which presses and commands come in.

Rule: nothing here is needed for posting. What comes is acknowledged when it is written down, and not before; a socket
that says nothing for a while is taken for dead and replaced, whatever its client believes.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.socket_mode.aiohttp import SocketModeClient
from slack_sdk.socket_mode.request import SocketModeRequest
from slack_sdk.web.async_client import AsyncWebClient

from watcher.errors import WatcherError
from watcher.feedback.payloads import Command, Press, read

log = structlog.get_logger("watcher.feedback")

Asked = Press | Command
Rest = Callable[[], Coroutine[Any, Any, None]]
Take = Callable[[Asked], Awaitable[Rest | None]]
"""Writes down what was asked for, and gives what is to be done about it afterwards."""
Spawn = Callable[[Rest], None]

ACKNOWLEDGE = 2.5
"""Seconds in which it has to be written down: Slack waits three."""
HELLO = 30.0
"""Seconds until a connection has to have said hello."""
FORGIVEN = 300.0
"""Seconds for which a socket that is away still counts as working: Slack itself replaces it every few hours."""
BACKOFF = (1.0, 60.0)
STEADY = 60.0
"""Seconds after which a connection that ends was a good one; Slack gives out one a minute for long."""

_QUIET = logging.getLogger("watcher.feedback.client")
"""The client logs addresses with tickets in them, and repeats itself; what has to be known is said here."""
_QUIET.propagate = False
_QUIET.addHandler(logging.NullHandler())


@dataclass(kw_only=True)
class Socket:
    """One connection after the other, until it is cancelled.

    ``token`` is asked again for each connection, so that a mended file is enough. ``ping``: seconds between two pings.
    """

    token: Callable[[], str]
    take: Take
    spawn: Spawn
    api_url: str = "https://slack.com/api/"
    proxy: str | None = None
    ping: float = 5.0
    hello: float = HELLO
    backoff: tuple[float, float] = BACKOFF
    connections: int = 0
    """How many sockets this app has open, as Slack counts them; presses are spread over all of them."""
    fault: str | None = None
    """Why there is no connection now."""
    restarts: int = 0
    _well: float | None = None
    """When the connection was last seen to be well, on the loop's clock."""
    _hello: bool = field(default=False, init=False)

    @property
    def works(self) -> bool:
        """Whether presses arrive: it was connected, and not long ago."""
        return self._well is not None and asyncio.get_running_loop().time() - self._well < FORGIVEN

    async def run(self) -> None:
        """Stay connected until cancelled; whatever happens to a connection, the next one is tried."""
        wait, clock = self.backoff[0], asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                async with self._connected() as client:
                    await self._watch(client)
            except (WatcherError, SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
                self._lost(_why(error))
            self.restarts += 1
            if clock() - began > STEADY:
                wait = self.backoff[0]
            await asyncio.sleep(wait)
            wait = min(self.backoff[1], wait * 2)

    def _lost(self, why: str) -> None:
        if why != self.fault:
            log.warning("feedback.disconnected", reason=why)
        self.fault = why

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[SocketModeClient]:
        """A client that has its connection; it is gone at the end of the block, hanging or not."""
        self._hello = False
        web = AsyncWebClient(base_url=self.api_url, retry_handlers=[], logger=_QUIET)
        client = SocketModeClient(self.token(), logger=_QUIET, web_client=web, ping_interval=self.ping)
        client.proxy = web.proxy = self.proxy  # it would take the environment's
        client.message_listeners.append(self._greeted)
        client.socket_mode_request_listeners.append(self._came)
        try:
            async with asyncio.timeout(self.hello):
                client.wss_uri = await client.issue_new_wss_url()
                await client.connect()  # type: ignore[no-untyped-call]  # the library says nothing of it
            yield client
        finally:
            with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                async with asyncio.timeout(self.ping):
                    await client.close()  # type: ignore[no-untyped-call]  # the same
            await client.aiohttp_client_session.close()

    async def _watch(self, client: SocketModeClient) -> None:
        """Return when the connection is silent: no answer to pings, or no hello."""
        clock = asyncio.get_running_loop().time
        heard, last = clock(), client.last_ping_pong_time
        while clock() - heard < (4 * self.ping if self._hello else self.hello):
            await asyncio.sleep(self.ping / 2)
            if self._hello and client.last_ping_pong_time not in {None, last}:
                heard, last = clock(), client.last_ping_pong_time
                self._well = heard
        self._lost("the connection fell silent; another one is made")

    async def _greeted(self, client: Any, message: dict[str, Any], raw: str | None = None) -> None:
        del client, raw
        if message.get("type") != "hello":
            return
        self._hello, self._well, self.fault = True, asyncio.get_running_loop().time(), None
        self.connections = int(message.get("num_connections") or 1)
        log.info("feedback.connected", connections=self.connections)
        if self.connections > 1:
            reason = "another program uses this app's token: presses are spread over both"
            log.warning("feedback.shared", connections=self.connections, reason=reason)

    async def _came(self, client: Any, request: SocketModeRequest) -> None:
        self.spawn(lambda: self._answer(client, request))

    async def _answer(self, client: SocketModeClient, request: SocketModeRequest) -> None:
        asked = read(request.type, request.payload, request.envelope_id)
        rest: Rest | None = None
        if asked is not None:
            try:
                async with asyncio.timeout(ACKNOWLEDGE):
                    rest = await self.take(asked)
            except (WatcherError, TimeoutError) as error:
                # Not acknowledged: Slack tells whoever pressed that it did not work, and they can press again.
                log.warning("feedback.not_written", reason=_why(error))
                return
        try:
            await client.send_socket_mode_response({"envelope_id": request.envelope_id})
        except (aiohttp.ClientError, OSError) as error:
            log.warning("feedback.not_acknowledged", reason=_why(error))
        if rest is not None:
            await rest()


def _why(error: Exception) -> str:
    """A sentence without addresses: a socket's holds a ticket."""
    if isinstance(error, SlackApiError):
        data = getattr(error.response, "data", None)
        code = data.get("error") if isinstance(data, dict) else None
        return _REFUSED.get(str(code), f"Slack refused the connection: {code}")
    if isinstance(error, WatcherError):
        return str(error)
    return "it took too long" if isinstance(error, TimeoutError) else f"no connection ({type(error).__name__})"


_REFUSED = {
    "invalid_auth": "Slack does not know SLACK_APP_TOKEN; make an app-level token with connections:write",
    "not_allowed_token_type": "SLACK_APP_TOKEN is no app-level token (xapp-…)",
    "missing_scope": "SLACK_APP_TOKEN lacks the scope connections:write",
    "socket_mode_not_enabled": "Socket Mode is off; switch it on in the app's settings",
    "forbidden": "Socket Mode is off; switch it on in the app's settings",
    "token_revoked": "SLACK_APP_TOKEN was revoked; make a new one",
}
