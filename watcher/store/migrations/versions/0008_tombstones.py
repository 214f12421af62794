"""A small form for entries that were forgotten and never told; articles are found by their age."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def _number() -> sa.Column[int]:
    return sa.Column("number", sa.Integer(), nullable=False, autoincrement=False)


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Add it, empty: tidying brings what there is into it, some at a time."""
    with_article = sa.text("article IS NOT NULL")
    op.create_index(
        "ix_entries_with_article",
        "entries",
        ["first_seen"],
        sqlite_where=with_article,
        postgresql_where=with_article,
    )
    op.create_table(
        "tombstones",
        _number(),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("first_seen", sa.BigInteger(), nullable=False),
        sa.Column("packed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_tombstones"),
        sa.UniqueConstraint("entry", name="uq_tombstones_entry"),
    )
    op.create_index("ix_tombstones_first_seen", "tombstones", ["first_seen"])
    op.create_table(
        "tombstone_marks",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("tombstone", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "tombstone", name="pk_tombstone_marks"),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "tombstone_ends",
        _number(),
        *_words("topic", "state", "reason", "mode"),
        sa.Column("nearest_seed", sa.Text(), nullable=True),
        *_words("model"),
        sa.Column("times", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_tombstone_ends"),
    )
    op.create_index("ix_tombstone_ends_model", "tombstone_ends", ["model"])
    op.create_table(
        "tombstone_feeds",
        _number(),
        *_words("feed"),
        sa.Column("seen", sa.Integer(), nullable=False),
        sa.Column("first", sa.String(32), nullable=False),
        sa.Column("latest", sa.String(32), nullable=False),
        *_words("languages"),
        sa.PrimaryKeyConstraint("number", name="pk_tombstone_feeds"),
        sa.UniqueConstraint("feed", name="uq_tombstone_feeds_feed"),
    )
