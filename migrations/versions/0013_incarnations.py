"""Entity tags that never come back, and what a stored response shows.

Each row with a version gets an incarnation, each account an epoch, each stored response the ids of what it shows.
Rows that exist are incarnation 0; new ones get the account's write counter, which is never 0 again.

Revision: 0013
"""

import re
import secrets

import sqlalchemy as sa
from alembic import op

revision: str = "0013"
down_revision: str | None = "0011"
branch_labels: str | None = None
depends_on: str | None = None

VERSIONED = (
    "application",
    "application_contact",
    "application_reference",
    "contact",
    "follow_up",
    "interview",
    "interview_interviewer",
    "letter",
    "letter_template",
    "note",
    "offer",
    "reference_person",
    "search_activity",
    "stage_change",
    "step_override",
    "token",
    "user_account",
)
USERS = sa.table("user_account", sa.column("id", sa.Uuid(as_uuid=False)), sa.column("epoch", sa.String()))
STORED = sa.table(
    "kept_answer",
    sa.column("user_id", sa.Uuid(as_uuid=False)),
    sa.column("key", sa.String()),
    sa.column("body", sa.String()),
    sa.column("shows", sa.JSON()),
)
ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ROWS_AT_ONCE = 500


def upgrade() -> None:
    for table in VERSIONED:
        with op.batch_alter_table(table) as row:
            row.add_column(sa.Column("incarnation", sa.Integer(), nullable=False, server_default="0"))
    with op.batch_alter_table("user_account") as user:
        user.add_column(sa.Column("epoch", sa.String(length=16), nullable=False, server_default=""))
    with op.batch_alter_table("kept_answer") as answer:
        answer.add_column(sa.Column("shows", sa.JSON(), nullable=False, server_default="[]"))
    _set_epochs()
    _set_shown_ids()


def _set_epochs() -> None:
    """Give each account an epoch of its own, as the code does when an account is opened."""
    connection = op.get_bind()
    epochs = [{"user": id_, "random": secrets.token_hex(6)} for id_ in connection.scalars(sa.select(USERS.c.id))]
    changed = sa.update(USERS).where(USERS.c.id == sa.bindparam("user")).values(epoch=sa.bindparam("random"))
    for at in range(0, len(epochs), ROWS_AT_ONCE):
        connection.execute(changed, epochs[at : at + ROWS_AT_ONCE])


def _set_shown_ids() -> None:
    """Record the ids in the responses that are stored; they are a day old at most."""
    connection = op.get_bind()
    keys = connection.execute(sa.select(STORED.c.user_id, STORED.c.key)).all()
    for user_id, key in keys:
        here = (STORED.c.user_id == user_id, STORED.c.key == key)
        body = connection.scalars(sa.select(STORED.c.body).where(*here)).one()
        connection.execute(sa.update(STORED).where(*here).values(shows=sorted(set(ID.findall(body)))))


def downgrade() -> None:
    with op.batch_alter_table("kept_answer") as answer:
        answer.drop_column("shows")
    with op.batch_alter_table("user_account") as user:
        user.drop_column("epoch")
    for table in VERSIONED:
        with op.batch_alter_table(table) as row:
            row.drop_column("incarnation")
