"""What a preview of a month costs: 90,000 entries of 500 feeds, one topic. ``make bench-own``.

The past is made as the line makes it (judged, decided, saved), from invented words; one entry in forty has something
of the topic, and one in fifty has its article.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter

from tests.builders import entry
from tests.line import ON_TOPIC, SEEDS
from watcher.app import load_seeds, make_scorer
from watcher.config import Config, load
from watcher.data import background
from watcher.poll.assemble import decide_all
from watcher.poll.judge import Judged
from watcher.poll.sift import Candidate
from watcher.poll.statistics import RareTerms
from watcher.relevance import Scorer
from watcher.relevance.stages import full_document, snippet_document
from watcher.relevance.stream import Stream
from watcher.relevance.threshold import likely
from watcher.store import Store
from watcher.store.save import save
from watcher.types import Batch, Entry, Sighting

FEEDS, DAYS, BATCH = 500, 30, 500


def configure(folder: Path) -> tuple[Path, Path]:
    """The present configuration, and one with another sensitivity."""
    (folder / "seeds").mkdir()
    for number, text in enumerate(SEEDS):
        (folder / "seeds" / f"{number}.txt").write_text(text)
    paths = []
    for name, sensitivity in (("watcher", "balanced"), ("new", "broad")):
        config = {
            "feeds": [f"https://feeds.example/{number}.xml" for number in range(FEEDS)],
            "topics": {"alliance": {"title": "The alliance", "seeds": "seeds", "sensitivity": sensitivity}},
            "notify": "console",
            "database": "sqlite:///watcher.db",
        }
        path = folder / f"{name}.yaml"
        path.write_text(json.dumps(config))
        paths.append(path)
    return paths[0], paths[1]


def invented(rng: random.Random, number: int, now: datetime, entries: int) -> Entry:
    """One entry: ordinary words as often as news has them, and now and then some of the topic's."""
    common, weights = _VOCABULARY
    title, text = rng.choices(common, weights, k=9), rng.choices(common, weights, k=50)
    if number % 40 == 0:
        own = " ".join(rng.choice(ON_TOPIC)).split()
        part = rng.randrange(1, len(own))
        title, text = [*title[:5], *own[: part // 6]], [*own[:part], *text[: 50 - part]]
    seen = now - timedelta(days=DAYS) * (1 - number / entries)
    return entry(
        " ".join(title),
        text=" ".join(text),
        language="en",
        url=f"https://news.example/{number}",
        identity=f"https://news.example/{number}",
        published=seen - timedelta(minutes=5),
        first_seen=seen,
        article=" ".join([*text, *rng.choices(common, weights, k=400)]) if number % 40 == 0 else None,
    )


def _words() -> tuple[list[str], list[float]]:
    shares = [(term, share) for term, share in background()["en"].shares.items() if " " not in term]
    return [term for term, _ in shares], [share for _, share in shares]


_VOCABULARY = _words()


def fill(config: Config, entries: int, now: datetime) -> None:
    """Poll a month, but for the fetching."""
    rng = random.Random(7)
    topics, _ = load_seeds(config)
    scorer = make_scorer(topics, Stream(), now=now)
    feeds, rare = list(config.feeds), RareTerms()
    with Store.open(config.database) as store:
        for start in range(0, entries, BATCH):
            found = [invented(rng, number, now, entries) for number in range(start, min(entries, start + BATCH))]
            at = found[-1].first_seen
            batch = _batch(found, config, scorer, at, [feeds[n % FEEDS].id for n in range(len(found))])
            store.write_now(save, replace(batch, stream=rare.hold_back(batch.stream)))


def _batch(found: list[Entry], config: Config, scorer: Scorer, at: datetime, feeds: list[str]) -> Batch:
    documents = [snippet_document(one) for one in found]
    judged = scorer.judge(documents, now=at)
    final = [dict(one) for one in judged]
    for number, one in enumerate(found):
        first = judged[number]["alliance"]
        if one.article and likely(first.score.value, first.threshold):
            final[number] = scorer.judge([full_document(one)], now=at)[0]
    delta = scorer.delta(documents, judged)
    scorer.absorb(delta, at)
    feed, topic = config.feeds[0], frozenset({"alliance"})
    decisions = decide_all(
        [
            Judged(candidate=Candidate(entry=one, feed=feed, topics=topic, new=True), entry=one, judgements=given)
            for one, given in zip(found, final, strict=True)
        ],
        topics=config.topics,
        version=scorer.version,
        first_poll="alert",
        max_age=timedelta(days=3),
        now=at,
    )
    seen = tuple(Sighting(entry=one.id, feed=of, guid=None, seen=at) for one, of in zip(found, feeds, strict=True))
    return Batch(at=at, entries=tuple(found), sightings=seen, decisions=tuple(decisions), stream=delta)


def timed(config: Path, *more: str) -> str:
    """Run the command as a user would; a line on how long it took."""
    command = [sys.executable, "-m", "watcher", "--config", str(config), "preview", "--since", f"{DAYS + 1}d"]
    before, began = os.times(), perf_counter()
    ended = subprocess.run([*command, *more, "--json"], capture_output=True, text=True, check=True)
    after, took = os.times(), perf_counter() - began
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    (topic,) = json.loads(ended.stdout)["topics"]
    found = ", ".join(f"{topic[name]:,} {name}" for name in ("entries", "matches", "stories"))
    return f"preview {' '.join(one for one in more if one.startswith('-'))}: {took:.1f} s, {spent:.1f} s CPU; {found}"


def main() -> None:
    """Read the options."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--entries", type=int, default=90_000)
    options.add_argument("--keep", type=Path, help="a folder for the database, which is used again when it is there")
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = given.keep or Path(name)
        folder.mkdir(exist_ok=True)
        if not (folder / "watcher.db").exists():
            present, new = configure(folder)
            fill(load(present, {}), given.entries, datetime.now(UTC))
        present, new = folder / "watcher.yaml", folder / "new.yaml"
        for more in ((), ("--config", str(new)), ("--plot", str(folder / "preview.svg"))):
            print(timed(present, *more), flush=True)


if __name__ == "__main__":
    main()
