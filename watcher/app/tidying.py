"""What is forgotten once an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from watcher.config.model import RetentionConfig
from watcher.store import Store
from watcher.store.condensing import Condensed, condense
from watcher.store.entries import tidy
from watcher.store.feedback import tidy_feedback
from watcher.store.notices import tidy_notices
from watcher.store.stream import prune_stream

LISTED = timedelta(days=8)
"""Lists and counts of decisions go back for a week, whatever ``retention`` says."""


async def tidy_all(store: Store, keep: RetentionConfig, *, now: datetime) -> None:
    """Forget what is older than ``retention`` says, and the stream's rarest terms.

    Some at a time, so that a poll waits for no more than one of many short transactions.
    """
    bounds = {"articles_before": now - keep.articles, "entries_before": now - keep.entries}
    while await store.write(tidy, **bounds) != (0, 0):
        pass
    before, looked = min(now - keep.entries, now - LISTED), Condensed(number=0, last=None)
    while (looked := await store.write(condense, before=before, after=looked.last)).last is not None:
        pass
    await store.write(tidy_notices, before=now - keep.entries)
    await store.write(tidy_feedback, before=now - keep.feedback)
    await store.write(prune_stream)
