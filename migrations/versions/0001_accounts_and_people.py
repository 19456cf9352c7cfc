"""Create the tables of accounts, tokens, contacts and references.

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
    """Yield the columns that all tables with (user_id, id) as key share."""
    yield sa.Column("user_id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("id", sa.Uuid(as_uuid=False), nullable=False)
    yield sa.Column("created_at", UTCDateTime(), nullable=False)
    yield sa.Column("updated_at", UTCDateTime(), nullable=False)
    yield sa.Column("version", sa.Integer(), nullable=False)


def user_account() -> None:
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


def contact() -> None:
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


def reference_person() -> None:
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


def token() -> None:
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


def upgrade() -> None:
    for create in (user_account, contact, reference_person, token):
        create()


def downgrade() -> None:
    for table in (
        "token",
        "reference_person",
        "contact",
        "user_account",
    ):
        op.drop_table(table)
