"""The state machine of one user: it sends requests over HTTP and checks the invariants after each operation."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any, ClassVar, TypeVar

from fastapi.testclient import TestClient
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from api.workers.recompute import recompute_pass
from tests.conftest import World
from tests.services.checks import Dump, check_queue, check_rows, dump, rows_of

Answer = dict[str, Any]
Done = TypeVar("Done", bound=Callable[..., None])
ZONES = ("America/New_York", "Europe/London", "Asia/Kolkata", "Pacific/Apia", "Australia/Lord_Howe")
STARTS = tuple(
    datetime.fromisoformat(text).astimezone(UTC)
    for text in (
        "2026-06-01T12:00Z",
        "2026-03-07T18:00Z",
        "2026-10-30T09:30Z",
        "2026-04-03T20:00Z",
        "2025-12-29T03:00Z",
    )
)
PASSING = tuple(
    timedelta(seconds=seconds) for seconds in (0, 1, 1, 60, 3_600, 7_200, 30_000, 86_400, 90_000, 260_000, 700_000)
)
AGO = st.sampled_from(
    [timedelta(0), timedelta(seconds=1), timedelta(minutes=-2), timedelta(minutes=90), timedelta(hours=20)]
    + [timedelta(days=days) for days in (1, 2, 4, 9)]
)
MAYBE_AGO = st.none() | AGO
AHEAD = st.sampled_from([timedelta(hours=hours) for hours in (-200, -80, -30, -8, -2, -1, 0, 1, 5, 30, 100, 250)])
LENGTHS = st.sampled_from([None, timedelta(minutes=30), timedelta(hours=1), timedelta(hours=9)])
DAYS_AND_TIMES = st.tuples(st.integers(-4, 12), st.sampled_from([None, time(9), time(14, 30), time(23, 59)]))
MOMENTS = st.none() | DAYS_AND_TIMES
PICK = st.integers(0, 50)
EXPECTED = (200, 201, 204, 404, 409, 422)


def body(**fields: Any) -> Answer:
    """Return the fields without those whose value is `...`."""
    return {name: value for name, value in fields.items() if value is not ...}


def operation(**arguments: st.SearchStrategy[Any]) -> Callable[[Done], Done]:
    """Mark a method as an operation. The machine picks operations itself, because hypothesis repeats a few of them."""

    def mark(method: Done) -> Done:
        method.arguments = st.fixed_dictionaries(arguments)  # type: ignore[attr-defined]  # read by Machine
        return method

    return mark


class Machine(RuleBasedStateMachine):
    """A state machine of one user that checks the invariants after every operation."""

    world: ClassVar[World]
    stranger: ClassVar[str]
    stranger_has: ClassVar[Dump]
    strange: ClassVar[dict[str, str]]
    counts: ClassVar[Counter[str]]
    client: TestClient
    user: str = ""

    def __init__(self) -> None:
        super().__init__()
        self.hidden: dict[tuple[str, datetime], datetime] = {}

    @initialize(
        start=st.sampled_from(STARTS),
        zone=st.sampled_from(ZONES),
        random=st.randoms(use_true_random=True),
        ahead=AHEAD,
    )
    def somebody_signs_up_and_has_interviews(
        self, start: datetime, zone: str, random: Random, ahead: timedelta
    ) -> None:
        self.counts["sequences"] += 1
        self.random = random
        self.world.clock.now = start
        self.client = self.world.sign_up(zone)
        self.user = str(self.client.get("/v1/me").json()["id"])
        self.has = dump(self.world.database, self.user)
        self.begin(ahead)

    def begin(self, ahead: timedelta) -> None:
        """Record two applications with a round each; one contact is interviewer of one round and status contact."""
        contact = self.send("POST", "/v1/contacts", {"full_name": "Sam Desk", "phone": "+1 555 0100"})
        for company in ("Acme", "Blue"):
            self.send("POST", "/v1/applications", {"company": company, "role": "Engineer"})
            times = {"starts_at": self.at(-ahead), "next_stage_unknown": True}
            self.send("POST", f"/v1/applications/{self.app(-1)}/interviews", times)
        person = str((contact or {})["id"])
        self.send("PUT", f"/v1/interviews/{self.rows('interview')[0]['id']}/interviewers/{person}", {})
        self.send("PATCH", f"/v1/applications/{self.app(-1)}", {"status_contact_id": person})
        self.send("POST", "/v1/references", {"name": "Robin Referee"})

    @property
    def now(self) -> datetime:
        return self.world.clock.now

    def at(self, ago: timedelta | None) -> Any:
        """Return the instant some time ago as text; `...` for None."""
        return ... if ago is None else (self.now - ago).isoformat()

    def moment(self, drawn: tuple[int, time | None] | None) -> Answer | None:
        """Return a drawn moment: a date some days from today, and an optional time."""
        if drawn is None:
            return None
        day: date = self.now.date() + timedelta(days=drawn[0])
        return {"date": day.isoformat(), "time": f"{drawn[1]:%H:%M}" if drawn[1] else None}

    @rule(data=st.data(), passing=st.sampled_from(PASSING))
    def time_passes_and_something_happens(self, data: st.DataObject, passing: timedelta) -> None:
        self.counts["steps"] += 1
        self.world.clock.now += passing
        method = getattr(self, self.random.choice(self.operations()))
        method(**data.draw(method.arguments, method.__name__))

    @classmethod
    def operations(cls) -> list[str]:
        """Return the names of all operations."""
        return [name for name in dir(cls) if hasattr(getattr(cls, name), "arguments")]

    def send(self, method: str, href: str, document: Answer | None = None) -> Answer | None:
        """Send a request and return the answer, None for a refusal; check that a refusal changes no row."""
        answer = self.client.request(method, href, json=document)
        assert answer.status_code in EXPECTED, (method, href, document, answer.text)
        recompute_pass(self.world.database, self.world.clock)
        now_has = dump(self.world.database, self.user)
        refused = answer.status_code >= 400
        if refused:
            assert now_has == self.has, (method, href, document, answer.text)
        self.has = now_has
        shape = "/".join("{id}" if len(part) == 36 else part for part in href.partition("?")[0].split("/"))
        self.counts[f"{method} {shape} {'refused' if refused else 'done'}"] += 1
        return None if refused else (answer.json() if answer.content else {})

    def operate(self, method: str, href: str, document: Answer | None = None) -> Answer | None:
        """Send the main request of an operation and count it."""
        self.counts["operations"] += 1
        return self.send(method, href, document)

    def rows(self, table: str) -> list[Answer]:
        """Return the user's stored rows of a table, in the same order in every run."""
        return rows_of(self.world.database, self.user, table)[table]

    def pick(self, table: str, pick: int, **wanted: Any) -> Answer:
        """Return one of the rows of applications that are not deleted; an empty dict if there is none."""
        live = {row["id"] for row in self.rows("application") if row["deleted_at"] is None}
        found = [
            row
            for row in self.rows(table)
            if row.get("deleted_at") is None
            and row.get("application_id") in {None, *live}
            and all(row[name] == value for name, value in wanted.items())
        ]
        return found[pick % len(found)] if found else {}

    def app(self, pick: int) -> str:
        """Return the id of an application that is not deleted; an unknown id if there is none."""
        return str(self.pick("application", pick).get("id", "00000000-0000-7000-8000-000000000000"))

    def states(self) -> dict[str, Sequence[Any]]:
        """Return dates, closed state, missing parts and reason of every step, by id."""
        names = ("opens_at", "due_at", "closed_state", "completed_at", "missing", "reason")
        return {row["id"]: [row[name] for name in names] for row in self.rows("step_instance")}

    @invariant()
    def stored_rows_equal_a_fresh_evaluation(self) -> None:
        if self.user:
            with self.world.database.read(self.now) as session:
                session.owner = self.user
                check_rows(session)
                check_queue(session, self.random)

    @invariant()
    def a_snooze_lasts_only_while_its_step_is_open_and_its_deadline_stays(self) -> None:
        hidden = [row for row in self.rows("step_instance") if row["snoozed_until"]] if self.user else []
        assert not [row for row in hidden if row["closed_state"]]
        now_hidden = {(row["id"], row["snoozed_until"]): row["due_at"] for row in hidden}
        both = now_hidden.keys() & self.hidden.keys()
        assert {key: now_hidden[key] for key in both} == {key: self.hidden[key] for key in both}
        self.hidden = now_hidden

    @invariant()
    def nobody_elses_rows_change(self) -> None:
        assert dump(self.world.database, self.stranger) == self.stranger_has
