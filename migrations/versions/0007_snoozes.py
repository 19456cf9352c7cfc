"""An index of the steps that are snoozed, so that the end of a snooze is found without reading the others.

Revision ID: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SNOOZED = sa.text("snoozed_until IS NOT NULL")


def upgrade() -> None:
    """Add the index."""
    op.create_index(
        "ix_step_instance_snooze",
        "step_instance",
        ["user_id", "snoozed_until"],
        sqlite_where=SNOOZED,
        postgresql_where=SNOOZED,
    )


def downgrade() -> None:
    """Take it away."""
    op.drop_index("ix_step_instance_snooze", table_name="step_instance")
