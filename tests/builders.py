"""Values that are valid by default; a test names only what it is about."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

from watcher.types import (
    Alert,
    Click,
    Decision,
    Entry,
    Feed,
    FeedEntry,
    FeedState,
    Label,
    Mute,
    OutboxItem,
    Score,
    Sighting,
    Story,
    StoryMember,
    Why,
)

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
"""A Monday noon: the hour in which most tests happen."""


def hex16(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def feed(url: str = "https://news.example/feed.xml", **over: Any) -> Feed:
    return Feed(**{"id": hex16(url), "url": url, "name": "Example News", "every": timedelta(minutes=10), **over})


def feed_state(url: str = "https://news.example/feed.xml", **over: Any) -> FeedState:
    given = {"id": hex16(url), "url": url, "name": "Example News", "added_at": NOW, "next_due": NOW}
    return FeedState(**{**given, **over})


def feed_entry(title: str = "Seoul and Washington agree on troop costs", **over: Any) -> FeedEntry:
    given = {"title": title, "text": "The two allies said on Monday that talks had ended.", "guid": hex16(title)}
    return FeedEntry(**{**given, "url": f"https://news.example/{hex16(title)}", "published": NOW, **over})


def entry(title: str = "Seoul and Washington agree on troop costs", **over: Any) -> Entry:
    url = over.pop("url", f"https://news.example/{hex16(title)}")
    identity = over.pop("identity", url or title)
    text = over.pop("text", "The two allies said on Monday that talks had ended.")
    given = {
        "id": hex16(identity),
        "identity": identity,
        "url": url,
        "title": title,
        "text": text,
        "outlet": "Example News",
        "language": "en",
        "published": NOW,
        "first_seen": NOW,
        "content_hash": hex16(title + text),
    }
    return Entry(**{**given, **over})


def sighting(entry_id: str, feed_id: str, **over: Any) -> Sighting:
    return Sighting(**{"entry": entry_id, "feed": feed_id, "guid": None, "seen": NOW, **over})


def score(value: float = 0.3, **over: Any) -> Score:
    terms = (("south korea", value * 0.6), ("troops", value * 0.4))
    given = {"value": value, "cosine": value, "coverage": value, "subject": 1.0, "terms": terms, "mode": "snippet"}
    return Score(**{**given, "nearest_seed": "one.txt", **over})


def decision(entry_id: str, topic: str = "us-south-korea", **over: Any) -> Decision:
    given = {
        "topic": topic,
        "entry": entry_id,
        "state": "pending",
        "reason": "score 0.30 reaches the threshold 0.12",
        "score": 0.3,
        "threshold": 0.12,
        "strength": 0.71,
        "mode": "snippet",
        "terms": (("south korea", 0.18), ("troops", 0.12)),
        "nearest_seed": "one.txt",
        "decided_at": NOW,
        "model": "test",
    }
    return Decision(**{**given, **over})


def story_member(title: str = "Seoul and Washington agree on troop costs", **over: Any) -> StoryMember:
    given = {"entry": hex16(title), "outlet": "Example News", "title": title, "text": "", "seen": NOW}
    return StoryMember(**{**given, **over})


def story(*members: StoryMember, **over: Any) -> Story:
    members = members or (story_member(),)
    given = {"id": hex16(members[0].entry), "destination": "console:#desk", "opened_at": NOW, "last_at": NOW}
    return Story(**{**given, "members": members, **over})


def outbox_item(key: str = "inst/0123456789abcdef", **over: Any) -> OutboxItem:
    given = {"key": key, "destination": "slack:#desk", "kind": "parent", "topic": "us-south-korea"}
    return OutboxItem(**{**given, "story": None, "entry": None, "strength": 0.7, "created_at": NOW, **over})


def why(**over: Any) -> Why:
    given = {"topic": "us-south-korea", "title": "US–South Korea alliance", "terms": ("South Korea", "troops")}
    return Why(**{**given, "nearest_seed": "MSNBC, May 2018", "strength": 0.71, "mode": "snippet", **over})


def alert(headline: str = "Seoul and Washington agree on troop costs", **over: Any) -> Alert:
    given = {
        "key": f"inst/{hex16(headline)}",
        "headline": headline,
        "url": f"https://news.example/{hex16(headline)}",
        "outlet": "Example News",
        "published": NOW,
        "first_seen": NOW,
        "summary": "The two allies said on Monday that talks had ended.",
        "summary_source": "feed",
        "outlets": ("Example News",),
        "why": (why(),),
    }
    return Alert(**{**given, **over})


def click(id: str = "C1:1.0:U1:1.0", **over: Any) -> Click:  # noqa: A002  the field's own name
    given = {"user": "U1", "name": "ann", "at": NOW, "action": "feedback_relevant", "key": "i/one"}
    return Click(**{"id": id, **given, **over})


def label(title: str = "Seoul and Washington agree on troop costs", **over: Any) -> Label:
    given = {
        "topic": "us-south-korea",
        "entry": hex16(title),
        "key": "i/one",
        "user": "U1",
        "name": "ann",
        "at": NOW,
        "relevant": True,
        "title": title,
        "outlet": "Example News",
        "url": f"https://news.example/{hex16(title)}",
        "language": "en",
        "mode": "snippet",
        "terms": {"seoul": 2, "troop costs": 1},
    }
    return Label(**{**given, **over})


def mute(**over: Any) -> Mute:
    given = {"kind": "story", "subject": "s1", "title": "Troop costs", "destination": "slack:#desk", "key": "i/one"}
    return Mute(**{**given, "user": "U1", "name": "ann", "at": NOW, "until": None, **over})
