"""A Slack on loopback: stateful, strict about limits, and able to fail in every way that Slack and networks do."""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer

from tests.builders import NOW

TOKEN = "xoxb-sentinel-token"
SCOPES = frozenset(
    {"chat:write", "channels:read", "groups:read", "channels:history", "groups:history", "channels:join"}
)
_NEEDED = {
    "chat.postMessage": "chat:write",
    "chat.update": "chat:write",
    "chat.delete": "chat:write",
    "conversations.list": "channels:read",
    "conversations.info": "channels:read",
    "conversations.join": "channels:join",
    "conversations.history": "channels:history",
    "conversations.replies": "channels:history",
}
_TOTAL = 13_200
SLOW = 0.5
"""Seconds that a slow answer takes."""


@dataclass
class Channel:
    name: str
    member: bool = True
    private: bool = False
    archived: bool = False

    @property
    def told(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "is_private": self.private,
            "is_member": self.member,
            "is_archived": self.archived,
        }


@dataclass
class FakeSlack:
    """``faults[method]`` are used up one call at a time.

    ``ok`` · ``429:<seconds>`` · ``500`` · ``html`` · ``truncated`` · ``plain`` · ``close`` (reads, then closes) ·
    ``store-close`` · ``store-500`` · ``store-html`` · ``store-truncated`` · ``hang`` · ``store-hang`` ·
    ``slow`` (stores, and answers half a second later) · any error code.
    """

    clock: Callable[[], datetime] = lambda: NOW
    token: str = TOKEN
    scopes: frozenset[str] = SCOPES
    channels: dict[str, Channel] = field(
        default_factory=lambda: {"C0GENERAL": Channel("general"), "C000DESK1": Channel("desk")}
    )
    messages: list[dict[str, Any]] = field(default_factory=list)
    calls: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: dict[str, deque[str]] = field(default_factory=lambda: defaultdict(deque))
    page: int = 200
    date: str | None = None
    """What the Date header says; None: the time that it is."""
    url: str = ""
    host: str = "127.0.0.1"

    def keys(self, channel: str | None = None) -> list[str]:
        """The metadata keys of what is stored, in order."""
        kept = [m for m in self.messages if channel is None or m["channel"] == channel]
        return [m["metadata"]["event_payload"]["key"] for m in kept if m.get("metadata")]

    @asynccontextmanager
    async def serve(self) -> AsyncIterator[FakeSlack]:
        app = web.Application()
        app.router.add_route("*", "/api/{method}", self._answer)
        app.router.add_post("/services/{secret}", self._hook)
        self.extend(app)
        server = TestServer(app, host=self.host)
        await server.start_server(shutdown_timeout=0.01)
        self.url = f"http://{self.host.replace('0.0.0.0', '127.0.0.1')}:{server.port}/api/"
        try:
            yield self
        finally:
            await server.close()

    def extend(self, app: web.Application) -> None:
        """Other addresses of the same Slack."""

    @property
    def webhook(self) -> str:
        return self.url.removesuffix("/api/") + "/services/T-sentinel-secret"

    async def _hook(self, request: web.Request) -> web.StreamResponse:
        """The incoming webhook of #general; its faults are those of the method ``webhook``."""
        post = await request.json()
        fault = self.faults["webhook"].popleft() if self.faults["webhook"] else "ok"
        self.calls.append(("webhook", post))
        if fault.startswith("429:"):
            return web.Response(status=429, headers={"Retry-After": fault[4:]})
        stored, how = fault.startswith("store-"), fault.removeprefix("store-")
        if how in _BREAKS and how != "ok" and not stored:
            return await _BREAKS[how](request, {})
        if how not in _BREAKS:
            return web.Response(status=400, text=fault)
        wrong = problem(post)
        if wrong:
            return web.Response(status=400, text=wrong.split(":")[0])
        self.messages.append({**post, "channel": "C0GENERAL", "ts": f"{len(self.messages) + 1}.0"})
        return await _BREAKS[how](request, {}) if stored else web.Response(text="ok")

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method, args = request.match_info["method"], await _arguments(request)
        self.calls.append((method, args))
        queue = self.faults[method]
        fault = queue.popleft() if queue else "ok"
        stored, _, how = fault.rpartition("store-")
        if fault.startswith("429:"):
            return _json({"ok": False, "error": "ratelimited"}, status=429, headers={"Retry-After": fault[4:]})
        takes = fault in {"ok", "slow"} or stored or fault.startswith("store-")
        body = self._reply(method, args, request) if takes else {}
        if fault != "ok" and how not in _BREAKS:
            body = {"ok": False, "error": fault}
        answer = await _BREAKS.get(how if fault != "ok" else "ok", _fine)(request, body)
        answer.headers["X-OAuth-Scopes"] = ",".join(sorted(self.scopes))
        if self.date is not None:
            answer.headers["Date"] = self.date
        return answer

    def _reply(self, method: str, args: dict[str, Any], request: web.Request) -> dict[str, Any]:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ") or args.get("token", "")
        if given != self.token:
            return _no("invalid_auth" if given else "not_authed")
        needed = _NEEDED.get(method)
        if needed and needed not in self.scopes:
            return {**_no("missing_scope"), "needed": needed, "provided": ",".join(sorted(self.scopes))}
        verb = getattr(self, "_" + method.replace(".", "_"), None)
        return verb(args) if verb else _no("unknown_method")

    def _auth_test(self, _: dict[str, Any]) -> dict[str, Any]:
        return {"ok": True, "team": "T", "user": "watcher", "bot_id": "B1"}

    def _chat_postMessage(self, args: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  Slack's own name
        channel = self._channel(args)
        if channel is None:
            return _no("channel_not_found")
        if self.channels[channel].archived:
            return _no("is_archived")
        one = self.channels[channel]
        if not one.member and (one.private or "chat:write.public" not in self.scopes):
            return _no(
                "channel_not_found" if one.private and str(args["channel"]).startswith("#") else "not_in_channel"
            )
        wrong = problem(args)
        if wrong:
            return _no(wrong.split(":")[0])
        if args.get("thread_ts") and self._at(channel, args["thread_ts"]) is None:
            return _no("thread_not_found")
        ts = f"{int(self.clock().timestamp())}.{len(self.messages) + 1:06}"
        self.messages.append({**args, "channel": channel, "ts": ts})
        return {"ok": True, "channel": channel, "ts": ts, "message": {"text": args.get("text", ""), "ts": ts}}

    def _chat_update(self, args: dict[str, Any]) -> dict[str, Any]:
        message = self._at(args.get("channel", ""), args.get("ts", ""))
        if message is None:
            return _no("message_not_found")
        message.update({k: v for k, v in args.items() if k in {"text", "blocks", "metadata"}})
        return {"ok": True, "channel": message["channel"], "ts": message["ts"]}

    def _chat_getPermalink(self, args: dict[str, Any]) -> dict[str, Any]:  # noqa: N802  Slack's own name
        message = self._at(args.get("channel", ""), args.get("message_ts", ""))
        if message is None:
            return _no("message_not_found")
        number = message["ts"].replace(".", "")
        return {"ok": True, "permalink": f"https://desk.slack.com/archives/{message['channel']}/p{number}"}

    def _chat_delete(self, args: dict[str, Any]) -> dict[str, Any]:
        message = self._at(args.get("channel", ""), args.get("ts", ""))
        if message is None:
            return _no("message_not_found")
        self.messages.remove(message)
        return {"ok": True, "channel": message["channel"], "ts": message["ts"]}

    def _conversations_list(self, args: dict[str, Any]) -> dict[str, Any]:
        if "private_channel" in args.get("types", "") and "groups:read" not in self.scopes:
            return {**_no("missing_scope"), "needed": "groups:read"}
        wanted = [
            {**one.told, "id": key}
            for key, one in self.channels.items()
            if not (one.archived and args.get("exclude_archived") == "true")
            and (("private_channel" in args.get("types", "") and one.member) or not one.private)
        ]
        return self._paged("channels", wanted, args)

    def _conversations_info(self, args: dict[str, Any]) -> dict[str, Any]:
        one = self.channels.get(args.get("channel", ""))
        if one is None or (one.private and not one.member):
            return _no("channel_not_found")
        return {"ok": True, "channel": {**one.told, "id": args["channel"]}}

    def _conversations_join(self, args: dict[str, Any]) -> dict[str, Any]:
        one = self.channels.get(args.get("channel", ""))
        if one is None or one.private:
            return _no("method_not_supported_for_channel_type")
        one.member = True
        return {"ok": True, "channel": {"id": args["channel"]}}

    def _conversations_history(self, args: dict[str, Any]) -> dict[str, Any]:
        top = [m for m in self.messages if not m.get("thread_ts") or m.get("reply_broadcast")]
        return self._found(top, args)

    def _conversations_replies(self, args: dict[str, Any]) -> dict[str, Any]:
        if self._at(args.get("channel", ""), args.get("ts", "")) is None:
            return _no("thread_not_found")
        return self._found([m for m in self.messages if args["ts"] in {m.get("thread_ts"), m["ts"]}], args)

    def _found(self, messages: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
        one = self.channels.get(str(args.get("channel")))
        if one is None:
            return _no("channel_not_found")
        if not one.member:
            return _no("not_in_channel")
        oldest, all_of_it = float(args.get("oldest") or 0), str(args.get("include_all_metadata")) in {"1", "true"}
        hits = [
            {k: v for k, v in m.items() if k != "metadata" or all_of_it}
            for m in reversed(messages)
            if m["channel"] == args["channel"] and float(m["ts"]) > oldest
        ]
        return self._paged("messages", hits, args)

    def _paged(self, name: str, items: list[dict[str, Any]], args: dict[str, Any]) -> dict[str, Any]:
        start = int(args.get("cursor") or 0)
        end = start + min(self.page, int(args.get("limit") or 100))
        following = str(end) if end < len(items) else ""
        return {"ok": True, name: items[start:end], "response_metadata": {"next_cursor": following}}

    def _channel(self, args: dict[str, Any]) -> str | None:
        said = str(args.get("channel", ""))
        by_name = [key for key, one in self.channels.items() if "#" + one.name == said]
        return said if said in self.channels else next(iter(by_name), None)

    def _at(self, channel: str, ts: str) -> dict[str, Any] | None:
        return next((m for m in self.messages if m["channel"] == channel and m["ts"] == ts), None)


async def _arguments(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        return dict(await request.json())
    return {**dict(request.query), **{k: str(v) for k, v in (await request.post()).items()}}


def _no(code: str) -> dict[str, Any]:
    return {"ok": False, "error": code}


def _json(body: dict[str, Any], **how: Any) -> web.Response:
    return web.json_response(body, **how)


async def _fine(_: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    return _json(body)


async def _error(_: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    return _json(_no("internal_error"), status=500)


async def _html(_: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text="<html>Please log in</html>", content_type="text/html")


async def _plain(_: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text="ok")


async def _truncated(_: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    return web.Response(text=json.dumps(body)[:-1], content_type="application/json")


async def _close(request: web.Request, _: dict[str, Any]) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return web.Response()


async def _slow(_: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    await asyncio.sleep(SLOW)
    return _json(body)


async def _hang(_: web.Request, __: dict[str, Any]) -> web.StreamResponse:
    await asyncio.Event().wait()
    raise AssertionError("the client went first")


_BREAKS = {
    "ok": _fine,
    "500": _error,
    "html": _html,
    "plain": _plain,
    "truncated": _truncated,
    "close": _close,
    "hang": _hang,
    "slow": _slow,
}


def problem(post: dict[str, Any]) -> str | None:
    """What Slack would refuse in a message, as ``code: where``; None when it is valid."""
    text, blocks = post.get("text") or "", post.get("blocks") or []
    wrong = next(filter(None, map(_block_problem, blocks)), None)
    named = [block["block_id"] for block in blocks if "block_id" in block]
    wrong = wrong or ("block_id twice" if len(set(named)) < len(named) else None)
    metadata = post.get("metadata")
    found = {
        "no_text": not text and not blocks,
        "msg_too_long": len(text) > 40_000,
        "invalid_blocks: more than 50": len(blocks) > 50,
        "msg_blocks_too_long": len(json.dumps(blocks, ensure_ascii=False)) > _TOTAL,
        f"invalid_blocks: {wrong}": wrong is not None,
        "invalid_metadata_format": metadata is not None
        and not (isinstance(metadata.get("event_type"), str) and isinstance(metadata.get("event_payload"), dict)),
    }
    return next((code for code, is_so in found.items() if is_so), None)


def _block_problem(block: dict[str, Any]) -> str | None:
    kind = str(block.get("type"))
    if len(block.get("block_id", "")) > 255:
        return "block_id"
    return _KINDS[kind](block) if kind in _KINDS else f"unknown type {kind}"


def _section(block: dict[str, Any]) -> str | None:
    return _text_problem(block.get("text"), 3000)


def _header(block: dict[str, Any]) -> str | None:
    return _text_problem(block.get("text"), 150, only="plain_text")


def _context(block: dict[str, Any]) -> str | None:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 10:
        return "context elements"
    return next(filter(None, (_text_problem(one, 3000) for one in elements)), None)


def _actions(block: dict[str, Any]) -> str | None:
    elements = block.get("elements", [])
    if not 1 <= len(elements) <= 25:
        return "actions elements"
    return next(filter(None, map(_element_problem, elements)), None)


_KINDS: dict[str, Callable[[dict[str, Any]], str | None]] = {
    "divider": lambda _: None,
    "section": _section,
    "header": _header,
    "context": _context,
    "actions": _actions,
}


def _element_problem(element: dict[str, Any]) -> str | None:
    if len(element.get("action_id", "")) > 255 or len(element.get("value", "")) > 2000:
        return "action_id or value"
    if len(element.get("url", "")) > 3000:
        return "url"
    if element.get("type") == "overflow":
        return _options_problem(element.get("options", []))
    return _text_problem(element["text"], 75, only="plain_text") if element.get("type") == "button" else None


def _options_problem(options: list[dict[str, Any]]) -> str | None:
    if not 1 <= len(options) <= 5:
        return "overflow options"
    if any(not 1 <= len(one.get("value", "")) <= 150 for one in options):
        return "option value"
    return next(filter(None, (_text_problem(one.get("text"), 75, only="plain_text") for one in options)), None)


def _text_problem(text: Any, limit: int, only: str | None = None) -> str | None:
    if not isinstance(text, dict) or text.get("type") not in {"mrkdwn", "plain_text"}:
        return "no text object"
    if only and text["type"] != only:
        return f"text must be {only}"
    if not 1 <= len(text.get("text", "")) <= limit:
        return f"text of {len(text.get('text', ''))} characters"
    return None
