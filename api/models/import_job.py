"""Imports: an uploaded file, its rows with what is planned for each, and the objects that they made."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, LargeBinary, text
from sqlmodel import Field as Column

from api.models.base import Stored, id_column, json_column, owned_by_user, points_at
from api.storage.session import Owned

WORKING = text("state IN ('analysing', 'running', 'undoing')")
BUSY = text("state IN ('running', 'undoing')")


class ImportJob(Stored, table=True):
    """An import. Files wait in `import_chunk` until the import runs; `contents_until`: when file and rows are deleted.

    `planned_seq` counts how often the plan was made; a plan that is outdated when it is ready is thrown away.
    `claimed_until`: a worker has it until then.
    """

    __tablename__ = "import_job"
    __table_args__ = (
        owned_by_user(),
        Index("ix_import_job_created", "user_id", "created_at", "id"),
        Index("ix_import_job_busy", "user_id", unique=True, sqlite_where=BUSY, postgresql_where=BUSY),
        Index("ix_import_job_working", "claimed_until", sqlite_where=WORKING, postgresql_where=WORKING),
        Index("ix_import_job_contents", "contents_until"),
    )

    kind: str = Column(max_length=16)
    state: str = Column(max_length=16)
    file_name: str | None = Column(default=None, max_length=200)
    bytes: int
    sha256: str = Column(max_length=64)
    options: dict[str, Any] = json_column(dict)
    recognised: dict[str, Any] = json_column(dict)
    questions: list[dict[str, Any]] = json_column(list)
    counts: dict[str, int] = json_column(dict)
    planned_seq: int = 0
    rows_total: int = 0
    rows_done: int = 0
    claimed_until: datetime | None = None
    contents_until: datetime | None = None
    started_at: datetime | None = None
    finished_at: datetime | None = None
    undone_at: datetime | None = None
    error: str | None = Column(default=None, max_length=400)


class ImportChunk(Owned, table=True):
    """A piece of an uploaded file."""

    __tablename__ = "import_chunk"
    __table_args__ = (points_at("import_job", "import_id"),)

    import_id: str = id_column(primary_key=True)
    number: int = Column(primary_key=True)
    content: bytes = Column(sa_type=LargeBinary)


class ImportRow(Owned, table=True):
    """A row of a file. `raw`: its cells; `plan`: the values that it is to have; `before`: of an object that it changed.

    `outcome` is what is planned, `result` what became of it.
    """

    __tablename__ = "import_row"
    __table_args__ = (points_at("import_job", "import_id"),)

    import_id: str = id_column(primary_key=True)
    row_no: int = Column(primary_key=True)
    line_no: int
    outcome: str = Column(max_length=16)
    result: str | None = Column(default=None, max_length=16)
    raw: list[str] = json_column(list)
    plan: dict[str, Any] = json_column(dict)
    duplicate_of: str | None = id_column(nullable=True)
    errors: list[dict[str, Any]] = json_column(list)
    warnings: list[dict[str, Any]] = json_column(list)


class ImportObject(Owned, table=True):
    """An object that a row made or changed, and the version that it has since. `before`: values to go back to."""

    __tablename__ = "import_object"
    __table_args__ = (
        points_at("import_job", "import_id"),
        Index("ix_import_object_object", "user_id", "noun", "object_id"),
    )

    import_id: str = id_column(primary_key=True)
    row_no: int = Column(primary_key=True)
    noun: str = Column(primary_key=True, max_length=32)
    object_id: str = id_column(primary_key=True)
    other_id: str | None = id_column(nullable=True)
    action: str = Column(max_length=16)
    version_after: int
    before: dict[str, Any] = json_column(dict)
