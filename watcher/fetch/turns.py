"""Whose turn it is at a host.

Its one rule: a host gets few requests at a time, and their beginnings lie a gap apart, however many feeds it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class _Host:
    free: asyncio.Semaphore
    users: int = 0
    following: float = 0.0
    """When the next request may begin, by the event loop's clock."""


@dataclass(slots=True)
class Turns:
    """At most ``each`` open requests per host name, begun ``gap`` seconds apart."""

    each: int
    gap: float
    hosts: dict[str, _Host] = field(default_factory=dict)

    @asynccontextmanager
    async def hold(self, host: str, *, own: bool = False) -> AsyncIterator[None]:
        """Wait for a turn and keep it to the end of the block. ``own``: a server that needs no gaps."""
        place = self.hosts.setdefault(host, _Host(asyncio.Semaphore(self.each)))
        place.users += 1
        try:
            async with place.free:
                if not own:
                    await self._apart(place)
                yield
        finally:
            place.users -= 1
            self._forget(host, place)

    async def _apart(self, place: _Host) -> None:
        now = asyncio.get_running_loop().time()
        begins, place.following = max(now, place.following), max(now, place.following) + self.gap
        if begins > now:
            await asyncio.sleep(begins - now)

    def _forget(self, host: str, place: _Host) -> None:
        """Drop a host that nobody waits for, once the gap behind its last request is over."""
        if place.users or self.hosts.get(host) is not place:
            return
        loop = asyncio.get_running_loop()
        if loop.time() < place.following:
            loop.call_at(place.following, self._forget, host, place)
        else:
            del self.hosts[host]
