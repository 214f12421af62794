"""Threads that live: what a reply says beside its entry, and whether its channel is told of it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both, empty: what waits now is told as it was."""
    op.add_column("outbox", sa.Column("note", sa.Text(), nullable=True))
    op.add_column("outbox", sa.Column("broadcast", sa.Text(), nullable=True))
