"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make them all; those that others refer to come first."""
    _memory()
    _entries()
    _stories()
    _outbox()
    _stream()


def _memory() -> None:
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_meta"),
        comment="The installation's id and when the database was made.",
    )
    op.create_table(
        "topics",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_topics"),
        comment="Topics ever known here: a new one catches up on the stored entries once.",
    )
    op.create_table(
        "feed_states",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("added_at", sa.String(32), nullable=False),
        sa.Column("next_due", sa.String(32), nullable=False),
        sa.Column("etag", sa.Text(), nullable=True),
        sa.Column("last_modified", sa.Text(), nullable=True),
        sa.Column("body_hash", sa.Text(), nullable=True),
        sa.Column("last_polled", sa.String(32), nullable=True),
        sa.Column("last_success", sa.String(32), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("gone", sa.Boolean(), nullable=False),
        sa.Column("told_to_wait", sa.Boolean(), nullable=False),
        sa.Column("entries", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_feed_states"),
        comment="What is remembered of each feed. The url is redacted.",
    )
    op.create_index("ix_feed_states_next_due", "feed_states", ["next_due"], unique=False)
    op.create_table(
        "channels",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("destination", name="pk_channels"),
        comment="The channel id that a destination's name was resolved to.",
    )


def _entries() -> None:
    op.create_table(
        "entries",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("outlet", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("published", sa.String(32), nullable=True),
        sa.Column("first_seen", sa.String(32), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=False),
        sa.Column("article", sa.Text(), nullable=True),
        sa.Column("article_note", sa.Text(), nullable=True),
        sa.Column("tombstone", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_entries"),
        sa.UniqueConstraint("identity", name="uq_entries_identity"),
        comment="Items, global over all feeds. A tombstone's text is gone; its identity stays, so it never returns.",
    )
    op.create_index("ix_entries_first_seen", "entries", ["first_seen"], unique=False)
    op.create_table(
        "sightings",
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("feed", sa.Text(), nullable=False),
        sa.Column("guid", sa.Text(), nullable=False),
        sa.Column("first_seen", sa.String(32), nullable=False),
        sa.Column("last_seen", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_sightings_entry"),
        sa.PrimaryKeyConstraint("entry", "feed", "guid", name="pk_sightings"),
        comment="An entry in a feed, under each guid that the feed gave it ('' for none).",
    )
    op.create_index("ix_sightings_feed_guid", "sightings", ["feed", "guid"], unique=False)
    op.create_table(
        "decisions",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("score", sa.Float(), nullable=True),
        sa.Column("threshold", sa.Float(), nullable=True),
        sa.Column("strength", sa.Float(), nullable=True),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("nearest_seed", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.String(32), nullable=False),
        sa.Column("model", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_decisions_entry"),
        sa.PrimaryKeyConstraint("topic", "entry", name="pk_decisions"),
        comment="The one recorded end of an entry, per topic.",
    )
    op.create_index("ix_decisions_decided_at", "decisions", ["decided_at"], unique=False)
    op.create_index("ix_decisions_entry", "decisions", ["entry"], unique=False)


def _stories() -> None:
    op.create_table(
        "stories",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.String(32), nullable=False),
        sa.Column("last_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_stories"),
        comment="Matches about one event at one destination.",
    )
    op.create_index("ix_stories_destination_last_at", "stories", ["destination", "last_at"], unique=False)
    op.create_table(
        "story_members",
        sa.Column("story", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("relation", sa.Text(), nullable=False),
        sa.Column("nearest", sa.Text(), nullable=True),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("summary_source", sa.Text(), nullable=False),
        sa.Column("added_at", sa.String(32), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_story_members_entry"),
        sa.ForeignKeyConstraint(["story"], ["stories.id"], name="fk_story_members_story"),
        sa.PrimaryKeyConstraint("story", "entry", name="pk_story_members"),
        comment="A story's entries in the order in which they came; the founder's position is the lowest.",
    )
    op.create_index("ix_story_members_entry", "story_members", ["entry"], unique=False)
    op.create_table(
        "matches",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["entries.id"], name="fk_matches_entry"),
        sa.PrimaryKeyConstraint("topic", "entry", "destination", name="pk_matches"),
        comment="Which topics an entry matched at a destination: these decisions follow its outbox row.",
    )
    op.create_index("ix_matches_entry_destination", "matches", ["entry", "destination"], unique=False)
    op.create_index("ix_matches_story", "matches", ["story"], unique=False)


def _outbox() -> None:
    op.create_table(
        "outbox",
        sa.Column("number", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("story", sa.Text(), nullable=True),
        sa.Column("entry", sa.Text(), nullable=True),
        sa.Column("strength", sa.Float(), nullable=False),
        sa.Column("created_at", sa.String(32), nullable=False),
        sa.Column("due_at", sa.String(32), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("hold", sa.Text(), nullable=True),
        sa.Column("held_until", sa.String(32), nullable=True),
        sa.Column("next_attempt", sa.String(32), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claimed_at", sa.String(32), nullable=True),
        sa.Column("lease_owner", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.String(32), nullable=True),
        sa.Column("unsure", sa.Boolean(), nullable=False),
        sa.Column("plain", sa.Boolean(), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("receipt_channel", sa.Text(), nullable=True),
        sa.Column("receipt_ts", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_outbox"),
        sa.UniqueConstraint("key", name="uq_outbox_key"),
        comment="What is to be told. The number is the order of arrival; due_at is since when it waits to be sent.",
    )
    op.create_index("ix_outbox_destination_settled_at", "outbox", ["destination", "settled_at"], unique=False)
    op.create_index("ix_outbox_digest", "outbox", ["digest"], unique=False)
    op.create_index("ix_outbox_entry", "outbox", ["entry"], unique=False)
    op.create_index("ix_outbox_state_created_at_number", "outbox", ["state", "created_at", "number"], unique=False)
    op.create_index("ix_outbox_story_kind", "outbox", ["story", "kind"], unique=False)


def _stream() -> None:
    op.create_table(
        "stream_documents",
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("language", name="pk_stream_documents"),
        comment="Documents polled, in the growing unit of relevance.stream.weight().",
    )
    op.create_table(
        "stream_terms",
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("term", sa.Text(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("language", "term", name="pk_stream_terms"),
        comment="Documents that hold a term, same unit.",
    )
    op.create_table(
        "score_histograms",
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("bin", sa.Integer(), nullable=False),
        sa.Column("weight", sa.Float(), nullable=False),
        sa.PrimaryKeyConstraint("topic", "mode", "bin", name="pk_score_histograms"),
        comment="Scores polled, per topic and mode, in equal bins over [0, 1]; same unit.",
    )
