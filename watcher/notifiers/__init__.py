"""Where messages go. Adding a notifier: one module, one line here, one row in ``tests/contract/test_notifier.py``."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from watcher.types import Message, Receipt

NOTIFIERS = {
    "slack": "watcher.notifiers.slack:SlackNotifier",
    "webhook": "watcher.notifiers.webhook:WebhookNotifier",
    "console": "watcher.notifiers.console:ConsoleNotifier",
}
"""Name in the configuration → where its class is; imported only when it is used."""


class Notifier(Protocol):
    """Sends messages, updates them, and finds those whose answer was lost.

    Every method but ``close`` raises DeliveryError, whose ``outcome`` tells whether the message may have arrived.
    """

    name: str
    remote: bool
    """A service elsewhere: it wants a message a second at most, and may show a message a little later."""

    async def send(self, message: Message, channel_id: str) -> Receipt:
        """Post one message."""

    async def update(self, message: Message, receipt: Receipt) -> None:
        """Put a message in the place of the one that this receipt is of: the same message, brought up to date."""

    async def delete(self, receipt: Receipt) -> None:
        """Take a posted message back; one that is gone already counts as taken back."""

    async def find(self, key: str, channel_id: str, since: datetime, thread: Receipt | None) -> Receipt | None:
        """Look for a message by its key among those posted at ``since`` or later; in ``thread`` for replies."""

    async def posted_keys(self, channel_id: str, since: datetime) -> list[str]:
        """The keys of what the channel shows that was posted at ``since`` or later, by whomever."""

    async def resolve(self, channel: str) -> str:
        """Turn a channel as the file names it into the service's own id."""

    async def close(self) -> None:
        """Let go of connections."""
