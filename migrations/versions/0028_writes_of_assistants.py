"""Add the log of what assistants wrote.

Revision: 0028
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0028"
down_revision: str | None = "0027"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.Uuid(as_uuid=False)
ROW_BYTES = 200
TEXTS = ("token_name", "operation", "tool", "object", "retry_key", "scopes", "images", "ended_snoozes")


def upgrade() -> None:
    op.create_table(
        "agent_write",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("token_id", ID, nullable=False),
        sa.Column("token_name", sa.String(200), nullable=False),
        sa.Column("operation", sa.String(64), nullable=False),
        sa.Column("tool", sa.String(40), nullable=True),
        sa.Column("object", sa.String(200), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("images", sa.JSON(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("ended_snoozes", sa.JSON(), nullable=False),
        sa.Column("retry_key", sa.String(64), nullable=True),
        sa.Column("undoes", ID, nullable=True),
        sa.Column("undone_by", ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_agent_write_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_agent_write")),
    )
    op.create_index("ix_agent_write_at", "agent_write", ["user_id", "at", "id"])


def downgrade() -> None:
    _uncount()
    op.drop_table("agent_write")


def _uncount() -> None:
    """Subtract the rows from the bytes of their accounts."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    lengths = [
        f"coalesce(length(CAST({name} AS BLOB)), 0)"
        if is_sqlite
        else f"coalesce(octet_length(CAST({name} AS text)), 0)"
        for name in TEXTS
    ]
    total = f"SELECT sum({ROW_BYTES} + {' + '.join(lengths)}) FROM agent_write WHERE user_id = user_account.id"  # noqa: S608  # constant
    op.execute(f"UPDATE user_account SET stored_bytes = stored_bytes - coalesce(({total}), 0)")  # noqa: S608  # constant
