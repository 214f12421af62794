"""The tables, as they are now; ``migrations/versions`` tells how they came to be so.

Rule: nothing here depends on one database.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    UniqueConstraint,
    text,
)

from watcher.store.columns import Moment, Words

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _entry(**more: Any) -> Column[str]:
    return Column("entry", Words, ForeignKey("entries.id"), **more)


_WITH_ARTICLE = text("article IS NOT NULL")

meta = Table(
    "meta",
    metadata,
    Column("key", Words, primary_key=True),
    Column("value", Words, nullable=False),
    comment="The installation's id and when the database was made.",
)

topics = Table(
    "topics",
    metadata,
    Column("name", Words, primary_key=True),
    Column("added_at", Moment, nullable=False),
    comment="Topics ever known here: a new one catches up on the stored entries once.",
)

feed_states = Table(
    "feed_states",
    metadata,
    Column("id", Words, primary_key=True),
    Column("url", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("next_due", Moment, nullable=False, index=True),
    Column("etag", Words),
    Column("last_modified", Words),
    Column("body_hash", Words),
    Column("last_polled", Moment),
    Column("last_success", Moment),
    Column("failures", Integer, nullable=False),
    Column("error", Words),
    Column("gone", Boolean, nullable=False),
    Column("told_to_wait", Boolean, nullable=False),
    Column("entries", Integer, nullable=False),
    Column("items", LargeBinary),
    Column("failing_since", Moment),
    Column("fault", Words),
    Column("moved_to", Words),
    Column("moved_polls", Integer, nullable=False, server_default="0"),
    Column("gap_from", Moment),
    Column("gap_to", Moment),
    Column("tightened", Integer, nullable=False, server_default="0"),
    Column("warning", Words),
    comment="What is remembered of each feed. The url is redacted.",
)

entries = Table(
    "entries",
    metadata,
    Column("id", Words, primary_key=True),
    Column("identity", Words, nullable=False, unique=True),
    Column("url", Words),
    Column("title", Words, nullable=False),
    Column("text", Words, nullable=False),
    Column("outlet", Words, nullable=False),
    Column("language", Words, nullable=False),
    Column("published", Moment),
    Column("first_seen", Moment, nullable=False, index=True),
    Column("content_hash", Words, nullable=False),
    Column("article", Words),
    Column("article_note", Words),
    Column("landed", Words, index=True),
    Column("tombstone", Boolean, nullable=False, default=False),
    Column("terms", LargeBinary),
    Index("ix_entries_with_article", "first_seen", sqlite_where=_WITH_ARTICLE, postgresql_where=_WITH_ARTICLE),
    comment="Items, global over all feeds. A tombstone's text is gone; its identity stays, so it never returns. The "
    "terms are counts of words that were forgotten.",
)

sightings = Table(
    "sightings",
    metadata,
    _entry(primary_key=True),
    Column("feed", Words, primary_key=True),
    Column("guid", Words, primary_key=True),
    Column("first_seen", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Index(None, "feed", "guid"),
    comment="An entry in a feed, under each guid that the feed gave it ('' for none).",
)

decisions = Table(
    "decisions",
    metadata,
    Column("topic", Words, primary_key=True),
    _entry(primary_key=True, index=True),
    Column("state", Words, nullable=False),
    Column("reason", Words, nullable=False),
    Column("score", Float),
    Column("threshold", Float),
    Column("strength", Float),
    Column("mode", Words, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("nearest_seed", Words),
    Column("decided_at", Moment, nullable=False, index=True),
    Column("model", Words, nullable=False),
    comment="The one recorded end of an entry, per topic.",
)

stories = Table(
    "stories",
    metadata,
    Column("id", Words, primary_key=True),
    Column("destination", Words, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Column("earlier", Words),
    Index(None, "destination", "last_at"),
    comment="Matches about one event at one destination.",
)

boards = Table(
    "boards",
    metadata,
    Column("destination", Words, primary_key=True),
    Column("version", BigInteger, nullable=False),
    comment="How often a destination got stories or members: who places by an older version begins anew.",
)

story_members = Table(
    "story_members",
    metadata,
    Column("story", Words, ForeignKey("stories.id"), primary_key=True),
    _entry(primary_key=True, index=True),
    Column("position", Integer, nullable=False),
    Column("relation", Words, nullable=False),
    Column("nearest", Words),
    Column("summary", Words, nullable=False),
    Column("summary_source", Words, nullable=False),
    Column("added_at", Moment, nullable=False),
    comment="A story's entries in the order in which they came; the founder's position is the lowest.",
)

matches = Table(
    "matches",
    metadata,
    Column("topic", Words, primary_key=True),
    _entry(primary_key=True),
    Column("destination", Words, primary_key=True),
    Column("story", Words, nullable=False, index=True),
    Index(None, "entry", "destination"),
    comment="Which topics an entry matched at a destination: these decisions follow its outbox row.",
)

outbox = Table(
    "outbox",
    metadata,
    Column("number", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", Words, nullable=False),
    Column("destination", Words, nullable=False),
    Column("kind", Words, nullable=False),
    Column("topic", Words, nullable=False),
    Column("story", Words),
    Column("entry", Words, index=True),
    Column("strength", Float, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("state", Words, nullable=False),
    Column("hold", Words),
    Column("held_until", Moment),
    Column("next_attempt", Moment),
    Column("attempts", Integer, nullable=False),
    Column("claimed_at", Moment),
    Column("lease_owner", Words),
    Column("lease_until", Moment),
    Column("unsure", Boolean, nullable=False),
    Column("plain", Boolean, nullable=False),
    Column("note", Words),
    Column("broadcast", Words),
    Column("error", Words),
    Column("digest", Words, index=True),
    Column("receipt_channel", Words),
    Column("receipt_ts", Words),
    Column("settled_at", Moment),
    UniqueConstraint("key"),
    Index(None, "state", "created_at", "number"),
    Index(None, "story", "kind"),
    Index(None, "destination", "settled_at"),
    comment="What is to be told. The number is the order of arrival; due_at is since when it waits to be sent.",
)

notices = Table(
    "notices",
    metadata,
    Column("key", Words, primary_key=True),
    Column("text", Words, nullable=False),
    Column("made_at", Moment, nullable=False, index=True),
    comment="What watcher tells about itself, by the key of its outbox row.",
)

troubles = Table(
    "troubles",
    metadata,
    Column("subject", Words, primary_key=True),
    Column("what", Words, nullable=False),
    Column("since", Moment, nullable=False),
    Column("told_at", Moment, nullable=False),
    Column("over_since", Moment),
    comment="What was told and is not over: told once, and once that it is over.",
)

channels = Table(
    "channels",
    metadata,
    Column("destination", Words, primary_key=True),
    Column("channel", Words, nullable=False),
    comment="The channel id that a destination's name was resolved to.",
)

stream_documents = Table(
    "stream_documents",
    metadata,
    Column("language", Words, primary_key=True),
    Column("weight", Float, nullable=False),
    comment="Documents polled, in the growing unit of relevance.stream.weight().",
)

stream_terms = Table(
    "stream_terms",
    metadata,
    Column("language", Words, primary_key=True),
    Column("term", Words, primary_key=True),
    Column("weight", Float, nullable=False),
    comment="Documents that hold a term, same unit.",
)

score_histograms = Table(
    "score_histograms",
    metadata,
    Column("topic", Words, primary_key=True),
    Column("mode", Words, primary_key=True),
    Column("bin", Integer, primary_key=True),
    Column("weight", Float, nullable=False),
    comment="Scores polled, per topic and mode, in equal bins over [0, 1]; same unit.",
)

clicks = Table(
    "clicks",
    metadata,
    Column("id", Words, primary_key=True),
    Column("user", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("at", Moment, nullable=False, index=True),
    Column("action", Words, nullable=False),
    Column("key", Words, nullable=False),
    comment="What was pressed and asked for in Slack, and by whom. A click that arrives twice is one row.",
)

feedback = Table(
    "feedback",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("topic", Words, nullable=False),
    Column("entry", Words, nullable=False),
    Column("key", Words, nullable=False, index=True),
    Column("user", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("relevant", Boolean, nullable=False),
    Column("title", Words, nullable=False),
    Column("outlet", Words, nullable=False),
    Column("url", Words),
    Column("language", Words, nullable=False),
    Column("mode", Words, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("state", Words, nullable=False),
    Column("note", Words),
    Column("undone_at", Moment),
    Index(None, "topic", "entry", "user"),
    comment="Answers to alerts, with the counts of the words they are about. Those not undone teach the models.",
)

mutes = Table(
    "mutes",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=True),
    Column("kind", Words, nullable=False),
    Column("subject", Words, nullable=False),
    Column("title", Words, nullable=False),
    Column("destination", Words, nullable=False),
    Column("key", Words, nullable=False, index=True),
    Column("user", Words, nullable=False),
    Column("name", Words, nullable=False),
    Column("at", Moment, nullable=False),
    Column("until", Moment),
    Column("undone_at", Moment),
    comment="Stories and feeds that a destination does not want to hear of.",
)

added_seeds = Table(
    "added_seeds",
    metadata,
    Column("topic", Words, primary_key=True),
    Column("name", Words, primary_key=True),
    Column("card", JSON, nullable=False),
    Column("url", Words, nullable=False),
    Column("user", Words, nullable=False),
    Column("person", Words, nullable=False),
    Column("at", Moment, nullable=False),
    comment="Seeds that were added in Slack: term cards. They count like files.",
)
