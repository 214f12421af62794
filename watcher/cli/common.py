"""What several commands share: the global options, reading the configuration, printing."""

from __future__ import annotations

import json
import logging
import os
import sys
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
import typer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from watcher.config import Config
    from watcher.errors import Problem
    from watcher.store import Store

DEFAULT_CONFIG = Path("config/watcher.yaml")


class LogLevel(StrEnum):
    """How much the service says on stderr."""

    debug = "debug"
    info = "info"
    warning = "warning"
    error = "error"


@dataclass(frozen=True, slots=True)
class Options:
    """The options that stand before a command."""

    config: Path
    log_level: LogLevel


def options(ctx: typer.Context) -> Options:
    """The global options of this run."""
    found = ctx.find_root().obj
    assert isinstance(found, Options)
    return found


def configure_logging(level: LogLevel, *, to_terminal: bool | None = None) -> None:
    """Structured lines on stderr: for people on a terminal, JSON elsewhere."""
    terminal = sys.stderr.isatty() if to_terminal is None else to_terminal
    renderer: Any = (
        structlog.dev.ConsoleRenderer() if terminal else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.StackInfoRenderer(),
            *([] if terminal else [structlog.processors.format_exc_info]),
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    # Libraries of ours log through the standard module; what they say below a warning is noise.
    logging.basicConfig(stream=sys.stderr, level=logging.ERROR, format="%(name)s: %(message)s")


def read_config(ctx: typer.Context, *, posts: bool = True) -> Config:
    """The configuration of this run; raises ConfigError with all problems. ``posts`` False: nothing will be sent."""
    from watcher.config import load

    return load(options(ctx).config, os.environ, posts=posts)


def database_url(ctx: typer.Context) -> str:
    """The address of the database; the environment says it without reading the file, as in the image."""
    return os.environ.get("WATCHER_DATABASE_URL") or read_config(ctx).database


def warn(problems: Iterable[Problem]) -> None:
    """Print what is doubtful about the configuration and its seeds, without stopping."""
    for problem in problems:
        print(f"warning: {problem}", file=sys.stderr)


def stored(config: Config) -> Store | None:
    """The database for reading, or None when there is none yet. Raises StateError when it cannot be read."""
    from watcher.store import Store

    if not Store.exists(config.database):
        return None
    return Store.open(config.database, mode="read")


def yaml_item(keys: Mapping[str, Any]) -> str:
    """One item of ``feeds:``, ready to paste. JSON's texts and lists are YAML's, too."""
    return "  - {" + ", ".join(f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in keys.items()) + "}"


def print_json(data: Any) -> None:
    """Print one JSON document on one line."""
    print(json.dumps(data, ensure_ascii=False, default=str))
