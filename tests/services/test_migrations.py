"""The migrations create the schema of the models, and run up and down with rows in the tables."""

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as StillWaiting
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, delete, select

from api import demo
from api.models import AgentWrite, CalendarFeed, Contact, ImportJob, Letter, User
from api.models.search import is_in_models
from api.services.facts.contacts import search_key
from api.services.steps import judge
from api.settings import MIGRATING, Settings
from api.storage.database import MIGRATIONS, Database
from api.storage.session import ANY_OWNER
from api.words.terms import fold
from api.workers.recompute import recompute_pass
from tests.conftest import NOW, World
from tests.services.checks import total_bytes
from tests.services.copies import Record, recorded_once
from tests.services.full_record import everything
from tests.stores import Store

REVISIONS = sorted(path.stem[:4] for path in (MIGRATIONS / "versions").glob("0*.py"))
REBUILT = ["user_account", "application", "interview", "contact"]
FOLDED = {"company_key": "application", "search_key": "contact"}
REBUILD = """
import sqlalchemy as sa
from alembic import op
revision, down_revision, branch_labels, depends_on = "9999", "{head}", None, None

def how():
    return "always" if op.get_bind().dialect.name == "sqlite" else "auto"

def upgrade():
    with op.batch_alter_table("{table}", recreate=how()) as made:
        made.add_column(sa.Column("added", sa.Integer(), nullable=True))

def downgrade():
    with op.batch_alter_table("{table}", recreate=how()) as made:
        made.drop_column("added")
"""


@pytest.fixture
def database(empty_url: str) -> Iterator[Database]:
    made = Database(Settings(database_url=empty_url))
    yield made
    made.dispose()


def counts(database: Database) -> dict[str, int]:
    with database.engine.connect() as connection:
        tables = [name for name in inspect(connection).get_table_names() if name in SQLModel.metadata.tables]
        return {name: connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in tables}


def test_a_new_database_is_behind_until_it_is_migrated(database: Database) -> None:
    assert not database.is_at_head()
    database.migrate()
    assert database.is_at_head()


def test_the_migrations_create_exactly_the_schema_of_the_models(database: Database) -> None:
    database.migrate()
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": is_in_models})
        assert compare_metadata(context, SQLModel.metadata) == []


def test_migrating_twice_changes_nothing(database: Database) -> None:
    database.migrate()
    demo.build(database, NOW, hasher=lambda _: "")
    before = counts(database)
    database.migrate()
    assert counts(database) == before


@pytest.fixture(scope="module")
def record(store: Store) -> Iterator[Record]:
    with recorded_once(store, everything) as made:
        yield made


@pytest.fixture
def filled(record: Record) -> Iterator[Database]:
    """A database with rows in every table."""
    with record.copied() as (world, _):
        assert all(counts(world.database).values())
        yield world.database


def test_downgrades_and_upgrades_keep_the_rows_of_tables_that_exist_in_both(
    filled: Database,
) -> None:
    standing = counts(filled)
    for revision in [*reversed(REVISIONS[:-1]), "base", *REVISIONS]:
        filled.migrate(revision)
        now = counts(filled)
        kept = {name: standing.get(name, 0) for name in now}
        assert now == kept, revision
        standing = now
    assert set(standing) == set(SQLModel.metadata.tables)
    assert filled.is_at_head()


def test_password_resets_move_into_the_outbox_and_back(filled: Database) -> None:
    filled.migrate("0009")
    with filled.engine.begin() as connection:
        asked = connection.execute(text("SELECT id, due_at FROM password_reset")).one()
        email = connection.execute(text("SELECT email FROM user_account")).scalar_one()
        connection.execute(
            text("INSERT INTO password_reset SELECT user_id, user_id, created_at, 'abc', 1, NULL FROM password_reset")
        )
    filled.migrate()
    with filled.engine.connect() as connection:
        wanted = text("SELECT id, kind, address, due_at, hash, tries, outcome FROM mail_out ORDER BY tries")
        waiting, sent = connection.execute(wanted).all()
    assert tuple(waiting) == (asked.id, "reset", email, asked.due_at, None, 0, None)
    assert tuple(sent)[1:] == ("reset", None, None, "abc", 1, "sent")
    filled.migrate("0009")
    with filled.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*), max(hash) FROM password_reset")).one() == (2, "abc")


def test_the_bytes_of_an_account_are_counted_by_the_migration(filled: Database) -> None:
    with filled.write(NOW) as session:
        session.owner = session.exec(select(User.id), execution_options=ANY_OWNER).one()
        session.get_one(User, session.owner).stored_bytes = 0
        session.execute(delete(CalendarFeed))  # the way down deletes these tables
        session.execute(delete(ImportJob))
        session.execute(delete(AgentWrite))
        found = total_bytes(session)
    filled.migrate("0014")
    filled.migrate()
    with filled.engine.connect() as connection:
        assert connection.execute(text("SELECT stored_bytes FROM user_account")).scalar_one() == found > 5_000


def test_the_texts_that_filters_read_are_folded_by_the_migration_and_back(filled: Database) -> None:
    texts = {"company": "ACME Łódź \ufdfa", "name": "Jose\u0301 \u202dＲuiz\u202c", "email": "josé@example.com"}
    keys = {"company_key": fold(texts["company"]), "search_key": search_key(texts["name"], "\u0301", texts["email"])}
    filled.migrate("0017")
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE application SET company = :company, company_key = 'x'"), texts)
        connection.execute(text("UPDATE contact SET full_name = :name, company = '\u0301', email = :email"), texts)
        connection.execute(text("UPDATE user_account SET stored_bytes = 0"))
    for _ in range(2):
        filled.migrate("0018")
        with filled.engine.connect() as connection:
            found = {
                name: set(connection.scalars(text(f"SELECT {name} FROM {table}"))) for name, table in FOLDED.items()
            }
            grown = connection.execute(text("SELECT stored_bytes FROM user_account")).scalar_one()
            rows = {
                table: connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
                for table in FOLDED.values()
            }
        assert found == {name: {key} for name, key in keys.items()}
        assert grown == rows["application"] * (len(keys["company_key"].encode()) - 1) + rows["contact"] * len(
            keys["search_key"].encode()
        )
        filled.migrate("0017")
        with filled.engine.begin() as connection:
            former = set(connection.scalars(text("SELECT company_key FROM application")))
            assert former == {texts["company"].casefold()}
            connection.execute(text("UPDATE application SET company_key = 'x'"))
            connection.execute(text("UPDATE user_account SET stored_bytes = 0"))


def test_an_account_that_is_being_erased_stays_disabled_without_the_task(filled: Database) -> None:
    with filled.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET erased_at = updated_at"))
    filled.migrate("0015")
    with filled.engine.connect() as connection:
        assert connection.execute(text("SELECT disabled_at = updated_at FROM user_account")).scalar_one()


def test_drafts_that_were_composed_are_found_by_their_paragraphs(filled: Database) -> None:
    ids = [f"019577a0-0000-7000-8000-00000000000{number}" for number in range(3)]
    with filled.write(NOW) as session:
        session.owner = session.exec(select(User.id), execution_options=ANY_OWNER).one()
        judge.lock_user(session)
        like, person = session.exec(select(Letter)).all()[0].model_dump(), session.exec(select(Contact.id)).all()[0]
        for id_, roles in zip(ids, ([], ["salutation", "close"], ["salutation", "own"]), strict=True):
            paragraphs = [{"text": "x", "role": role, "source_note_ids": []} for role in roles]
            session.add(
                Letter(**{**like, "id": id_, "sent_at": None, "paragraphs": paragraphs, "recipients": [person]})
            )
    filled.migrate("0018")
    filled.migrate()
    with filled.write(NOW) as session:
        session.owner = session.exec(select(User.id), execution_options=ANY_OWNER).one()
        found = [session.get_one(Letter, (session.owner, id_)) for id_ in ids]
        assert [(one.is_as_composed, one.named_contacts) for one in found] == [
            (False, []),
            (True, [person]),
            (False, []),
        ]
        assert session.get_one(User, session.owner).stored_bytes == total_bytes(session)


def test_steps_always_help_until_the_background_task_has_judged_them(filled: Database) -> None:
    values = text("SELECT id, helps_until, help_span FROM step_instance ORDER BY id")
    with filled.engine.connect() as connection:
        judged = connection.execute(values).all()
    assert any(row.helps_until for row in judged)
    filled.migrate("0019")
    filled.migrate()
    with filled.engine.connect() as connection:
        assert {(row.helps_until, row.help_span) for row in connection.execute(values)} == {(None, 0), (None, None)}
        assert connection.execute(text("SELECT count(*) FROM user_account WHERE recompute_after IS NULL")).scalar() == 0
    recompute_pass(filled, lambda: NOW)
    with filled.engine.connect() as connection:
        assert connection.execute(values).all() == judged
        assert connection.execute(text("SELECT count(recompute_after) FROM user_account")).scalar() == 0


def test_figures_that_older_rules_do_not_know_are_removed_from_policies(filled: Database) -> None:
    figures = '{"notes_help_days": "always", "search_days": 3, "call_help_business_days": 2}'
    with filled.engine.begin() as connection:
        for table in ("user_account", "application"):
            connection.execute(text(f"UPDATE {table} SET policy = '{figures}'"))
    filled.migrate("0019")
    with filled.engine.connect() as connection:
        for table in ("user_account", "application"):
            found = connection.execute(text(f"SELECT CAST(policy AS text) FROM {table}")).scalars()
            assert {policy.replace(" ", "") for policy in found} == {'{"search_days":3}'}


def test_without_what_assistants_wrote_an_account_counts_no_bytes_of_it(filled: Database) -> None:
    assert counts(filled)["agent_write"] == 1
    filled.migrate("0027")
    filled.migrate()
    with filled.read(NOW) as session:
        session.owner = session.exec(select(User.id), execution_options=ANY_OWNER).one()
        assert session.get_one(User, session.owner).stored_bytes == total_bytes(session)


def test_without_the_names_of_tools_an_account_counts_no_bytes_of_them(filled: Database) -> None:
    stored = text("SELECT stored_bytes FROM user_account")
    filled.migrate("0027")
    with filled.engine.begin() as connection:
        number = connection.execute(text("SELECT count(*) FROM activity")).scalar_one()
        connection.execute(text("UPDATE activity SET tool = 'save_contact', agent = :by"), {"by": True})
        connection.execute(text("UPDATE token SET agent = :by"), {"by": True})
        before = connection.execute(stored).scalar_one()
    filled.migrate("0026")
    with filled.engine.connect() as connection:
        assert connection.execute(stored).scalar_one() == before - number * len("save_contact")
    filled.migrate()
    with filled.engine.connect() as connection:
        for table in ("activity", "token"):
            assert set(connection.scalars(text(f"SELECT agent FROM {table}"))) == {False}
        assert set(connection.scalars(text("SELECT tool FROM activity"))) == {None}


@pytest.mark.parametrize("table", REBUILT)
def test_rebuilding_a_table_keeps_its_rows_and_their_child_rows(table: str, filled: Database, tmp_path: Path) -> None:
    before = counts(filled)
    shutil.copytree(MIGRATIONS, tmp_path / "migrations")
    (tmp_path / "migrations" / "versions" / "9999_rebuild.py").write_text(
        REBUILD.format(table=table, head=REVISIONS[-1])
    )
    filled.migrate("9999", scripts=tmp_path / "migrations")
    assert counts(filled) == before
    filled.migrate(REVISIONS[-1], scripts=tmp_path / "migrations")
    assert counts(filled) == before


def test_foreign_keys_are_enforced_again_after_a_migration(filled: Database) -> None:
    filled.migrate(REVISIONS[0])
    with filled.engine.begin() as connection, pytest.raises(IntegrityError):
        connection.execute(text("UPDATE contact SET user_id = :nobody"), {"nobody": "0" * 32})


@pytest.mark.postgresql
@pytest.mark.parametrize(
    ("zone", "is_judged_again"), [("America/New_York", True), ("Europe/London", True), ("UTC", False)]
)
def test_steps_are_judged_again_where_the_server_is_not_in_utc(
    filled: Database, zone: str, is_judged_again: bool
) -> None:
    values = text("SELECT id, opens_at, due_at FROM step_instance ORDER BY id")
    with filled.engine.begin() as connection:
        judged = connection.execute(values).all()
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE \"{name}\" SET timezone = '{zone}'"))
        connection.execute(text("UPDATE step_instance SET opens_at = opens_at + make_interval(hours => 5)"))
    filled.engine.dispose()
    filled.migrate("0028")
    filled.migrate()
    recompute_pass(filled, lambda: NOW)
    with filled.engine.connect() as connection:
        assert (connection.execute(values).all() == judged) is is_judged_again


@pytest.mark.postgresql
def test_a_start_waits_until_another_process_has_migrated(world: World) -> None:
    with ThreadPoolExecutor() as pool, world.database.engine.connect() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATING})
        waiting = pool.submit(world.database.await_migration)
        with pytest.raises(StillWaiting):
            waiting.result(timeout=0.3)
        connection.commit()
        waiting.result(timeout=5)
