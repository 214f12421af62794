"""What people say and ask in Slack: answers to alerts, mutes, seeds; and who it was."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from watcher.types.entries import Mode

RELEVANT, NOT_RELEVANT, MORE = "feedback_relevant", "feedback_not_relevant", "more"
MUTE_STORY, MUTE_SOURCE, UNDO = "mute_story", "mute_source", "undo"
"""How buttons are called in messages: what was posted years ago still says so."""

NEAR = "near"
"""The second part of a near miss's key."""


def near_key(installation: str, topic: str, entry: str) -> str:
    """The key by which a near miss is answered: it has no message of its own."""
    return f"{installation}/{NEAR}/{topic}/{entry}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Click:
    """One thing that one person did. ``id`` is Slack's: the same click is the same id, however often it arrives."""

    id: str
    user: str
    name: str
    at: datetime
    action: str
    """What was pressed or asked for: ``feedback_relevant``, ``mute_story``, ``seed_add`` …"""
    key: str
    """The alert that it is about; "" for a command."""


LabelState = Literal["new", "learned", "aside"]
"""An answer's way: just given; in the model that is in use; kept aside, since learning it made the model worse."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """One person's answer about one entry and topic, with the words it is about: a model can be made of it alone."""

    topic: str
    entry: str
    key: str
    user: str
    name: str
    at: datetime
    relevant: bool
    title: str
    outlet: str
    url: str | None
    language: str
    mode: Mode
    terms: Mapping[str, int]
    """The words and word pairs of the text that was judged, with their counts."""
    state: LabelState = "new"
    note: str | None = None
    """Why it was kept aside."""


MuteKind = Literal["story", "source"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """What a destination does not want to hear of: a story until it closes, or a feed until a time."""

    kind: MuteKind
    subject: str
    """The story's or the feed's id."""
    title: str
    """The story's headline or the feed's name, for people."""
    destination: str
    key: str
    user: str
    name: str
    at: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedSeed:
    """A seed that was added in Slack: its term card, and who added it."""

    topic: str
    name: str
    card: Mapping[str, Any]
    url: str
    user: str
    person: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Undone:
    """What was taken back."""

    what: Literal["label", "story", "source", "seed"]
    title: str
    topics: tuple[str, ...] = ()
    name: str = ""
    """Whose it was."""
