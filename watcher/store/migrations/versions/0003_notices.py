"""A feed's life: since when it fails and how, where it moved, what was missed; and what was told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, unknown: a feed that fails now counts as failing from its next failure on."""
    for name in ("failing_since", "gap_from", "gap_to"):
        op.add_column("feed_states", sa.Column(name, sa.String(32), nullable=True))
    for name in ("fault", "moved_to", "warning"):
        op.add_column("feed_states", sa.Column(name, sa.Text(), nullable=True))
    for name in ("moved_polls", "tightened"):
        op.add_column("feed_states", sa.Column(name, sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "notices",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("made_at", sa.String(32), nullable=False),
        sa.PrimaryKeyConstraint("key", name="pk_notices"),
    )
    op.create_index("ix_notices_made_at", "notices", ["made_at"])
    op.create_table(
        "troubles",
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("since", sa.String(32), nullable=False),
        sa.Column("told_at", sa.String(32), nullable=False),
        sa.Column("over_since", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("subject", name="pk_troubles"),
    )
