# ruff: noqa: INP001  a script beside the documents, no package
"""Make docs/preview.svg: a preview of the demo's two days, every alert answered as the sample means it.

Usage: .venv/bin/python -m docs.make_preview_picture
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from watcher.app import App, build
from watcher.app.previews import make_preview, of_store
from watcher.cli import demo
from watcher.cli.common import LogLevel, configure_logging
from watcher.cli.preview_text import show
from watcher.data.demo import describe
from watcher.desk import Desk
from watcher.feedback import Press
from watcher.preview.plot import draw
from watcher.store import Store
from watcher.store.entries import find_entry
from watcher.store.report import outbox_rows
from watcher.types.feedback import NOT_RELEVANT, RELEVANT

PICTURE = Path(__file__).with_name("preview.svg")
WRONG = frozenset({"false alarm", "look-alike"})


async def main() -> None:
    """Run the demo, answer, preview, draw."""
    configure_logging(LogLevel.error)
    quiet = Console(file=StringIO())
    scene = demo.Scene(now=datetime.now(UTC).replace(microsecond=0))
    with TemporaryDirectory(prefix="watcher-demo-") as folder:
        async with demo._served(scene):  # noqa: SLF001  the demo's own stage
            config = demo._configured(Path(folder), scene)  # noqa: SLF001  same
            with Store.open(config.database) as store:
                clock = demo._Clock(scene)  # noqa: SLF001  same
                app = build(config, store, clock=clock, jitter=lambda: 0.5, console=quiet)
                app.answered = lambda: True
                try:
                    await demo._two_days(app, store, scene, quiet)  # noqa: SLF001  same
                    await answer(app, quiet)
                finally:
                    await app.close()
            with Store.open(config.database, mode="read") as store:
                now = clock()
                source = of_store(store, since=now - timedelta(days=7), until=now)
                made = make_preview(source, config, None, now=now)
    draw(made, PICTURE)
    show(made, Console(highlight=False))
    Console(stderr=True).print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


async def answer(app: App, screen: Console) -> None:
    """Press a button under every message, as the sample means it."""
    meant = {one.title: one.intended for one in describe()}
    desk = Desk(app=app, people=demo._Screen(screen), works=lambda: "")  # noqa: SLF001  same
    for row in await app.store.read(outbox_rows):
        entry = await app.store.read(find_entry, row.entry, None) if row.entry else None
        if entry is not None and entry.title in meant:
            action = NOT_RELEVANT if meant[entry.title] in WRONG else RELEVANT
            press = Press(id=row.key, action=action, key=row.key, user="U0DEMO", name="you", channel="#korea-desk")
            if (rest := await desk.take(press)) is not None:
                await rest()


if __name__ == "__main__":
    asyncio.run(main())
