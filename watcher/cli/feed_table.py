"""``watcher feeds list``: one row per feed, and below it a line for each thing that is wrong."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.urls import redact

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.store.report import FeedRow
    from watcher.types import Feed, FeedState

WIDEST = 120
"""Columns of the table, where the output is no terminal."""
LONG, MUCH = timedelta(days=30), 300
"""A feed that is known so long, and has brought so many entries, might have matched once."""


def list_feeds(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False
) -> None:
    """Show every feed: last poll, rhythm, failures, gaps, entries; and what is wrong with it."""
    from watcher.notices.words import wrong

    known = _known(read_config(ctx))
    if as_json:
        print_json([_row(feed, found) for feed, found in known])
        return
    _print_table(known)
    for feed, found in known:
        for line in (*wrong(found.state, _moment), *_idle(found)) if found else ():
            print(f"{feed.name}  {redact(feed.url)}\n  {line}")


def _known(config: Config) -> list[tuple[Feed, FeedRow | None]]:
    from watcher.store.report import feed_rows

    store = stored(config)
    if store is None:
        return [(feed, None) for feed in config.feeds]
    with store:
        rows = {row.state.id: row for row in store.read_now(feed_rows)}
    return [(feed, rows.get(feed.id)) for feed in config.feeds]


def _print_table(known: list[tuple[Feed, FeedRow | None]]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for name in ("feed", "state", "last poll", "every", "entries seen", "matched", "newest"):
        table.add_column(name, justify="right" if name in {"entries seen", "matched"} else "left", overflow="fold")
    for feed, found in known:
        state = found.state if found else None
        table.add_row(
            feed.name,
            _condition(state),
            _moment(state.last_polled if state else None),
            _rhythm(feed, state),
            str(found.seen if found else 0),
            str(found.matched if found else 0),
            _moment(found.latest if found else None),
        )
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=WIDEST)
    console.print(table)


def _idle(found: FeedRow) -> list[str]:
    """Said of a feed that has brought much, for long, and nothing that anybody wanted."""
    known = datetime.now(UTC) - found.state.added_at
    if found.matched or known < LONG or found.seen < MUCH:
        return []
    return [f"none of its {found.seen} entries in {known.days} days has matched: take it out, or look at its language"]


def _condition(state: FeedState | None) -> str:
    if state is None or state.last_polled is None:
        return "not polled yet"
    if state.gone:
        return "gone"
    if state.failures:
        return f"failing ({state.failures} in a row)"
    return "ok" if state.moved_to is None and state.warning is None and state.gap_to is None else "ok, see below"


def _rhythm(feed: Feed, state: FeedState | None) -> str:
    from watcher.poll.life import interval

    now = interval(feed.every, state, datetime.now(UTC)) if state else feed.every
    return _span(feed.every) if now == feed.every else f"{_span(now)} (for {_span(feed.every)})"


def _moment(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M}Z" if at else "–"


def _span(time: timedelta) -> str:
    seconds = round(time.total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "m")):
        if seconds % size == 0:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"


def _row(feed: Feed, found: FeedRow | None) -> dict[str, Any]:
    state = found.state if found else None
    return {
        "id": feed.id,
        "name": feed.name,
        "url": redact(feed.url),
        "topics": list(feed.topics) if feed.topics is not None else None,
        "every_seconds": round(feed.every.total_seconds()),
        "last_polled": _iso(state.last_polled if state else None),
        "last_success": _iso(state.last_success if state else None),
        "next_due": _iso(state.next_due if state else None),
        "failures": state.failures if state else 0,
        "failing_since": _iso(state.failing_since if state else None),
        "gone": state.gone if state else False,
        "error": state.error if state else None,
        "moved_to": state.moved_to if state else None,
        "gap": [_iso(state.gap_from), _iso(state.gap_to)] if state and state.gap_to else None,
        "warning": state.warning if state else None,
        "in_document": state.entries if state else 0,
        "seen": found.seen if found else 0,
        "matched": found.matched if found else 0,
    }


def _iso(at: datetime | None) -> str | None:
    return at.isoformat(timespec="seconds") if at else None
