# ruff: noqa: INP001  a script beside the documents, no package
"""Make docs/page.png and the other pictures of the console page: the demo's two days, as the service shows them.

Its one rule: the page is the real one, served by the real code; only what people answered is added to the demo.
Needs Chromium on the PATH, and what the tests need. Usage: make screenshots
"""

from __future__ import annotations

import asyncio
import shutil
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.async_api import Browser, async_playwright
from rich.console import Console

from watcher.app import App, build
from watcher.app.scene import scene_of
from watcher.cli import demo
from watcher.cli.common import LogLevel, configure_logging
from watcher.config import Config, load
from watcher.errors import DeliveryError
from watcher.notifiers.console import ConsoleNotifier
from watcher.service import Service
from watcher.store import Store
from watcher.store.feedback import put_labels
from watcher.store.report import recent_decisions
from watcher.types import Click, Label, Message, Receipt
from watcher.web import serve, site

DOCS = Path(__file__).parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
DESK, PHONE = (1180, 1360), (375, 812)
SCALE = 1.0
REFUSED = "Kim Jong Un proposes summit with Trump in letter carried by Seoul envoy"
"""The alert that Slack is made to refuse, so that the outbox has something to show."""
ANSWERS = (12, 3)
TOPICS = """
  free-trade:
    title: Free trade with South Korea
    seeds: seeds
    channel: '#trade-desk'
    must: [trade, tariff*]
    sensitivity: broad
    digest: '08:00'
"""


class Refusing(ConsoleNotifier):
    """Prints nowhere, and refuses one message for its own sake, as Slack may."""

    async def send(self, message: Message, channel_id: str) -> Receipt:
        """Take the message, or refuse it."""
        if any(item.headline == REFUSED for item in message.items) and message.kind == "alert":
            said = "msg_blocks_too_long: Slack refuses this message"
            raise DeliveryError(
                said, outcome="not_sent", scope="message", code="msg_blocks_too_long", remedy="report it"
            )
        return await super().send(message, channel_id)


def configured(folder: Path, scene: demo.Scene) -> Config:
    """The demo's configuration, with a second topic that gets a digest."""
    path = demo._configured(folder, scene).path  # noqa: SLF001  the demo's own stage, so that the page cannot differ from it
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("\nfetch:", f"{TOPICS.rstrip()}\nfetch:"), encoding="utf-8")
    return load(path, {})


async def answer(store: Store, now: datetime) -> None:
    """What readers said of the last weeks' alerts, most of which are of before the demo."""
    decided = [one for one in await store.read(recent_decisions, now - timedelta(days=3)) if one.decision.terms]
    relevant, not_relevant = ANSWERS
    for number in range(relevant + not_relevant):
        about = decided[number % len(decided)]
        label = Label(
            topic=demo.TOPIC,
            entry=f"{number:016x}",
            key=f"{store.installation}/{number:016x}",
            user=f"U{number % 3}",
            name="ann",
            at=now - timedelta(hours=number),
            relevant=number < relevant,
            title=about.entry.title,
            outlet=about.entry.outlet,
            url=about.entry.url,
            language="en",
            mode="snippet",
            terms={term: 1 for term, _ in about.decision.terms},
            state="learned",
        )
        click = Click(
            id=f"picture {number}", user=label.user, name=label.name, at=label.at, action="feedback", key=label.key
        )
        await store.write(put_labels, click, [label])


@asynccontextmanager
async def shown() -> AsyncIterator[tuple[str, App]]:
    """The page's address, after the demo's two days."""
    scene = demo.Scene(now=datetime.now(UTC).replace(microsecond=0))
    silent = Console(file=StringIO())
    with TemporaryDirectory() as folder:
        async with demo._served(scene):  # noqa: SLF001  same
            config = configured(Path(folder), scene)
            with Store.open(config.database) as store:
                app = build(config, store, clock=demo._Clock(scene), jitter=lambda: 0.5, console=silent)  # noqa: SLF001  same
                app.notifiers, app.answered = {"console": Refusing(silent)}, lambda: True
                try:
                    await demo._two_days(app, store, scene, silent)  # noqa: SLF001  same
                    await answer(store, scene.now)
                    service = Service(app=app, reread=lambda: config)
                    server = await serve(site(service, scene=lambda: scene_of(app)), host="127.0.0.1", port=0)
                    try:
                        yield f"http://{server.address}", app
                    finally:
                        await server.close()
                finally:
                    await app.close()


async def photograph(
    browser: Browser, url: str, name: str, size: tuple[int, int], *, dark: bool = False, whole: bool = False
) -> None:
    """One picture; ``whole``: all of the page, however long it is."""
    width, height = size
    context = await browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme="dark" if dark else "light",
        device_scale_factor=SCALE,
    )
    page = await context.new_page()
    await page.goto(url)
    picture = DOCS / name
    await page.screenshot(path=picture, full_page=whole, animations="disabled")
    await context.close()
    print(f"{picture}: {picture.stat().st_size // 1024} KiB")  # noqa: T201  a command prints


async def draw() -> None:
    """Make all pictures."""
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        sys.exit("no Chromium was found on the PATH; on Debian: apt-get install chromium")
    async with shown() as (base, _), async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        await photograph(browser, base + "/", "page.png", DESK)
        await photograph(browser, base + "/", "page-phone.png", PHONE, dark=True)
        await photograph(browser, base + "/feeds", "page-feeds.png", (DESK[0], 700))
        await photograph(browser, base + f"/topics/{demo.TOPIC}", "page-topic.png", (DESK[0], 900), dark=True)
        await browser.close()


if __name__ == "__main__":
    configure_logging(LogLevel.error)
    asyncio.run(draw())
