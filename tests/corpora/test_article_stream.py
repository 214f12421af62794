"""Thousands of real articles as feed entries, with the shipped seeds: what the line finds best reads like the topic."""

from __future__ import annotations

import asyncio
import gzip
import io
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from html import escape
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from tests.corpora.places import SEEDS, corpora
from tests.fakes import FakeClock
from tests.loopback import Request, response, serve
from tests.program import watcher
from watcher.app import build
from watcher.config import load
from watcher.store import Store
from watcher.store.report import Judged, recent_decisions

START = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
EVERY = 2
"""One article of so many is taken, all years alike."""
FEEDS = 4
PER_DOCUMENT = 50
WORDS = 60
BEST = 30
ON_TOPIC = re.compile(r"Korea|Seoul|Pyongyang")


@dataclass(frozen=True, slots=True)
class Article:
    id: str
    title: str
    text: str

    @property
    def snippet(self) -> str:
        return " ".join(self.text.split()[:WORDS])

    @property
    def on_topic(self) -> bool:
        return ON_TOPIC.search(f"{self.title} {self.snippet}") is not None


def articles() -> list[Article]:
    with gzip.open(corpora() / "data" / "news_2012_2015.jsonl.gz", "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in islice(file, 0, None, EVERY)]
    return [Article(row["id"], row["title"], row["text"]) for row in rows]


@dataclass(slots=True)
class Press:
    """Feeds that show ever new articles, and the articles' pages."""

    articles: list[Article]
    clock: FakeClock
    turn: int = 0
    base: str = ""
    pages: int = 0
    by_path: dict[str, Article] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_path = {f"/{one.id}.html": one for one in self.articles}

    @property
    def turns(self) -> int:
        return -(-len(self.articles) // (FEEDS * PER_DOCUMENT))

    async def answer(self, request: Request, writer: asyncio.StreamWriter) -> None:
        if request.path in self.by_path:
            self.pages += 1
            writer.write(response(_page(self.by_path[request.path]), Content_Type="text/html; charset=utf-8"))
        elif request.path.startswith("/feed"):
            document = self._document(int(request.path[5]))
            writer.write(response(document, Content_Type="application/rss+xml"))
        else:
            writer.write(response(b"", "404 Not Found"))

    def _document(self, feed: int) -> bytes:
        start = (self.turn * FEEDS + feed) * PER_DOCUMENT
        at = format_datetime(self.clock.now - timedelta(minutes=5))
        items = "".join(
            f"<item><title>{escape(one.title)}</title><link>{self.base}/{one.id}.html</link><pubDate>{at}</pubDate>"
            f"<description>{escape(one.snippet)}</description></item>"
            for one in self.articles[start : start + PER_DOCUMENT]
        )
        return f'<rss version="2.0"><channel><title>Feed {feed}</title>{items}</channel></rss>'.encode()


def _page(article: Article) -> bytes:
    paragraphs = "".join(f"<p>{escape(part)}</p>" for part in article.text.split("\n\n"))
    title = escape(article.title)
    body = f"<body><article><h1>{title}</h1>{paragraphs}</article></body>"
    return f"<html><head><title>{title}</title></head>{body}</html>".encode()


def configured(folder: Path, base: str) -> Path:
    path = folder / "watcher.yaml"
    config = {
        "feeds": [{"url": f"{base}/feed{number}", "name": f"Feed {number}"} for number in range(FEEDS)],
        "topics": {"us-south-korea": {"seeds": str(SEEDS)}},
        "fetch": {"allow_networks": ["127.0.0.0/8"], "first_poll": "alert"},
        "notify": "console",
        "database": "sqlite:///watcher.db",
    }
    path.write_text(json.dumps(config))  # JSON is YAML
    return path


async def polled(folder: Path, press: Press, screen: Console) -> list[Judged]:
    """Turn after turn through the real line; every decision that came of it."""
    config = load(configured(folder, press.base), {})
    with Store.open(config.database, mode="write", now=press.clock.now) as store:
        app = build(config, store, clock=press.clock, jitter=lambda: 0.5, console=screen)
        try:
            await app.start()
            for turn in range(press.turns):
                press.turn = turn
                report = await app.poller.poll([one.id for one in config.feeds])
                assert not report.failed, report.failed
                delivered = await app.deliver()
                assert not delivered.errors
                press.clock.pass_(minutes=30)
            return await store.read(recent_decisions, START)
        finally:
            await app.close()


def rank(one: Judged) -> float:
    """Strength: scores of snippets and of whole articles are not alike."""
    return one.decision.strength or 0.0


@pytest.mark.corpora
@pytest.mark.slow
async def test_the_best_of_a_real_stream_reads_like_the_topic(tmp_path: Path) -> None:
    press = Press(articles(), FakeClock(START))
    screen = io.StringIO()
    async with serve(press.answer) as server:
        press.base = server.url("")
        decided = await polled(tmp_path, press, Console(file=screen, width=100))
    matched = [one for one in decided if one.decision.state in {"posted", "grouped"}]
    full = sum(one.decision.mode == "full" for one in decided)
    print(f"{len(decided)} entries, {sum(one.on_topic for one in press.articles)} of them name Korea;")
    print(f"{press.pages} articles fetched, {full} judged by their article, {len(matched)} matches")
    best = sorted(decided, key=rank, reverse=True)[:BEST]
    for one in best:
        print(
            f"  {rank(one):.2f} {one.decision.score:.3f} {one.decision.mode:8} {one.decision.state:7} {one.entry.title}"
        )
    assert len(decided) >= 2000
    assert sum(bool(ON_TOPIC.search(f"{one.entry.title} {one.entry.text}")) for one in best) >= 27
    assert 0 < len(matched) < 0.03 * len(decided)
    assert full < 0.05 * len(decided)
    headlines = [one.entry.title for one in decided if one.decision.state == "posted"]
    assert screen.getvalue().count("╭") - screen.getvalue().count(", updated ") == len(headlines)


@pytest.mark.corpora
@pytest.mark.slow
async def test_the_command_line_finds_the_topic_in_the_same_stream(tmp_path: Path) -> None:
    found = articles()
    path = tmp_path / "stream.jsonl"
    lines = ({"id": one.id, "title": one.title, "text": one.snippet, "article": one.text} for one in found)
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    ended = await watcher("score", "--seeds", str(SEEDS), "--jsonl", str(path))
    assert ended.code == 0, ended.err
    judged: list[dict[str, Any]] = [json.loads(line) for line in ended.out.splitlines()]
    assert [one["id"] for one in judged] == [one.id for one in found]
    for one in judged:
        assert 0 <= one["score"] <= 1
        assert abs(sum(share for _, share in one["terms"]) - one["score"]) < 1e-6, one
    matched = [one for one in judged if one["match"]]
    by_id = {one.id: one for one in found}
    print(f"{len(judged)} lines in {ended.seconds:.1f} s, {ended.peak / 1024**2:.0f} MB, {len(matched)} matches")
    best = sorted(judged, key=lambda one: float(one["strength"]), reverse=True)[:BEST]
    for one in best:
        print(f"  {one['strength']:.2f} {one['score']:.3f} {one['mode']:8} {one['match']!s:5} {by_id[one['id']].title}")
    assert sum(by_id[one["id"]].on_topic for one in best) >= 27
    assert 0 < len(matched) < 0.03 * len(judged)
