"""The one transaction of a poll.

Rule: whole or not at all. A crash before it means that the same poll happens again; after it nothing is lost.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from watcher.store import puts
from watcher.store.condensing import recall
from watcher.store.outbox.waking import wake_update
from watcher.types import Batch


@dataclass(frozen=True, slots=True, kw_only=True)
class SaveResult:
    """What was new: entries never seen before, and rows of the outbox."""

    entries_new: int
    outbox_new: int


def _wake_updates(conn: Connection, batch: Batch) -> None:
    """Have stories updated that grew without a message of their own; a reply does that when it is sent."""
    told = {(item.story, item.entry) for item in batch.outbox}
    grown = {(one.story, one.destination) for one in batch.members if (one.story, one.entry) not in told}
    for story, destination in sorted(grown):
        wake_update(conn, story=story, destination=destination, now=batch.at)


def _named(batch: Batch) -> set[str]:
    """The entries that something is to be written of."""
    parts = (batch.sightings, batch.decisions, batch.members)
    return {one.id for one in batch.entries} | {one.entry for part in parts for one in part}


def save(conn: Connection, batch: Batch) -> SaveResult:
    """Write all of a batch. Saving the same batch twice adds nothing but its stream statistics.

    Raises Overtaken when a destination got other stories than the batch was made by.
    """
    puts.move_boards_on(conn, batch.boards)
    puts.put_feed_states(conn, batch.feeds)
    recall(conn, _named(batch))
    entries_new = puts.put_entries(conn, batch.entries)
    puts.put_sightings(conn, batch.sightings)
    puts.put_decisions(conn, batch.decisions)
    puts.put_members(conn, batch.members)
    outbox_new = puts.put_outbox(conn, batch.outbox)
    _wake_updates(conn, batch)
    puts.put_stream(conn, batch.stream, batch.at)
    return SaveResult(entries_new=entries_new, outbox_new=outbox_new)
