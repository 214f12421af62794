"""What the configuration says about delivery, as far as delivery has to know.

Rule: it is asked anew in every pass, so that a changed configuration is obeyed at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from zoneinfo import ZoneInfo

from watcher.timing import Digest, QuietHours

UTC = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicPolicy:
    """How one topic is told. ``urgent``: a strength that passes quiet hours, digests and caps."""

    title: str
    digest: Digest | None = None
    quiet_hours: QuietHours | None = None
    urgent: float | None = None
    budget: int | None = None
    """Alerts a day at each of its destinations; what is over it leaves as a digest when the day ends."""
    paused: bool = False


def _always(topic: str) -> bool:
    del topic
    return True


def _as_named(topic: str, seed: str) -> str:
    del topic
    return seed


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """All topics, the cap per destination, and two answers that only the caller knows.

    ``first_poll_done(topic)``: whether its catch-up digest may leave. ``seed_label(topic, seed)``: how a seed is called
    in a message ("MSNBC, May 2018"). ``paused_destinations`` hold everything.
    """

    topics: Mapping[str, TopicPolicy]
    former: Mapping[str, str] = field(default_factory=dict)
    """Former names of topics, with the present ones."""
    flood_count: int = 10
    flood_window: timedelta = timedelta(minutes=10)
    paused_destinations: frozenset[str] = frozenset()
    buttons: bool = False
    """Alerts can be answered: Socket Mode works."""
    ops: tuple[str, ...] = ()
    """Destinations that hear of what went wrong with delivery."""
    zone: ZoneInfo = UTC
    """Where the days of budgets begin and end."""
    first_poll_done: Callable[[str], bool] = field(default=_always)
    seed_label: Callable[[str, str], str] = field(default=_as_named)
