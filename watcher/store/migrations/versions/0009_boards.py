"""Which version of a destination's stories there is, for several processes that add to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; a destination without a row is at version 0."""
    op.create_table(
        "boards",
        sa.Column("destination", sa.Text(), nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("destination", name=op.f("pk_boards")),
        comment="How often a destination got stories or members: who places by an older version begins anew.",
    )
