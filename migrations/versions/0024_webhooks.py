"""Webhooks with their events and deliveries, notices of steps, and the mails that an account wants.

The new tables are empty: nobody is told about an account before it has a webhook or wants a reminder.

Revision: 0024
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel.sql.sqltypes import UTCDateTime

revision: str = "0024"
down_revision: str | None = "0023"
branch_labels: str | None = None
depends_on: str | None = None

COUNTED = ("listens", "recomputed_steps", "event_count")
TABLES = ("step_notice", "delivery_attempt", "delivery", "webhook", "notification", "event")


def upgrade() -> None:
    op.create_table(
        "event",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_event_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_event")),
    )
    op.create_index("ix_event_at", "event", ["at"])
    op.create_index("ix_event_sequence", "event", ["user_id", "sequence"], unique=True)
    op.create_table(
        "notification",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("digest", sa.String(length=8), nullable=False),
        sa.Column("digest_at", sa.String(length=5), nullable=False),
        sa.Column("digest_weekday", sa.Integer(), nullable=False),
        sa.Column("digest_workdays_only", sa.Boolean(), nullable=False),
        sa.Column("digest_details", sa.String(length=8), nullable=False),
        sa.Column("after_interview", sa.Boolean(), nullable=False),
        sa.Column("letter_due", sa.Boolean(), nullable=False),
        sa.Column("due_soon_minutes", sa.Integer(), nullable=True),
        sa.Column("next_digest_at", UTCDateTime(), nullable=True),
        sa.Column("last_digest_on", sa.Date(), nullable=True),
        sa.Column("refusals", sa.Integer(), nullable=False),
        sa.Column("refused_on", sa.Date(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_notification_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_notification")),
    )
    op.create_index(
        "ix_notification_next",
        "notification",
        ["next_digest_at"],
        sqlite_where=sa.text("next_digest_at IS NOT NULL"),
        postgresql_where=sa.text("next_digest_at IS NOT NULL"),
    )
    op.create_index("ix_notification_user", "notification", ["user_id"], unique=True)
    op.create_table(
        "webhook",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("url", sa.String(length=2000), nullable=False),
        sa.Column("description", sa.String(length=200), nullable=True),
        sa.Column("event_types", sa.JSON(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("disabled_reason", sa.String(length=16), nullable=True),
        sa.Column("disabled_at", UTCDateTime(), nullable=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("old_secret", sa.LargeBinary(), nullable=True),
        sa.Column("old_secret_until", UTCDateTime(), nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("failing_since", UTCDateTime(), nullable=True),
        sa.Column("resume_at", UTCDateTime(), nullable=True),
        sa.Column("last_delivered_at", UTCDateTime(), nullable=True),
        sa.Column("last_error", sa.String(length=32), nullable=True),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("claimed_until", UTCDateTime(), nullable=True),
        sa.Column("claim", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name=op.f("fk_webhook_user_id_user_account"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_webhook")),
    )
    op.create_index("ix_webhook_created", "webhook", ["user_id", "created_at", "id"])
    op.create_index(
        "ix_webhook_next",
        "webhook",
        ["next_at"],
        sqlite_where=sa.text("next_at IS NOT NULL"),
        postgresql_where=sa.text("next_at IS NOT NULL"),
    )
    op.create_table(
        "delivery",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("webhook_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("event_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("sequence", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.String(length=40), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("next_at", UTCDateTime(), nullable=True),
        sa.Column("last_status", sa.Integer(), nullable=True),
        sa.Column("last_error", sa.String(length=32), nullable=True),
        sa.Column("delivered_at", UTCDateTime(), nullable=True),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "event_id"],
            ["event.user_id", "event.id"],
            name=op.f("fk_delivery_user_id_event_id_event"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "webhook_id"],
            ["webhook.user_id", "webhook.id"],
            name=op.f("fk_delivery_user_id_webhook_id_webhook"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_delivery")),
    )
    op.create_index("ix_delivery_event", "delivery", ["user_id", "event_id"])
    op.create_index("ix_delivery_newest", "delivery", ["user_id", "webhook_id", "created_at", "id"])
    op.create_index("ix_delivery_once", "delivery", ["user_id", "webhook_id", "event_id"], unique=True)
    op.create_index(
        "ix_delivery_pending",
        "delivery",
        ["user_id", "webhook_id", "next_at", "sequence"],
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "delivery_attempt",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("delivery_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("error", sa.String(length=32), nullable=True),
        sa.Column("duration_ms", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "delivery_id"],
            ["delivery.user_id", "delivery.id"],
            name=op.f("fk_delivery_attempt_user_id_delivery_id_delivery"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name=op.f("pk_delivery_attempt")),
    )
    op.create_index("ix_delivery_attempt_at", "delivery_attempt", ["user_id", "delivery_id", "at"])
    op.create_table(
        "step_notice",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("step_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("notify_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "step_id"],
            ["step_instance.user_id", "step_instance.id"],
            name=op.f("fk_step_notice_user_id_step_id_step_instance"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "step_id", name=op.f("pk_step_notice")),
    )
    op.create_index(
        "ix_step_notice_due",
        "step_notice",
        ["notify_at", "user_id"],
        sqlite_where=sa.text("notify_at IS NOT NULL"),
        postgresql_where=sa.text("notify_at IS NOT NULL"),
    )
    op.add_column("mail_out", sa.Column("secret", sa.String(length=64), nullable=True))
    op.add_column("mail_out", sa.Column("expires_at", UTCDateTime(), nullable=True))
    for name in COUNTED:
        kind = sa.BigInteger() if name == "event_count" else sa.Integer()
        op.add_column("user_account", sa.Column(name, kind, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in COUNTED:
        op.drop_column("user_account", name)
    op.drop_column("mail_out", "expires_at")
    op.drop_column("mail_out", "secret")
    for table in TABLES:
        op.drop_table(table)
