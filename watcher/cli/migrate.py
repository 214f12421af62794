"""``watcher migrate``: everything from one database in another, such as from a file on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from watcher.cli.common import print_json
from watcher.errors import ConfigError, Problem


def migrate(
    source: Annotated[str, typer.Option("--from", metavar="URL", help="The database that was used until now.")],
    target: Annotated[str, typer.Option("--to", metavar="URL", help="A new file, or an empty database on a server.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy everything from one database into an empty one, while no watcher runs, and compare; the first is kept."""
    from watcher.store.moving import move

    addresses = [_address("--from", source), _address("--to", target)]
    with _progress() as told:
        done = move(addresses[0], addresses[1], progress=told)
    if as_json:
        tables = {one.name: {"rows": one.rows, "checksum": one.checksum} for one in done.tables}
        print_json({**asdict(done), "rows": done.rows, "tables": tables})
        return
    print(
        f"{done.target}: holds all of {done.source}: {done.rows} rows of {len(done.tables)} tables, read back and "
        f"found the same; schema {done.revision}, installation {done.installation}"
    )
    if done.migrated:
        print(f"there it was brought up to schema {done.revision}; {done.source} keeps the one it has")
    print(
        "name it in `database:` or WATCHER_DATABASE_URL, and start with `watcher run`; keep the old one for a while, "
        "but start no watcher on it: it would tell everything that is new a second time"
    )


def _address(option: str, value: str) -> str:
    from watcher.config import addresses, values

    try:
        return addresses.database(value, Path.cwd())
    except values.Refused as refused:
        raise ConfigError([Problem(file=option, what=refused.what, remedy=refused.remedy)]) from None


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """A bar on stderr, on a terminal only; each row counts when it is written and when it is read back."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("copying and comparing", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
