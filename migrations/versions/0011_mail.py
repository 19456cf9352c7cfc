"""Create the mail outbox, which takes over the password resets, and record which addresses are confirmed.

Revision: 0011
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0011"
down_revision: str | None = "0010"
branch_labels: str | None = None
depends_on: str | None = None

TO_MAILS = """
    INSERT INTO mail_out (user_id, id, kind, key, created_at, address, hash, tries, due_at, outcome)
    SELECT asked.user_id, asked.id, 'reset', CAST(asked.id AS VARCHAR(64)), asked.created_at,
        CASE WHEN asked.due_at IS NULL THEN NULL ELSE owner.email END, asked.hash, asked.tries, asked.due_at,
        CASE WHEN asked.due_at IS NULL THEN 'sent' ELSE NULL END
    FROM password_reset AS asked JOIN user_account AS owner ON owner.id = asked.user_id
"""
TO_RESETS = """
    INSERT INTO password_reset (user_id, id, created_at, hash, tries, due_at)
    SELECT user_id, id, created_at, hash, tries, due_at FROM mail_out WHERE kind = 'reset' AND used_at IS NULL
"""


def upgrade() -> None:
    with op.batch_alter_table("user_account") as account:
        account.add_column(sa.Column("email_confirmed_at", UTCDateTime(), nullable=True))
        account.add_column(sa.Column("pending_email", sa.String(length=254), nullable=True))
    op.create_table(
        "mail_out",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=True),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", sa.String(length=12), nullable=True),
        sa.Column("used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_mail_out_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_mail_out"),
        sa.UniqueConstraint("hash", name="uq_mail_out_hash"),
    )
    op.create_index("ix_mail_out_key", "mail_out", ["user_id", "kind", "key"], unique=True)
    waiting = sa.text("due_at IS NOT NULL")
    op.create_index("ix_mail_out_due", "mail_out", ["due_at"], sqlite_where=waiting, postgresql_where=waiting)
    op.execute(TO_MAILS)
    op.drop_table("password_reset")


def downgrade() -> None:
    op.create_table(
        "password_reset",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_password_reset_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_password_reset"),
        sa.UniqueConstraint("hash", name="uq_password_reset_hash"),
    )
    op.create_index("ix_password_reset_due", "password_reset", ["due_at"], unique=False)
    op.execute(TO_RESETS)
    op.drop_table("mail_out")
    with op.batch_alter_table("user_account") as account:
        account.drop_column("pending_email")
        account.drop_column("email_confirmed_at")
