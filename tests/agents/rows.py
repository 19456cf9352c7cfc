"""The rows of the database, as they are and as they compare between two accounts."""

import re
from typing import Any

from sqlalchemy import select
from sqlmodel import SQLModel

from tests.conftest import World

Rows = dict[str, list[dict[str, Any]]]
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
FACTS = (
    "application",
    "stage_change",
    "contact",
    "application_contact",
    "interview",
    "interview_interviewer",
    "note",
    "letter",
    "reference_person",
    "application_reference",
    "follow_up",
    "search_activity",
    "offer",
    "step_override",
    "step_instance",
)
OF_THE_WRITE = {
    "version",
    "created_at",
    "updated_at",
    "changed_seq",
    "changed_at",
    "user_id",
    "address_by_agent",
    "incarnation",
}


def everything(world: World) -> Rows:
    """Return the rows of all tables, of all accounts, without what every call of an assistant leaves.

    These are the last use of its token, and the count of its writes on a day, in which a dry run counts too.
    """
    with world.database.engine.connect() as connection:
        found = {}
        for table in SQLModel.metadata.sorted_tables:
            if table.name == "throttle":
                continue
            rows = connection.execute(select(table).order_by(*table.primary_key)).mappings()
            found[table.name] = [{name: row[name] for name in row if name != "last_used_at"} for row in rows]
        return found


def facts_of(world: World, user_id: str) -> dict[str, list[str]]:
    """Return the facts and steps of a user without what differs between two accounts: ids by order, no versions."""
    numbers: dict[str, str] = {}

    def numbered(value: object) -> str:
        return UUID.sub(lambda found: numbers.setdefault(found[0], f"#{len(numbers)}"), str(value))

    rows = everything(world)
    found = {}
    for name in FACTS:
        mine = [row for row in rows[name] if str(row["user_id"]) == user_id]
        if name == "step_instance":
            mine.sort(key=lambda row: (row["number"], row["opens_at"], row["due_at"]))
        found[name] = [numbered({key: row[key] for key in sorted(row) if key not in OF_THE_WRITE}) for row in mine]
    return found
