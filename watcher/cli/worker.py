"""``watcher worker``: one of several processes that share a database on a PostgreSQL server."""

from __future__ import annotations

import os
import platform
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.common import options
from watcher.cli.run import console, read_setup, until_told
from watcher.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from watcher.cli.run import Setup
    from watcher.store import Store

WORKS = ("tick", "poll", "deliver", "learn")
"""As in ``service.queue``, whose library need not be there."""


def worker(
    ctx: typer.Context,
    queue: Annotated[
        list[str] | None,
        typer.Option("--queue", help=f"Take part in this work only: {', '.join(WORKS)}. May be given several times."),
    ] = None,
    jobs: Annotated[int, typer.Option("--jobs", min=1, max=64, help="Jobs done side by side.")] = 8,
    name: Annotated[
        str | None, typer.Option("--name", help="What logs and metrics call it; else the machine's name and the pid.")
    ] = None,
) -> None:
    """Do a share of the work, beside other workers on the same PostgreSQL database."""
    serves = _serves(queue or ())
    setup = read_setup(ctx)
    from watcher.store import Store
    from watcher.store.lock import on_server

    if not on_server(setup.config.database):
        what = "is a file, which is for one process"
        remedy = "run `watcher run`; workers need WATCHER_DATABASE_URL=postgresql+psycopg://…"
        raise ConfigError([setup.config.problem("database", what, remedy)])
    with Store.open(setup.config.database, mode="share", backups=setup.config.backups) as store:
        until_told(_serve(ctx, setup, store, serves, jobs, name or f"{platform.node()}-{os.getpid()}"), store)


def _serves(given: Sequence[str]) -> tuple[str, ...]:
    for one in given:
        if one not in WORKS:
            raise typer.BadParameter(f"{one} is not one of {', '.join(WORKS)}", param_hint="--queue")
    return tuple(dict.fromkeys(given)) or WORKS


async def _serve(ctx: typer.Context, setup: Setup, store: Store, serves: Sequence[str], jobs: int, name: str) -> None:
    from watcher.app import build, spare_collector
    from watcher.config import load

    try:
        from watcher.service.queue import prepare
        from watcher.service.worker import Worker
    except ImportError as error:
        what, remedy = f"needs a library that is missing ({error.name})", "pip install 'watcher[postgresql]'"
        raise ConfigError([setup.config.problem("database", what, remedy)]) from error

    prepare(setup.config.database)
    path = options(ctx).config
    app = build(setup.config, store, console=console(quiet=False), topics=setup.topics)
    spare_collector()
    try:
        await Worker(
            app=app, reread=lambda: load(path, os.environ), seen=setup.seen, name=name, serves=serves, at_once=jobs
        ).run()
    finally:
        await app.close()
