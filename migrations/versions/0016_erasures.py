"""Add the instant from which on the rows of an erased account are being deleted.

Revision: 0016
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0016"
down_revision: str | None = "0015"
branch_labels: str | None = None
depends_on: str | None = None

ENDED = sa.text("erased_at IS NOT NULL")


def upgrade() -> None:
    with op.batch_alter_table("user_account") as user:
        user.add_column(sa.Column("erased_at", UTCDateTime(), nullable=True))
        user.create_index("ix_user_account_erased", ["id"], sqlite_where=ENDED, postgresql_where=ENDED)


def downgrade() -> None:
    """Go back. What nobody would delete any more stays disabled; `afterword user erase` deletes it."""
    op.execute("UPDATE user_account SET disabled_at = erased_at WHERE erased_at IS NOT NULL")
    with op.batch_alter_table("user_account") as user:
        user.drop_index("ix_user_account_erased")
        user.drop_column("erased_at")
