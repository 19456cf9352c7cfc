"""Record which drafts are as they were composed and whom they name, and when a text was erased with a person.

Revision: 0019
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0019"
down_revision: str | None = "0018"
branch_labels: str | None = None
depends_on: str | None = None

AT_ONCE = 500
ID = sa.Uuid(as_uuid=False)
LETTER = sa.table(
    "letter",
    sa.column("user_id", ID),
    sa.column("id", ID),
    sa.column("sent_at", UTCDateTime()),
    sa.column("paragraphs", sa.JSON()),
    sa.column("recipients", sa.JSON()),
    sa.column("is_as_composed", sa.Boolean()),
    sa.column("named_contacts", sa.JSON()),
)
COUNT = (
    "UPDATE user_account SET stored_bytes = stored_bytes {sign} COALESCE((SELECT SUM(LENGTH("
    "CAST(named_contacts AS TEXT))) FROM letter WHERE letter.user_id = user_account.id), 0)"
)


def upgrade() -> None:
    with op.batch_alter_table("letter") as letter:
        letter.add_column(sa.Column("is_as_composed", sa.Boolean(), nullable=True))
        letter.add_column(sa.Column("named_contacts", sa.JSON(), nullable=True))
        letter.add_column(sa.Column("text_erased_at", UTCDateTime(), nullable=True))
    op.execute(sa.update(LETTER).values(is_as_composed=False, named_contacts=[]))
    _find_composed_drafts()
    with op.batch_alter_table("letter") as letter:
        letter.alter_column("is_as_composed", existing_type=sa.Boolean(), nullable=False)
        letter.alter_column("named_contacts", existing_type=sa.JSON(), nullable=False)
    op.execute(COUNT.format(sign="+"))


def downgrade() -> None:
    op.execute(COUNT.format(sign="-"))
    with op.batch_alter_table("letter") as letter:
        letter.drop_column("text_erased_at")
        letter.drop_column("named_contacts")
        letter.drop_column("is_as_composed")


def _find_composed_drafts() -> None:
    """Mark the drafts of which each paragraph was composed; they name at least their recipients."""
    connection = op.get_bind()
    key = sa.tuple_(LETTER.c.user_id, LETTER.c.id)
    wanted = sa.select(LETTER).where(LETTER.c.sent_at.is_(None)).order_by(LETTER.c.user_id, LETTER.c.id).limit(AT_ONCE)
    rows: list[Any] = list(connection.execute(wanted))
    while rows:
        for row in rows:
            roles = {paragraph["role"] for paragraph in row.paragraphs}
            if roles and "own" not in roles:
                this = sa.update(LETTER).where(LETTER.c.user_id == row.user_id, LETTER.c.id == row.id)
                connection.execute(this.values(is_as_composed=True, named_contacts=row.recipients))
        rows = list(connection.execute(wanted.where(key > sa.tuple_(*rows[-1][:2], types=[ID, ID]))))
