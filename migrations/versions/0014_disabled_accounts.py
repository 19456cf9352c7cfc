"""Add the instant since which an account is disabled.

Revision: 0014
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0014"
down_revision: str | None = "0013"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("user_account") as user:
        user.add_column(sa.Column("disabled_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("user_account") as user:
        user.drop_column("disabled_at")
