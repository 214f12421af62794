"""``seed add URL``: an article that somebody names in Slack becomes a seed in the database."""

from __future__ import annotations

from dataclasses import dataclass, replace

from watcher.app import App
from watcher.desk import words
from watcher.errors import WatcherError
from watcher.fetch import NotModified
from watcher.relevance.features import total
from watcher.seeds import from_article, to_card
from watcher.store.feedback import put_seed
from watcher.types import AddedSeed, Click, Seed
from watcher.urls import canonical, is_web, redact

FEWEST_TERMS = 20
"""Below this an article's page was not read: a consent page, a teaser."""


@dataclass(frozen=True, slots=True)
class Seeding:
    """Reads pages by the app's own fetcher, which knows what it may ask."""

    app: App

    async def add(self, click: Click, *, url: str, topic: str | None) -> tuple[str, bool]:
        """Add a page's article to a topic; what to say, and whether it is a seed now."""
        config = self.app.config
        if topic is None and len(config.topics) == 1:
            topic = next(iter(config.topics))
        if topic is None or topic not in config.topics:
            return f"Which topic? One of: {', '.join(config.topics)}.", False
        if not is_web(url):
            return "A seed is added by its address: https://…", False
        try:
            seed = await self._read(url)
        except WatcherError as error:
            return f"The page could not be read: {words.said(str(error), 300)}. Nothing was added.", False
        if seed is None or len(total(seed.counts)) < FEWEST_TERMS:
            return "Hardly a word of an article could be read there. Nothing was added.", False
        added = AddedSeed(
            topic=topic,
            name=canonical(url) or url,
            card=to_card(seed),
            url=redact(url),
            user=click.user,
            person=click.name,
            at=click.at,
        )
        # The command's click is written already; the seed is one more line about it.
        await self.app.store.write(put_seed, _of(click), added)
        await self.app.reconfigure(config)
        heading = words.said(seed.title or url)
        title = words.said(config.topics[topic].title, 80)
        return f"“{heading}” ({seed.words} words) is a seed of {title} now; it leaves by `watcher seeds export`.", True

    async def _read(self, url: str) -> Seed | None:
        answer = await self.app.fetcher.get(url, kind="article")
        if isinstance(answer, NotModified):
            return None
        article = await self.app.workers.extract(answer.body, answer.url)
        return from_article(article, name=url, url=url)


def _of(click: Click) -> Click:
    return replace(click, id=f"{click.id}:seed", action="seed_add")
