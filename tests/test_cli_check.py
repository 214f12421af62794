"""What `watcher check` says beyond errors: doubts about languages, and what a quiet topic has nearly matched."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests import builders as b
from tests.commands import Outcome, installed, run
from tests.line import SEEDS
from watcher.config import load
from watcher.store import Store
from watcher.store.save import save
from watcher.store.topics import register_topics
from watcher.types import Batch

NOW = datetime.now(UTC)
KOREAN = """주한미군 철수론 다시 고개

한미 동맹의 방위비 분담금 협상이 월요일에 결렬되었다고 당국자가 말했다.
미국은 한국이 주둔 비용을 다섯 배로 늘려야 한다고 요구했다.
한국 협상단은 그 요구를 받아들일 수 없다고 밝혔으며 동맹은 흔들리지 않는다고 강조했다.
대통령은 병력을 줄이겠다고 여러 번 위협했다.
의회는 철수가 북한을 기쁘게 할 뿐이라고 경고하는 서한을 백악관에 보냈다.
자유무역협정을 다시 협상하자는 목소리도 워싱턴에서 커지고 있다.
"""


def check(config: Path, *more: str) -> Outcome:
    return run("--config", config, "check", *more)


def warnings(config: Path) -> list[str]:
    """What it warns of, in words and in JSON."""
    told, as_json = check(config), check(config, "--json").json
    assert told.code == 0
    assert [f"warning: {one}" for one in as_json["warnings"]] == told.err.splitlines()
    return list(as_json["warnings"])


def seeds(folder: Path, *texts: str) -> None:
    folder.mkdir()
    for number, text in enumerate(texts):
        (folder / f"{number}.txt").write_text(text)


def two_topics(folder: Path, **over: Any) -> Path:
    """``alliance`` has English seeds, ``dongmaeng`` a Korean one."""
    seeds(folder / "ko", KOREAN)
    topics = {"alliance": {"seeds": "seeds"}, "dongmaeng": {"seeds": "ko"}}
    return installed(folder, topics=topics, **over)


def polled(config: Path, **languages: str) -> None:
    """Let each feed, by its name, have brought entries in a language."""
    read = load(config, {})
    with Store.open(read.database) as store:
        for feed in read.feeds:
            entries = [b.entry(f"{feed.name} {number}", language=languages[feed.name]) for number in range(6)]
            seen = tuple(b.sighting(entry.id, feed.id) for entry in entries)
            state = b.feed_state(id=feed.id, name=feed.name)
            store.write_now(save, Batch(at=NOW, feeds=(state,), entries=tuple(entries), sightings=seen))


# -- languages


@pytest.mark.parametrize(
    ("topics", "doubted"), [(["alliance"], True), (["dongmaeng"], False), (["alliance", "dongmaeng"], False)]
)
def test_a_feed_in_a_language_without_a_seed_can_match_nothing(
    tmp_path: Path, topics: list[str], doubted: bool
) -> None:
    feeds = [
        {"url": "https://en.example/f.xml", "name": "English"},
        {"url": "https://ko.example/f.xml?key=sentinel", "name": "Korean", "topics": topics},
    ]
    config = two_topics(tmp_path, feeds=feeds)
    assert warnings(config) == []
    polled(config, English="en", Korean="ko")
    assert warnings(config) == [
        f'{config}:1: feeds[1]: "Korean": feed in ko, no ko seed: nothing can match; '
        "add a seed in ko to alliance, or let it serve dongmaeng alone"
    ] * int(doubted)


def test_a_feed_whose_language_no_topic_has_is_better_taken_out(tmp_path: Path) -> None:
    config = installed(tmp_path)
    polled(config, Example="fr")
    (told,) = warnings(config)
    assert told.endswith("nothing can match; add a seed in fr to alliance, or take the feed out")


def test_a_paused_topic_asks_for_no_seed(tmp_path: Path) -> None:
    config = installed(tmp_path, topics={"alliance": {"seeds": "seeds", "paused": True}})
    polled(config, Example="fr")
    assert warnings(config) == []


def test_a_doubt_names_the_line_of_the_feed(tmp_path: Path) -> None:
    config = installed(tmp_path)
    text = json.loads(config.read_text())
    del text["feeds"]
    (tmp_path / "feeds.opml").write_text(
        '<opml version="2.0"><body><outline text="Le journal" xmlUrl="https://fr.example/f.xml"/></body></opml>'
    )
    given = "".join(f"{key}: {json.dumps(value)}\n" for key, value in text.items())
    config.write_text(f"{given}feeds:\n- https://en.example/f.xml\n- opml: feeds.opml\n")
    polled(config, **{"en.example": "en", "Le journal": "fr"})
    (told,) = warnings(config)
    assert told.startswith(f'{config}:{len(text) + 3}: feeds[1]: "Le journal": feed in fr')


def test_checking_writes_nothing_into_the_database(tmp_path: Path) -> None:
    config = installed(tmp_path)
    polled(config, Example="fr")
    before = (tmp_path / "watcher.db").read_bytes()
    check(config)
    assert (tmp_path / "watcher.db").read_bytes() == before


@pytest.mark.parametrize("place", ["topics", "defaults"])
def test_a_listed_language_without_a_seed_is_a_doubt(tmp_path: Path, place: str) -> None:
    seeds(tmp_path / "both", *SEEDS, KOREAN)
    rule = {"languages": ["en", "ko"]}
    topic, defaults = (rule, {}) if place == "topics" else ({}, rule)
    topics = {"alliance": {"seeds": "seeds", **topic}, "both": {"seeds": "both", **topic}}
    config = installed(tmp_path, topics=topics, defaults=defaults)
    key, whose = ("topics.alliance.languages", "") if place == "topics" else ("defaults.languages", " of alliance")
    (told,) = warnings(config)
    assert told == (
        f"{config}:1: {key}: ko is listed, but no seed{whose} is in ko: such entries score 0; "
        "add a seed in ko, or take ko out"
    )


# -- quiet topics


def judged(config: Path, *scores: float, since: timedelta = timedelta(days=30), **over: Any) -> None:
    """Let ``alliance``, known for so long, have judged entries with these scores yesterday, at a threshold of 0.12."""
    entries = [b.entry(f"News {n}", url=f"https://news.example/{n}?key=sentinel") for n in range(len(scores))]
    given = {"state": "below", "threshold": 0.12, "decided_at": NOW - timedelta(days=1), **over}
    decisions = tuple(
        b.decision(entry.id, "alliance", score=score, **given) for entry, score in zip(entries, scores, strict=True)
    )
    with Store.open(load(config, {}).database) as store:
        store.write_now(register_topics, ["alliance"], now=NOW - since)
        store.write_now(save, Batch(at=NOW, entries=tuple(entries), decisions=decisions))


def test_a_topic_that_was_quiet_for_a_week_shows_what_came_closest(tmp_path: Path) -> None:
    config = installed(tmp_path)
    judged(config, 0.06, 0.114)
    told = check(config)
    assert told.code == 0
    assert told.out.splitlines()[-3:] == [
        "  no alert for a week; closest:",
        "    0.95 × the threshold: News 1 (Example News) https://news.example/1?…",
        "    0.50 × the threshold: News 0 (Example News) https://news.example/0?…",
    ]
    (first, _) = check(config, "--json").json["topics"]["alliance"]["near_misses"]
    assert first == {
        "headline": "News 1",
        "outlet": "Example News",
        "url": "https://news.example/1?…",
        "score": 0.114,
        "threshold": 0.12,
        "ratio": pytest.approx(0.95),
    }


def test_a_topic_of_yesterday_had_no_alert_yet(tmp_path: Path) -> None:
    config = installed(tmp_path)
    judged(config, 0.06, since=timedelta(days=1))
    assert "  no alert yet; closest:" in check(config).out.splitlines()


@pytest.mark.parametrize("over", [{"state": "posted"}, {"decided_at": NOW - timedelta(days=8)}])
def test_a_topic_with_an_alert_or_without_entries_shows_none(tmp_path: Path, over: dict[str, Any]) -> None:
    config = installed(tmp_path)
    judged(config, 0.06, **over)
    assert "closest" not in check(config).out
    assert check(config, "--json").json["topics"]["alliance"]["near_misses"] == []


def test_without_a_database_and_for_a_paused_topic_there_are_none(tmp_path: Path) -> None:
    config = installed(tmp_path, topics={"alliance": {"seeds": "seeds", "paused": True}})
    assert check(config, "--json").json["topics"]["alliance"]["near_misses"] == []
    judged(config, 0.06)
    assert check(config, "--json").json["topics"]["alliance"]["near_misses"] == []
