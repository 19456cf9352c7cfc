"""Background tasks: a pass or unit fails alone, a task that ends is restarted, the last success of each is shown."""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable

import httpx
import pytest

from api.errors import UnavailableError
from api.logs import Lines
from api.workers import supervisor as supervisor_module
from api.workers.supervisor import Supervisor, Task
from api.workers.units import IncompletePassError, Units
from tests.conftest import NOW, World
from tests.served import PLAIN, serving, wait_until

PRIVATE = "kim@example.com"


class Passes:
    """The work of a task: it counts its passes, and raises what it is told to."""

    def __init__(self, *errors: Exception, result: object = None) -> None:
        self.errors = list(errors)
        self.result = result
        self.count = 0

    def __call__(self) -> object:
        self.count += 1
        if self.errors:
            raise self.errors.pop(0)
        return self.result if self.count < 5 else None


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST_RETRY_SECONDS", "RESTART_SECONDS"):
        monkeypatch.setattr(supervisor_module, name, 0.01)


def supervised(check: Callable[[Supervisor], Awaitable[None]], **works: Callable[[], object]) -> Supervisor:
    """Run tasks with an interval of an hour until the check has returned, then stop them."""
    made = Supervisor(lambda: NOW)
    for name, work in works.items():
        made.add(name, work, every_seconds=3_600)

    async def run() -> None:
        made.start()
        await check(made)
        async with asyncio.timeout(5):
            await made.stop()

    asyncio.run(run())
    return made


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not holds():
            await asyncio.sleep(0.005)


@pytest.mark.parametrize(
    ("failures", "every", "wait"),
    [
        (0, 30, 30),
        (1, 30, 1),
        (2, 30, 2),
        (5, 30, 16),
        (6, 30, 30),
        (9, 3_600, 256),
        (10, 3_600, 300),
        (5_000, 900, 300),
    ],
)
def test_the_waits_after_failures_double_up_to_the_interval_or_five_minutes(
    failures: int, every: float, wait: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_RETRY_SECONDS", 1.0)
    assert Task("x", Passes(), every, failures=failures).wait_seconds == wait


def test_a_pass_that_fails_is_tried_again_and_the_other_tasks_go_on() -> None:
    failing, fine = Passes(AttributeError(PRIVATE), UnavailableError(), IncompletePassError("2 of 3")), Passes()

    async def check(made: Supervisor) -> None:
        await until(lambda: failing.count == 4)
        await until(lambda: made.states()[0].failures == 0)

    made = supervised(check, failing=failing, fine=fine)
    assert [(one.name, one.last_success_at, one.failures) for one in made.states()] == [
        ("failing", NOW, 0),
        ("fine", NOW, 0),
    ]
    assert fine.count == 1


def test_a_failure_is_logged_without_its_message(caplog: pytest.LogCaptureFixture) -> None:
    failing, units = Passes(AttributeError(PRIVATE)), Units("mails")

    async def check(made: Supervisor) -> None:
        await until(lambda: failing.count == 2)

    with caplog.at_level(logging.INFO, "afterword.tasks"):
        supervised(check, failing=failing)
        assert units.run(Passes(ValueError(PRIVATE))) is None
        assert units.run(Passes(result="sent")) == "sent"
    lines = [Lines("json").format(record) for record in caplog.records]
    assert len(lines) == 2
    assert "AttributeError" in lines[0]
    assert "ValueError" in lines[1]
    assert PRIVATE not in str(lines)
    assert (units.done, units.failed) == (1, 1)
    with pytest.raises(IncompletePassError):
        units.check()


def test_a_task_that_ends_is_restarted() -> None:
    work = Passes()

    async def check(made: Supervisor) -> None:
        await until(lambda: work.count == 1)
        made._running["work"].cancel()
        await until(lambda: work.count == 2)

    assert supervised(check, work=work).states()[0].failures == 0


def test_a_task_is_woken_from_any_thread_and_goes_on_while_it_has_more_to_do() -> None:
    work, busy = Passes(), Passes(result=True)

    async def check(made: Supervisor) -> None:
        await until(lambda: work.count == 1)
        thread = threading.Thread(target=made.wake, args=("work",))
        thread.start()
        await until(lambda: work.count == 2 and busy.count == 5)
        thread.join()

    supervised(check, work=work, busy=busy).wake("work")  # after the stop it has no effect
    assert work.count == 2


def test_waking_does_not_shorten_a_back_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervisor_module, "FIRST_RETRY_SECONDS", 60.0)
    work = Passes(OSError())

    async def check(made: Supervisor) -> None:
        await until(lambda: made.states()[0].failures == 1)
        made.wake("work")
        await asyncio.sleep(0.05)

    supervised(check, work=work)
    assert work.count == 1


def test_a_stop_waits_for_the_running_pass_and_begins_no_other() -> None:
    began, done = threading.Event(), []

    def work() -> bool:
        began.set()
        time.sleep(0.1)
        done.append(1)
        return True

    async def check(made: Supervisor) -> None:
        await until(began.is_set)

    supervised(check, work=work)
    assert done == [1]


@pytest.mark.sqlite
def test_a_task_that_always_fails_is_shown_and_the_server_still_stops_cleanly(world: World) -> None:
    world.app.state.supervisor.add("broken", Passes(*[RuntimeError()] * 1_000), every_seconds=3_600)
    with (
        serving(world) as ((host, port), server),
        httpx.Client(base_url=f"http://{host}:{port}", verify=PLAIN) as client,
    ):

        def shown() -> dict[str, dict[str, object]]:
            answer = client.get("/readyz")
            assert answer.status_code == 200
            return {task["name"]: task for task in answer.json()["tasks"]}

        wait_until(lambda: all(shown()[name]["last_success_at"] for name in ("retention", "mails")))
        wait_until(lambda: shown()["broken"]["failures"] != 0)
        assert shown()["broken"]["last_success_at"] is None
        assert shown()["mails"] == {
            "name": "mails",
            "last_success_at": "2026-06-01T12:00:00Z",
            "age_seconds": 0,
            "failures": 0,
        }
    assert not server.lifespan.shutdown_failed
