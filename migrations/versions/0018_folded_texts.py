"""Store the texts that filters read in their folded form: the company of applications, and a search key of contacts.

Revision: 0018
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping

import sqlalchemy as sa
from alembic import op

revision: str = "0018"
down_revision: str | None = "0017"
branch_labels: str | None = None
depends_on: str | None = None

KEY_LENGTH = 600
ROWS_AT_ONCE = 500
ID = sa.Uuid(as_uuid=False)
APPLICATION = sa.table(
    "application", sa.column("user_id", ID), sa.column("id", ID), sa.column("company"), sa.column("company_key")
)
CONTACT = sa.table(
    "contact",
    sa.column("user_id", ID),
    sa.column("id", ID),
    sa.column("full_name"),
    sa.column("company"),
    sa.column("email"),
    sa.column("search_key"),
)
USER = sa.table("user_account", sa.column("id", ID), sa.column("stored_bytes", sa.BigInteger()))
PLAIN = str.maketrans(
    {
        "ł": "l",
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "æ": "ae",
        "œ": "oe",
        "ı": "i",
        "’": "'",
        "‘": "'",
        "ʼ": "'",
        "‐": "-",
        "–": "-",
    }
)
Texts = Mapping[str, str | None]


def fold(text: str) -> str:
    """Return the folded form of a text, as the code of this revision makes it."""
    lower = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(character for character in lower if unicodedata.category(character) not in ("Mn", "Cf"))
    return unicodedata.normalize("NFC", kept.translate(PLAIN))


def company_key(row: Texts) -> str:
    return fold(row["company"] or "")[:KEY_LENGTH]


def former_company_key(row: Texts) -> str:
    return (row["company"] or "").casefold()


def search_key(row: Texts) -> str:
    return "\n".join(fold(value) for value in (row["full_name"], row["company"], row["email"]) if value)


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("search_key", sa.String(), nullable=False, server_default=""))
    _set_key(APPLICATION, APPLICATION.c.company_key, company_key)
    _set_key(CONTACT, CONTACT.c.search_key, search_key)


def _set_key(table: sa.TableClause, key: "sa.ColumnClause[str]", make: Callable[[Texts], str]) -> None:
    """Set a column of all rows, and count its bytes for their accounts."""
    connection = op.get_bind()
    place = sa.tuple_(table.c.user_id, table.c.id)
    wanted = sa.select(table).order_by(table.c.user_id, table.c.id).limit(ROWS_AT_ONCE)
    changed = (
        sa.update(table)
        .where(table.c.user_id == sa.bindparam("user"), table.c.id == sa.bindparam("row"))
        .values({key: sa.bindparam("folded")})
    )
    grown: dict[str, int] = defaultdict(int)
    rows = connection.execute(wanted).mappings().all()
    while rows:
        values = []
        for row in rows:
            folded, before = make(dict(row)), row[key.name] or ""
            if folded != before:
                values.append({"user": row["user_id"], "row": row["id"], "folded": folded})
                grown[row["user_id"]] += len(folded.encode()) - len(before.encode())
        if values:
            connection.execute(changed, values)
        last = sa.tuple_(sa.literal(rows[-1]["user_id"], ID), sa.literal(rows[-1]["id"], ID))
        rows = connection.execute(wanted.where(place > last)).mappings().all()
    _count(grown)


def _count(grown: Mapping[str, int]) -> None:
    added = sa.update(USER).where(USER.c.id == sa.bindparam("user"))
    added = added.values(stored_bytes=USER.c.stored_bytes + sa.bindparam("bytes", type_=sa.BigInteger()))
    values = [{"user": user, "bytes": grown_by} for user, grown_by in grown.items() if grown_by]
    for at in range(0, len(values), ROWS_AT_ONCE):
        op.get_bind().execute(added, values[at : at + ROWS_AT_ONCE])


def downgrade() -> None:
    _set_key(CONTACT, CONTACT.c.search_key, lambda _: "")
    _set_key(APPLICATION, APPLICATION.c.company_key, former_company_key)
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("search_key")
