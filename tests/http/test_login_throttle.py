"""Rate limits: sign-ins and sign-ups by the hour, requests of a token by the minute."""

import math
from collections.abc import Callable
from datetime import timedelta
from random import Random
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.errors import TooManyRequestsError
from api.main import create_app
from api.protocol.rate_limit import MAX_BUCKETS, RateLimiter
from tests.conftest import World
from tests.http.api_client import problem
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply
from tests.http.test_accounts import bearer as client_of
from tests.served import PLAIN, served

pytestmark = pytest.mark.sqlite(profile="quick")

Worlds = Callable[..., World]
RIGHT = {"email": SIGN_UP["email"], "password": SIGN_UP["password"]}
WRONG = {**RIGHT, "password": "not this one"}
HOUR = timedelta(hours=1)


def from_address(world: World, address: str) -> TestClient:
    """Return a client whose requests come from this IP address."""
    client = TestClient(world.app, client=(address, 50_000))
    world.clients.append(client)
    return client


@pytest.fixture
def strict(make_world: Worlds) -> World:
    """A world that allows three sign-ins and two sign-ups an hour."""
    world = make_world(sign_ins_per_hour=3, sign_ups_per_hour=2)
    sign_up_cheaply(world)
    return world


@pytest.mark.parametrize("email", [SIGN_UP["email"], "nobody@example.com"], ids=["an-account", "an-unknown-address"])
def test_the_fourth_attempt_within_the_hour_is_refused_for_known_and_unknown_accounts(
    strict: World, email: str
) -> None:
    nobody = strict.anonymous()
    for _ in range(3):
        problem(nobody.post("/v1/sessions", json={**WRONG, "email": email}), 401, "unauthorized")
    strict.clock.now += timedelta(minutes=20)
    answer = nobody.post("/v1/sessions", json={**RIGHT, "email": f" {email.upper()} "})
    problem(answer, 429, "too_many_requests")
    assert answer.headers["retry-after"] == "2400"
    assert "40 minutes" in answer.json()["detail"]


def test_after_the_hour_it_can_be_tried_again(strict: World) -> None:
    nobody = strict.anonymous()
    for _ in range(3):
        nobody.post("/v1/sessions", json=WRONG)
    strict.clock.now += HOUR - timedelta(seconds=1)
    assert nobody.post("/v1/sessions", json=RIGHT).status_code == 429
    strict.clock.now += timedelta(seconds=1)
    assert [nobody.post("/v1/sessions", json=RIGHT).status_code for _ in range(4)] == [201, 201, 201, 429]


def test_other_accounts_and_open_sessions_are_not_limited(strict: World) -> None:
    nobody = strict.anonymous()
    token = nobody.post("/v1/sessions", json=RIGHT).json()["token"]
    for _ in range(3):
        nobody.post("/v1/sessions", json=WRONG)
    assert nobody.post("/v1/sessions", json={**WRONG, "email": "somebody@example.com"}).status_code == 401
    assert client_of(strict, token).get("/v1/me").status_code == 200


def test_one_ip_address_may_try_three_times_as_often_as_one_account(strict: World) -> None:
    here = from_address(strict, "192.0.2.1")
    for number in range(9):
        assert here.post("/v1/sessions", json={**WRONG, "email": f"p{number}@example.com"}).status_code == 401
    assert here.post("/v1/sessions", json=RIGHT).status_code == 429
    elsewhere = from_address(strict, "192.0.2.2")
    assert elsewhere.post("/v1/sessions", json=RIGHT).status_code == 201


def test_ipv6_addresses_of_one_64_prefix_count_together(strict: World) -> None:
    addresses = ["2001:db8:1:2::1", "2001:db8:1:2:ffff::9", "2001:db8:1:2::3", "2001:db8:1:3::1"]
    answers = [from_address(strict, one).post("/v1/users", json=another(n)) for n, one in enumerate(addresses)]
    assert [answer.status_code for answer in answers] == [201, 201, 429, 201]


def another(number: int) -> dict[str, str]:
    return {**SIGN_UP, "email": f"p{number}@example.com"}


@pytest.mark.parametrize(
    ("proxies", "statuses"), [((), [201, 429]), (("127.0.0.0/8",), [201, 201])], ids=["nobody", "a-proxy"]
)
def test_x_forwarded_for_is_believed_only_from_a_trusted_proxy(
    make_world: Worlds, proxies: tuple[str, ...], statuses: list[int]
) -> None:
    world = make_world(sign_ups_per_hour=1, trusted_proxies=proxies)
    with served(world) as (host, port):
        answers = [
            httpx.post(
                f"http://{host}:{port}/v1/users",
                json=another(number),
                headers={"X-Forwarded-For": f"192.0.2.{number}"},
                timeout=20,
                verify=PLAIN,
            )
            for number in range(2)
        ]
    assert [answer.status_code for answer in answers] == statuses


def test_attempts_are_counted_across_a_restart(strict: World) -> None:
    for _ in range(3):
        strict.anonymous().post("/v1/sessions", json=WRONG)
    again = create_app(strict.app.state.settings, clock=strict.clock)
    with TestClient(again) as client:
        assert client.post("/v1/sessions", json=RIGHT).status_code == 429


@pytest.mark.own_statements
def test_a_stored_attempt_contains_neither_email_nor_ip_address(strict: World) -> None:
    strict.anonymous().post("/v1/sessions", json={**WRONG, "email": "secret-seeker@example.com"})
    with strict.database.engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM throttle")).all()
    assert len(rows) == 2
    assert "seeker" not in str(rows)
    assert "testclient" not in str(rows)


def test_accounts_are_opened_two_an_hour_from_one_address(strict: World) -> None:
    nobody = strict.anonymous()
    assert [nobody.post("/v1/users", json=another(n)).status_code for n in range(3)] == [201, 201, 429]
    strict.clock.now += HOUR
    assert nobody.post("/v1/users", json=another(3)).status_code == 201


def test_zero_switches_a_limit_off(make_world: Worlds) -> None:
    world = make_world(sign_ins_per_hour=0, sign_ups_per_hour=0, requests_per_minute=0)
    nobody = world.anonymous()
    assert {nobody.post("/v1/password-resets", json={"email": "a@example.com"}).status_code for _ in range(40)} == {202}
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM throttle")).scalar_one() == 0
    assert "ratelimit" not in world.sign_up().get("/v1/me").headers


def test_where_sign_up_is_closed_nobody_opens_an_account(make_world: Worlds) -> None:
    world = make_world(sign_up="closed")
    problem(world.anonymous().post("/v1/users", json=SIGN_UP), 403, "sign_up_closed")
    sign_up_cheaply(world)  # in the same way as the command `user add`
    assert world.anonymous().post("/v1/sessions", json=RIGHT).status_code == 201


def test_answers_show_the_remaining_requests_and_the_next_one_is_refused(make_world: Worlds) -> None:
    world = make_world(requests_per_minute=3)
    client = world.sign_up()
    answers = [client.get("/v1/me") for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers] == [
        f'"account";r={left}' for left in (2, 1, 0, 0)
    ]
    assert {answer.headers["ratelimit-policy"] for answer in answers} == {'"account";q=3;w=60'}
    problem(answers[-1], 429, "too_many_requests")
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 20


def test_all_tokens_of_an_account_share_its_limit_and_other_accounts_do_not(make_world: Worlds) -> None:
    world = make_world(requests_per_minute=4)
    client = world.sign_up()
    others = [client_of(world, client.post("/v1/tokens", json={"name": "x"}).json()["token"]) for _ in range(2)]
    assert [other.get("/v1/me").status_code for other in others] == [200, 200]
    assert [one.get("/v1/queue").status_code for one in (client, *others)] == [429, 429, 429]
    assert world.sign_up().get("/v1/me").status_code == 200


def test_a_token_that_has_ended_does_not_use_up_the_calls_of_its_account(make_world: Worlds) -> None:
    world = make_world(requests_per_minute=6)
    client = world.sign_up()
    made = client.post("/v1/tokens", json={"name": "x"}).json()
    ended = client_of(world, made["token"])
    assert ended.get("/v1/me").status_code == 200
    assert client.delete(f"/v1/tokens/{made['id']}").status_code == 204
    statuses = [ended.request(method, "/v1/me", json={}).status_code for method in ("GET", "PATCH", "GET", "PATCH")]
    assert statuses == [401] * 4
    assert [client.get("/v1/me").status_code for _ in range(2)] == [200, 200]


def test_a_refused_request_writes_nothing(make_world: Worlds) -> None:
    world = make_world(requests_per_minute=1)
    client = world.sign_up()
    client.get("/v1/me")
    body = {"company": "Acme", "role": "Engineer"}
    assert client.post("/v1/applications", json=body).status_code == 429
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM application")).scalar_one() == 0


@pytest.mark.parametrize(
    ("calls", "expected"),
    [
        pytest.param([0, 0, 0, 0], [2, 1, 0, None], id="three-at-once-and-no-more"),
        pytest.param([0, 0, 0, 19.9, 20.1, 20.2], [2, 1, 0, None, 0, None], id="one-more-every-twenty-seconds"),
        pytest.param([0, 60, 60, 60, 60], [2, 2, 1, 0, None], id="all-three-again-after-a-minute"),
    ],
)
def test_a_token_bucket_refills_at_a_constant_rate(calls: list[float], expected: list[int | None]) -> None:
    limits = RateLimiter(3)
    taken = [limits.take("a", 1_000 + at) for at in calls]
    assert [None if one.wait else one.left for one in taken] == expected


@pytest.mark.parametrize("most", [1, 3, 7, 6_000])
def test_a_full_bucket_allows_every_request_at_any_instant(most: int) -> None:
    random = Random(most)
    near_a_power_of_two = [2**exponent - random.uniform(0, 60) for exponent in range(6, 24)]  # floats get coarser
    for now in [0.0, *near_a_power_of_two]:
        limits = RateLimiter(most)
        *given, refused = [limits.take("a", now) for _ in range(most + 1)]
        assert {one.wait for one in given} == {None}, now
        assert (refused.wait, refused.full_in) == (math.ceil(60 / most), 60), now


def test_the_number_of_buckets_is_bounded_and_new_ones_do_not_evict_used_ones() -> None:
    limits = RateLimiter(2)
    limits.take("mine", 0)
    for number in range(MAX_BUCKETS * 2):
        limits.take(f"other {number}", 0)
    assert len(limits._full_at) <= MAX_BUCKETS + 1
    assert limits.take("mine", 0).left == 0
    assert limits.take("mine", 0).wait is not None
    assert limits.take("new", 120).left == 1
    assert len(limits._full_at) == 1


@pytest.mark.own_statements
def test_a_session_or_token_is_marked_as_used_every_ten_minutes(world: World, client: TestClient) -> None:
    def marked() -> Any:
        with world.database.engine.connect() as connection:
            return connection.execute(text("SELECT last_used_at FROM token")).scalar_one()

    assert marked() is None
    client.get("/v1/me")
    first = marked()
    assert first is not None
    world.clock.now += timedelta(minutes=9, seconds=59)
    client.get("/v1/me")
    client.post("/v1/applications", json={"company": "Acme", "role": "Engineer"})
    assert marked() == first
    world.clock.now += timedelta(seconds=1)
    client.get("/v1/me")
    assert marked() > first


@pytest.mark.parametrize(("seconds", "text"), [(0.2, "1 second,"), (119, "119 seconds,"), (120, "2 minutes,")])
def test_the_wait_is_named_in_the_singular_or_plural(seconds: float, text: str) -> None:
    assert f"wait {text}" in str(TooManyRequestsError(timedelta(seconds=seconds)))
