"""What the page is made from: the running service, as it is at this moment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from watcher.config import Config
from watcher.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Model:
    """What a topic is looked for with."""

    version: str
    terms: tuple[str, ...]
    """The heaviest ones, heaviest first."""
    seeds: tuple[str, ...]
    """Names for people: "MSNBC, May 2018"."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """The configuration in use, the memory, and the time. ``model`` gives a topic's model, by its name."""

    config: Config
    store: Store
    now: datetime
    started: datetime
    model: Callable[[str], Model]
