"""Add an index of snoozed steps, so that the end of a snooze is found without reading other rows.

Revision: 0007
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0007"
down_revision: str | None = "0006"
branch_labels: str | None = None
depends_on: str | None = None

SNOOZED = sa.text("snoozed_until IS NOT NULL")


def upgrade() -> None:
    op.create_index(
        "ix_step_instance_snooze",
        "step_instance",
        ["user_id", "snoozed_until"],
        sqlite_where=SNOOZED,
        postgresql_where=SNOOZED,
    )


def downgrade() -> None:
    op.drop_index("ix_step_instance_snooze", table_name="step_instance")
