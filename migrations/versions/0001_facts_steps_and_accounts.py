"""Facts, steps and accounts: the first schema.

Revision: 0001
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | None = None
depends_on: str | None = None


def stored() -> Iterator[sa.Column[object]]:
    """Return the columns of every owned row with an id of its own."""
    yield sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("created_at", UTCDateTime(), nullable=False)
    yield sa.Column("updated_at", UTCDateTime(), nullable=False)
    yield sa.Column("version", sa.Integer(), nullable=False)


def upgrade() -> None:
    op.create_table(
        "user_account",
        sa.Column("id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("email", sa.String(length=254), nullable=False),
        sa.Column("password_hash", sa.String(length=255), nullable=True),
        sa.Column("full_name", sa.String(length=200), nullable=False),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("locale", sa.String(length=16), nullable=False),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("write_counter", sa.Integer(), nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_user_account"),
        sa.UniqueConstraint("email", name="uq_user_account_email"),
    )
    op.create_table(
        "contact",
        *stored(),
        sa.Column("full_name", sa.String(length=200), nullable=True),
        sa.Column("honorific", sa.String(length=200), nullable=True),
        sa.Column("job_title", sa.String(length=200), nullable=True),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=200), nullable=True),
        sa.Column("postal_address", sa.String(), nullable=True),
        sa.Column("preferred_channel", sa.String(length=16), nullable=True),
        sa.Column("details_source", sa.String(length=16), nullable=True),
        sa.Column("name_verified", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.String(), nullable=True),
        sa.Column("details_complete_since", UTCDateTime(), nullable=True),
        sa.Column("reachable_since", UTCDateTime(), nullable=True),
        sa.Column("erased_at", UTCDateTime(), nullable=True),
        sa.Column("deleted_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_contact_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_contact"),
    )
    op.create_index("ix_contact_created", "contact", ["user_id", "created_at", "id"], unique=False)

    op.create_table(
        "reference_person",
        *stored(),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("title", sa.String(length=200), nullable=True),
        sa.Column("company", sa.String(length=200), nullable=True),
        sa.Column("relation", sa.String(length=200), nullable=True),
        sa.Column("email", sa.String(length=254), nullable=True),
        sa.Column("phone", sa.String(length=200), nullable=True),
        sa.Column("best_times", sa.String(length=200), nullable=True),
        sa.Column("permission_at", UTCDateTime(), nullable=True),
        sa.Column("last_asked_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_reference_person_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_reference_person"),
    )
    op.create_index("ix_reference_person_created", "reference_person", ["user_id", "created_at", "id"], unique=False)

    op.create_table(
        "token",
        *stored(),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("scopes", sa.JSON(), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("expires_at", UTCDateTime(), nullable=True),
        sa.Column("last_used_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_token_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_token"),
        sa.UniqueConstraint("hash", name="uq_token_hash"),
    )
    op.create_index("ix_token_kind", "token", ["user_id", "kind", "created_at", "id"], unique=False)

    op.create_table(
        "application",
        *stored(),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("company_key", sa.String(length=400), nullable=False),
        sa.Column("role", sa.String(length=200), nullable=False),
        sa.Column("source", sa.String(length=200), nullable=True),
        sa.Column("posting_url", sa.String(length=2000), nullable=True),
        sa.Column("posting_text", sa.String(), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("work_mode", sa.String(length=16), nullable=True),
        sa.Column("salary_min", sa.Float(), nullable=True),
        sa.Column("salary_max", sa.Float(), nullable=True),
        sa.Column("salary_currency", sa.String(length=3), nullable=True),
        sa.Column("salary_period", sa.String(length=16), nullable=True),
        sa.Column("applied_on", sa.Date(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("status_contact_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("status_contact_since", UTCDateTime(), nullable=True),
        sa.Column("references_given_at", UTCDateTime(), nullable=True),
        sa.Column("reference_check", sa.String(length=16), nullable=True),
        sa.Column("references_not_needed_at", UTCDateTime(), nullable=True),
        sa.Column("policy", sa.JSON(), nullable=False),
        sa.Column("archived_at", UTCDateTime(), nullable=True),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("offered_at", UTCDateTime(), nullable=True),
        sa.Column("closed_at", UTCDateTime(), nullable=True),
        sa.Column("closed_outcome", sa.String(length=16), nullable=True),
        sa.Column("deleted_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "status_contact_id"],
            ["contact.user_id", "contact.id"],
            name="fk_application_user_id_status_contact_id_contact",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_application_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_application"),
    )
    op.create_index("ix_application_company", "application", ["user_id", "company_key", "id"], unique=False)
    op.create_index("ix_application_created", "application", ["user_id", "created_at", "id"], unique=False)
    op.create_index("ix_application_status_contact", "application", ["user_id", "status_contact_id"], unique=False)
    op.create_index("ix_application_updated", "application", ["user_id", "updated_at", "id"], unique=False)

    op.create_table(
        "application_contact",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("role", sa.String(length=16), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_application_contact_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "contact_id"],
            ["contact.user_id", "contact.id"],
            name="fk_application_contact_user_id_contact_id_contact",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "application_id", "contact_id", name="pk_application_contact"),
    )
    op.create_index("ix_application_contact_contact", "application_contact", ["user_id", "contact_id"], unique=False)

    op.create_table(
        "application_reference",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("reference_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("linked_at", UTCDateTime(), nullable=False),
        sa.Column("alerted_at", UTCDateTime(), nullable=True),
        sa.Column("alert_channel", sa.String(length=16), nullable=True),
        sa.Column("job_details_given", sa.Boolean(), nullable=False),
        sa.Column("company_details_given", sa.Boolean(), nullable=False),
        sa.Column("briefed_at", UTCDateTime(), nullable=True),
        sa.Column("briefing_text", sa.String(), nullable=True),
        sa.Column("contacted_at", UTCDateTime(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("thanked_at", UTCDateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_application_reference_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "reference_id"],
            ["reference_person.user_id", "reference_person.id"],
            name="fk_application_reference_user_id_reference_id_reference_person",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "application_id", "reference_id", name="pk_application_reference"),
    )
    op.create_index(
        "ix_application_reference_reference", "application_reference", ["user_id", "reference_id"], unique=False
    )

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

    op.create_table(
        "interview",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("round_no", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("start_local", sa.DateTime(), nullable=False),
        sa.Column("start_fold", sa.Integer(), nullable=False),
        sa.Column("end_local", sa.DateTime(), nullable=True),
        sa.Column("end_fold", sa.Integer(), nullable=True),
        sa.Column("time_zone", sa.String(length=64), nullable=False),
        sa.Column("starts_at", UTCDateTime(), nullable=False),
        sa.Column("ends_at", UTCDateTime(), nullable=True),
        sa.Column("actual_end", UTCDateTime(), nullable=True),
        sa.Column("effective_end_at", UTCDateTime(), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("cancelled_at", UTCDateTime(), nullable=True),
        sa.Column("cancelled_by", sa.String(length=200), nullable=True),
        sa.Column("location", sa.String(length=200), nullable=True),
        sa.Column("link", sa.String(length=2000), nullable=True),
        sa.Column("rescheduled_from", sa.JSON(), nullable=False),
        sa.Column("next_stage", sa.String(), nullable=True),
        sa.Column("next_stage_unknown", sa.Boolean(), nullable=False),
        sa.Column("stage_learned_at", UTCDateTime(), nullable=True),
        sa.Column("contact_from", sa.String(length=16), nullable=True),
        sa.Column("contact_by", sa.String(length=16), nullable=True),
        sa.Column("hear_by", sa.String(length=16), nullable=True),
        sa.Column("timing_unknown", sa.Boolean(), nullable=False),
        sa.Column("timing_learned_at", UTCDateTime(), nullable=True),
        sa.Column("told_by", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("no_positives_at", UTCDateTime(), nullable=True),
        sa.Column("no_concerns_at", UTCDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_interview_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "told_by"], ["contact.user_id", "contact.id"], name="fk_interview_user_id_told_by_contact"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_interview"),
    )
    op.create_index("ix_interview_end", "interview", ["user_id", "effective_end_at", "id"], unique=False)
    op.create_index("ix_interview_start", "interview", ["user_id", "application_id", "starts_at", "id"], unique=False)
    op.create_index("ix_interview_told_by", "interview", ["user_id", "told_by"], unique=False)

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

    op.create_table(
        "search_activity",
        *stored(),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=True),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_search_activity_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_search_activity_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_search_activity"),
    )
    op.create_index("ix_search_activity_application", "search_activity", ["user_id", "application_id"], unique=False)
    op.create_index("ix_search_activity_at", "search_activity", ["user_id", "at", "id"], unique=False)

    op.create_table(
        "stage_change",
        *stored(),
        sa.Column("application_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("at", UTCDateTime(), nullable=False),
        sa.Column("dated", sa.Boolean(), nullable=False),
        sa.Column("note", sa.String(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_stage_change_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_stage_change"),
    )
    op.create_index(
        "ix_stage_change_order", "stage_change", ["user_id", "application_id", "dated", "at", "id"], unique=False
    )

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

    op.create_table(
        "interview_interviewer",
        sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("interview_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("contact_id", sa.Uuid(as_uuid=False), nullable=False),
        sa.Column("optional", sa.Boolean(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["user_id", "contact_id"],
            ["contact.user_id", "contact.id"],
            name="fk_interview_interviewer_user_id_contact_id_contact",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "interview_id"],
            ["interview.user_id", "interview.id"],
            name="fk_interview_interviewer_user_id_interview_id_interview",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "interview_id", "contact_id", name="pk_interview_interviewer"),
    )
    op.create_index(
        "ix_interview_interviewer_contact", "interview_interviewer", ["user_id", "contact_id"], unique=False
    )

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


def downgrade() -> None:
    for table in (
        "note",
        "letter",
        "interview_interviewer",
        "step_override",
        "step_instance",
        "stage_change",
        "search_activity",
        "offer",
        "interview",
        "follow_up",
        "application_reference",
        "application_contact",
        "application",
        "token",
        "reference_person",
        "contact",
        "user_account",
    ):
        op.drop_table(table)
