"""Store until when a step still helps, with indexes for the order by urgency.

The values follow from the rules. Until the background task has judged an account again, its steps always help, and
answers about steps say `recomputing`.

Revision: 0020
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlmodel import UTCDateTime

revision: str = "0020"
down_revision: str | None = "0019"
branch_labels: str | None = None
depends_on: str | None = None

FIRST_ID = "00000000-0000-0000-0000-000000000000"  # before all applications
FIGURES = ("next_stage_help_days", "notes_help_days", "thank_you_help_days", "call_help_business_days")
HAS_SPAN = sa.text("help_span IS NOT NULL")
ENDING_HELP = sa.text("closed_state IS NULL AND helps_until IS NOT NULL")
USERS = sa.table(
    "user_account",
    sa.column("id", sa.Uuid(as_uuid=False)),
    sa.column("recompute_after", sa.Uuid(as_uuid=False)),
    sa.column("erased_at", UTCDateTime()),
)
APPLICATIONS = sa.table("application", sa.column("user_id", sa.Uuid(as_uuid=False)))


def upgrade() -> None:
    with op.batch_alter_table("step_instance") as step:
        step.add_column(sa.Column("helps_until", UTCDateTime(), nullable=True))
        step.add_column(sa.Column("help_span", sa.Integer(), nullable=True))
    op.execute("UPDATE step_instance SET help_span = 0 WHERE closed_state IS NULL")
    with op.batch_alter_table("step_instance") as step:
        step.create_index(
            "ix_step_instance_urgency",
            ["user_id", "help_span", "due_at", "id"],
            sqlite_where=HAS_SPAN,
            postgresql_where=HAS_SPAN,
        )
        step.create_index(
            "ix_step_instance_helps",
            ["user_id", "helps_until"],
            sqlite_where=ENDING_HELP,
            postgresql_where=ENDING_HELP,
        )
    has_applications = sa.exists().where(APPLICATIONS.c.user_id == USERS.c.id)
    waiting = sa.update(USERS).where(has_applications, USERS.c.erased_at.is_(None))
    op.execute(waiting.values(recompute_after=FIRST_ID))


def downgrade() -> None:
    """Go back. Overrides of the new figures are deleted, because the rules before would not know them."""
    with op.batch_alter_table("step_instance") as step:
        step.drop_index("ix_step_instance_helps")
        step.drop_index("ix_step_instance_urgency")
        step.drop_column("help_span")
        step.drop_column("helps_until")
    for table, keys in (("user_account", ("id",)), ("application", ("user_id", "id"))):
        _remove_figures(table, keys)


def _remove_figures(table: str, keys: tuple[str, ...]) -> None:
    """Delete the figures from the stored policies of a table, a row at a time: few rows have any."""
    columns = [sa.column(name, sa.Uuid(as_uuid=False)) for name in keys]
    policy: Any = sa.column("policy", sa.JSON())
    rows = sa.table(table, *columns, policy)
    has_figures = sa.or_(*(sa.cast(policy, sa.String()).like(f"%{name}%") for name in FIGURES))
    connection = op.get_bind()
    for *ids, stored in connection.execute(sa.select(*columns, policy).select_from(rows).where(has_figures)).all():
        known = {name: value for name, value in stored.items() if name not in FIGURES}
        this = [column == id_ for column, id_ in zip(columns, ids, strict=True)]
        connection.execute(sa.update(rows).where(*this).values(policy=known))
