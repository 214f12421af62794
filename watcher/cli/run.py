"""``watcher run``: the service, or one round of it."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import options, print_json, read_config, warn
from watcher.cli.leaving import leave
from watcher.errors import AlreadyRunning

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from watcher.app import Topics
    from watcher.config import Config
    from watcher.once import OnceReport
    from watcher.store import Store

WAIT = 1.0
"""Seconds between two looks at a lock that is waited for."""


def run(
    ctx: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Poll every feed now, deliver what is due, and stop.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="One round that prints instead of posting and saves nothing.")
    ] = False,
    wait_lock: Annotated[
        bool, typer.Option("--wait-lock", help="Wait until no other watcher runs on this database.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="With --once: print the summary as JSON.")] = False,
) -> None:
    """Run the service until it is told to stop (SIGTERM), or one round of it (--once)."""
    if as_json and not (once or dry_run):
        raise typer.BadParameter("the service prints no summary; use it with --once or --dry-run", param_hint="--json")
    setup = read_setup(ctx)
    if dry_run:
        _print(_dry(setup, quiet=as_json), as_json=as_json)
        return
    store, waited = _opened(setup.config, wait=wait_lock)
    with store:
        if waited:
            setup = read_setup(ctx)  # it may have been for days
        if once:
            _print(until_told(_once(setup, store, quiet=as_json), store), as_json=as_json)
        else:
            until_told(_serve(ctx, setup, store), store)


@dataclass(frozen=True, slots=True)
class Setup:
    """What the user gave: read whole, and found to be usable, before anything is begun."""

    config: Config
    topics: Topics
    seen: str
    """The files as they were then: what changes while we start is a reload."""


def read_setup(ctx: typer.Context) -> Setup:
    """Read the configuration, the seeds and the answers; warn of what is doubtful. Raises ConfigError."""
    from watcher.app import load_answers, load_seeds
    from watcher.config.watching import fingerprint

    config = read_config(ctx)
    seen = fingerprint(config.watched)
    topics, doubts = load_seeds(config)
    _, about_answers = load_answers(config)
    warn([*config.warnings, *doubts, *about_answers])
    return Setup(config, topics, seen)


def _opened(config: Config, *, wait: bool) -> tuple[Store, bool]:
    """The database, and whether it was waited for."""
    from watcher.store import Store

    told = False
    while True:
        try:
            return Store.open(config.database, mode="write", backups=config.backups), told
        except AlreadyRunning as error:
            if not wait:
                raise
            if not told:
                print(f"watcher: waiting: {error}", file=sys.stderr)
                told = True
            time.sleep(WAIT)


def until_told(work: Coroutine[Any, Any, Any], store: Store) -> Any:
    """Run ``work`` to the end, or until SIGTERM or SIGINT, which end with 0."""

    async def main() -> Any:
        task = asyncio.current_task()
        assert task is not None

        def stop() -> None:
            store.hurry()
            task.cancel()

        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
        return await work

    try:
        return asyncio.run(main())
    except asyncio.CancelledError:
        raise typer.Exit(0) from None
    finally:
        # The loop's end has given the signal back to the system, which would kill us with another exit code.
        signal.signal(signal.SIGTERM, leave)


async def _once(setup: Setup, store: Store, *, quiet: bool, printing: bool = False) -> OnceReport:
    from watcher.app import build, spare_collector
    from watcher.once import once

    app = build(setup.config, store, console=console(quiet=quiet), printing=printing, topics=setup.topics)
    spare_collector()
    try:
        return await once(app)
    finally:
        await app.close()


async def _serve(ctx: typer.Context, setup: Setup, store: Store) -> None:
    from watcher.app import build, spare_collector
    from watcher.config import load
    from watcher.service import Service

    path = options(ctx).config
    app = build(setup.config, store, console=console(quiet=False), topics=setup.topics)
    spare_collector()
    try:
        await Service(app=app, reread=lambda: load(path, os.environ), seen=setup.seen).run()
    finally:
        await app.close()


def _dry(setup: Setup, *, quiet: bool) -> OnceReport:
    """One round on a scratch copy of the database, with alerts printed."""
    from watcher.cli.scratch import scratch_copy

    with scratch_copy(setup.config) as store:
        return until_told(_once(setup, store, quiet=quiet, printing=True), store)  # type: ignore[no-any-return]  # it returns a report


def console(*, quiet: bool) -> Any:
    """Where alerts are printed: stdout, unless the summary there must stay one JSON document."""
    from rich.console import Console

    return Console(highlight=False, stderr=quiet)


def _print(report: OnceReport, *, as_json: bool) -> None:
    if as_json:
        print_json(report.as_json())
        return
    print(
        f"{report.feeds} feeds polled, {report.feeds_failed} failed; {report.entries_new} new entries, "
        f"{report.matches} matches; {report.alerts_sent} alerts sent, {report.alerts_pending} pending"
    )
    for error in report.errors:
        where = f" ({error['url']})" if error["url"] else ""
        print(f"  {error['kind']} {error['name']}{where}: {error['message']}", file=sys.stderr)
