"""Where an article's redirects led, and which closed story a new one takes up again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both, empty: of what was fetched before nobody knows."""
    op.add_column("entries", sa.Column("landed", sa.Text(), nullable=True))
    op.create_index("ix_entries_landed", "entries", ["landed"])
    op.add_column("stories", sa.Column("earlier", sa.Text(), nullable=True))
