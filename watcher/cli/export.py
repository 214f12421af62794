"""``watcher export``: the stored past as a file without any text, for previews where there is no database."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TextIO

import typer

from watcher.cli.common import read_config, stored
from watcher.cli.preview import progress, span_of
from watcher.errors import ConfigError, Problem, StateError


def export(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(metavar="[FILE]", help="Where to; .gz packs it. Left out: standard output.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back: 30d, 12h.")] = "30d",
) -> None:
    """Write what `watcher preview --from` reads: counts of words, times and decisions; no text, address or name."""
    from watcher.app.parts import utc_now
    from watcher.app.previews import events_of, of_store
    from watcher.preview.sample import lines

    span = span_of(since)
    config = read_config(ctx, posts=False)
    store = stored(config)
    if store is None:
        raise StateError("there is no database yet: nothing was polled; start with `watcher run --once`")
    with store:
        now = utc_now()
        source = of_store(store, since=now - span, until=now)
        with progress(source.entries, "grouping stories") as advance:
            events = events_of(source, config, now=now, advance=advance)
        with progress(source.entries, "writing") as advance:
            number = _write(lines(source, events), file, advance)
    if file is not None:
        print(f"{file}: {number:,} lines, {source.entries:,} entries", file=sys.stderr)


def _write(lines: Iterable[str], file: Path | None, advance: Callable[[int], None]) -> int:
    number = 0
    with _opened(file) as to:
        for line in lines:
            to.write(line + "\n")
            number += 1
            advance(1)
    return number


@contextmanager
def _opened(file: Path | None) -> Iterator[TextIO]:
    if file is None:
        yield sys.stdout
        return
    try:
        with (
            gzip.open(file, "wt", encoding="utf-8") if file.suffix == ".gz" else file.open("w", encoding="utf-8") as to
        ):
            yield to
    except OSError as error:
        problem = Problem(file=str(file), what=f"cannot be written ({error.strerror})", remedy="name another file")
        raise ConfigError([problem]) from error
