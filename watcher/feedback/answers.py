"""Answers to whoever pressed or asked, and to nobody else.

Rule: an answer that does not arrive is lost, and nothing else is: what was asked for is done.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp
import structlog
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from watcher.feedback.socket import Asked

log = structlog.get_logger("watcher.feedback")

TIMEOUT = 10
LONGEST = 3000
REMEMBERED = 300.0
"""Seconds for which the members of a user group are remembered."""


class SlackPeople:
    """Says things to one person, and knows who belongs to a user group. ``token`` is the bot's."""

    def __init__(
        self, token: Callable[[], str], base_url: str, *, proxy: str | None = None, clock: Callable[[], float]
    ) -> None:
        self._token = token
        self._base_url = base_url
        self._proxy = proxy
        self._clock = clock
        self._members: dict[str, tuple[float, frozenset[str]]] = {}

    async def tell(self, asked: Asked, text: str) -> None:
        """Answer, by the address that came with what was asked; without one, as a message only they see."""
        words = text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
        if asked.response_url:
            await self._quietly(lambda: self._respond(asked.response_url or "", words))
        else:
            await self._quietly(
                lambda: self._client().chat_postEphemeral(channel=asked.channel, user=asked.user, text=words)
            )

    async def members(self, group: str) -> frozenset[str]:
        """The people of a user group (S…); nobody where Slack does not say (usergroups:read is missing)."""
        known = self._members.get(group)
        if known is not None and self._clock() - known[0] < REMEMBERED:
            return known[1]
        found = await self._quietly(lambda: self._client().usergroups_users_list(usergroup=group))
        if found is None:
            return known[1] if known else frozenset()
        people = frozenset(map(str, found.get("users") or ()))
        self._members[group] = self._clock(), people
        return people

    async def _respond(self, url: str, text: str) -> Any:
        client = AsyncWebhookClient(url, timeout=TIMEOUT, retry_handlers=[])
        client.proxy = self._proxy
        return await client.send(text=text, response_type="ephemeral", replace_original=False)

    async def _quietly(self, call: Callable[[], Awaitable[Any]]) -> Any:
        try:
            return await call()
        except (SlackApiError, aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("feedback.unanswered", reason=type(error).__name__)
            return None

    def _client(self) -> AsyncWebClient:
        client = AsyncWebClient(token=self._token(), base_url=self._base_url, retry_handlers=[])
        client.timeout, client.proxy = TIMEOUT, self._proxy
        return client
