"""Password hashing has its own admission limit: two at once, ten waiting; other requests are not delayed."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from sqlalchemy import text

from api.http.admission import HASHING_REQUESTS, MAX_HASHED, MAX_WAITING_TO_BE_HASHED
from api.routers import accounts, password_resets, sessions
from tests.conftest import World
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply
from tests.invariants.conftest import OPERATIONS, Operation
from tests.served import PLAIN, served, wait_until

WRONG = {"email": SIGN_UP["email"], "password": "not this one"}
ROUTERS = (accounts, password_resets, sessions)


class Hashing:
    """Replacement for the hash functions that blocks until `open` is set and counts the calls in progress."""

    def __init__(self, *, answer: bool = False) -> None:
        self.answer = answer
        self.here = self.most = 0
        self.open = threading.Event()
        self._guard = threading.Lock()

    def __call__(self, *_: object) -> bool:
        with self._guard:
            self.here += 1
            self.most = max(self.most, self.here)
        self.open.wait(20)
        with self._guard:
            self.here -= 1
        return self.answer


@pytest.fixture
def hashing(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hashing]:
    held = Hashing()
    for module in ROUTERS:
        for name in ("hash_password", "verify_password"):
            if hasattr(module, name):
                monkeypatch.setattr(module, name, held)
    yield held
    held.open.set()


def test_two_are_hashed_ten_wait_and_the_next_is_refused_while_readers_go_on(
    make_world: Callable[..., World], hashing: Hashing
) -> None:
    world = make_world(sign_ins_per_hour=0, pool_size=3)
    sign_up_cheaply(world)
    reader = world.sign_up().headers["Authorization"]
    with served(world) as (host, port), ThreadPoolExecutor(20) as pool:
        url = f"http://{host}:{port}"

        def sign_in() -> httpx.Response:
            return httpx.post(f"{url}/v1/sessions", json=WRONG, timeout=30, verify=PLAIN)

        first = [pool.submit(sign_in) for _ in range(MAX_HASHED + MAX_WAITING_TO_BE_HASHED)]
        wait_until(lambda: hashing.here == MAX_HASHED)
        wait_until(lambda: world.app.state.hashing_gate.waiting == MAX_WAITING_TO_BE_HASHED)
        refused = sign_in()
        read = httpx.get(f"{url}/v1/me", headers={"Authorization": reader}, verify=PLAIN)
        hashing.open.set()
        statuses = {one.result().status_code for one in first}
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.json()["code"] == "unavailable"
    assert read.status_code == 200
    assert statuses == {401}
    assert hashing.most == MAX_HASHED


def test_a_password_that_is_changed_while_it_is_compared_signs_nobody_in(world: World, hashing: Hashing) -> None:
    hashing.answer = True
    sign_up_cheaply(world)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(world.anonymous().post, "/v1/sessions", json=WRONG)
        wait_until(lambda: hashing.here == 1)
        with world.database.engine.begin() as connection:
            connection.execute(text("UPDATE user_account SET password_hash = 'another'"))
        hashing.open.set()
        assert waits.result().status_code == 401
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM token")).scalar_one() == 0


@pytest.mark.parametrize("operation", [o for o in OPERATIONS if o.body is not None and "password" in o.body], ids=str)
def test_every_operation_that_takes_a_password_is_limited(operation: Operation) -> None:
    assert (operation.method, operation.path) in HASHING_REQUESTS
