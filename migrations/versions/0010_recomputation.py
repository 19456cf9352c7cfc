"""Store how far the recomputation of an account came, and index step 7.

Revision: 0010
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0010"
down_revision: str | None = "0009"
branch_labels: str | None = None
depends_on: str | None = None

RECOMPUTING = sa.text("recompute_after IS NOT NULL")
STEP_7 = sa.text("number = 7")


def upgrade() -> None:
    op.add_column("user_account", sa.Column("recompute_after", sa.Uuid(as_uuid=False), nullable=True))
    op.create_index(
        "ix_user_account_recompute",
        "user_account",
        ["id"],
        sqlite_where=RECOMPUTING,
        postgresql_where=RECOMPUTING,
    )
    op.create_index(
        "ix_step_instance_search",
        "step_instance",
        ["user_id", "application_id"],
        sqlite_where=STEP_7,
        postgresql_where=STEP_7,
    )


def downgrade() -> None:
    op.drop_index("ix_step_instance_search", table_name="step_instance")
    op.drop_index("ix_user_account_recompute", table_name="user_account")
    op.drop_column("user_account", "recompute_after")
