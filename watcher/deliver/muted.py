"""What was muted in Slack is not told: decided at delivery, like holds.

Rule: a muted story's further reports are told by what was told of it before; a muted source's are left out.
"""

from __future__ import annotations

from datetime import datetime

from watcher.store import Store, outbox
from watcher.store.feedback import muted_rows, mutes_in_force
from watcher.stories import STAYS_OPEN
from watcher.types import Mute, State


async def drop_muted(store: Store, now: datetime) -> int:
    """Drop the rows that wait and are muted by now; returns how many."""
    in_force = await store.read(mutes_in_force, now=now, closes_after=now - STAYS_OPEN)
    dropped = 0
    for key, mute in (await store.read(muted_rows, in_force.values())).items() if in_force else ():
        state, reason = _why(mute)
        dropped += await store.write(outbox.drop, key, state=state, reason=reason, now=now)
    return dropped


def _why(mute: Mute) -> tuple[State, str]:
    if mute.kind == "story":
        return "grouped", f"its story was muted here by {mute.name}"
    until = f" until {mute.until:%Y-%m-%d %H:%M} UTC" if mute.until else ""
    return "excluded", f"its source {mute.title} was muted here by {mute.name}{until}"
