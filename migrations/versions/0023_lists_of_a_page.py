"""Indexes for the interviews of all applications in a period, and for the counts of applications by stage.

Revision: 0023
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | None = None
depends_on: str | None = None

ROUNDS = sa.text("round_no > 0")  # true for all rows: so that lists of one application do not read this index


def upgrade() -> None:
    op.create_index(
        "ix_interview_by_start",
        "interview",
        ["user_id", "starts_at", "id"],
        sqlite_where=ROUNDS,
        postgresql_where=ROUNDS,
    )
    op.create_index("ix_application_stage", "application", ["user_id", "deleted_at", "stage", "archived_at"])


def downgrade() -> None:
    op.drop_index("ix_application_stage", "application")
    op.drop_index("ix_interview_by_start", "interview")
