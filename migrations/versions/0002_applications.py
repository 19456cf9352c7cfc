"""Create the tables of applications, stages, interviews, links to people and search activities.

Revision: 0002
"""

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | None = None
depends_on: str | None = None


def stored() -> Iterator[sa.Column[object]]:
    """Yield the columns that all tables with (user_id, id) as key share."""
    yield sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("created_at", UTCDateTime(), nullable=False)
    yield sa.Column("updated_at", UTCDateTime(), nullable=False)
    yield sa.Column("version", sa.Integer(), nullable=False)


def application() -> None:
    op.create_table(
        "application",
        *stored(),
        sa.Column("company", sa.String(length=200), nullable=False),
        sa.Column("company_key", sa.String(length=600), nullable=False),
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


def application_contact() -> None:
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


def application_reference() -> None:
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


def interview() -> None:
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


def search_activity() -> None:
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


def stage_change() -> None:
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


def interview_interviewer() -> None:
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


def upgrade() -> None:
    for create in (
        application,
        application_contact,
        application_reference,
        interview,
        search_activity,
        stage_change,
        interview_interviewer,
    ):
        create()


def downgrade() -> None:
    for table in (
        "interview_interviewer",
        "stage_change",
        "search_activity",
        "interview",
        "application_reference",
        "application_contact",
        "application",
    ):
        op.drop_table(table)
