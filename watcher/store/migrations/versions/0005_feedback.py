"""What readers say and ask for in Slack: clicks, answers, mutes, seeds."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def _words(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Add them, empty."""
    op.create_table(
        "clicks",
        *_words("id", "user", "name"),
        sa.Column("at", sa.String(32), nullable=False),
        *_words("action", "key"),
        sa.PrimaryKeyConstraint("id", name="pk_clicks"),
    )
    op.create_index("ix_clicks_at", "clicks", ["at"])
    op.create_table(
        "feedback",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=True),
        *_words("topic", "entry", "key", "user", "name"),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("relevant", sa.Boolean(), nullable=False),
        *_words("title", "outlet"),
        sa.Column("url", sa.Text(), nullable=True),
        *_words("language", "mode"),
        sa.Column("terms", sa.JSON(), nullable=False),
        *_words("state"),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("undone_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_feedback"),
    )
    op.create_index("ix_feedback_key", "feedback", ["key"])
    op.create_index("ix_feedback_topic_entry_user", "feedback", ["topic", "entry", "user"])
    op.create_table(
        "mutes",
        sa.Column("number", sa.Integer(), nullable=False, autoincrement=True),
        *_words("kind", "subject", "title", "destination", "key", "user", "name"),
        sa.Column("at", sa.String(32), nullable=False),
        sa.Column("until", sa.String(32), nullable=True),
        sa.Column("undone_at", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("number", name="pk_mutes"),
    )
    op.create_index("ix_mutes_key", "mutes", ["key"])
    op.create_table(
        "added_seeds",
        *_words("topic", "name"),
        sa.Column("card", sa.JSON(), nullable=False),
        *_words("url", "user", "person"),
        sa.Column("at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("topic", "name", name="pk_added_seeds"),
    )
