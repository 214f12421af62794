"""What Slack says of a token and of channels: for ``watcher doctor``, posting nothing.

Also the table of the methods that watcher calls and the scopes that they want; the manifests in ``config/`` follow it.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any

import aiohttp
from slack_sdk.webhook.async_client import AsyncWebhookClient

from watcher.errors import DeliveryError
from watcher.notifiers import slack_faults
from watcher.notifiers.slack_calls import TIMEOUT, SlackCalls

METHODS: Mapping[str, tuple[str, ...]] = {
    "auth.test": (),
    "apps.connections.open": (),  # of the app-level token, which has scopes of its own
    "chat.postMessage": ("chat:write", "chat:write.public"),
    "chat.update": ("chat:write",),
    "chat.delete": ("chat:write",),
    "chat.getPermalink": (),
    "conversations.list": ("channels:read", "groups:read"),
    "conversations.info": ("channels:read", "groups:read"),
    "conversations.history": ("channels:history", "groups:history"),
    "conversations.replies": ("channels:history", "groups:history"),
    "conversations.join": ("channels:join",),
}
"""Method → scopes of the bot token that it makes use of: for public channels, for private ones."""

ANSWERING: Mapping[str, tuple[str, ...]] = {
    "chat.postEphemeral": ("chat:write",),
    "usergroups.users.list": ("usergroups:read",),
}
"""The same for what only buttons and the command call."""

GROUPS = "usergroups:read"
GROUPS_MISSING = "without it nobody is known to be in a group that slack.editors names"

SCOPES: Mapping[str, str] = {
    "chat:write": "without it nothing is posted",
    "chat:write.public": "without it every public channel needs an invitation",
    "channels:read": "without it names of channels cannot be looked up; write their ids",
    "groups:read": "without it names of private channels cannot be looked up; write their ids",
    "channels:history": "without it an alert whose answer got lost may come twice in public channels",
    "groups:history": "without it an alert whose answer got lost may come twice in private channels",
    "channels:join": "without it looking up what was posted needs an invitation to each public channel",
}
"""Scope → what goes without it."""

NEEDED = "chat:write"
"""The one scope without which nothing works."""

_VALID_HOOK = frozenset({"no_text", "invalid_payload", "missing_text_or_fallback_or_attachments"})
"""How a sound webhook refuses an empty message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose a token is. ``scopes`` None: Slack did not say; ``at``: Slack's clock."""

    team: str
    user: str
    scopes: frozenset[str] | None
    at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelFacts:
    """What Slack tells of a channel that the token can see."""

    id: str
    name: str
    member: bool
    private: bool
    archived: bool


class SlackProbe:
    """Asks. Every method raises DeliveryError."""

    def __init__(
        self, token: Callable[[], str], base_url: str, *, proxy: str | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._calls = SlackCalls(token, base_url, proxy=proxy, timeout=timeout)
        self._proxy, self._timeout = proxy, timeout

    async def identity(self) -> Identity:
        """Who we are to Slack."""
        answer = await self._calls.answer_to("auth.test")
        scopes = _header(answer.headers, "x-oauth-scopes")
        return Identity(
            team=str(answer.data.get("team") or "?"),
            user=str(answer.data.get("user") or "watcher"),
            scopes=None if scopes is None else frozenset(filter(None, re.split(r"[,\s]+", scopes))),
            at=_moment(_header(answer.headers, "date")),
        )

    async def channel(self, channel_id: str) -> ChannelFacts:
        """A channel by its id."""
        answer = await self._calls.ask_for("conversations.info", {"channel": channel_id})
        return _facts(answer.get("channel") or {})

    async def named(self, name: str, *, private: bool = True) -> ChannelFacts | None:
        """A channel by its name, archived ones too: of several, one that is not. None: none that the token sees."""
        kinds = "public_channel,private_channel" if private else "public_channel"
        asked = {"types": kinds, "exclude_archived": "false", "limit": "1000"}
        found: ChannelFacts | None = None
        while True:
            page = await self._calls.ask_for("conversations.list", asked)
            for facts in map(_facts, page.get("channels", [])):
                if facts.name == name and (found is None or found.archived):
                    found = facts
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor or cursor == asked.get("cursor"):
                return found
            asked["cursor"] = str(cursor)

    async def connections(self) -> int:
        """How many connections of Socket Mode this app-level token has, with the one that is made to ask, for a moment.

        A press that Slack sends to it in this moment is not acknowledged, and whoever pressed is asked to try again.
        """
        given = await self._calls.ask_for("apps.connections.open")
        async with (
            slack_faults.connection(),
            asyncio.timeout(self._timeout),
            aiohttp.ClientSession(trust_env=False) as session,
            session.ws_connect(str(given.get("url")), proxy=self._proxy) as socket,
        ):
            greeting = json.loads(await socket.receive_str())
            return max(1, int(greeting.get("num_connections") or 1))


async def ask_webhook(url: str, *, proxy: str | None = None) -> None:
    """Whether a webhook is there: how it refuses an empty message tells. Raises DeliveryError when it is not."""
    client = AsyncWebhookClient(url, retry_handlers=[])
    client.timeout = TIMEOUT
    client.proxy = proxy
    async with slack_faults.connection():
        answer = await client.send_dict({"text": ""})
    if answer.body.strip() in _VALID_HOOK:
        return
    word = answer.body.strip() if re.fullmatch(r"[a-z_]{1,60}", answer.body.strip()) else ""
    raise DeliveryError(
        f"Slack does not take this webhook: {word or f'status {answer.status_code}'}",
        outcome="not_sent",
        scope="token",
        code=word or f"http_{answer.status_code}",
        remedy="make a new incoming webhook and put its address into SLACK_WEBHOOK_URL or its file",
    )


def _facts(channel: Mapping[str, Any]) -> ChannelFacts:
    return ChannelFacts(
        id=str(channel.get("id") or ""),
        name=str(channel.get("name") or ""),
        member=bool(channel.get("is_member")),
        private=bool(channel.get("is_private")),
        archived=bool(channel.get("is_archived")),
    )


def _header(headers: Mapping[str, str], name: str) -> str | None:
    return next((value for key, value in headers.items() if key.lower() == name), None)


def _moment(date: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(date) if date else None
    except ValueError:
        return None
    return found if found is None or found.tzinfo is not None else None
