"""Turns by host name.

Its one rule: who waits for one host's turn is in nobody else's way.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Slot:
    free: asyncio.Semaphore
    users: int = 0


@dataclass(slots=True)
class Slots:
    """At most ``each`` holders per host name at a time."""

    each: int
    hosts: dict[str, _Slot] = field(default_factory=dict)

    @asynccontextmanager
    async def hold(self, host: str) -> AsyncIterator[None]:
        """Wait for a turn and keep it until the end of the block."""
        slot = self.hosts.setdefault(host, _Slot(asyncio.Semaphore(self.each)))
        slot.users += 1
        try:
            async with slot.free:
                yield
        finally:
            slot.users -= 1
            if not slot.users:
                del self.hosts[host]
