"""The whole of it: news and servers here, the service in a process beside them, the verdict at the end."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from tests.month.calendar import Calendar
from tests.month.installed import environ, install
from tests.month.judge import Verdict, judge
from tests.month.life import Lived, Orders, run
from tests.month.news import News
from tests.month.world import world
from watcher.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What came of it."""

    news: News
    lived: Lived
    verdict: Verdict
    asked: Counter[str]
    refused: int
    """Calls that Slack refused."""
    seconds: float


def month(
    folder: Path,
    *,
    days: int,
    feeds: int,
    seed: int,
    entries: timedelta | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Month:
    """Let it pass. ``entries``: how long their words are kept; ``say`` hears of each day."""
    calendar, begun = Calendar(days), time.monotonic()
    news = News(calendar, feeds=feeds, seed=seed)
    context = multiprocessing.get_context("spawn")  # a fork would count what the servers hold as the service's
    hand = context.Value("d", calendar.start.timestamp(), lock=False)
    with world(news, lambda: datetime.fromtimestamp(hand.value, UTC)) as place:
        files = install(folder, place, entries=entries)
        orders = Orders(
            config=folder / "watcher.yaml", environ=environ(place), calendar=calendar, files=files, seed=seed
        )
        ours, theirs = context.Pipe(duplex=False)
        child = context.Process(target=run, args=(orders, hand, theirs), daemon=False)
        child.start()
        theirs.close()
        lived = _heard(ours, say)
        child.join()
        with Store.open(f"sqlite:///{folder / 'watcher.db'}", mode="read") as store:
            verdict = judge(place, store, lived)
    return Month(
        news=news,
        lived=lived,
        verdict=verdict,
        asked=place.asked,
        refused=place.slack.refused,
        seconds=time.monotonic() - begun,
    )


def _heard(wire: Connection, say: Callable[[str], None]) -> Lived:
    """What the process tells until its end; an end without a word is said here."""
    try:
        while not isinstance(told := wire.recv(), Lived):
            say(told)
    except EOFError:
        raise AssertionError("the service's process ended before the month did; its error is above") from None
    return told
