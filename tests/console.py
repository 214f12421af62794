"""The console page of a service on loopback, with what a test puts into its database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import aiohttp
from rich.console import Console

from tests import builders as b
from tests.builders import NOW
from tests.commands import installed
from tests.fakes import FakeClock
from watcher.app import App, build
from watcher.app.scene import scene_of
from watcher.config import load
from watcher.service import Service
from watcher.store import Store
from watcher.store.feedback import put_labels
from watcher.store.feeds import save_feed_state
from watcher.store.save import save
from watcher.types import Batch, Entry, FeedState, NewMember, OutboxItem
from watcher.web import Access, serve, site

TOPIC, PLACE = "alliance", "console:#desk"
HOSTILE = {
    "script": '<script>window.taken=1</script><img src=x onerror="window.taken=1">',
    "attribute": '" autofocus onfocus="window.taken=1" x=\'',
    "template": "{{ 7 * 7 }}{% for x in range(9) %}</title></svg></style></textarea>",
    "direction": "\u202eevil\u202c \u2066reversed\u2069 \u200bhidden",
    "nothing": "a\0b\ud800c",
    "wide": "W" * 3000,
    "long": "five megabytes " * 350_000,
    "empty": "",
}
"""Headlines that publishers might send, each with what it tries."""
BAD_LINKS = (
    "javascript:window.taken=1",
    "data:text/html,<script>window.taken=1</script>",
    'https://ok.example/" onclick="window.taken=1',
    " javascript:alert(1)",
    "https://x.example/" + "a" * 5000,
)


@dataclass(slots=True)
class Stage:
    """A page that is served, and what it shows."""

    url: str
    app: App
    service: Service
    clock: FakeClock
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> str:
        """A view that must be shown."""
        async with self.session.get(path, headers=headers) as answer:
            text = await answer.text()
            assert answer.status == 200, text
            return text

    def feed(self, number: int = 0, **over: Any) -> None:
        """Remember this of a feed of the configuration."""
        feed = self.app.config.feeds[number]
        state = FeedState(
            id=feed.id, url=feed.url, name=feed.name, added_at=NOW, next_due=NOW + timedelta(minutes=5),
            last_polled=NOW, last_success=NOW,
        )  # fmt: skip
        self.app.store.write_now(save_feed_state, replace(state, **over))

    def told(self, *entries: Entry, topic: str = TOPIC, item: dict[str, Any] | None = None, **decision: Any) -> str:
        """A story of these entries, told by a parent; returns its id."""
        story = entries[0].id
        relations = ["founder", *["copy"] * len(entries)]
        members = tuple(
            NewMember(
                story=story, destination=PLACE, entry=one.id, relation=relation, nearest=None,  # type: ignore[arg-type]  # one of the words
                summary=one.title, summary_source="feed", at=NOW, topics=(topic,),
            )
            for one, relation in zip(entries, relations, strict=False)
        )  # fmt: skip
        row: OutboxItem = b.outbox_item(
            f"i/{story}", story=story, entry=story, topic=topic, **{"destination": PLACE, **(item or {})}
        )
        decisions = tuple(b.decision(one.id, topic, **decision) for one in entries)
        self.app.store.write_now(
            save, Batch(at=NOW, entries=entries, decisions=decisions, members=members, outbox=(row,))
        )
        return story

    def judged(self, *entries: Entry, topic: str = TOPIC, **decision: Any) -> None:
        """Entries that were judged and led to nothing."""
        given = {"state": "below", "reason": "below the threshold", "score": 0.1, "threshold": 0.12, **decision}
        decisions = tuple(b.decision(one.id, topic, **given) for one in entries)
        self.app.store.write_now(save, Batch(at=NOW, entries=entries, decisions=decisions))

    def answered(self, relevant: int, not_relevant: int, *, key: str = "i/{}", first: int = 0) -> None:
        """So many answers, each about another entry."""
        for number in range(first, first + relevant + not_relevant):
            said = number < first + relevant
            label = b.label(f"answer {number}", topic=TOPIC, key=key.format(number), relevant=said)
            click = b.click(f"{key} {number}", key=label.key)
            self.app.store.write_now(put_labels, click, [label])


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    access: Callable[[App], Access] | None = None,
    environ: Mapping[str, str] | None = None,
    **over: Any,
) -> AsyncIterator[Stage]:
    """Serve the page of a configuration; nothing is polled."""
    config = load(installed(folder, **over), environ or {})
    clock = FakeClock()
    with Store.open(config.database, now=NOW) as store:
        app = build(config, store, clock=clock, console=Console(file=StringIO()))
        service = Service(app=app, reread=lambda: config)
        known = access(app) if access else Access(hosts=lambda: app.config.server.hosts, clock=clock)
        made = site(service, access=known, scene=lambda: scene_of(app))
        try:
            await app.start()
            server = await serve(made, host="127.0.0.1", port=0)
            try:
                url = f"http://{server.address}"
                async with aiohttp.ClientSession(url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
                    yield Stage(url=url, app=app, service=service, clock=clock, session=session)
            finally:
                await server.close()
        finally:
            await app.close()


def hostile(stage: Stage) -> list[str]:
    """Put everything hostile everywhere; returns the paths of all views that show it."""
    stage.feed(error=HOSTILE["script"], failures=3, warning=HOSTILE["attribute"], moved_to=BAD_LINKS[0])
    stories = []
    for number, title in enumerate(HOSTILE.values()):
        url = BAD_LINKS[number % len(BAD_LINKS)]
        name = f"https://x.example/{number}"
        given = {"url": url, "identity": name, "outlet": title[:400], "text": title[:400], "content_hash": name}
        terms = ((title[:300], 0.2), ("seoul", 0.1))
        founder = b.entry(title, **given)
        copy = b.entry(title, **{**given, "identity": f"{name}/copy"})
        stories.append(stage.told(founder, copy, terms=terms, reason=title[:400], nearest_seed=title[:400]))
        near = b.entry(f"{title[:500]} near", **{**given, "identity": f"{name}/near"})
        stage.judged(near, terms=terms, reason=title[:400])
        dead = {"state": "dead", "error": title[:400]}
        stage.told(b.entry(title, **{**given, "identity": f"{name}/dead"}), item=dead, state="dead", terms=terms)
    return [
        "/",
        f"/topics/{TOPIC}",
        "/stories",
        "/feeds",
        *(f"/{kind}/{one}" for one in stories for kind in ("stories", "entries")),
    ]
