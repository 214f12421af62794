"""Of several processes some read a changed file before the others: nothing is dropped, missed or told too soon."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from tests.builders import NOW
from tests.fakes import FakeClock, FakeNotifier
from tests.installation import item
from tests.line import ON_TOPIC
from tests.test_poll_sharing import HOSTS, apps
from watcher.app import App
from watcher.app.fellows import APART, Fellows
from watcher.app.reloading import new_topics, take_names, take_new_names
from watcher.config import Config, load
from watcher.deliver import DeliverReport
from watcher.store import Store
from watcher.store.fellows import HELD, say_no_topics, say_topics, topics_held
from watcher.store.report import outbox_rows
from watcher.store.topics import known_topics
from watcher.types import OutboxItem

ALLIANCE = {"seeds": "seeds", "channel": "#desk", "sensitivity": 0.05}
MINUTE = timedelta(minutes=1)
SECOND = {**ALLIANCE, "title": "Second", "channel": "#second"}


def pages() -> dict[str, list[str]]:
    (title, text), *_ = ON_TOPIC
    return {host: [item(title, text, extra={"link": "https://a.example/1"})] for host in HOSTS}


async def reconfigure(app: App, folder: Path, topics: Mapping[str, Mapping[str, object]]) -> tuple[str, ...]:
    """What a process does when its file has these topics."""
    notifiers = app.notifiers
    found = await app.reconfigure(changed(folder, topics))
    app.notifiers = notifiers
    return found


def changed(folder: Path, topics: Mapping[str, Mapping[str, object]]) -> Config:
    file = folder / "watcher.yaml"
    file.write_text(json.dumps({**json.loads(file.read_text()), "topics": topics}))
    return load(file, {"SLACK_BOT_TOKEN": "xoxb-1"})


async def poll(app: App) -> None:
    await app.poller.poll([app.config.feeds[0].id])


def waiting(app: App, topic: str) -> list[OutboxItem]:
    rows = app.store.read_now(outbox_rows)
    return [row for row in rows if row.topic == topic and row.state in {"pending", "held"}]


async def pass_over(app: App) -> DeliverReport:
    """What several do each second: one lets go of what waited, another sends what is due at a destination."""
    await app.release()
    return await app.deliver(only=["slack:#desk", "slack:#second"])


def told(app: App) -> int:
    notifier = app.notifiers["slack"]
    assert isinstance(notifier, FakeNotifier)
    return len(notifier.keys)


def later(app: App, **by: float) -> None:
    assert isinstance(app.clock, FakeClock)
    app.clock.pass_(**by)


async def test_what_waits_for_a_topic_that_others_have_already_is_left_to_them(url: str, tmp_path: Path) -> None:
    async with apps(tmp_path, url, pages(), 2) as (older, newer):
        await reconfigure(newer, tmp_path, {"alliance": ALLIANCE, "second": SECOND})
        await poll(newer)
        (row,) = waiting(newer, "second")
        with capture_logs() as said:
            await pass_over(older)
        assert [one["event"] for one in said if one["log_level"] == "warning"] == []
        assert (waiting(newer, "second")[0].key, told(older)) == (row.key, 1), "the alliance's own is sent"
        later(newer, seconds=2)
        await pass_over(newer)
        assert (waiting(newer, "second"), told(newer)) == ([], 1)


async def test_what_waits_for_a_topic_that_the_last_process_gave_up_is_dropped(url: str, tmp_path: Path) -> None:
    async with apps(tmp_path, url, pages(), 2) as (one, other):
        for app in (one, other):
            await reconfigure(app, tmp_path, {"alliance": ALLIANCE, "second": SECOND})
        await poll(one)
        await reconfigure(one, tmp_path, {"alliance": ALLIANCE})
        await one.release()
        assert len(waiting(one, "second")) == 1
        assert "second" not in one.config.topics
        await reconfigure(other, tmp_path, {"alliance": ALLIANCE})
        with capture_logs() as said:
            await one.release()
        assert [(log["event"], log["topic"], log["dropped"]) for log in said] == [
            ("deliver.topic_removed", "second", 1)
        ]
        assert waiting(one, "second") == []


async def test_a_topic_is_new_when_all_have_it_and_gone_when_none_has_it(url: str, tmp_path: Path) -> None:
    both = {"alliance": ALLIANCE, "second": SECOND}
    async with apps(tmp_path, url, pages(), 2) as (one, other):
        await one.catch_up(["alliance"])
        assert await reconfigure(one, tmp_path, both) == (), "what the other polls is not judged for it yet"
        assert await reconfigure(other, tmp_path, both) == ("second",)
        assert await new_topics(one) == ("second",)
        await one.catch_up(["second"])
        assert await new_topics(other) == ()
        await reconfigure(one, tmp_path, {"alliance": ALLIANCE})
        assert one.store.read_now(known_topics) == {"alliance", "second"}
        await reconfigure(other, tmp_path, {"alliance": ALLIANCE})
        assert one.store.read_now(known_topics) == {"alliance"}


async def test_one_that_has_ended_or_died_is_not_waited_for(url: str, tmp_path: Path) -> None:
    both = {"alliance": ALLIANCE, "second": SECOND}
    async with apps(tmp_path, url, pages(), 3) as (one, stopped, killed):
        await one.catch_up(["alliance"])
        await reconfigure(one, tmp_path, both)
        await Fellows(app=stopped).leave()
        assert await new_topics(one) == ()
        later(killed, seconds=HELD.total_seconds() - 1)
        await Fellows(app=one).look()
        assert await new_topics(one) == ()
        later(killed, seconds=2)
        assert await new_topics(one) == ("second",)


async def test_a_renamed_topic_goes_on_while_others_call_it_by_its_former_name(url: str, tmp_path: Path) -> None:
    async with apps(tmp_path, url, pages(), 2) as (older, newer):
        await older.catch_up(["alliance"])
        await reconfigure(newer, tmp_path, {"pact": {**ALLIANCE, "was": "alliance"}})
        assert await new_topics(older) == (), "it would judge all anew"
        await poll(older)
        assert len(waiting(older, "alliance")) == 1
        await older.release()
        await pass_over(newer)
        assert (waiting(newer, "alliance"), waiting(newer, "pact"), told(newer)) == ([], [], 1)


@pytest.mark.parametrize("how", ["it changes its file", "it begins"])
async def test_what_has_just_got_its_new_name_is_not_left_over(url: str, tmp_path: Path, how: str) -> None:
    async with apps(tmp_path, url, pages(), 2) as (older, newer):
        await older.catch_up(["alliance"])
        await poll(older)
        renamed = changed(tmp_path, {"pact": {**ALLIANCE, "was": "alliance"}})
        if how == "it begins":
            take_names(renamed, newer.store, owner="a third", now=older.clock())
        else:
            await take_new_names(newer, renamed)  # and it has not taken up its file yet
        assert len(waiting(newer, "pact")) == 1
        await pass_over(older)
        assert (len(waiting(newer, "pact")), told(older)) == (1, 0)


async def test_files_that_stay_different_are_said_once(url: str, tmp_path: Path) -> None:
    async with apps(tmp_path, url, pages(), 2) as (older, newer):
        await reconfigure(newer, tmp_path, {"alliance": ALLIANCE, "second": SECOND})
        looks = [Fellows(app=older), Fellows(app=newer)]

        async def look() -> list[object]:
            with capture_logs() as said:
                for fellows in looks:
                    await fellows.look()
            return [one["topics"] for one in said if one["event"] == "service.topics_differ"]

        async def look_each_minute() -> list[object]:
            found = await look()
            for _ in range(round(APART / MINUTE) - 1):
                later(older, minutes=1)
                assert await look() == []
            later(older, minutes=1)
            return found + await look()

        assert await look_each_minute() == [["second"], ["second"]]
        assert await look_each_minute() == [], "said once"
        await reconfigure(older, tmp_path, {"alliance": ALLIANCE, "second": SECOND})
        assert await look_each_minute() == []
        await reconfigure(older, tmp_path, {"alliance": ALLIANCE})
        assert await look_each_minute() == [["second"], ["second"]], "said again of another time"


async def test_what_several_see_is_told_to_the_ops_channel_once_whatever_the_clock_says(
    url: str, tmp_path: Path
) -> None:
    async with apps(tmp_path, url, pages(), 2) as both:
        for app in both:
            await reconfigure(app, tmp_path, {"alliance": ALLIANCE})
            app.config = replace(app.config, slack=replace(app.config.slack, ops_channel="#ops"))

        async def told_by_all(minutes: float) -> int:
            for app in both:
                await app.notices.tell(app.config, "watcher.yaml was taken up.")
                later(app, minutes=minutes)
            return sum(row.destination == "slack:#ops" for row in both[0].store.read_now(outbox_rows))

        before = await told_by_all(0)
        for number, minutes in enumerate((0, 2, 9), start=1):
            later(
                both[0], minutes=10 + (9 - both[0].clock().minute) % 10
            )  # nine minutes past, so that ten come between
            assert await told_by_all(minutes) == before + number


async def test_one_that_was_killed_with_an_old_file_is_no_difference(url: str, tmp_path: Path) -> None:
    async with apps(tmp_path, url, pages(), 2) as (one, _):
        await reconfigure(one, tmp_path, {"alliance": ALLIANCE, "second": SECOND})
        fellows = Fellows(app=one)
        with capture_logs() as said:
            for _ in range(10):
                await fellows.look()
                later(one, minutes=1)
        assert [log for log in said if log["event"] == "service.topics_differ"] == []


@pytest.mark.parametrize("hours", [23, 25])
def test_what_a_process_said_a_day_ago_is_forgotten(store: Store, hours: int) -> None:
    store.write_now(say_topics, "50%", ["a", "b"], now=NOW)
    store.write_now(say_topics, "gone", ["a"], now=NOW)
    store.write_now(say_no_topics, "gone")
    store.write_now(say_topics, "other", [], now=NOW + timedelta(hours=hours))
    held = store.read_now(topics_held, NOW)
    assert held == ({"other": frozenset()} | ({"50%": frozenset("ab")} if hours == 23 else {}))
    assert store.read_now(topics_held, NOW + timedelta(hours=1)) == {"other": frozenset()}
