"""Stories, and what is told of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from watcher.types.entries import Mode

FollowUps = Literal["thread", "channel", "none"]

SummarySource = Literal["article", "feed", "none"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """Where alerts go: a notifier and a channel (the name the file gives, or an id)."""

    notifier: str
    channel: str

    def __str__(self) -> str:
        """The form that is stored and hashed."""
        return f"{self.notifier}:{self.channel}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryMember:
    """One entry of a story, with the text that grouping compares."""

    entry: str
    outlet: str
    title: str
    text: str
    seen: datetime
    language: str = "und"
    """As the entry has it: whose stop words and table of common words apply."""
    addresses: tuple[str, ...] = ()
    """Its identity, and where its article's redirects led: two entries that share one are one article."""
    topic: str | None = None
    """The topic that it matched best there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Matches about one event at one destination. ``id``: 16 hex digits of (destination, founding entry's identity)."""

    id: str
    destination: str
    opened_at: datetime
    last_at: datetime
    members: tuple[StoryMember, ...]


Relation = Literal["founder", "copy", "follow_up"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Where grouping puts an entry: founding a story, as a copy of a member, or as a follow-up."""

    story: str
    relation: Relation
    nearest: str | None
    """The member it is closest to."""
    similarity: float
    earlier: str | None = None
    """Of a founder: the closed story about the same event."""


OutboxKind = Literal["parent", "reply", "update", "digest", "notice"]
"""An ``update`` brings a story's parent up to date; there is one row of it per story, waiting or done."""
Broadcast = Literal["daily", "always"]
"""Whether a reply is shown in its channel, too: unless another of its story was within a day, or always."""
OutboxState = Literal["pending", "held", "in_digest", "sending", "sent", "dead", "dropped"]
HoldReason = Literal["first_poll", "quiet_hours", "digest", "flood", "budget", "outage", "paused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Slack's answer: where a message is. Console receipts use the channel's name and a counter."""

    channel: str
    ts: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxItem:
    """One row of the outbox. ``key`` is derived from content: inserting it twice is one row."""

    key: str
    destination: str
    kind: OutboxKind
    topic: str
    """The topic with the strongest match, or the digest's topic."""
    story: str | None
    entry: str | None
    strength: float
    created_at: datetime
    state: OutboxState = "pending"
    hold: HoldReason | None = None
    held_until: datetime | None = None
    next_attempt: datetime | None = None
    attempts: int = 0
    claimed_at: datetime | None = None
    lease_owner: str | None = None
    lease_until: datetime | None = None
    unsure: bool = False
    """An earlier send may have arrived: look it up before sending again."""
    plain: bool = False
    """Blocks were refused once: send as plain text."""
    note: str | None = None
    """What a reply says of its entry ("The headline was changed …")."""
    broadcast: Broadcast | None = None
    error: str | None = None
    digest: str | None = None
    """Key of the digest that tells it."""
    thread: Receipt | None = None
    """The parent's receipt, for replies."""
    receipt: Receipt | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """Why one topic matched, for people."""

    topic: str
    title: str
    terms: tuple[str, ...]
    nearest_seed: str | None
    strength: float
    mode: Mode


@dataclass(frozen=True, slots=True, kw_only=True)
class Earlier:
    """The closed story that a new one takes up again."""

    headline: str
    last_at: datetime
    receipt: Receipt | None = None
    """Where it was told."""
    link: str | None = None
    """The address of that message, where the notifier knows one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """One story or follow-up as it is told: everything a renderer needs and nothing it must look up."""

    key: str
    headline: str
    url: str | None
    outlet: str
    published: datetime | None
    first_seen: datetime
    summary: str
    summary_source: SummarySource
    outlets: tuple[str, ...]
    """Every outlet of the story, the founder's first."""
    why: tuple[Why, ...]
    notes: tuple[str, ...] = ()
    """Sentences such as "the article could not be fetched (paywall); judged by the feed's text"."""
    latest: datetime | None = None
    """When the story's last member came, if that was after it was told."""
    news: str = ""
    """The headline of the latest follow-up in the thread, with its outlet."""
    earlier: Earlier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One post. An ``alert`` or ``reply`` has one item; a ``digest`` and ``near_misses`` many; a ``notice`` none."""

    key: str
    kind: Literal["alert", "reply", "digest", "notice", "near_misses"]
    title: str = ""
    items: tuple[Alert, ...] = ()
    thread: Receipt | None = None
    broadcast: bool = False
    possible_repeat: bool = False
    plain: bool = False
    buttons: bool = False
    """Whoever reads it can answer: Socket Mode works."""
