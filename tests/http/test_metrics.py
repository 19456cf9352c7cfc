"""`GET /metrics`: its series, its token, and its cost: at most one statement a minute, and no wait for the database."""

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from api import metrics
from api.errors import UnavailableError
from api.models.delivery import AttemptError
from api.workers.deliveries import delivery_pass
from api.workers.supervisor import Supervisor
from tests.conftest import World
from tests.http.api_client import application, fault, problem
from tests.invariants.statements import recorded
from tests.services.delivering import OTHER, URL, Answer, Receivers, hook
from tests.services.full_record import record_everything

pytestmark = pytest.mark.sqlite(profile="quick")

TOKEN = "0123456789abcdef"
ALL = "/v1/applications"
PAGE = (Path(__file__).parents[2] / "docs" / "running.md").read_text(encoding="utf-8")
Samples = dict[str, float]


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world(metrics_token=TOKEN)


def scraped(client: TestClient) -> Samples:
    """Return every sample under `name{label="value",…}`, with the labels sorted."""
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    found = {}
    for family in text_string_to_metric_families(answer.text):
        for sample in family.samples:
            labels = ",".join(f'{name}="{value}"' for name, value in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}"] = sample.value
    return found


def test_without_a_metrics_token_in_the_settings_the_address_is_not_found(make_world: Callable[..., World]) -> None:
    nobody = make_world().anonymous()
    nobody.headers["Authorization"] = f"Bearer {TOKEN}"
    unknown = nobody.get("/nothing").json()
    for method in ("GET", "POST"):
        found = problem(nobody.request(method, "/metrics"), 404, "not_found")
        assert found["detail"] == unknown["detail"]


@pytest.mark.parametrize("sent", [None, "Bearer", "Bearer x", f"Bearer {TOKEN}x", f"Basic {TOKEN}", "Bearer ä"])
def test_another_token_is_refused(sent: str | None, world: World) -> None:
    headers = {b"Authorization": sent.encode("latin-1")} if sent else {}
    answer = world.anonymous().get("/metrics", headers=headers)
    problem(answer, 401, "unauthorized")
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert "afterword_" not in answer.text


def test_a_users_token_cannot_read_metrics(client: TestClient) -> None:
    problem(client.get("/metrics"), 401, "unauthorized")


def test_metrics_refuse_unknown_parameters_and_other_methods(world: World) -> None:
    asked = world.anonymous()
    asked.headers["Authorization"] = f"Bearer {TOKEN}"
    fault(asked.get("/metrics?name=up"), "name")
    assert asked.post("/metrics").headers["allow"] == "GET, HEAD"
    assert "/metrics" not in asked.get("/openapi.json").text


def test_requests_are_counted_by_template_and_problems_by_code(world: World, client: TestClient) -> None:
    made = client.post(ALL, json={"company": "Acme", "role": "Engineer"}).json()["id"]
    for id_ in (made, made, "nothing"):
        client.get(f"{ALL}/{id_}")
    client.get("/nothing/at/all")
    found = scraped(world.anonymous())
    counts = {key: value for key, value in found.items() if key.startswith("afterword_request_seconds_count")}
    one = f'{ALL}/{{application_id}}"'
    assert counts == {
        f'afterword_request_seconds_count{{method="POST",route="{ALL}",status="2xx"}}': 1,
        f'afterword_request_seconds_count{{method="GET",route="{one},status="2xx"}}': 2,
        f'afterword_request_seconds_count{{method="GET",route="{one},status="4xx"}}': 1,
        'afterword_request_seconds_count{method="GET",route="-",status="4xx"}': 1,
    }
    assert 0 < found[f'afterword_request_seconds_sum{{method="POST",route="{ALL}",status="2xx"}}'] < 10
    assert found['afterword_problems_total{code="not_found"}'] == 2
    assert "nothing" not in str(found)
    assert made not in str(found)


def test_requests_in_flight_and_connections_in_use_are_reported(world: World) -> None:
    with world.database.read(world.clock.now) as session:
        session.connection()
        found = scraped(world.anonymous())
    assert found["afterword_requests_in_flight{}"] == 1
    assert found["afterword_pool_connections_in_use{}"] == 1
    assert found["afterword_pool_connections_max{}"] == 8
    assert found["afterword_start_time_seconds{}"] == world.clock.now.timestamp()
    assert scraped(world.anonymous())["afterword_pool_connections_in_use{}"] == 0


def test_the_steps_of_all_accounts_are_counted_by_two_statements_once_a_minute(
    world: World, client: TestClient, stranger: TestClient
) -> None:
    record_everything(client, world.clock.now)
    with recorded(world.database) as statements:
        before = [scraped(client) for _ in range(3)]
    assert len(statements) == 2
    assert [one["afterword_steps_overdue{}"] for one in before] == [before[0]["afterword_steps_overdue{}"]] * 3
    record_everything(stranger, world.clock.now)
    world.clock.now += timedelta(seconds=59)
    assert scraped(client)["afterword_steps_overdue{}"] == before[0]["afterword_steps_overdue{}"]
    world.clock.now += timedelta(seconds=1)
    assert scraped(client)["afterword_steps_overdue{}"] == 2 * before[0]["afterword_steps_overdue{}"] > 0


@pytest.mark.own_statements
def test_the_step_counts_stay_when_the_database_fails(world: World, client: TestClient) -> None:
    record_everything(client, world.clock.now)
    before = scraped(client)
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE step_instance RENAME TO gone")
    world.clock.now += timedelta(minutes=1)
    for _ in range(2):
        without = scraped(client)
        assert (before["afterword_database_up{}"], without["afterword_database_up{}"]) == (1, 0)
        assert without["afterword_steps_open{}"] == before["afterword_steps_open{}"]
    with world.database.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE gone RENAME TO step_instance")
    assert scraped(client)["afterword_database_up{}"] == 1


def test_reading_does_not_wait_for_a_database_that_hangs(
    make_world: Callable[..., World], monkeypatch: pytest.MonkeyPatch
) -> None:
    world = make_world(metrics_token=TOKEN, pool_size=3, busy_timeout_seconds=10)
    with ExitStack() as busy, monkeypatch.context() as patch:
        patch.setattr(metrics, "PATIENCE_SECONDS", 0.05)
        for _ in range(3):
            busy.enter_context(world.database.read(world.clock.now)).connection()
        for _ in range(2):
            found = scraped(world.anonymous())
            assert found["afterword_database_up{}"] == 0
            assert "afterword_steps_open{}" not in found
            assert found["afterword_pool_connections_in_use{}"] == 3
        assert world.app.state.metrics.due.counting.is_alive()
    world.app.state.metrics.due.counting.join()
    assert scraped(world.anonymous())["afterword_database_up{}"] == 1


def test_attempts_at_deliveries_are_counted_by_result(world: World, client: TestClient) -> None:
    answers: dict[str, Answer] = {URL: 200, OTHER: 500, f"{URL}/third": AttemptError.TIMED_OUT}
    for url in answers:
        hook(client, url)
    application(client)
    receivers, observer = Receivers(answer=lambda url, _event: answers[url]), world.app.state.metrics
    delivery_pass(world.database, world.clock, world.app.state.settings, send=receivers, observer=observer)
    found = scraped(client)
    name = "afterword_webhook_attempts_total"
    assert {key: value for key, value in found.items() if key.startswith(name)} == {
        f'{name}{{result="delivered"}}': 1,
        f'{name}{{result="status"}}': 1,
        f'{name}{{result="timed_out"}}': 1,
    }


def test_failed_passes_are_counted_by_task(world: World) -> None:
    def fails() -> None:
        raise UnavailableError

    made = Supervisor(world.clock)
    made.observer = world.app.state.metrics
    made.add("ticks", fails, every_seconds=3_600)

    async def run() -> None:
        made.start()
        async with asyncio.timeout(5):
            while not made.states()[0].failures:
                await asyncio.sleep(0.005)
            await made.stop()

    asyncio.run(run())
    assert scraped(world.anonymous())['afterword_task_failures_total{task="ticks"}'] >= 1


def test_the_step_counts_stay_when_a_count_has_a_fault(
    world: World, client: TestClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    record_everything(client, world.clock.now)
    before = scraped(client)
    world.clock.now += timedelta(minutes=1)
    for error, level in ((AttributeError("a fault"), "ERROR"), (UnavailableError(), "WARNING")):
        caplog.clear()
        with monkeypatch.context() as patch:
            patch.setattr(metrics, "backlog", Mock(side_effect=error))
            without = scraped(client)
        assert without["afterword_database_up{}"] == 0
        assert without["afterword_steps_open{}"] == before["afterword_steps_open{}"]
        assert [one.levelname for one in caplog.records if "not counted" in one.getMessage()] == [level]
    assert scraped(client)["afterword_database_up{}"] == 1


def test_the_manual_lists_exactly_the_series_that_exist(world: World) -> None:
    client = world.anonymous()
    client.get("/nothing")
    client.get("/livez")
    answer = client.get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    ours = set(re.findall(r"^# TYPE (afterword_\w+)", answer.text, re.MULTILINE))
    assert set(re.findall(r"^\| `(afterword_\w+)`", PAGE, re.MULTILINE)) == ours
    assert "_created" not in answer.text


WORKERS = """
import json, os, sys
from api.clock import wall_clock
from api.metrics import Metrics
from api.settings import Settings
from api.storage.database import Database

def work(times):
    metrics = Metrics(Database(Settings()), wall_clock)
    for _ in range(times):
        metrics.began()
        metrics.ended("GET", "/livez", 200, 0.01, None)
    metrics.began()  # the first two die during this request; the last one answers it with the metrics
    return metrics

if sys.argv[1] == "two":
    if os.fork() == 0:
        work(3)
        os._exit(0)
    assert os.wait()[1] == 0
    work(1)
    os.execv(sys.executable, [*sys.orig_argv[:-1], "the last"])  # the next worker has the same process id
text = work(1).exposition().decode()
print(json.dumps([line for line in text.splitlines() if "/livez" in line and "_count" in line or "flight" in line]))
"""


@pytest.mark.sqlite
def test_metrics_of_any_worker_cover_all_workers_and_dead_ones_are_not_in_flight(world: World, tmp_path: Path) -> None:
    (tmp_path / "figures").mkdir()
    environment = {
        **os.environ,
        "AFTERWORD_DATABASE_URL": world.app.state.settings.database_url,
        "PROMETHEUS_MULTIPROC_DIR": str(tmp_path / "figures"),
        "PYTHONPATH": str(Path(__file__).parents[2]),
    }
    command = [sys.executable, "-W", "error", "-c", WORKERS, "two"]
    done = subprocess.run(command, env=environment, check=True, timeout=60, capture_output=True, text=True)
    lines = sorted(line for line in json.loads(done.stdout) if not line.startswith("#"))
    assert [line.rpartition(" ")[2] for line in lines] == ["5.0", "1.0"], lines
