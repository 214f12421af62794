"""The configuration of a month's service, and what becomes of it."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from tests.fake_slack import TOKEN
from tests.month.calendar import ZONE
from tests.month.news import LATE
from tests.month.subjects import SUBJECTS
from tests.month.world import World

EVERY = ("4h", "2h", "3h", "6h", "2h")
"""How often feeds are polled, in turn: more often would be mostly more answers that nothing is new."""
SHORT, OFTEN = 10, ("1h",)
"""A month of fewer days has so short an outage that feeds have to be polled more often to meet it."""
RENAMED = {"fishing": "quotas"}
TOPICS: dict[str, dict[str, Any]] = {
    "alliance": {"channel": ["C000DESK1", "C0GENERAL"]},
    "cables": {"channel": "C000CABLES", "digest": "08:00"},
    "fishing": {"channel": "C00FISHING", "quiet_hours": "22:00-07:00"},
}


def install(folder: Path, world: World, *, entries: timedelta | None = None) -> tuple[tuple[datetime, str], ...]:
    """Write seeds and the first configuration; returns when which text takes its place. ``entries``: how long kept."""
    for subject in SUBJECTS:
        seeds = folder / "seeds" / subject.name
        seeds.mkdir(parents=True, exist_ok=True)
        for number, text in enumerate(subject.seeds):
            (seeds / f"{number}.txt").write_text(text)
    calendar, feeds = world.news.calendar, range(world.news.feeds)
    first, later = [one for one in feeds if one >= LATE], [one for one in feeds if one < world.news.feeds - LATE]
    text = _text(world, first, entries=entries)
    stricter = _text(world, later, entries=entries, cables={"sensitivity": "strict"})
    renamed = _text(world, later, entries=entries, cables={"sensitivity": "strict"}, names=RENAMED)
    (folder / "watcher.yaml").write_text(text)
    return (
        (calendar.reload, stricter),
        (calendar.broken.begin, stricter.replace('"seeds"', '"seedz"')),
        (calendar.broken.end, stricter),
        (calendar.rename, renamed),
    )


def environ(world: World) -> dict[str, str]:
    """Its environment."""
    return {"SLACK_BOT_TOKEN": TOKEN, "SLACK_API_URL": world.slack.url}


def polled(world: World, feed: int) -> tuple[datetime, datetime]:
    """From when to when a feed is in the configuration."""
    calendar = world.news.calendar
    return (
        calendar.reload if feed < LATE else calendar.start,
        calendar.reload if feed >= world.news.feeds - LATE else calendar.end,
    )


def _text(
    world: World,
    feeds: list[int],
    *,
    entries: timedelta | None,
    cables: dict[str, Any] | None = None,
    names: dict[str, str] | None = None,
) -> str:
    names = names or {}
    topics = {
        names.get(one.name, one.name): {
            "title": one.title,
            "seeds": f"seeds/{one.name}",
            **TOPICS[one.name],
            **((cables or {}) if one.name == "cables" else {}),
            **({"was": one.name} if one.name in names else {}),
        }
        for one in SUBJECTS
    }
    articles, texts = world.news.calendar.retention
    every = EVERY if world.news.calendar.days >= SHORT else OFTEN
    config = {
        "feeds": [
            {"url": world.feed_url(one), "name": f"Outlet {one}", "every": every[one % len(every)]} for one in feeds
        ],
        "topics": topics,
        "fetch": {"allow_networks": ["127.0.0.0/8"], "per_host": 16},
        "notify": "slack",
        "slack": {"ops_channel": "C00000OPS", "near_misses": "mon 09:00"},
        "database": "sqlite:///watcher.db",
        "server": {"listen": "127.0.0.1:0"},
        "retention": {"articles": _hours(articles), "entries": _hours(entries or texts)},
        "timezone": ZONE,
    }
    return json.dumps(config, indent=1)  # JSON is YAML


def _hours(span: timedelta) -> str:
    return f"{max(1, round(span / timedelta(hours=1)))}h"
