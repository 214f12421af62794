"""Slack's incoming webhooks: the simple way in, one channel, nothing but posting.

Rule: the address is the secret. A webhook cannot thread, update or look up, so a lost answer ends in a message that
says that it may be a repeat.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.webhook.async_client import AsyncWebhookClient

from watcher.errors import DeliveryError
from watcher.notifiers import slack_faults
from watcher.notifiers.blocks import payload
from watcher.types import Message, Receipt

TIMEOUT = 15
_SAME = {
    "invalid_payload": "invalid_blocks",
    "invalid_blocks": "invalid_blocks",
    "no_text": "no_text",
    "channel_not_found": "channel_not_found",
    "channel_is_archived": "is_archived",
    "action_prohibited": "restricted_action",
    "posting_to_general_channel_denied": "restricted_action",
    "team_disabled": "account_inactive",
    "too_many_attachments": "too_many_attachments",
}
"""A webhook's words → the codes of the Web API that mean the same."""
_GONE = frozenset({"no_service", "no_service_id", "no_team", "invalid_token", "no_active_hooks", "user_not_found"})


class WebhookNotifier:
    """Posts to an incoming webhook. ``url`` is asked again when the webhook in use is refused."""

    name = "webhook"
    remote = True

    def __init__(self, url: Callable[[], str], *, proxy: str | None = None, timeout: float = TIMEOUT) -> None:
        self._url = url
        self._proxy = proxy
        self._timeout = timeout
        self._count = 0

    async def send(self, message: Message, channel_id: str) -> Receipt:
        """Post. A webhook gives no receipt: this one is the channel's name and a counter."""
        try:
            post = payload(message, channel_id=channel_id)
        except SlackObjectFormationError as error:  # a limit that rendering missed: this message's own fault
            raise slack_faults.refusal("invalid_blocks", f"the message breaks Slack's rules: {error}") from error
        kept = ("text", "blocks", "unfurl_links", "unfurl_media")
        client = AsyncWebhookClient(self._url(), retry_handlers=[])
        client.timeout = self._timeout  # type: ignore[assignment]  # fractions serve as well
        client.proxy = self._proxy  # the client would take the environment's
        async with slack_faults.connection():
            answer = await client.send_dict({name: post[name] for name in kept if name in post})
        if answer.status_code != 200 or answer.body.strip() != "ok":
            raise _refused(answer.status_code, answer.body.strip(), answer.headers)
        self._count += 1
        return Receipt(channel=channel_id, ts=f"{message.key}#{self._count}")

    async def update(self, message: Message, receipt: Receipt) -> None:
        """A webhook cannot change what it posted. Always raises DeliveryError."""
        del message, receipt
        raise DeliveryError(
            "a webhook cannot update a message",
            outcome="not_sent",
            scope="message",
            code="no_update",
            remedy="with a bot token in place of the webhook messages are kept up to date",
        )

    async def delete(self, receipt: Receipt) -> None:
        """A webhook cannot take back what it posted. Always raises DeliveryError."""
        del receipt
        raise DeliveryError(
            "a webhook cannot delete a message",
            outcome="not_sent",
            scope="message",
            code="no_delete",
            remedy="delete it in Slack by hand; with a bot token in place of the webhook watcher can",
        )

    async def posted_keys(self, channel_id: str, since: datetime) -> list[str]:
        """A webhook sees nothing of its channel. Always raises DeliveryError."""
        del channel_id, since
        raise _blind()

    async def find(self, key: str, channel_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        """A webhook sees nothing of its channel. Always raises DeliveryError."""
        del key, channel_id, since, thread
        raise _blind()

    async def resolve(self, channel: str) -> str:
        """A webhook's channel is its own, whatever the file calls it."""
        return channel

    async def close(self) -> None:
        """Nothing is kept open."""


def _blind() -> DeliveryError:
    return DeliveryError(
        "a webhook cannot look up whether a message arrived",
        outcome="not_sent",
        scope="channel",
        code="no_look_up",
        remedy="with a bot token in place of the webhook nothing is ever told twice",
    )


def _refused(status: int, body: str, headers: object) -> DeliveryError:
    if status == 429:
        return slack_faults.slow_down(headers)
    if status >= 500:
        return slack_faults.unsure(f"Slack answered with status {status}", f"http_{status}")
    word = body if re.fullmatch(r"[a-z_]{1,60}", body) else ""
    if word in _GONE:
        return DeliveryError(
            f"Slack does not know this webhook: {word}",
            outcome="not_sent",
            scope="token",
            code=word,
            remedy="make a new incoming webhook and put its address into SLACK_WEBHOOK_URL or its file",
        )
    if word:
        return slack_faults.refusal(_SAME.get(word, word), f"Slack refused it: {word}")
    if status == 200:
        return slack_faults.unsure("what answered is not a webhook of Slack (a proxy's page?)", "not_ok")
    return slack_faults.wrong_address(status)
