"""Browser sessions: the cookie, the CSRF token, and the origins that may use them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from tests.conftest import World
from tests.http.api_client import add, items, problem, read
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply

pytestmark = pytest.mark.sqlite

FRONTEND, EVIL = "https://app.example.com", "https://evil.example"
CREDENTIALS = {"email": SIGN_UP["email"], "password": SIGN_UP["password"]}
APPLICATION = {"company": "Acme", "role": "Engineer"}
COOKIE = re.compile(r"__Host-afterword=(awc_\w{49}); Max-Age=2592000; Path=/; Secure; HttpOnly; SameSite=Strict")


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    made = make_world(cors_origins=(FRONTEND,))
    sign_up_cheaply(made)
    return made


def signed_in(world: World, origin: str = FRONTEND) -> Response:
    return world.anonymous().post("/v1/sessions", json={**CREDENTIALS, "cookie": True}, headers={"Origin": origin})


@pytest.fixture
def browser(world: World) -> TestClient:
    """The client of a signed-in frontend; it sends the cookie, the CSRF token and its origin with every request."""
    answer = signed_in(world)
    found = COOKIE.fullmatch(answer.headers["set-cookie"])
    assert found, answer.headers["set-cookie"]
    client = world.anonymous()
    client.headers.update({"Cookie": f"__Host-afterword={found[1]}", "Origin": FRONTEND})
    client.headers["X-CSRF-Token"] = answer.json()["csrf_token"]
    return client


def test_a_browser_gets_its_secret_only_in_a_cookie(world: World) -> None:
    answer = signed_in(world)
    assert answer.status_code == 201
    secret = COOKIE.fullmatch(answer.headers["set-cookie"])
    assert secret is not None
    assert secret[1] not in answer.text
    assert (answer.json()["token"], answer.json()["cookie"]) == (None, True)


def test_an_app_gets_no_cookie(world: World) -> None:
    answer = world.anonymous().post("/v1/sessions", json=CREDENTIALS)
    assert "set-cookie" not in answer.headers
    assert answer.json()["token"].startswith("aws_")
    assert answer.json()["csrf_token"] is None


def test_a_browser_reads_and_writes_with_the_cookie(browser: TestClient) -> None:
    made = add(browser, "/v1/applications", **APPLICATION)
    assert read(browser, f"/v1/applications/{made['id']}")["company"] == "Acme"
    assert browser.head("/v1/me", headers={"X-CSRF-Token": ""}).status_code == 200


@pytest.mark.parametrize("token", ["", "0" * 64, "ä" * 64, "x"])
def test_a_write_without_the_right_csrf_token_is_refused(browser: TestClient, token: str) -> None:
    answer = browser.post("/v1/applications", json=APPLICATION, headers={b"X-CSRF-Token": token.encode()})
    assert problem(answer, 403, "csrf")["errors"][0]["header"] == "X-CSRF-Token"
    assert items(browser, "/v1/applications") == []


def test_the_csrf_token_of_another_session_is_refused(world: World, browser: TestClient) -> None:
    other = signed_in(world).json()["csrf_token"]
    answer = browser.post("/v1/applications", json=APPLICATION, headers={"X-CSRF-Token": other})
    problem(answer, 403, "csrf")


@pytest.mark.parametrize("origin", [EVIL, "null", "http://app.example.com", "https://app.example.com:8443"])
def test_a_page_of_another_origin_can_neither_write_nor_sign_in(world: World, browser: TestClient, origin: str) -> None:
    answer = browser.post("/v1/applications", json=APPLICATION, headers={"Origin": origin})
    problem(answer, 403, "origin_not_allowed")
    assert items(browser, "/v1/applications") == []
    refused = signed_in(world, origin)
    problem(refused, 403, "origin_not_allowed")
    assert "set-cookie" not in refused.headers


def test_a_page_of_the_services_own_origin_may_write(browser: TestClient) -> None:
    answer = browser.post("/v1/applications", json=APPLICATION, headers={"Origin": "http://testserver"})
    assert answer.status_code == 201


def test_a_reloaded_frontend_reads_its_csrf_token_again(browser: TestClient) -> None:
    found = read(browser, "/v1/sessions/current")
    assert found["csrf_token"] == browser.headers["X-CSRF-Token"]
    assert (found["cookie"], found["is_current"]) == (True, True)


def test_a_cookie_is_not_accepted_as_a_bearer_token_nor_the_reverse(world: World, browser: TestClient) -> None:
    secret = browser.headers["Cookie"].partition("=")[2]
    app = world.anonymous()
    problem(app.get("/v1/me", headers={"Authorization": f"Bearer {secret}"}), 401, "unauthorized")
    token = app.post("/v1/sessions", json=CREDENTIALS).json()["token"]
    problem(app.get("/v1/me", headers={"Cookie": f"__Host-afterword={token}"}), 401, "unauthorized")


def test_a_bearer_token_takes_precedence_over_the_cookie(world: World, browser: TestClient, client: TestClient) -> None:
    mine = {"Authorization": client.headers["Authorization"], "Cookie": browser.headers["Cookie"]}
    assert world.anonymous().get("/v1/me", headers=mine).json()["email"] != CREDENTIALS["email"].lower()


def test_signing_out_ends_the_session_and_deletes_the_cookie(browser: TestClient) -> None:
    answer = browser.delete("/v1/sessions/current")
    assert answer.status_code == 204
    assert answer.headers["set-cookie"].startswith("__Host-afterword=; Max-Age=0; Path=/; Secure")
    problem(browser.get("/v1/me"), 401, "unauthorized")


def test_a_cookie_expires_with_its_session(world: World, browser: TestClient) -> None:
    world.clock.now += timedelta(days=30)
    problem(browser.get("/v1/me"), 401, "unauthorized")


def test_sessions_are_listed_by_name_and_the_current_one_is_marked(world: World, browser: TestClient) -> None:
    body = {**CREDENTIALS, "name": "Telephone"}
    world.anonymous().post("/v1/sessions", json=body)
    listed = {session["name"]: (session["cookie"], session["is_current"]) for session in items(browser, "/v1/sessions")}
    assert listed == {"": (True, True), "Telephone": (False, False)}


@pytest.mark.parametrize(("origin", "allowed"), [(FRONTEND, True), (EVIL, False)])
def test_only_an_allowed_origin_passes_the_cors_preflight(world: World, origin: str, allowed: bool) -> None:
    asked = {"Origin": origin, "Access-Control-Request-Method": "PATCH"}
    wanted = {"Access-Control-Request-Headers": "content-type,x-csrf-token,if-match"}
    answer = world.app_client().options("/v1/me", headers={**asked, **wanted})
    assert (answer.status_code == 200) is allowed
    assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
    if allowed:
        assert answer.headers["access-control-allow-credentials"] == "true"
        assert "PATCH" in answer.headers["access-control-allow-methods"]


def test_without_allowed_origins_no_cors_header_is_sent(make_world: Callable[..., World]) -> None:
    asked = {"Origin": FRONTEND, "Access-Control-Request-Method": "GET"}
    client = make_world().app_client()
    answer = client.options("/v1/me", headers=asked)
    assert not [name for name in answer.headers if name.startswith("access-control")]


def cookie_sign_in(world: World, host: str, **headers: str) -> Response:
    sent = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return world.anonymous().post("/v1/sessions", json={**CREDENTIALS, "cookie": True}, headers=sent)


PAGE = "http://localhost:5173"


@pytest.mark.parametrize(
    ("host", "headers", "code"),
    [
        pytest.param("127.0.0.1:8000", {"Sec_Fetch_Site": "cross-site"}, "cookie_cross_site", id="told-by-the-browser"),
        pytest.param("127.0.0.1:8000", {}, "cookie_cross_site", id="localhost-and-its-number"),
        pytest.param("[::1]:8000", {}, "cookie_cross_site", id="localhost-and-its-ipv6-number"),
        pytest.param("localhost:8000", {}, None, id="another-port"),
        pytest.param("localhost:8000", {"Sec_Fetch_Site": "same-site"}, None, id="another-port-told-by-the-browser"),
        pytest.param("127.0.0.1:8000", {"Sec_Fetch_Site": "same-origin"}, None, id="a-proxy-that-changes-the-host"),
        pytest.param("api.example.com", {}, None, id="a-host-with-a-domain-is-not-compared"),
    ],
)
def test_a_cookie_that_the_browser_would_not_send_is_not_set(
    make_world: Callable[..., World], host: str, headers: dict[str, str], code: str | None
) -> None:
    world = make_world(cors_origins=(PAGE,))
    sign_up_cheaply(world)
    answer = cookie_sign_in(world, host, Origin=PAGE, **headers)
    if code is None:
        assert answer.status_code == 201
    else:
        assert problem(answer, 403, code)["errors"][0]["header"] == "Origin"
        assert "set-cookie" not in answer.headers
    token = world.anonymous().post("/v1/sessions", json=CREDENTIALS, headers={"Host": host, "Origin": PAGE, **headers})
    assert token.status_code == 201
