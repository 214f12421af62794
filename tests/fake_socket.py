"""Socket Mode on loopback: a Slack that opens websockets, sends envelopes over them, and hears the answers."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from aiohttp import WSMsgType, web

from tests.fake_slack import FakeSlack

APP_TOKEN = "xapp-1-sentinel-app-token"


@dataclass
class FakeSocketSlack(FakeSlack):
    """A Slack with Socket Mode; ``faults["socket"]`` are used up one socket at a time.

    ``mute`` (answers no pings) · ``rude`` (no hello) · ``drop`` (closes at once).
    """

    app_token: str = APP_TOKEN
    socket_mode: bool = True
    """Whether it is switched on in the app's settings."""
    groups: dict[str, list[str]] = field(default_factory=dict)
    sockets: list[web.WebSocketResponse] = field(default_factory=list)
    opened: int = 0
    connections: int = 1
    acknowledged: list[str] = field(default_factory=list)
    heard: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    """Path of a response address → what was said there."""
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _numbers: Any = field(default_factory=lambda: count(1))

    def extend(self, app: web.Application) -> None:
        app.router.add_get("/link/{number}", self._link)
        app.router.add_post("/respond/{number}", self._respond)

    @property
    def root(self) -> str:
        return self.url.removesuffix("/api/")

    def _reply(self, method: str, args: dict[str, Any], request: web.Request) -> dict[str, Any]:
        if method != "apps.connections.open":
            return super()._reply(method, args, request)
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or args.get("token", "")
        if given != self.app_token:
            return {"ok": False, "error": "invalid_auth"}
        if not self.socket_mode:
            return {"ok": False, "error": "no_permission"}
        return {"ok": True, "url": f"{self.root.replace('http', 'ws', 1)}/link/{next(self._numbers)}"}

    def _chat_postEphemeral(self, args: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  Slack's own name
        self._hear(f"{args['channel']}/{args['user']}", args)
        return {"ok": True, "message_ts": "1.0"}

    def _usergroups_users_list(self, args: dict[str, Any]) -> dict[str, Any]:
        if "usergroups:read" not in self.scopes:
            return {"ok": False, "error": "missing_scope", "needed": "usergroups:read"}
        found = self.groups.get(args["usergroup"])
        return {"ok": True, "users": found} if found is not None else {"ok": False, "error": "no_such_subteam"}

    async def _respond(self, request: web.Request) -> web.Response:
        self._hear(request.path, await request.json())
        return web.Response(text="ok")

    def _hear(self, where: str, said: dict[str, Any]) -> None:
        self.heard.setdefault(where, []).append(said)
        self.changed.set()

    async def _link(self, request: web.Request) -> web.WebSocketResponse:
        fault = self.faults["socket"].popleft() if self.faults["socket"] else ""
        socket = web.WebSocketResponse(autoping=fault != "mute")
        await socket.prepare(request)
        self.sockets.append(socket)
        self.opened += 1
        if fault != "rude":
            await socket.send_json({"type": "hello", "num_connections": self.connections})
        self.changed.set()
        if fault == "drop":
            await socket.close()
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                self.acknowledged.append(json.loads(message.data)["envelope_id"])
                self.changed.set()
        self.sockets.remove(socket)
        return socket

    async def until(self, so: Callable[[], bool], within: float = 10.0) -> None:
        """Wait until something is so: asked after all that happens here, and often, for the other side has no event."""
        async with asyncio.timeout(within):
            while not so():
                self.changed.clear()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.changed.wait(), 0.01)

    async def send(self, kind: str, payload: dict[str, Any], *, envelope: str | None = None) -> str:
        """Send an envelope over the newest socket; returns its id."""
        name = envelope or f"envelope-{next(self._numbers)}"
        body = {"type": kind, "envelope_id": name, "payload": payload, "accepts_response_payload": kind != "events_api"}
        await self.sockets[-1].send_json(body)
        return name

    async def press(
        self, element: dict[str, Any], *, user: str = "U1", name: str = "ann", channel: str = "C000DESK1",
        ts: str = "1.0", at: str = "100.0", option: str | None = None, reply: bool = True,
    ) -> str:  # fmt: skip
        """Press a button (or choose an option) as Slack would tell of it; returns the address of the answer."""
        action = {**{k: v for k, v in element.items() if k != "options"}, "action_ts": at}
        if option is not None:
            action["selected_option"] = {"value": option, "text": {"type": "plain_text", "text": option}}
        where = f"/respond/{next(self._numbers)}"
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": name, "name": name, "team_id": "T"},
            "channel": {"id": channel, "name": "desk"},
            "container": {"type": "message", "message_ts": ts, "channel_id": channel},
            "message": {"ts": ts, "type": "message"},
            "actions": [action],
            "trigger_id": f"t{at}",
            **({"response_url": self.root + where} if reply else {}),
        }
        await self.send("interactive", payload)
        return where if reply else f"{channel}/{user}"

    async def type_(self, text: str, *, user: str = "U1", channel: str = "C000DESK1") -> str:
        """Type the slash command; returns the address of the answer."""
        number = next(self._numbers)
        where = f"/respond/{number}"
        payload = {
            "command": "/news", "text": text, "user_id": user, "user_name": "ann", "channel_id": channel,
            "trigger_id": f"trigger-{number}", "response_url": self.root + where,
        }  # fmt: skip
        await self.send("slash_commands", payload)
        return where

    async def answer(self, where: str) -> str:
        """The first answer at an address."""
        await self.until(lambda: where in self.heard)
        return str(self.heard[where][0]["text"])
