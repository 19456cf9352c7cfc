"""Add the date until which a reference may be named.

Revision: 0008
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0008"
down_revision: str | None = "0007"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("reference_person") as reference:
        reference.add_column(sa.Column("permission_expires_at", UTCDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("reference_person") as reference:
        reference.drop_column("permission_expires_at")
