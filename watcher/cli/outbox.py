"""``watcher retry`` and ``watcher retract``: what they write beside a running service it takes up at its next look."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.common import print_json, read_config
from watcher.errors import WatcherError

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.store import Store


def retry(
    ctx: typer.Context,
    key: Annotated[str | None, typer.Argument(help="One alert's key, as `explain` shows it; left out: all.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Send again what Slack refused for good; what waits for its next try is tried now. Exit code 1: no such alert."""
    from watcher.app.parts import utc_now
    from watcher.store.outbox import retry_now, revive

    config = read_config(ctx)
    with _beside(config) as store:
        revived = store.write_now(revive, None if key is None else [key], now=utc_now())
        if key is not None and not revived:
            raise _no(f"no dead alert has the key {key}; `watcher doctor` and `watcher explain URL` show keys")
        waiting = store.write_now(retry_now) if key is None else 0
    if as_json:
        print_json({"revived": revived, "waiting": waiting})
        return
    print(f"{revived} dead alerts are sent again; {waiting} that waited for their next try are tried now")
    _say_who_sends(config)


def retract(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="The alert's key, as `explain` shows it.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Delete an alert in Slack and its words in the store; that it was told stays known. Exit code 1: it cannot be."""
    from rich.console import Console

    from watcher.app.parts import make_notifiers, utc_now
    from watcher.deliver.retracting import retract as take_back

    config = read_config(ctx)
    with _beside(config) as store:
        notifiers = make_notifiers(config, Console(highlight=False, stderr=True), printing=False)
        done = asyncio.run(take_back(store, notifiers, key, clock=utc_now))
    if as_json:
        print_json({"key": done.key, "messages": done.messages, "needed_by": list(done.needed_by)})
        return
    what = "1 message was deleted" if done.messages == 1 else f"{done.messages} messages were deleted"
    print(f"{key}: {what}" if done.messages else f"{key}: it was not told, and will not be")
    if done.needed_by:
        print(f"its words stay, since other alerts tell them, too: {', '.join(done.needed_by)}")


def _beside(config: Config) -> Store:
    """The database for single changes beside whoever runs on it. Raises StateError."""
    from watcher.store import Store

    return Store.open(config.database, mode="beside")


def _say_who_sends(config: Config) -> None:
    from watcher.store.lock import running

    if running(config.database) is None:
        print("no watcher runs on this database: they leave with the next `watcher run`")


def _no(sentence: str) -> WatcherError:
    error = WatcherError(sentence)
    error.exit_code = 1
    return error
