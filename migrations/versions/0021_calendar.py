"""Calendar feeds, and the write that changed a step or an interview last.

Rows that exist get write 0: no calendar has shown them yet, and every later change has a higher number.

Revision: 0021
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision: str = "0021"
down_revision: str | None = "0020"
branch_labels: str | None = None
depends_on: str | None = None

CLOSED = sa.text("closed_state IS NOT NULL AND number <> 7")
DATED = ("step_instance", "interview")


def upgrade() -> None:
    now = f"'{datetime.now(UTC):%Y-%m-%d %H:%M:%S}.000000'"
    if op.get_bind().dialect.name == "postgresql":
        now = now.replace("000000'", "000000+00'")
    for table in DATED:
        op.add_column(table, sa.Column("changed_seq", sa.Integer(), nullable=False, server_default="0"))
        instant = UTCDateTime()
        op.add_column(table, sa.Column("changed_at", instant, nullable=False, server_default=sa.text(now)))
    op.create_index(
        "ix_step_instance_closed",
        "step_instance",
        ["user_id", "changed_at"],
        sqlite_where=CLOSED,
        postgresql_where=CLOSED,
    )
    op.create_table(
        "calendar_feed",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("interviews", sa.Boolean(), nullable=False),
        sa.Column("steps", sa.String(length=8), nullable=False),
        sa.Column("details", sa.String(length=8), nullable=False),
        sa.Column("alarms", sa.Boolean(), nullable=False),
        sa.Column("alarm_minutes", sa.Integer(), nullable=False),
        sa.Column("last_fetched_at", UTCDateTime(), nullable=True),
        sa.Column("last_fetched_by", sa.String(length=16), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_calendar_feed_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_calendar_feed")),
        sa.UniqueConstraint("hash", name=op.f("uq_calendar_feed_hash")),
    )
    op.create_index("ix_calendar_feed_created", "calendar_feed", ["user_id", "created_at", "id"])


def downgrade() -> None:
    _uncount_feeds()
    op.drop_table("calendar_feed")
    op.drop_index("ix_step_instance_closed", table_name="step_instance")
    for table in DATED:
        op.drop_column(table, "changed_at")
        op.drop_column(table, "changed_seq")


def _uncount_feeds() -> None:
    """Subtract the feeds from the bytes of their accounts: a row counts as its texts, and 200 for the rest."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    length = "length(CAST({} AS BLOB))" if is_sqlite else "octet_length(CAST({} AS TEXT))"
    texts = ("name", "hash", "steps", "details", "last_fetched_by")
    size = " + ".join(["200", *(f"coalesce({length.format(column)}, 0)" for column in texts)])
    total = f"SELECT sum({size}) FROM calendar_feed WHERE user_id = user_account.id"  # noqa: S608  # our own names
    op.execute(f"UPDATE user_account SET stored_bytes = stored_bytes - coalesce(({total}), 0)")  # noqa: S608  # as above
