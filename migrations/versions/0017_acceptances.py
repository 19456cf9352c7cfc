"""Index applications that were closed as accepted.

Revision: 0017
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0017"
down_revision: str | None = "0016"
branch_labels: str | None = None
depends_on: str | None = None

ACCEPTED = sa.text("closed_outcome = 'accepted' AND archived_at IS NULL AND deleted_at IS NULL")


def upgrade() -> None:
    """Create the index that tells whether an offer was accepted."""
    op.create_index(
        "ix_application_accepted",
        "application",
        ["user_id", "closed_at"],
        sqlite_where=ACCEPTED,
        postgresql_where=ACCEPTED,
    )


def downgrade() -> None:
    """Drop the index."""
    op.drop_index("ix_application_accepted", "application")
