"""What /metrics tells: the state at this moment, what was counted, and never more series than there are words."""

from __future__ import annotations

import math
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests import builders as b
from tests import databases
from tests.builders import NOW
from tests.delivering import put
from tests.delivering import run as deliver
from tests.fakes import FakeClock, FakeNotifier, refusal
from tests.installation import Installation, installed, item
from tests.line import OFF_TOPIC, ON_TOPIC
from tests.test_web import Stage, staged
from watcher.app.counting import count_delivery
from watcher.errors import StateError
from watcher.metrics import Metrics
from watcher.notifiers.slack_errors import MEANINGS, word
from watcher.relevance.votes import example
from watcher.store import Store
from watcher.store.save import save
from watcher.types import Batch

Sample = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(text: bytes) -> Sample:
    """Name and labels → value."""
    return {
        (one.name, tuple(sorted(one.labels.items()))): one.value
        for family in text_string_to_metric_families(text.decode())
        for one in family.samples
    }


def value(found: Sample, name: str, **labels: str) -> float:
    return found[name, tuple(sorted(labels.items()))]


async def asked(place: Stage | Installation) -> Sample:
    return samples(await place.service.metrics())


async def test_readiness_is_a_figure_and_what_has_stalled_too(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        found = await asked(stage)
        assert value(found, "watcher_ready") == 1
        works = {labels[0][1]: count for (name, labels), count in found.items() if name == "watcher_stalled"}
        assert works == {"polls": 0, "outbox": 0, "token": 0, "database": 0}
        stage.clock.pass_(hours=1)
        found = await asked(stage)
        assert (value(found, "watcher_ready"), value(found, "watcher_stalled", work="polls")) == (0, 1)


async def test_room_on_a_servers_disk_is_unknown_and_rings_no_alarm(
    tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    async with staged(tmp_path, database=databases.ready("postgresql", request, tmp_path)) as stage:
        found = await asked(stage)
        assert value(found, "watcher_ready") == 1
        assert math.isnan(value(found, "watcher_disk_free_bytes"))
        assert not [one for one, _ in found if one == "watcher_database_bytes"]


async def test_a_database_that_cannot_be_written_is_told_and_the_rest_is_told_all_the_same(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        await asked(stage)

        async def full() -> None:
            raise StateError("w.db: the disk is full")

        await stage.service.guarded(full)
        found = await asked(stage)
        assert (value(found, "watcher_ready"), value(found, "watcher_stalled", work="database")) == (0, 1)
        assert value(found, "watcher_feeds", state="ok") == 1


async def test_size_and_room_are_those_of_the_files(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        found, path = await asked(stage), stage.store.path
        assert path is not None
        assert value(found, "watcher_database_bytes", file="database") == path.stat().st_size > 0
        log = path.with_name(path.name + "-wal")
        assert value(found, "watcher_database_bytes", file="log") == log.stat().st_size
        assert value(found, "watcher_disk_free_bytes") > 0


async def test_the_model_in_use_is_named_and_a_former_one_is_not(tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        scorer = stage.service.app.scorer
        before = scorer.version("alliance")
        assert value(await asked(stage), "watcher_model_info", topic="alliance", version=before) == 1
        scorer.teach("alliance", [example(b.label(topic="alliance"))])
        found = [labels for name, labels in await asked(stage) if name == "watcher_model_info"]
        assert found == [(("topic", "alliance"), ("version", scorer.version("alliance")))]
        assert scorer.version("alliance") != before


async def test_scores_are_counted_in_units_of_their_thresholds(tmp_path: Path) -> None:
    async with installed(tmp_path, "feed") as here:
        here.feed("/feed", *(item(*one) for one in [*ON_TOPIC[:2], *OFF_TOPIC]))
        await here.tick()
        found = await asked(here)
        assert value(found, "watcher_score_ratio_count", mode="snippet") == 4
        assert value(found, "watcher_score_ratio_bucket", mode="snippet", le="0.8") == len(OFF_TOPIC)
        here.clock.pass_(minutes=10)
        await here.tick()
        assert value(await asked(here), "watcher_score_ratio_count", mode="snippet") == 4, "each entry once"


async def test_the_lag_is_from_publication_to_post_and_digests_have_none(
    store: Store, there: FakeNotifier, clock: FakeClock
) -> None:
    put(store)
    unknown = b.entry("undated", published=None)
    future = b.entry("tomorrow's", published=NOW + timedelta(days=1))
    rows = [
        b.outbox_item(f"i/{one.id}", story=one.id, entry=one.id, destination="fake:#b") for one in (unknown, future)
    ]
    store.write_now(save, Batch(at=NOW, entries=(unknown, future), outbox=tuple(rows)))
    clock.pass_(seconds=90)
    report = await deliver(store, there, clock)
    assert report.sent == 3
    assert sorted(report.lags) == [0.0, 90.0]
    put(store, 4, prefix="held", state="held", hold="first_poll")
    clock.pass_(minutes=10)
    assert (await deliver(store, there, clock)).lags == ()
    metrics = Metrics()
    count_delivery(metrics, report)
    assert value(samples(metrics.render()), "watcher_post_lag_seconds_sum") == 90


async def test_what_slack_says_is_counted_by_its_own_word(store: Store, there: FakeNotifier, clock: FakeClock) -> None:
    put(store)
    there.faults["CDESK"] = [refusal("invalid_blocks", scope="message"), refusal("a_new_word")]
    metrics = Metrics()
    for _ in range(2):
        count_delivery(metrics, await deliver(store, there, clock))
        clock.pass_(seconds=30)
    found = samples(metrics.render())
    assert value(found, "watcher_slack_errors_total", error="invalid_blocks") == 1
    assert value(found, "watcher_slack_errors_total", error="other") == 1


def test_there_are_so_many_words_and_no_more() -> None:
    assert {word(code) for code in MEANINGS} == set(MEANINGS)
    assert (word("http_502"), word("timeout"), word("x" * 5000)) == ("http", "timeout", "other")
