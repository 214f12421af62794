"""``watcher backup`` and ``watcher restore``: a copy of the database that was read back, and putting one in place."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from watcher.cli.common import database_url, print_json

if TYPE_CHECKING:
    from watcher.store.backups import Backup


def backup(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy's name; its folder has to be there.")],
    force: Annotated[bool, typer.Option("--force", help="Replace a file of that name.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Copy the database to a file and read it back, beside a running service or without one."""
    from watcher.store.backups import back_up

    made = back_up(database_url(ctx), file, force=force)
    if as_json:
        print_json(_as_json(made))
        return
    print(f"{made.path}: {_megabytes(made.bytes)}, {_holds(made)}; read back and found whole")


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A backup, or the copy that was made before an upgrade.")],
    force: Annotated[
        bool, typer.Option("--force", help="Replace the present database; it is copied beside itself first.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Put a backup in place of the database, while no watcher runs; for 72 hours nothing is sent unless looked up."""
    from watcher.app.parts import utc_now
    from watcher.deliver.restored import LOOKS_FIRST
    from watcher.store.backups import restore as put_back

    done = put_back(database_url(ctx), file, force=force, now=utc_now(), looks_first=LOOKS_FIRST)
    if as_json:
        kept = None if done.kept is None else str(done.kept)
        until = done.looks_first_until.isoformat()
        print_json(
            {
                "database": str(done.database),
                "backup": _as_json(done.backup),
                "kept": kept,
                "other_installation": done.other,
                "migrated": done.migrated,
                "looks_first_until": until,
            }
        )
        return
    print(f"{done.database}: {file} is in place ({_holds(done.backup)})")
    if done.migrated:
        print(f"it was brought up to schema {done.migrated}")
    if done.kept:
        print(f"what was there before is kept as {done.kept}")
    if done.other:
        print(
            f"that was another installation ({done.other}): what it told is not known here, and may be told again; "
            "if that was not meant, restore the kept copy"
        )
    print(
        f"until {done.looks_first_until:%Y-%m-%d %H:%M} UTC every alert is looked up in its channel before it is sent, "
        "so that what was told since the backup is not told again; start it with `watcher run`"
    )


def _holds(made: Backup) -> str:
    polled = f", last polled {made.last_polled:%Y-%m-%d %H:%M} UTC" if made.last_polled else ""
    return f"{made.entries} entries{polled}, schema {made.revision}, installation {made.installation}"


def _as_json(made: Backup) -> dict[str, Any]:
    return {
        "file": str(made.path),
        "bytes": made.bytes,
        "entries": made.entries,
        "last_polled": made.last_polled.isoformat() if made.last_polled else None,
        "schema": made.revision,
        "installation": made.installation,
    }


def _megabytes(count: int) -> str:
    return f"{count / 1_000_000:.1f} MB"
