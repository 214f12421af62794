"""``watcher demo``: the real line over two days of invented news on loopback; alerts as Slack would show them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import LogLevel, configure_logging, options, print_json
from watcher.text import cut

if TYPE_CHECKING:
    from rich.console import Console

    from watcher.app import App
    from watcher.config import Config
    from watcher.store import Store
    from watcher.store.report import Judged
    from watcher.types import Decision

DAY = timedelta(days=1)
TOPIC = "us-south-korea"


@dataclass(slots=True)
class Scene:
    """What the loopback server shows: the moment of the last poll, and which poll it is now."""

    now: datetime
    step: int = 1
    base: str = ""


def demo(
    ctx: typer.Context, as_json: Annotated[bool, typer.Option("--json", help="Print the table as JSON.")] = False
) -> None:
    """Show what watcher does: no account, no network, nothing to set up."""
    from rich.console import Console

    if options(ctx).log_level is LogLevel.info:
        configure_logging(LogLevel.error)  # the demo's own words say what happens; --log-level debug shows the rest
    asyncio.run(_demo(Console(highlight=False, stderr=as_json), as_json=as_json))


TOGETHER = 30.0
"""Seconds: all feeds of a poll are one batch, so that the demo tells the same on a busy machine."""


async def _demo(console: Console, *, as_json: bool) -> None:
    from watcher.app import build
    from watcher.store import Store

    scene = Scene(now=datetime.now(UTC).replace(microsecond=0))
    with TemporaryDirectory(prefix="watcher-demo-") as folder:
        async with _served(scene):
            config = _configured(Path(folder), scene)
            with Store.open(config.database) as store:
                clock = _Clock(scene)
                app = build(config, store, clock=clock, jitter=lambda: 0.5, console=console)
                app.answered = lambda: True
                app.poller.gather = TOGETHER
                try:
                    rows = await _two_days(app, store, scene, console)
                finally:
                    await app.close()
    if as_json:
        print_json([_as_json(row) for row in rows])
    else:
        _table(rows, console)


class _Clock:
    """The demo's time: a night and a day pass between the polls."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene

    def __call__(self) -> datetime:
        from watcher.data.demo import AGO

        return datetime.now(UTC) - AGO[self._scene.step]


async def _two_days(app: App, store: Store, scene: Scene, console: Console) -> list[Judged]:
    from watcher.once import once
    from watcher.store.report import recent_decisions

    console.rule("[bold]Day one: watcher starts, and sums up what is already there in one digest")
    await once(app)
    scene.step = 2
    console.rule("[bold]Day two, morning: news comes in, and each story is told once")
    await once(app)
    scene.step = 3
    console.rule("[bold]Day two, evening: more outlets have a story, one has something new, and its message says so")
    report = await once(app)
    await _answered(app, store, scene, console)
    console.print()
    for error in report.errors:
        console.print(f"[dim]{error['name']}: {error['message']}[/dim]", highlight=False)
    return await store.read(recent_decisions, scene.now - 2 * DAY)


async def _answered(app: App, store: Store, scene: Scene, console: Console) -> None:
    """Press a button under a false alarm, and show what becomes of the next report like it."""
    from watcher.data.demo import describe
    from watcher.desk import Desk
    from watcher.feedback import Press
    from watcher.once import once
    from watcher.store.report import outbox_rows, recent_decisions
    from watcher.types.feedback import NOT_RELEVANT

    console.rule("[bold]That was no news of the alliance: somebody presses [ Not relevant ]")
    title = next(one.title for one in describe() if one.intended == "false alarm")
    decided = await store.read(recent_decisions, scene.now - 2 * DAY)
    entry = next(one.entry.id for one in decided if one.entry.title == title)
    key = next(row.key for row in await store.read(outbox_rows) if row.entry == entry and row.kind == "parent")
    press = Press(id="demo", action=NOT_RELEVANT, key=key, user="U0DEMO", name="you", channel="#korea-desk")
    desk = Desk(app=app, people=_Screen(console), works=lambda: "the demo has no socket")
    if (rest := await desk.take(press)) is not None:
        await rest()
    scene.step = 4
    console.rule("[bold]The night after: the next report like it comes in, and stays silent")
    await once(app)
    likes = {one.title for one in describe() if one.intended == "look-alike"}
    for one in await store.read(recent_decisions, scene.now):
        if one.entry.title in likes:
            console.print(f"{one.entry.title}\n  {one.decision.state}: {one.decision.reason}", markup=False)


class _Screen:
    """Answers on the screen, as the person who pressed would see them."""

    def __init__(self, console: Console) -> None:
        self._console = console

    async def tell(self, asked: object, text: str) -> None:
        from html import unescape

        del asked
        self._console.print(f"Only you see this: {unescape(text)}", style="italic", markup=False)

    async def members(self, group: str) -> frozenset[str]:
        del group
        return frozenset()


@asynccontextmanager
async def _served(scene: Scene) -> AsyncIterator[None]:
    """Serve the sample at a free port of the loopback address."""
    from aiohttp import web

    from watcher.data.demo import documents, status

    async def answer(request: web.Request) -> web.Response:
        found = documents(scene.now, scene.base, scene.step).get(request.path)
        if found is None:
            raise web.HTTPNotFound
        kind, body = found
        return web.Response(body=body, status=status(request.path), headers={"Content-Type": kind})

    site = web.Application()
    site.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        scene.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield
    finally:
        await runner.cleanup()


def _configured(folder: Path, scene: Scene) -> Config:
    """The configuration a user would write, in a folder of its own."""
    from watcher.config import load
    from watcher.data.demo import feeds, seeds

    (folder / "seeds").mkdir()
    for name, text in seeds().items():
        (folder / "seeds" / name).write_text(text, encoding="utf-8")
    lines = [f"  - {{url: '{scene.base}{feed.path}', name: '{feed.name}'}}" for feed in feeds()]
    path = folder / "watcher.yaml"
    path.write_text(
        "\n".join(
            [
                "feeds:",
                *lines,
                "topics:",
                f"  {TOPIC}: {{title: 'US–South Korea alliance', seeds: seeds, channel: '#korea-desk'}}",
                "fetch: {allow_networks: [127.0.0.0/8], per_host: 8}",
                "notify: console",
                "database: sqlite:///watcher.db",
            ]
        ),
        encoding="utf-8",
    )
    return load(path, {})


MEANS = {
    "posted": "told in a message or a digest",
    "grouped": "told by another message of its story",
    "held": "waits",
    "pending": "waits to be sent",
    "below": "too far from the seeds",
    "excluded": "excluded",
    "stale": "too old",
    "dead": "refused",
}
ORDER = tuple(MEANS)


def _as_json(row: Judged) -> dict[str, Any]:
    decision = row.decision
    return {
        "title": row.entry.title,
        "outlet": row.entry.outlet,
        "state": decision.state,
        "reason": decision.reason,
        "score": decision.score,
        "threshold": decision.threshold,
        "mode": decision.mode,
    }


def _why(decision: Decision) -> str:
    """The reason without its figures, which have a column of their own."""
    reason = re.sub(r" \(score [^)]*\)", "", decision.reason)
    return reason.replace("a match", f"by {decision.mode}").replace(
        "below the threshold", f"too far, by {decision.mode}"
    )


def _table(rows: list[Judged], console: Console) -> None:
    console.print("[bold]What became of every entry, and why[/bold]")
    console.print(f"{'state':8}  {'score/of':>9}  headline", style="dim")
    room = max(30, (console.width - 22) * 3 // 5)
    for row in sorted(rows, key=lambda one: (ORDER.index(one.decision.state), -(one.decision.score or 0))):
        decision = row.decision
        score = f"{decision.score:.2f}/{decision.threshold:.2f}" if decision.score is not None else "–"
        line = f"{decision.state:8}  {score:>9}  {cut(row.entry.title, room):{room}}  {_why(decision)}"
        told = decision.state in {"posted", "grouped"}
        console.print(line, style=None if told else "dim", markup=False, no_wrap=True, overflow="ellipsis")
    counted = {state: sum(row.decision.state == state for row in rows) for state in ORDER}
    said = ", ".join(f"{number} {state} ({MEANS[state]})" for state, number in counted.items() if number)
    console.print(f"\n{len(rows)} entries: {said}.")
    console.print("Next: `watcher try URL` with one or two articles of your own, or docs/quickstart.md.")
