"""A page of a search compared with the queue's page, and a note with its entry compared with one without.

100,000 notes of 100 accounts, of which each search reads those of one: `python -m benchmarks.search --database sqlite`.
The requests are called in this process, in turn, so that both have the same machine.
"""

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import timedelta
from pathlib import Path
from random import Random

from fastapi.testclient import TestClient

from api.clock import wall_clock
from api.main import create_app
from api.models import Note
from api.models.base import new_id
from api.models.token import TokenCreate
from api.models.user import UserCreate
from api.services.accounts import tokens, users
from api.services.search import index
from api.settings import Settings
from api.storage.database import Database
from tests.stores import opened, postgresql_for_all

ACCOUNTS, NOTES_EACH, APPLICATIONS = 100, 1_000, 10
ROUNDS = 2  # of each application of the measured account, so that its queue has fifty steps
VOCABULARY = 5_000
SEARCHES = {
    "commonest word": "w0",
    "middling word": "w50",
    "rare word": "w4000",
    "beginning": "w12*",
    "phrase": '"w0 w1"',
}


def text_of(random: Random) -> str:
    """Return a note of about 30 words; few words are common, as in a language."""
    words = [f"w{min(int(random.paretovariate(0.6)) - 1, VOCABULARY)}" for _ in range(random.randint(10, 50))]
    return " ".join(words)


@contextmanager
def filled(kind: str, folder: Path, accounts: int, notes: int) -> Iterator[tuple[Database, TestClient, list[str]]]:
    """Yield a database with notes, a client of its application, and a token of each account."""
    with nullcontext() if kind == "sqlite" else postgresql_for_all(), opened(kind, folder) as store:
        url = store.copy()
        app = create_app(Settings(database_url=url, requests_per_minute=0))
        random, client = Random(7), TestClient(app)
        secrets = [
            _account(app.state.database, client, number, notes, random, is_measured=number == accounts // 2)
            for number in range(accounts)
        ]
        with app.state.database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("ANALYZE")
        app.state.database.open_inline_connection()
        yield app.state.database, client, secrets
        app.state.database.dispose()


def _account(
    database: Database, client: TestClient, number: int, notes: int, random: Random, *, is_measured: bool
) -> str:
    now = wall_clock().replace(microsecond=0)
    body = UserCreate(email=f"a{number}@example.com", password="tall grey horse", full_name="A", time_zone="UTC")
    with database.write(now) as session:
        users.sign_up(session, body, None)
        _, secret = tokens.issue_token(session, TokenCreate.model_validate({"name": "b", "scopes": ["all"]}))
        owner, epoch_count = session.user_id, session.write_count
    ask = {"Authorization": f"Bearer {secret}"}
    made = [
        client.post("/v1/applications", json={"company": f"Company {one}", "role": "Engineer"}, headers=ask).json()[
            "id"
        ]
        for one in range(APPLICATIONS)
    ]
    for at in made if is_measured else ():
        start = {"starts_at": (now - timedelta(days=10)).isoformat()}
        for _ in range(ROUNDS):
            client.post(f"/v1/applications/{at}/interviews", json=start, headers=ask)
    with database.write(now) as session:
        session.owner, session.write_count = owner, epoch_count
        for one in range(notes):
            times = {"created_at": now, "updated_at": now, "noted_at": now}
            at = made[one % APPLICATIONS]
            session.add(
                Note(
                    user_id=owner,
                    id=new_id(),
                    application_id=at,
                    kind="general",
                    text=text_of(random),
                    address_in_letter=False,
                    **times,
                )
            )
    return str(secret)


def in_turn(works: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """Return the median of each work in milliseconds, measured in turn."""
    took: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(times):
        for name, work in works.items():
            begin = time.perf_counter()
            work()
            took[name].append((time.perf_counter() - begin) * 1_000)
    return {name: statistics.median(all_of) for name, all_of in took.items()}


def measure(kind: str, accounts: int, notes: int, times: int) -> None:
    """Print the ratios of one database."""
    with tempfile.TemporaryDirectory() as folder, filled(kind, Path(folder), accounts, notes) as (_, client, secrets):
        ask = {"Authorization": f"Bearer {secrets[accounts // 2]}"}

        def get(href: str) -> Callable[[], object]:
            def work() -> object:
                answer = client.get(href, headers=ask)
                assert answer.status_code == 200, answer.text
                return answer

            return work

        with client:
            found = in_turn(
                {
                    "queue": get("/v1/queue?limit=50"),
                    **{name: get(f"/v1/search?q={q}&limit=50") for name, q in SEARCHES.items()},
                },
                times,
            )
            for name, median in found.items():
                print(f"{kind}: {name}: {median:.2f} ms, {median / found['queue']:.2f} of the queue's page")
            _writes(kind, client, ask, times)


def _writes(kind: str, client: TestClient, ask: dict[str, str], times: int) -> None:
    app = client.get("/v1/applications?limit=1", headers=ask).json()["items"][0]["id"]
    random, write_entries = Random(8), index.write_entries

    def add() -> None:
        body = {"kind": "general", "text": text_of(random)}
        assert client.post(f"/v1/applications/{app}/notes", json=body, headers=ask).status_code == 201

    def add_without() -> None:
        index.write_entries = lambda *_, **__: None
        try:
            add()
        finally:
            index.write_entries = write_entries

    found = in_turn({"without": add_without, "with": add}, min(times * 2, 900))
    both, ratio = f"{found['without']:.2f} ms without its entry, {found['with']:.2f}", found["with"] / found["without"]
    print(f"{kind}: a note: {both} ms with it, {ratio:.2f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    parser.add_argument("--quick", action="store_true")
    given = parser.parse_args()
    measure(given.database, *((3, 50, 5) if given.quick else (ACCOUNTS, NOTES_EACH, 200)))
