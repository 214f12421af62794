"""``watcher preview``: what would have been told with this configuration, and what another one would change."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from watcher.cli.common import print_json, read_config, stored
from watcher.errors import ConfigError, Problem, StateError

if TYPE_CHECKING:
    from watcher.config import Config
    from watcher.preview import Preview, Source

SUFFIXES = frozenset({".svg", ".png"})


def preview(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(help="How far back: 7d, 12h.")] = "7d",
    topic: Annotated[str | None, typer.Option(help="This topic only.")] = None,
    config: Annotated[
        Path | None, typer.Option(help="A changed configuration, to compare with the present one.")
    ] = None,
    from_: Annotated[
        Path | None, typer.Option("--from", help="Read a sample that `watcher export` wrote, and no database.")
    ] = None,
    plot: Annotated[Path | None, typer.Option(help="Draw it, too: a file that ends with .svg or .png.")] = None,
    fail_on_change: Annotated[
        bool, typer.Option("--fail-on-change", help="Exit code 1 when other alerts would be told.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Show what would have been told of the stored entries, why, and what a change of the configuration does."""
    span = span_of(since)
    if plot is not None and plot.suffix not in SUFFIXES:
        what = f"a picture ends with {' or '.join(sorted(SUFFIXES))}"
        raise ConfigError([Problem(file=str(plot), what=what, remedy="name it preview.svg, say")])
    present = read_config(ctx, posts=False)
    new = None if config is None else _read(config)
    for one in (new or present,) if topic is not None else ():
        known_topic(one, present, str(topic))
    made = _made(present, new, span, from_=from_, only=topic)
    if as_json:
        from watcher.preview.forms import as_json as told_json

        print_json(told_json(made))
    else:
        from rich.console import Console

        from watcher.cli.preview_text import show

        show(made, Console(highlight=False))
    if plot is not None:
        from watcher.preview.plot import draw

        draw(made, plot)
        print(f"drawn: {plot}", file=sys.stderr)
    if fail_on_change and made.differs:
        raise typer.Exit(1)


def span_of(text: str) -> timedelta:
    """A duration of an option. Raises ConfigError."""
    from watcher.config.values import Refused, duration

    try:
        return duration(text)
    except Refused as error:
        raise ConfigError([Problem(file="--since", what=str(error), remedy=error.remedy)]) from error


def known_topic(config: Config, present: Config, topic: str) -> None:
    """Raise ConfigError for a topic that neither file knows."""
    if topic not in {*config.topics, *present.topics}:
        what = f"no topic is named {topic!r}"
        raise ConfigError([Problem(file=str(config.path), what=what, remedy=f"known: {', '.join(config.topics)}")])


def _read(path: Path) -> Config:
    from watcher.config import load

    return load(path, os.environ, posts=False)


def _made(present: Config, new: Config | None, span: timedelta, *, from_: Path | None, only: str | None) -> Preview:
    from watcher.app.parts import spare_collector, utc_now
    from watcher.app.previews import of_store

    spare_collector()
    now = utc_now()
    if from_ is not None:
        from watcher.preview.sample import read_sample

        source = read_sample(from_)
        return _tried(source, present, new, source.until, only)
    store = stored(present)
    if store is None:
        raise StateError("there is no database yet: nothing was polled; start with `watcher run --once`")
    with store:
        return _tried(of_store(store, since=now - span, until=now), present, new, now, only)


def _tried(source: Source, present: Config, new: Config | None, now: datetime, only: str | None) -> Preview:
    from watcher.app.previews import make_preview

    with progress(source.entries, "judging the past") as advance:
        return make_preview(source, present, new, now=now, only=only, advance=advance)


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[int], None]]:
    """A bar on stderr while something long is done, on a terminal only."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=total)
        yield lambda done: bar.advance(task, done)
