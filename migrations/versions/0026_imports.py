"""Imports, the UID of imported invitations, and the form of posting addresses by which a second one is found.

Revision: 0026
"""

import re
from collections import defaultdict
from urllib.parse import parse_qsl, urlencode, urlsplit

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0026"
down_revision: str | None = "0024"
branch_labels: str | None = None
depends_on: str | None = None

ID = sa.Uuid(as_uuid=False)
ROWS_AT_ONCE = 500
MAX_LENGTH = 600
DROPPED = re.compile(r"utm_.*|gclid|fbclid|msclkid|refid|trk|trackingid", re.IGNORECASE)
LINKEDIN_JOB = re.compile(r"/jobs/view/(?:[^/?]*-)?(\d+)/?")
WORKING = sa.text("state IN ('analysing', 'running', 'undoing')")
BUSY = sa.text("state IN ('running', 'undoing')")
POSTED = sa.text("posting_key IS NOT NULL")
INVITED = sa.text("calendar_uid IS NOT NULL")
APPLICATION = sa.table(
    "application",
    sa.column("user_id", ID),
    sa.column("id", ID),
    sa.column("posting_url", sa.String()),
    sa.column("posting_key", sa.String()),
)
TEXTS = {
    "import_job": ("kind", "state", "file_name", "sha256", "options", "recognised", "questions", "counts", "error"),
    "import_chunk": ("content",),
    "import_row": ("outcome", "result", "raw", "plan", "errors", "warnings"),
    "import_object": ("noun", "action", "before"),
}


def upgrade() -> None:
    _create_tables()
    op.add_column("application", sa.Column("posting_key", sa.String(MAX_LENGTH), nullable=True))
    op.create_index(
        "ix_application_posting",
        "application",
        ["user_id", "posting_key"],
        sqlite_where=POSTED,
        postgresql_where=POSTED,
    )
    op.add_column("interview", sa.Column("calendar_uid", sa.String(1_000), nullable=True))
    op.add_column("interview", sa.Column("calendar_sequence", sa.Integer(), nullable=True))
    op.create_index(
        "ix_interview_calendar_uid",
        "interview",
        ["user_id", "calendar_uid"],
        sqlite_where=INVITED,
        postgresql_where=INVITED,
    )
    _set_posting_keys()


def _create_tables() -> None:
    op.create_table(
        "import_job",
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("incarnation", sa.Integer(), nullable=False),
        sa.Column("user_id", ID, nullable=False),
        sa.Column("id", ID, nullable=False),
        sa.Column("created_at", UTCDateTime(), nullable=False),
        sa.Column("updated_at", UTCDateTime(), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=True),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        *(sa.Column(name, sa.JSON(), nullable=False) for name in ("options", "recognised", "questions", "counts")),
        *(sa.Column(name, sa.Integer(), nullable=False) for name in ("planned_seq", "rows_total", "rows_done")),
        *(
            sa.Column(name, UTCDateTime(), nullable=True)
            for name in ("claimed_until", "contents_until", "started_at", "finished_at", "undone_at")
        ),
        sa.Column("error", sa.String(400), nullable=True),
        sa.ForeignKeyConstraint(
            ["user_id"], ["user_account.id"], name="fk_import_job_user_id_user_account", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("user_id", "id", name="pk_import_job"),
    )
    op.create_index("ix_import_job_created", "import_job", ["user_id", "created_at", "id"])
    op.create_index(
        "ix_import_job_busy", "import_job", ["user_id"], unique=True, sqlite_where=BUSY, postgresql_where=BUSY
    )
    op.create_index(
        "ix_import_job_working", "import_job", ["claimed_until"], sqlite_where=WORKING, postgresql_where=WORKING
    )
    op.create_index("ix_import_job_contents", "import_job", ["contents_until"])
    _create_child(
        "import_chunk",
        [sa.Column("number", sa.Integer(), nullable=False)],
        [sa.Column("content", sa.LargeBinary(), nullable=False)],
    )
    _create_child(
        "import_row",
        [sa.Column("row_no", sa.Integer(), nullable=False)],
        [
            sa.Column("line_no", sa.Integer(), nullable=False),
            sa.Column("outcome", sa.String(16), nullable=False),
            sa.Column("result", sa.String(16), nullable=True),
            sa.Column("raw", sa.JSON(), nullable=False),
            sa.Column("plan", sa.JSON(), nullable=False),
            sa.Column("duplicate_of", ID, nullable=True),
            sa.Column("errors", sa.JSON(), nullable=False),
            sa.Column("warnings", sa.JSON(), nullable=False),
        ],
    )
    _create_child(
        "import_object",
        [
            sa.Column("row_no", sa.Integer(), nullable=False),
            sa.Column("noun", sa.String(32), nullable=False),
            sa.Column("object_id", ID, nullable=False),
        ],
        [
            sa.Column("other_id", ID, nullable=True),
            sa.Column("action", sa.String(16), nullable=False),
            sa.Column("version_after", sa.Integer(), nullable=False),
            sa.Column("before", sa.JSON(), nullable=False),
        ],
    )
    op.create_index("ix_import_object_object", "import_object", ["user_id", "noun", "object_id"])


def _create_child(name: str, keys: list["sa.Column[object]"], others: list["sa.Column[object]"]) -> None:
    """Create a table of parts of imports, whose key begins with user and import."""
    op.create_table(
        name,
        sa.Column("user_id", ID, nullable=False),
        sa.Column("import_id", ID, nullable=False),
        *keys,
        *others,
        sa.ForeignKeyConstraint(
            ["user_id", "import_id"],
            ["import_job.user_id", "import_job.id"],
            name=f"fk_{name}_user_id_import_id_import_job",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("user_id", "import_id", *(key.name for key in keys), name=f"pk_{name}"),
    )


def _set_posting_keys() -> None:
    """Set the key of all applications with a posting address, and count its bytes for their accounts."""
    connection = op.get_bind()
    place = sa.tuple_(APPLICATION.c.user_id, APPLICATION.c.id)
    wanted = sa.select(APPLICATION).where(APPLICATION.c.posting_url.is_not(None))
    wanted = wanted.order_by(APPLICATION.c.user_id, APPLICATION.c.id).limit(ROWS_AT_ONCE)
    changed = (
        sa.update(APPLICATION)
        .where(APPLICATION.c.user_id == sa.bindparam("user"), APPLICATION.c.id == sa.bindparam("row"))
        .values(posting_key=sa.bindparam("key"))
    )
    grown: dict[str, int] = defaultdict(int)
    rows = connection.execute(wanted).all()
    while rows:
        values = [
            {"user": row.user_id, "row": row.id, "key": key} for row in rows if (key := posting_key(row.posting_url))
        ]
        for value in values:
            grown[value["user"]] += len(value["key"].encode())
        if values:
            connection.execute(changed, values)
        last = sa.tuple_(sa.literal(rows[-1].user_id, ID), sa.literal(rows[-1].id, ID))
        rows = connection.execute(wanted.where(place > last)).all()
    user = sa.table("user_account", sa.column("id", ID), sa.column("stored_bytes", sa.BigInteger()))
    added = sa.update(user).where(user.c.id == sa.bindparam("user"))
    added = added.values(stored_bytes=user.c.stored_bytes + sa.bindparam("bytes", type_=sa.BigInteger()))
    totals = [{"user": user_id, "bytes": total} for user_id, total in grown.items()]
    for at in range(0, len(totals), ROWS_AT_ONCE):
        connection.execute(added, totals[at : at + ROWS_AT_ONCE])


def posting_key(address: str) -> str | None:
    """Return the key of an address, as the code of this revision makes it."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if not host:
        return None
    if host == "linkedin.com" or host.endswith(".linkedin.com"):
        job = LINKEDIN_JOB.fullmatch(parts.path) or re.fullmatch(r".*\bcurrentJobId=(\d+).*", parts.query)
        if job:
            return f"linkedin.com/jobs/view/{job[1]}"
    try:
        found = parse_qsl(parts.query, max_num_fields=100)
    except ValueError:
        found = []
    query = [(name, value) for name, value in found if not DROPPED.fullmatch(name)]
    path = parts.path.rstrip("/")
    if not path and not query:
        return None
    return f"{host}{path}{'?' if query else ''}{urlencode(query)}"[:MAX_LENGTH]


def downgrade() -> None:
    for table, texts in TEXTS.items():
        _uncount(table, texts, 200)
    _uncount("application", ("posting_key",), 0)
    _uncount("interview", ("calendar_uid",), 0)
    op.drop_index("ix_interview_calendar_uid", "interview")
    op.drop_column("interview", "calendar_sequence")
    op.drop_column("interview", "calendar_uid")
    op.drop_index("ix_application_posting", "application")
    op.drop_column("application", "posting_key")
    for table in ("import_object", "import_row", "import_chunk", "import_job"):
        op.drop_table(table)


def _uncount(table: str, texts: tuple[str, ...], beside: int) -> None:
    """Subtract the texts of a table from the bytes of their accounts, and so many bytes for each row beside."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    length = "length(CAST({} AS BLOB))" if is_sqlite else "octet_length(CAST({} AS TEXT))"
    plain = "length({})" if is_sqlite else "octet_length({})"
    sizes = ((plain if name == "content" else length).format(name) for name in texts)
    size = " + ".join([str(beside), *(f"coalesce({one}, 0)" for one in sizes)])
    total = f"SELECT sum({size}) FROM {table} WHERE user_id = user_account.id"  # noqa: S608  # our own names
    op.execute(f"UPDATE user_account SET stored_bytes = stored_bytes - coalesce(({total}), 0)")  # noqa: S608  # as above
