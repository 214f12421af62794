"""The list of commands. Each lives in a module of its own and imports what it needs when it runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from watcher import __version__
from watcher.cli import (
    backup,
    check,
    demo,
    doctor,
    explain,
    export,
    feedback,
    feeds,
    forget,
    health,
    migrate,
    outbox,
    preview,
    run,
    score,
    seeds,
    try_links,
    worker,
)
from watcher.cli.common import DEFAULT_CONFIG, LogLevel, Options, configure_logging

command = typer.Typer(
    name="watcher",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    help="Tells a team in Slack about new coverage related to a few articles it cares about; stays quiet otherwise.",
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"watcher {__version__}")
        raise typer.Exit


@command.callback()
def _global(
    ctx: typer.Context,
    config: Annotated[
        Path, typer.Option(envvar="WATCHER_CONFIG", help="The YAML file; paths in it are relative to it.")
    ] = DEFAULT_CONFIG,
    log_level: Annotated[LogLevel, typer.Option(help="How much is said on stderr.")] = LogLevel.info,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and stop.")
    ] = False,
) -> None:
    del version
    ctx.obj = Options(config=config, log_level=log_level)
    configure_logging(log_level)


command.command()(demo.demo)
command.command("try")(try_links.try_links)
command.command()(run.run)
command.command()(worker.worker)
command.command()(check.check)
command.command()(score.score)
command.command()(explain.explain)
command.command()(preview.preview)
command.command()(export.export)
command.command()(doctor.doctor)
command.command()(outbox.retry)
command.command()(outbox.retract)
command.command()(backup.backup)
command.command()(backup.restore)
command.command()(migrate.migrate)
command.command()(forget.forget)
command.add_typer(seeds.commands, name="seeds")
command.add_typer(feeds.commands, name="feeds")
command.add_typer(feedback.commands, name="feedback")
command.command()(health.health)
