"""What a wall clock that is put back does to stored times.

Rule: nothing is due later than it could be had the clock always been right. Times that are only looked back on stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, bindparam, select, update

from watcher.store.tables import feed_states
from watcher.timing import longest_wait

SLACK = timedelta(minutes=1)
"""A last poll that lies so little ahead may have been saved while this was called."""

_TIMES = ("next_due", "last_polled", "last_success")


def pull_back(conn: Connection, *, every: Mapping[str, timedelta], now: datetime) -> int:
    """Pull back what lies too far ahead, of the feeds with these intervals (by id); returns of how many.

    Where the last poll of all lies ahead, the clock was put back by as much at least, and so are all times of all
    feeds: their order, and with it the spread of the polls, stays. Beyond that no feed is due later than its last poll
    and the longest wait that it can have been given.
    """
    told = [feed_states.c[name] for name in ("id", "failures", "told_to_wait", *_TIMES)]
    rows = [row for row in conn.execute(select(*told)) if row.id in every]
    ahead = max((row.last_polled for row in rows if row.last_polled is not None), default=now) - now
    back = ahead if ahead > SLACK else timedelta()
    changed = [
        {"feed": row.id, **{f"new_{name}": moment for name, moment in times.items()}}
        for row in rows
        if (times := _pulled(row, back, every[row.id], now)) != {name: row._mapping[name] for name in _TIMES}  # noqa: SLF001  its public name in SQLAlchemy
    ]
    if changed:
        told_anew = update(feed_states).where(feed_states.c.id == bindparam("feed"))
        conn.execute(told_anew.values({name: bindparam(f"new_{name}") for name in _TIMES}), changed)
    return len(changed)


def _pulled(
    row: Row[tuple[object, ...]], back: timedelta, every: timedelta, now: datetime
) -> dict[str, datetime | None]:
    polled, success = (None if moment is None else moment - back for moment in (row.last_polled, row.last_success))
    longest = longest_wait(every=every, failures=row.failures, told_to_wait=row.told_to_wait)
    latest = now if polled is None else max(now, polled + longest)
    return {"next_due": min(row.next_due - back, latest), "last_polled": polled, "last_success": success}
