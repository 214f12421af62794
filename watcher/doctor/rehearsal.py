"""The proof: one labelled message per channel, looked for as after a lost answer, and taken back."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from watcher.doctor.findings import Finding, fine, note, refused
from watcher.errors import DeliveryError
from watcher.notifiers import Notifier
from watcher.store import Store
from watcher.types import Message, Receipt

TEXT = "watcher doctor: a test message. It proves that alerts arrive here, and is removed at once."
LOOKS = (0.0, 2.0, 4.0)
"""Seconds before each look: Slack may show a message a little later."""


async def rehearse(
    notifier: Notifier, places: Mapping[str, str], store: Store | None, *, clock: Callable[[], datetime]
) -> AsyncIterator[Finding]:
    """Post, find and delete in each channel."""
    installation = store.installation if store is not None else "doctor"
    for channel, use in places.items():
        message = Message(key=f"{installation}/doctor/{secrets.token_hex(8)}", kind="notice", title=TEXT)
        subject = f"{channel} ({use})"
        begun = clock()
        try:
            receipt = await notifier.send(message, await notifier.resolve(channel))
        except DeliveryError as error:
            yield refused(subject, error)
            continue
        found = await _found(notifier, message, receipt, begun)
        try:
            await notifier.delete(receipt)
        except DeliveryError as error:
            yield note(subject, f"a test message was posted and not removed: {error}", error.remedy)
            continue
        yield found or fine(subject, "a test message was posted, found and removed")


async def _found(notifier: Notifier, message: Message, receipt: Receipt, begun: datetime) -> Finding | None:
    """None when it is found, as it would be after a lost answer."""
    unfound = "a test message was posted and removed, but not found in between"
    remedy = "without look-ups an alert whose answer got lost may come twice"
    try:
        for seconds in LOOKS:
            await asyncio.sleep(seconds)
            if await notifier.find(message.key, receipt.channel, begun, None) is not None:
                return None
    except DeliveryError as error:
        return note(receipt.channel, f"{unfound}: {error}", error.remedy or remedy)
    return note(receipt.channel, unfound, remedy)
