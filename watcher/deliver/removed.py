"""What waits for a topic that is no longer in the configuration: decided at delivery, like holds.

Rule: it is told for another topic that its entry matched, or not at all; then it is counted. A topic that was only
renamed goes on, and so does one that another process still has, or has already.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from watcher.deliver.policy import Policy
from watcher.store import Store
from watcher.store.fellows import HELD, topics_held
from watcher.store.topics import leave_behind, left_behind, rename_topic


async def drop_removed(store: Store, policy: Policy, now: datetime) -> Counter[str]:
    """Drop the rows that wait for topics that are gone; returns how many alerts and digests that makes, by topic."""
    dropped: Counter[str] = Counter()
    kept = set(policy.topics)
    waiting = await store.read(left_behind, kept)
    if waiting and store.shared:  # asked after: a process says which topics it has before anything waits for them
        held = await store.read(topics_held, now - HELD)
        kept |= frozenset().union(*held.values()) - policy.former.keys()
        waiting = [item for item in waiting if item.topic not in kept]
    for was in sorted({item.topic for item in waiting} & policy.former.keys()):
        # a poll that was under way when the name changed has just saved it under the former one
        await store.write(rename_topic, was, policy.former[was])
    for item in waiting:
        gone = item.topic not in policy.former and await store.write(leave_behind, item.key, kept=kept, now=now)
        if gone and item.kind != "notice":
            dropped[item.topic] += 1
    return dropped
