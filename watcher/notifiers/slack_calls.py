"""One call to Slack's Web API at a time, by its own client.

Rule: whatever goes wrong comes out as a DeliveryError that says whether the message may have arrived. The client never
repeats a call by itself, since a repeat after a lost answer is a double. A token that Slack refuses is asked for again.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from watcher.errors import DeliveryError
from watcher.notifiers import slack_faults
from watcher.notifiers.slack_errors import REFUSED_TOKEN

TIMEOUT = 15
"""Seconds for a whole call; shorter than a claim's lease."""

_CODE = re.compile(r"[a-z0-9_]{1,80}")

Call = Callable[[AsyncWebClient], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack said yes with. ``headers`` may be looked up in any case."""

    data: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)


class SlackCalls:
    """The way to Slack with one kind of token.

    ``token`` is asked again when Slack refuses the one in use, so that a rotated file is enough. ``proxy`` is used when
    given; the environment's proxy settings are not.
    """

    def __init__(
        self, token: Callable[[], str], base_url: str, *, proxy: str | None = None, timeout: float = TIMEOUT
    ) -> None:
        self._token = token
        self._base_url = base_url if base_url.endswith("/") else base_url + "/"
        self._proxy = proxy
        self._timeout = timeout
        self._current = token()

    async def ask_for(self, method: str, form: Mapping[str, str] | None = None) -> dict[str, Any]:
        """A call as a posted form: Slack takes it like any other, and caches never see it. Raises DeliveryError."""
        return (await self.answer_to(method, form)).data

    async def answer_to(self, method: str, form: Mapping[str, str] | None = None) -> Answer:
        """The same, headers included."""
        return await self.call(lambda client: client.api_call(method, data=dict(form or {})))

    async def call(self, call: Call) -> Answer:
        """One call, and a second one if the token was refused and there is another by now. Raises DeliveryError."""
        used = self._current
        try:
            return await _ask(self._client(used), call)
        except DeliveryError as error:
            if error.code not in REFUSED_TOKEN:
                raise
            self._current = self._token()
            if self._current == used:
                raise
        return await _ask(self._client(self._current), call)

    def _client(self, token: str) -> AsyncWebClient:
        client = AsyncWebClient(token=token, base_url=self._base_url, retry_handlers=[])
        client.timeout = self._timeout  # type: ignore[assignment]  # fractions serve as well
        client.proxy = self._proxy  # the client would take the environment's
        return client


async def _ask(client: AsyncWebClient, call: Call) -> Answer:
    async with slack_faults.connection():
        try:
            response = await call(client)
        except SlackApiError as error:
            raise _refused(error) from None  # its text quotes the answer
        data = response.data
    return Answer(data if isinstance(data, dict) else {}, getattr(response, "headers", None) or {})


def _refused(error: SlackApiError) -> DeliveryError:
    response: Any = error.response
    data = getattr(response, "data", None)
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    code = str(data.get("error") or "") if isinstance(data, dict) else ""
    if status == 429 or code in {"ratelimited", "rate_limited"}:
        return slack_faults.slow_down(getattr(response, "headers", None) or {})
    if status >= 500:
        return slack_faults.unsure(f"Slack answered with status {status}", f"http_{status}")
    if _CODE.fullmatch(code):
        needed = data.get("needed") if isinstance(data, dict) else None
        return slack_faults.refusal(code, f"Slack refused it: {code}" + (f" ({needed})" if _is_scopes(needed) else ""))
    if status in {0, 200}:
        return slack_faults.unsure("Slack's answer was no JSON that it sends (a proxy's page?)", "not_json")
    return slack_faults.wrong_address(status)


def _is_scopes(needed: Any) -> bool:
    return isinstance(needed, str) and re.fullmatch(r"[a-z0-9:.,_ -]{1,200}", needed) is not None
