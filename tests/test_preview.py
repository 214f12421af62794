"""A preview says what the line decided, what another configuration would have, and why."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.installation import Installation, installed, item
from tests.line import OFF_TOPIC, ON_TOPIC
from watcher.app.previews import _models, events_of, make_preview, of_store
from watcher.config import Config, load
from watcher.errors import ConfigError
from watcher.preview import Preview, Told
from watcher.preview.budget import try_budget
from watcher.preview.forms import as_json, in_short
from watcher.preview.sample import lines, read_sample
from watcher.store.entries import tidy
from watcher.store.report import outbox_rows, recent_decisions

WEEK = timedelta(days=7)
LINKED = [f"https://news.example/{number}" for number in range(20)]
LONG = f"{ON_TOPIC[2][1]} {' '.join(text for _, text in OFF_TOPIC)} " * 3
"""A feed's own article: more than 150 words."""


def linked(title: str, text: str, number: int) -> str:
    return item(title, text, extra={"link": LINKED[number]})


async def polled(made: Installation) -> None:
    """Three polls: what first documents hold, then news, a copy of it, and an article; a mute rule is no part of it."""
    on, off = ON_TOPIC, OFF_TOPIC
    made.feed("/one", linked(*on[0], 0), linked(*off[0], 1))
    made.feed("/two", linked(*off[1], 2))
    await made.tick()
    copy = on[1][0] + ", officials say"
    made.feed("/one", linked(*on[0], 0), linked(*off[0], 1), linked(*on[1], 3))
    made.feed("/two", linked(*off[1], 2), linked(copy, on[1][1], 4))
    await made.pass_(timedelta(minutes=20), step=timedelta(minutes=10))
    made.feed("/two", linked(*off[1], 2), linked(copy, on[1][1], 4), linked(on[2][0], LONG, 5))
    await made.pass_(timedelta(minutes=20), step=timedelta(minutes=10))


@pytest.fixture
async def made(tmp_path: Path) -> AsyncIterator[Installation]:
    async with installed(tmp_path, "one", "two") as installation:
        await polled(installation)
        yield installation


def changed(made: Installation, *, feeds: slice = slice(None), name: str = "alliance", **topic: Any) -> Config:
    """The configuration with other keys of its topic, other feeds, another name."""
    given = json.loads((made.folder / "watcher.yaml").read_text())
    given["topics"] = {name: given["topics"]["alliance"] | topic}
    given["feeds"] = given["feeds"][feeds]
    other = made.folder / "new.yaml"
    other.write_text(json.dumps(given))
    return load(other, {})


def previewed(made: Installation, new: Config | None = None, present: Config | None = None) -> Preview:
    now = made.clock.now
    source = of_store(made.app.store, since=now - WEEK, until=now)
    return make_preview(source, present or made.app.config, new, now=now)


async def test_a_preview_says_exactly_what_the_line_decided(made: Installation) -> None:
    told = previewed(made)
    decided = made.app.store.read_now(recent_decisions, made.clock.now - WEEK)
    matched = [one for one in decided if one.decision.state in {"pending", "posted", "grouped", "held"}]
    (topic,) = told.topics
    assert not told.differs
    assert (told.entries, topic.entries) == (len(decided), len(decided))
    assert topic.matches == len(matched) >= 4
    assert any(one.decision.mode == "full" for one in matched), "the feed's own article was read"
    rows = made.app.store.read_now(outbox_rows)
    assert topic.stories == sum(row.kind == "parent" for row in rows)
    assert topic.replies == sum(row.kind == "reply" for row in rows)
    assert sum(topic.histogram) == len(decided)
    (present,) = [row for row in topic.rows if row.line.present]
    assert (present.matches, present.stories) == (topic.matches, topic.stories)


async def test_what_is_forgotten_is_judged_by_the_counts_of_its_words(made: Installation) -> None:
    before = previewed(made)
    await made.deliver()
    later = made.clock.now + timedelta(days=1)
    assert made.app.store.write_now(tidy, articles_before=later, entries_before=made.clock.now - WEEK) == (1, 0)
    without_article = previewed(made)
    assert [one.matches for one in without_article.topics] == [one.matches for one in before.topics]
    assert not without_article.differs
    made.app.store.write_now(tidy, articles_before=later, entries_before=later)
    without_words = previewed(made)
    assert [one.matches for one in without_words.topics] == [one.matches for one in before.topics]
    assert [one.stories for one in without_words.topics] == [one.stories for one in before.topics]
    assert not without_words.differs
    assert without_words.forgotten + without_words.entries == before.entries
    excluded = previewed(made, changed(made, exclude=["troops"]))
    assert {one.because for one in excluded.changes} == {"rule"}


@pytest.mark.parametrize(
    ("keys", "because", "reason"),
    [
        ({"sensitivity": 0.5}, "threshold", "below the threshold"),
        ({"exclude": ["troops"]}, "rule", "the exclude rule 'troops' hits"),
        ({"must": ["Okinawa"]}, "rule", "none of the must words is in it: Okinawa"),
        ({"languages": ["ko"]}, "language", "its language (en) is not one of: ko"),
        ({"paused": True}, "paused", "the topic was paused"),
        ({"feeds": slice(1)}, "feed", "its feed is not configured"),
        ({"name": "other"}, "topic", "the topic is not configured"),
    ],
)
async def test_a_dropped_alert_says_what_dropped_it(
    made: Installation, keys: dict[str, Any], because: str, reason: str
) -> None:
    told = previewed(made, changed(made, **keys))
    dropped = [one for one in told.changes if not one.added and one.because == because]
    assert dropped
    assert all(reason in one.now and "a match" in one.was for one in dropped)
    assert told.differs
    back = previewed(made, made.app.config, present=changed(made, **keys))
    assert {one.entry for one in back.changes if one.added} == {one.entry for one in told.changes if not one.added}


async def test_a_renamed_topic_and_an_equal_file_change_nothing(made: Installation) -> None:
    assert not previewed(made, changed(made)).differs
    renamed = previewed(made, changed(made, name="troops", was="alliance"))
    assert not [one for one in renamed.changes if one.because != "score"]
    moved = previewed(made, changed(made, channel="#other"))
    assert not moved.changes
    assert moved.moved == (("alliance", "console:#console", "console:#other"),)
    assert moved.differs


async def test_a_sensitivity_scores_nothing_twice_and_other_seeds_do(made: Installation) -> None:
    now = made.clock.now
    source = of_store(made.app.store, since=now - WEEK, until=now)
    models: dict[str, Any] = {}
    assert _models(made.app.config, source, models) == _models(changed(made, sensitivity="broad"), source, models)
    (made.folder / "others").mkdir()
    (made.folder / "others" / "a.txt").write_text(
        "Rain in Busan\n\nIt rained in Busan all day, and the harbour was shut."
    )
    assert _models(changed(made, seeds="others"), source, models) != {"alliance": "alliance"}
    other = previewed(made, changed(made, seeds="others"))
    assert {one.because for one in other.changes if not one.added} == {"score"}


async def test_stricter_thresholds_bring_fewer_alerts(made: Installation) -> None:
    (topic,) = previewed(made).topics
    thresholds = [row.line.thresholds["full"] for row in topic.rows]
    assert thresholds == sorted(thresholds, reverse=True)
    matches = [row.matches for row in topic.rows]
    assert matches == sorted(matches)
    assert {"strict", "balanced", "broad"} <= {row.line.name for row in topic.rows}


async def test_a_sample_holds_no_text_and_says_the_same(made: Installation, tmp_path: Path) -> None:
    now = made.clock.now
    source = of_store(made.app.store, since=now - WEEK, until=now)
    path = tmp_path / "sample.jsonl"
    path.write_text("\n".join(lines(source, events_of(source, made.app.config, now=now))) + "\n")
    text = path.read_text()
    assert "news.example" not in text
    assert all(title not in text and words not in text for title, words in ON_TOPIC + OFF_TOPIC)
    told, expected = (make_preview(one, made.app.config, None, now=now) for one in (read_sample(path), source))
    strip = {"added", "dropped"}
    assert {k: v for k, v in as_json(told).items() if k not in strip | {"topics"}} == {
        k: v for k, v in as_json(expected).items() if k not in strip | {"topics"}
    }
    assert [(one.matches, one.stories, one.histogram) for one in told.topics] == [
        (one.matches, one.stories, one.histogram) for one in expected.topics
    ]
    stricter = changed(made, sensitivity=0.5)
    by_sample, by_store = (make_preview(one, made.app.config, stricter, now=now) for one in (read_sample(path), source))
    assert [one.entry for one in by_sample.changes] == [one.entry for one in by_store.changes] != []


@pytest.mark.parametrize("damage", [lambda text: text[:-40], lambda text: text.replace('"first"', '"last"')])
async def test_a_damaged_sample_is_refused_with_its_line(made: Installation, tmp_path: Path, damage: Any) -> None:
    now = made.clock.now
    source = of_store(made.app.store, since=now - WEEK, until=now)
    path = tmp_path / "sample.jsonl"
    path.write_text(damage("\n".join(lines(source, {}))))
    with pytest.raises(ConfigError, match=r"sample\.jsonl:\d+: .*this line is damaged.*watcher export"):
        make_preview(read_sample(path), made.app.config, None, now=now)


async def test_in_short_it_fits_a_message(made: Installation) -> None:
    told = in_short(previewed(made, changed(made, exclude=["troops"])))
    assert "alerts a day by balanced" in told[0]
    assert any("fewer than was told: a rule" in line for line in told)


START = datetime(2026, 3, 2, 8, tzinfo=UTC)


def alert(hours: float, strength: float) -> Told:
    return Told(
        entry=str(hours),
        destination="slack:#a",
        topics=("t",),
        story=str(hours),
        relation="founder",
        news=True,
        strength=strength,
        at=START + timedelta(hours=hours),
    )


def test_a_budget_holds_what_is_over_it_and_not_what_is_stronger() -> None:
    told = [alert(0, 0.5), alert(1, 0.4), alert(2, 0.3), alert(3, 0.9), alert(4, 0.35), alert(24, 0.3)]
    found = try_budget(told, alerts_per_day=2, zone=ZoneInfo("UTC"), urgent=None)
    assert (found.days_reached, found.waiting) == (1, 2)
    urgent = try_budget(told, alerts_per_day=2, zone=ZoneInfo("UTC"), urgent=0.35)
    assert urgent.waiting == 1
    elsewhere = try_budget(
        [*told, replace(alert(5, 0.1), destination="slack:#b")], alerts_per_day=2, zone=ZoneInfo("UTC"), urgent=None
    )
    assert elsewhere.waiting == 2
