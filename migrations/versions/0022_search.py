"""Add the index of the search. It is empty: the background task of the server fills it, account by account.

SQLite has the terms in an FTS5 table with its own content, from which deleted terms are removed at once (secure-delete,
since SQLite 3.42). Whoever rebuilds the table `search_entry` must create its trigger again.

Revision: 0022
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0022"
down_revision: str | None = "0021"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.Uuid(as_uuid=False)
SECURE_DELETE_SINCE = (3, 42)


def upgrade() -> None:
    op.add_column("user_account", sa.Column("search_version", sa.Integer(), nullable=False, server_default="0"))
    op.create_table(
        "search_entry",
        sa.Column("user_id", ID, nullable=False),
        sa.Column("object_id", ID, nullable=False),
        sa.Column("noun", sa.String(16), nullable=False),
        sa.Column("application_id", ID, nullable=True),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("digest", sa.String(32), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_search_entry_user_id_user_account", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["user_id", "application_id"],
            ["application.user_id", "application.id"],
            name="fk_search_entry_user_id_application_id_application",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "object_id", "noun", name="pk_search_entry"),
    )
    op.create_index("ix_search_entry_application", "search_entry", ["user_id", "application_id"])
    op.create_index("ix_search_entry_number", "search_entry", ["number"], unique=True)
    if op.get_bind().dialect.name == "sqlite":
        _create_fts5_table()
    else:
        op.execute("ALTER TABLE search_entry ADD COLUMN words tsvector NOT NULL")
        op.execute(
            "CREATE INDEX ix_search_entry_words ON search_entry USING gin (words) "
            "WITH (fastupdate = on, gin_pending_list_limit = 256)"
        )


def _create_fts5_table() -> None:
    op.execute("CREATE VIRTUAL TABLE search_text USING fts5(words, tokenize = 'ascii', detail = none)")
    version = op.get_bind().exec_driver_sql("SELECT sqlite_version()").scalar_one()
    if tuple(int(part) for part in version.split(".")) >= SECURE_DELETE_SINCE:
        op.execute("INSERT INTO search_text (search_text, rank) VALUES ('secure-delete', 1)")
    op.execute(
        "CREATE TRIGGER search_entry_deleted AFTER DELETE ON search_entry "
        "BEGIN DELETE FROM search_text WHERE rowid = old.number; END"
    )


def downgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER search_entry_deleted")
        op.execute("DROP TABLE search_text")
    op.drop_table("search_entry")
    op.drop_column("user_account", "search_version")
