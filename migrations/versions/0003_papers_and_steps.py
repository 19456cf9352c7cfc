"""Create the tables of follow-ups, offers, letters, notes and steps.

Revision: 0003
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | None = None
depends_on: str | None = None


def stored() -> Iterator[sa.Column[object]]:
    """Yield the columns that all tables with (user_id, id) as key share."""
    yield sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("created_at", UTCDateTime(), nullable=False)
    yield sa.Column("updated_at", UTCDateTime(), nullable=False)
    yield sa.Column("version", sa.Integer(), nullable=False)


def follow_up() -> None:
    op.create_table(
        "follow_up",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("direction", sa.String(length=8), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=False),
        sa.Column("outcome", sa.String(length=16), nullable=False),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("contact_from", sa.String(length=16), nullable=True),
        sa.Column("contact_by", sa.String(length=16), nullable=True),
        sa.Column("hear_by", sa.String(length=16), nullable=True),
        sa.Column("summary", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_follow_up_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "contact_id"], ["contact.user_id", "contact.id"], name="fk_follow_up_user_id_contact_id_contact"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_follow_up"),
    )
    op.create_index("ix_follow_up_at", "follow_up", ["user_id", "application_id", "at", "id"], unique=False)
    op.create_index("ix_follow_up_contact", "follow_up", ["user_id", "contact_id"], unique=False)


def offer() -> None:
    op.create_table(
        "offer",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("received_at", UTCDateTime(), nullable=False),
        sa.Column("respond_by", UTCDateTime(), nullable=True),
        sa.Column("pay", sa.Float(), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=True),
        sa.Column("benefits", sa.String(), nullable=True),
        sa.Column("start_on", sa.Date(), nullable=True),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("decision", sa.String(length=16), nullable=True),
        sa.Column("decided_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_offer_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_offer"),
    )
    op.create_index("ix_offer_received", "offer", ["user_id", "application_id", "received_at", "id"], unique=False)
    op.create_index("ix_offer_respond_by", "offer", ["user_id", "respond_by"], unique=False)


def step_instance() -> None:
    op.create_table(
        "step_instance",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("opens_at", UTCDateTime(), nullable=False),
        sa.Column("due_at", UTCDateTime(), nullable=False),
        sa.Column("closed_state", sa.String(length=16), nullable=True),
        sa.Column("completed_at", UTCDateTime(), nullable=True),
        sa.Column("reason", sa.String(length=32), nullable=False),
        sa.Column("missing", sa.JSON(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("snoozed_until", UTCDateTime(), nullable=True),
        sa.Column("rules_version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_step_instance_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_step_instance"),
    )
    op.create_index(
        "ix_step_instance_key", "step_instance", ["user_id", "application_id", "number", "scope"], unique=True
    )
    op.create_index(
        "ix_step_instance_opening",
        "step_instance",
        ["user_id", "opens_at"],
        unique=False,
        sqlite_where=sa.text("closed_state IS NULL"),
        postgresql_where=sa.text("closed_state IS NULL"),
    )
    op.create_index(
        "ix_step_instance_queue",
        "step_instance",
        ["user_id", "due_at", "id"],
        unique=False,
        sqlite_where=sa.text("closed_state IS NULL"),
        postgresql_where=sa.text("closed_state IS NULL"),
    )


def step_override() -> None:
    op.create_table(
        "step_override",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(length=64), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_step_override_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_step_override"),
    )
    op.create_index(
        "ix_step_override_key", "step_override", ["user_id", "application_id", "number", "scope"], unique=False
    )


def letter() -> None:
    op.create_table(
        "letter",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("interview_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("channel", sa.String(length=16), nullable=True),
        sa.Column("subject", sa.String(length=200), nullable=True),
        sa.Column("body", sa.String(), nullable=True),
        sa.Column("recipients", sa.JSON(), nullable=False),
        sa.Column("snapshot", sa.JSON(), nullable=False),
        sa.Column("note_ids", sa.JSON(), nullable=False),
        sa.Column("checklist", sa.JSON(), nullable=False),
        sa.Column("sent_at", UTCDateTime(), nullable=True),
        sa.Column("delivered_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_letter_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "interview_id"],
            ["interview.user_id", "interview.id"],
            name="fk_letter_user_id_interview_id_interview",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_letter"),
    )
    op.create_index("ix_letter_created", "letter", ["user_id", "application_id", "created_at", "id"], unique=False)
    op.create_index("ix_letter_interview", "letter", ["user_id", "interview_id"], unique=False)


def note() -> None:
    op.create_table(
        "note",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("interview_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("text", sa.String(), nullable=False),
        sa.Column("noted_at", UTCDateTime(), nullable=False),
        sa.Column("address_in_letter", sa.Boolean(), nullable=False),
        sa.Column("addressed_by_letter_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "addressed_by_letter_id"],
            ["letter.user_id", "letter.id"],
            name="fk_note_user_id_addressed_by_letter_id_letter",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_note_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "interview_id"],
            ["interview.user_id", "interview.id"],
            name="fk_note_user_id_interview_id_interview",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_note"),
    )
    op.create_index("ix_note_interview", "note", ["user_id", "interview_id"], unique=False)
    op.create_index("ix_note_letter", "note", ["user_id", "addressed_by_letter_id"], unique=False)
    op.create_index("ix_note_noted", "note", ["user_id", "application_id", "noted_at", "id"], unique=False)


def upgrade() -> None:
    for create in (follow_up, offer, step_instance, step_override, letter, note):
        create()


def downgrade() -> None:
    for table in (
        "note",
        "letter",
        "step_override",
        "step_instance",
        "offer",
        "follow_up",
    ):
        op.drop_table(table)
