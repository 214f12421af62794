"""What watcher tells about itself, and what it remembers of what it told."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Something that was told and is not over. ``subject`` names it: ``feed:<id>``, ``topic:<name>``, ``feeds``."""

    subject: str
    what: str
    """In a word or two ("403"): troubles of one kind are told together."""
    since: datetime
    told_at: datetime
    over_since: datetime | None = None
    """Since when it is over; its end is told a little later, together with others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One message about watcher itself. ``topic`` "" is for the ops channel."""

    name: str
    """16 hex digits of what it is about: the same notice is one message, however often it is made."""
    text: str
    topic: str = ""
