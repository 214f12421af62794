"""What is kept of an entry's words when they are forgotten: their counts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add them, empty: what was forgotten before stays forgotten."""
    op.add_column("entries", sa.Column("terms", sa.LargeBinary(), nullable=True))
