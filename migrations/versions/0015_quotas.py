"""Store how many bytes each account stores, and index what quotas count.

Revision: 0015
"""

import sqlalchemy as sa
from alembic import op

revision: str = "0015"
down_revision: str | None = "0014"
branch_labels: str | None = None
depends_on: str | None = None

KEPT = sa.text("deleted_at IS NULL")
LIVE = sa.text("closed_at IS NULL AND deleted_at IS NULL")
ROW_BYTES = 200
TEXTS = {
    "activity": ("token_kind", "token_name", "operation", "object"),
    "application": (
        "company",
        "company_key",
        "role",
        "source",
        "posting_url",
        "posting_text",
        "why_role",
        "why_company",
        "location",
        "work_mode",
        "salary_currency",
        "salary_period",
        "time_zone",
        "policy",
        "stage",
        "closed_outcome",
    ),
    "application_contact": ("role",),
    "application_reference": ("alert_channel", "briefing_text", "outcome"),
    "contact": (
        "full_name",
        "honorific",
        "job_title",
        "company",
        "role",
        "email",
        "phone",
        "postal_address",
        "preferred_channel",
        "details_source",
        "notes",
    ),
    "follow_up": ("direction", "channel", "outcome", "summary"),
    "interview": ("kind", "time_zone", "status", "cancelled_by", "location", "link", "rescheduled_from", "next_stage"),
    "interview_interviewer": (),
    "kept_answer": ("key", "request", "headers", "body", "shows"),
    "letter": ("kind", "channel", "subject", "body", "paragraphs", "recipients", "snapshot", "note_ids", "checklist"),
    "letter_template": ("name", "kind", "tone", "subject", "body"),
    "note": ("kind", "text", "wording"),
    "offer": ("currency", "benefits", "notes", "decision"),
    "reference_person": ("name", "title", "company", "relation", "email", "phone", "best_times"),
    "search_activity": ("kind", "note"),
    "stage_change": ("stage", "note"),
    "step_override": ("scope", "action", "note"),
    "token": ("kind", "name", "scopes", "hash"),
}


def upgrade() -> None:
    op.add_column("user_account", sa.Column("stored_bytes", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("ix_contact_kept", "contact", ["user_id", "deleted_at"], sqlite_where=KEPT, postgresql_where=KEPT)
    op.create_index(
        "ix_application_live",
        "application",
        ["user_id", "closed_at", "deleted_at"],
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    )
    for table, columns in TEXTS.items():
        op.execute(_count(table, columns))


def _count(table: str, columns: tuple[str, ...]) -> str:
    """Return the statement that adds the rows of a table to the bytes of their accounts."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    length = "length(CAST({} AS BLOB))" if is_sqlite else "octet_length(CAST({} AS TEXT))"
    size = " + ".join([str(ROW_BYTES), *(f"coalesce({length.format(column)}, 0)" for column in columns)])
    mine = f"{table}.user_id = user_account.id"
    total = f"SELECT sum({size}) FROM {table} WHERE {mine}"  # noqa: S608  # names of our own tables
    return (
        f"UPDATE user_account SET stored_bytes = stored_bytes + ({total}) "  # noqa: S608  # see above
        f"WHERE EXISTS (SELECT 1 FROM {table} WHERE {mine})"
    )


def downgrade() -> None:
    op.drop_index("ix_application_live", table_name="application")
    op.drop_index("ix_contact_kept", table_name="contact")
    op.drop_column("user_account", "stored_bytes")
