"""The configuration as the rest of watcher sees it.

Its one rule: complete and checked. Every path is full, every default filled in, every name resolved; nobody looks at
the file or the environment again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from watcher.config.secrets import Secrets
from watcher.config.values import Flood, Network, Weekly
from watcher.errors import Problem
from watcher.timing import Digest, QuietHours
from watcher.types import Destination, Feed, FirstPoll, FollowUps, FullText, Rules, Sensitivity, SummarySource


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicConfig:
    """What the file says of one topic, defaults included. ``seeds`` is a folder that may not exist yet."""

    name: str
    title: str
    seeds: Path
    rules: Rules
    sensitivity: Sensitivity
    destinations: tuple[Destination, ...]
    digest: Digest | None
    quiet_hours: QuietHours | None
    urgent: float | None
    follow_ups: FollowUps
    summary: SummarySource
    paused: bool
    was: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchConfig:
    """How feeds and articles are fetched. ``max_body`` in bytes; ``search_url`` holds ``{query}``."""

    every: timedelta
    timeout: timedelta
    max_body: int
    per_host: int
    allow_networks: tuple[Network, ...]
    max_age: timedelta
    first_poll: FirstPoll
    full_text: FullText
    contact: str | None
    proxy: str | None = field(repr=False)
    search_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SlackConfig:
    """Slack beyond the topics' channels. ``editors`` None: everybody."""

    ops_channel: str | None
    editors: frozenset[str] | None
    flood: Flood
    near_misses: Weekly | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerConfig:
    """Where to listen. ``port`` 0 is any free one."""

    host: str
    port: int
    hosts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthConfig:
    """When the service is not ready; ``ping`` is a dead man's switch."""

    polls: int
    outbox: timedelta
    ping: str | None = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionConfig:
    """How long what is remembered is kept."""

    articles: timedelta
    entries: timedelta
    feedback: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything. ``database`` is an absolute SQLAlchemy URL; ``watched`` are the files whose change is a reload."""

    path: Path
    feeds: tuple[Feed, ...] = field(repr=False)
    topics: Mapping[str, TopicConfig]
    fetch: FetchConfig
    notify: Literal["slack", "console"]
    slack: SlackConfig
    database: str = field(repr=False)
    backups: Path | Literal[False] | None
    """The folder for copies of a database on a server; False: none are made; None: nobody has said."""
    server: ServerConfig
    health: HealthConfig
    retention: RetentionConfig
    timezone: ZoneInfo
    watched: tuple[Path, ...]
    warnings: tuple[Problem, ...]
    secrets: Secrets
    lines: Mapping[str, int] = field(default_factory=dict, repr=False)
    """Key, as problems name it → its line."""
    feed_keys: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Feed → the item of the list that brought it, as problems name it."""

    def problem(self, key: str, what: str, remedy: str | None = None, *, warning: bool = False) -> Problem:
        """A problem with a key of this file that shows later (an empty seed folder, say), with the key's line."""
        line, around = self.lines.get(key), key
        while line is None and "." in around:
            around = around.rpartition(".")[0]
            line = self.lines.get(around)
        return Problem(file=str(self.path), line=line, key=key, what=what, remedy=remedy, warning=warning)
