"""Indexes for the interviews of all applications in a period, and for the counts of applications by stage.

Revision: 0023
"""

from alembic import op

revision: str = "0023"
down_revision: str | None = "0022"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    op.create_index("ix_interview_by_start", "interview", ["user_id", "starts_at", "id"])
    op.create_index("ix_application_stage", "application", ["user_id", "deleted_at", "stage", "archived_at"])


def downgrade() -> None:
    op.drop_index("ix_application_stage", "application")
    op.drop_index("ix_interview_by_start", "interview")
