"""The state machine of an account in which a person and an assistant write, and what the assistant wrote is undone."""

from datetime import timedelta
from typing import Any

from fastapi.testclient import TestClient
from hypothesis import strategies as st
from sqlmodel import SQLModel

from api.models import Token
from tests.services.checks import dump, rows_of
from tests.services.machine import PICK, Answer, operation
from tests.services.operations import Applications, Rounds
from tests.services.operations_on_people import Papers, People
from tests.services.operations_on_steps import Calls, Searches, Steps

FACTS = (
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
)
VOLATILE = {"version", "incarnation", "updated_at", "changed_seq", "changed_at", "effective_end_at"}
LIFE = {"stage", "offered_at", "closed_at", "closed_outcome", "archived_at"}  # these follow from the stage history
UNDO = "what_an_assistant_wrote_is_undone"
Rows = dict[tuple[str, ...], dict[str, Any]]


class Undoing(Applications, Rounds, People, Papers, Calls, Searches, Steps):
    """All operations on the record of one user, each by a person or by an assistant, and undoing."""

    person: TestClient
    assistant: TestClient
    written: dict[str, tuple[Rows, Rows]]
    is_by_assistant = False

    @classmethod
    def operations(cls) -> list[str]:
        """Return the names of all operations, and that of undoing so often that it is half of all."""
        found = super().operations()
        return [*found, *[UNDO] * len(found)]

    def begin(self, ahead: timedelta) -> None:
        self.person, self.written = self.client, {}
        self.hire()
        super().begin(ahead)

    def hire(self) -> None:
        """Make a token for the assistant, which does not expire, because the sequences take longer than such tokens."""
        made = self.person.post("/v1/tokens", json={"name": "assistant", "preset": "agent"})
        assert made.status_code == 201, made.text
        self.assistant = self.world.anonymous()
        self.assistant.headers["Authorization"] = f"Bearer {made.json()['token']}"
        with self.world.database.write(self.now) as session:
            session.owner = self.user
            session.get_one(Token, (self.user, made.json()["id"])).expires_at = None
        self.has = dump(self.world.database, self.user)

    def facts(self) -> Rows:
        """Return what counts of all fact rows, by table and key."""
        found: Rows = {}
        for name, rows in rows_of(self.world.database, self.user, *FACTS).items():
            columns = SQLModel.metadata.tables[name].primary_key.columns
            keys = [column.name for column in columns if column.name != "user_id"]
            for row in rows:
                key = (name, *(str(row[column]) for column in keys))
                found[key] = {column: value for column, value in row.items() if column not in VOLATILE}
        return found

    def send(self, method: str, href: str, document: Answer | None = None) -> Answer | None:
        """Send a request as the person or, if assistants may, as the assistant; remember what that wrote."""
        may = method != "GET" and not href.startswith("/v1/me") and not href.endswith(("/erase", "/undo"))
        if not may or not (self.is_by_assistant or self.random.random() < 0.5):
            self.client = self.person
            return super().send(method, href, document)
        self.client, before = self.assistant, self.facts()
        answer = super().send(method, href, document)
        newest = self.assistant.get("/v1/writes", params={"limit": 1}).json()["items"]
        if newest and newest[0]["id"] not in self.written and answer is not None:
            self.remember(newest[0]["id"], before)
        return answer

    def remember(self, id_: str, before: Rows) -> None:
        """Remember the rows that a write changed, as they were before and are after it."""
        after = self.facts()
        changed = {key for key in before | after if before.get(key) != after.get(key)}
        self.written[id_] = tuple({key: rows[key] for key in changed & rows.keys()} for rows in (before, after))  # type: ignore[assignment]  # two of them

    @operation(data=st.data(), pick=PICK, newest=st.booleans())
    def what_an_assistant_wrote_is_undone(self, data: st.DataObject, pick: int, newest: bool) -> None:
        """Have an assistant write something, or not, then undo that or an earlier write."""
        if newest:
            method = getattr(self, self.random.choice([name for name in super().operations() if name != UNDO]))
            self.is_by_assistant = True
            method(**data.draw(method.arguments, method.__name__))
            self.is_by_assistant = False
        if not self.written:
            return
        ids = list(self.written)
        id_ = ids[-1] if newest else ids[pick % len(ids)]
        before, (was, left) = self.facts(), self.written[id_]
        answer = self.operate("POST", f"/v1/writes/{id_}/undo")
        self.counts["undone" if answer else "not undone"] += 1
        now = self.facts()
        if answer is None:
            assert now == before
            return
        for key in before | now:
            wanted = was.get(key) if key in was | left else before.get(key)
            assert self.counted(key, now.get(key), key in was | left) == self.counted(key, wanted, key in was | left)
        del self.written[id_]
        self.remember(answer["undone_by"], before)

    @staticmethod
    def counted(key: tuple[str, ...], row: dict[str, Any] | None, is_ours: bool) -> dict[str, Any] | None:
        """Return a row; of an application that the write did not touch without what follows from its stages."""
        if row is None or is_ours or key[0] != "application":
            return row
        return {name: value for name, value in row.items() if name not in LIFE}
