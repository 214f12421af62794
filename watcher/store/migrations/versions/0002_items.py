"""What tells the items of a feed's last document from new ones."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add it, unknown: each feed's next document is parsed whole, as they all were."""
    op.add_column("feed_states", sa.Column("items", sa.LargeBinary(), nullable=True))
