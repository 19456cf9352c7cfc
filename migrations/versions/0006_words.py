"""Add the columns from which letters are composed.

Revision: 0006
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0006"
down_revision: str | None = "0005"
branch_labels: str | None = None
depends_on: str | None = None


def upgrade() -> None:
    with op.batch_alter_table("note") as note:
        note.add_column(sa.Column("wording", sa.String(), nullable=True))
    with op.batch_alter_table("application") as application:
        application.add_column(sa.Column("why_role", sa.String(), nullable=True))
        application.add_column(sa.Column("why_company", sa.String(), nullable=True))
    with op.batch_alter_table("letter") as letter:
        letter.add_column(sa.Column("paragraphs", sa.JSON(), nullable=True))
    op.execute("UPDATE letter SET paragraphs = '[]'")
    with op.batch_alter_table("letter") as letter:
        letter.alter_column("paragraphs", existing_type=sa.JSON(), nullable=False)


def downgrade() -> None:
    with op.batch_alter_table("letter") as letter:
        letter.drop_column("paragraphs")
    with op.batch_alter_table("application") as application:
        application.drop_column("why_company")
        application.drop_column("why_role")
    with op.batch_alter_table("note") as note:
        note.drop_column("wording")
