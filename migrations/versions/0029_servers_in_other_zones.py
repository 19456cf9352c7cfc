"""Judge all steps again where the PostgreSQL server is not in UTC, because their dates were stored in its zone.

Raw SQL writes instants without an offset. Since this version, sessions are in UTC; before, they were in the zone of the
server, of the database or of the user.

Revision: 0029
"""

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0029"
down_revision: str | None = "0028"
branch_labels: str | None = None
depends_on: str | None = None

FIRST_ID = "00000000-0000-0000-0000-000000000000"
USERS = sa.table(
    "user_account",
    sa.column("id", sa.Uuid(as_uuid=False)),
    sa.column("recompute_after", sa.Uuid(as_uuid=False)),
    sa.column("erased_at", UTCDateTime()),
)
APPLICATIONS = sa.table("application", sa.column("user_id", sa.Uuid(as_uuid=False)))
# In winter and in summer, on both halves of the Earth.
OFFSETS = """
    SELECT EXTRACT(timezone FROM CAST('2026-01-15 12:00+00' AS timestamptz)) = 0
    AND EXTRACT(timezone FROM CAST('2026-07-15 12:00+00' AS timestamptz)) = 0
"""


def upgrade() -> None:
    connection = op.get_bind()
    if connection.dialect.name == "sqlite" or _is_in_utc(connection):
        return
    has_applications = sa.exists().where(APPLICATIONS.c.user_id == USERS.c.id)
    waiting = sa.update(USERS).where(has_applications, USERS.c.erased_at.is_(None))
    op.execute(waiting.values(recompute_after=FIRST_ID))


def downgrade() -> None:
    """Go back; nothing was added."""


def _is_in_utc(connection: sa.Connection) -> bool:
    """Tell whether a session without our options is in UTC, as sessions were before."""
    plain = sa.create_engine(connection.engine.url, poolclass=sa.NullPool)
    with plain.connect() as other:
        return bool(other.execute(sa.text(OFFSETS)).scalar_one())
