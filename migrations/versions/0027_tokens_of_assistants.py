"""Mark tokens of assistants, what they did, and contacts whose address they set.

Rows that exist are of people: before this revision there were no tokens of assistants.

Revision: 0027
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0027"
down_revision: str | None = "0026"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.Uuid(as_uuid=False)
MARKS = {"token": "agent", "activity": "agent", "contact": "address_by_agent"}


def upgrade() -> None:
    for table, name in MARKS.items():
        op.add_column(table, sa.Column(name, sa.Boolean(), nullable=False, server_default=sa.false()))
    op.add_column("activity", sa.Column("tool", sa.String(40), nullable=True))
    op.add_column("activity", sa.Column("write_id", ID, nullable=True))
    op.create_index(
        "ix_activity_agent",
        "activity",
        ["user_id", "at", "id"],
        sqlite_where=sa.text("agent = 1"),
        postgresql_where=sa.text("agent"),
    )


def downgrade() -> None:
    _uncount_tools()
    op.drop_index("ix_activity_agent", "activity")
    op.drop_column("activity", "write_id")
    op.drop_column("activity", "tool")
    for table, name in MARKS.items():
        op.drop_column(table, name)


def _uncount_tools() -> None:
    """Subtract the names of tools, which are ASCII, from the bytes of their accounts."""
    total = "SELECT sum(length(tool)) FROM activity WHERE user_id = user_account.id"
    op.execute(f"UPDATE user_account SET stored_bytes = stored_bytes - coalesce(({total}), 0)")  # noqa: S608  # constant
