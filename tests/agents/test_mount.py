"""The address `/mcp`: who may ask, what a body may be, and how it shares the process with all other requests."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from api.agents import prompts, resources
from api.agents.handlers import calls
from api.http.known_accounts import KnownAccounts
from tests.agents.protocol import LEGACY, MODERN, agent_token, headers, http_of, message, run, running, secret_of
from tests.conftest import World
from tests.served import http_client, served, wait_until

pytestmark = pytest.mark.sqlite

Worlds = Callable[..., World]
FIXED = {"mcp": "on", "worker": "off"}


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**FIXED, cors_origins=("https://app.example.com",))


@pytest.fixture
def http(world: World) -> Iterator[httpx.Client]:
    """A client of a real server, without a token."""
    with served(world) as address, http_client(address) as http:
        yield http


@pytest.fixture
def secret(world: World) -> str:
    return agent_token(world.sign_up())


def post(http: httpx.Client, secret: str, method: str = "tools/list", **more: Any) -> httpx.Response:
    sent = {**headers(method), "Authorization": f"Bearer {secret}", **more.pop("headers", {})}
    return http.post("/mcp", **{"json": message(method), "headers": sent, **more})


@pytest.mark.parametrize("version", [MODERN, LEGACY])
def test_tools_are_listed_in_both_generations_without_a_session(http: httpx.Client, secret: str, version: str) -> None:
    sent = {**headers("tools/list", version=version), "Authorization": f"Bearer {secret}"}
    answer = http.post("/mcp", json=message("tools/list", version=version), headers=sent)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert "mcp-session-id" not in answer.headers
    assert len(answer.json()["result"]["tools"]) == 15


def test_discovery_says_what_the_server_is(http: httpx.Client, secret: str) -> None:
    found = post(http, secret, "server/discover").json()["result"]
    assert MODERN in found["supportedVersions"]
    assert "⟦" in found["instructions"]
    assert found["ttlMs"] == 3_600_000
    assert found["cacheScope"] == "private"
    assert not found["capabilities"]["tools"].get("listChanged")


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT", "HEAD"])
def test_only_post_is_allowed(http: httpx.Client, secret: str, method: str) -> None:
    answer = http.request(method, "/mcp", headers={"Authorization": f"Bearer {secret}"})
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("address", ["oauth-protected-resource", "oauth-authorization-server", "openid-configuration"])
def test_there_is_no_authorization_server(http: httpx.Client, address: str) -> None:
    for path in (f"/.well-known/{address}", f"/.well-known/{address}/mcp"):
        answer = http.get(path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    "credential",
    [
        pytest.param({}, id="none"),
        pytest.param({"Authorization": "Bearer wrong"}, id="a-wrong-token"),
        pytest.param({"Authorization": "Basic YTpi"}, id="another-scheme"),
    ],
)
@pytest.mark.parametrize("method", ["tools/list", "server/discover", "tools/call"])
def test_without_a_valid_token_nothing_is_answered(http: httpx.Client, credential: dict[str, str], method: str) -> None:
    answer = http.post("/mcp", json=message(method), headers={**headers(method), **credential})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")
    assert answer.headers["www-authenticate"] == 'Bearer realm="afterword"'
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert answer.json()["instance"] == "/mcp"


def test_a_revoked_and_an_expired_token_are_refused(world: World, http: httpx.Client) -> None:
    client = world.sign_up()
    made = client.post("/v1/tokens", json={"name": "a", "preset": "agent_reader"}).json()
    other = agent_token(client)
    assert post(http, made["token"]).status_code == 200
    assert client.delete(f"/v1/tokens/{made['id']}").status_code in (200, 204)
    assert post(http, made["token"]).status_code == 401
    assert post(http, other).status_code == 200
    world.clock.now += timedelta(days=31)
    assert post(http, other).status_code == 401


def test_a_cookie_is_not_taken(world: World, http: httpx.Client) -> None:
    client = world.anonymous()
    account = {"email": "kim@example.com", "password": "tall grey horse", "full_name": "Kim", "time_zone": "UTC"}
    assert client.post("/v1/users", json=account).status_code == 201
    own = {name: account[name] for name in ("email", "password")}
    signed = client.post("/v1/sessions", json={**own, "cookie": True})
    cookie = signed.headers["set-cookie"].partition(";")[0]
    for sent in ({"Cookie": cookie}, {"Authorization": f"Bearer {cookie.partition('=')[2]}"}):
        answer = http.post("/mcp", json=message("tools/list"), headers={**headers("tools/list"), **sent})
        assert answer.status_code == 401


def test_a_disabled_account_gets_403(world: World, http: httpx.Client, secret: str) -> None:
    world.execute("UPDATE user_account SET disabled_at = created_at")
    answer = post(http, secret)
    assert (answer.status_code, answer.json()["code"]) == (403, "account_disabled")


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        pytest.param("https://evil.example", 403, id="foreign"),
        pytest.param("null", 403, id="null"),
        pytest.param("https://app.example.com", 200, id="allowed"),
        pytest.param(None, 200, id="none"),
    ],
)
def test_pages_of_foreign_origins_are_refused(http: httpx.Client, secret: str, origin: str | None, status: int) -> None:
    answer = post(http, secret, headers={} if origin is None else {"Origin": origin})
    assert answer.status_code == status
    if status == 403:
        assert answer.json()["code"] == "origin_not_allowed"


def test_an_allowed_page_may_send_the_headers_of_the_protocol(http: httpx.Client) -> None:
    asked = "authorization,content-type,mcp-protocol-version,mcp-method,mcp-name"
    sent = {
        "Origin": "https://app.example.com",
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": asked,
    }
    answer = http.options("/mcp", headers=sent)
    assert answer.status_code == 200
    assert set(asked.split(",")) <= set(answer.headers["access-control-allow-headers"].lower().split(", "))


def code_of(answer: httpx.Response) -> int:
    return int(answer.json()["error"]["code"])


def test_headers_that_differ_from_the_body_are_refused(http: httpx.Client, secret: str) -> None:
    for wrong in ({"Mcp-Method": "tools/call"}, {"MCP-Protocol-Version": "2027-01-01"}):
        answer = post(http, secret, headers=wrong)
        assert (answer.status_code, code_of(answer)) in ((400, -32020), (400, -32022))
    answer = post(http, secret, headers={"Mcp-Method": "tools/call"})
    assert (answer.status_code, code_of(answer)) == (400, -32020)


def test_an_unknown_version_is_refused_with_those_that_are_served(http: httpx.Client, secret: str) -> None:
    sent = {**headers("tools/list", version="2031-01-01"), "Authorization": f"Bearer {secret}"}
    answer = http.post("/mcp", json=message("tools/list", version="2031-01-01"), headers=sent)
    assert (answer.status_code, code_of(answer)) == (400, -32022)
    assert MODERN in answer.json()["error"]["data"]["supported"]


@pytest.mark.parametrize("version", [MODERN, LEGACY])
@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param(json.dumps([message("tools/list")]), -32600, id="a-batch"),
        pytest.param('{"jsonrpc": "2.0", "id": 1, "result": {}}', -32600, id="a-response"),
        pytest.param('{"jsonrpc": "2.0", "id": {"s3cret": 1}, "method": "ping"}', -32600, id="an-id-that-is-none"),
        pytest.param('"s3cret"', -32600, id="a-text"),
        pytest.param('{"s3cret"', -32700, id="half-of-a-document"),
        pytest.param('{"a": "s3cret\\u0000"}', -32700, id="nul"),
        pytest.param('{"a": NaN, "b": "s3cret"}', -32700, id="nan"),
        pytest.param("[" * 20_000, -32700, id="deep"),
        pytest.param(b'{"a": "s3cret\xff"}', -32700, id="not-utf-8"),
    ],
)
def test_a_body_that_is_no_message_is_refused_and_not_repeated(
    http: httpx.Client, secret: str, content: str | bytes, code: int, version: str
) -> None:
    sent = {**headers("tools/list", version=version), "Content-Type": "application/json"}
    answer = http.post("/mcp", content=content, headers={**sent, "Authorization": f"Bearer {secret}"})
    assert (answer.status_code, code_of(answer)) == (400, code)
    assert "s3cret" not in answer.text
    assert "pydantic" not in answer.text


def test_a_body_of_more_than_256_kib_is_refused(http: httpx.Client, secret: str) -> None:
    large = message("tools/call", name="find", arguments={"words": "x" * 263_168})
    answer = post(http, secret, "tools/call", json=large)
    assert (answer.status_code, answer.json()["code"]) == (413, "payload_too_large")


def test_a_request_without_a_token_may_send_a_body_that_large_and_nothing_of_it_is_parsed(http: httpx.Client) -> None:
    answer = http.post("/mcp", content=b"{" * 200_000, headers=headers("tools/list"))
    assert answer.status_code == 401


def test_an_unknown_tool_is_an_error_of_the_protocol(http: httpx.Client, secret: str) -> None:
    body = message("tools/call", name="s3cret", arguments={})
    answer = post(http, secret, "tools/call", json=body, headers={"Mcp-Name": "s3cret"})
    assert code_of(answer) == -32602
    assert "s3cret" not in answer.text


@pytest.mark.parametrize("version", [MODERN, LEGACY])
def test_a_handler_that_raises_shows_neither_trace_nor_input(
    http: httpx.Client, secret: str, version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object, **__: object) -> None:
        raise RuntimeError("s3cret")

    monkeypatch.setattr(calls, "call", fail)
    monkeypatch.setattr(prompts, "get", fail)
    monkeypatch.setattr(resources, "read", fail)
    for method, name, params in (
        ("tools/call", "due", {"name": "due", "arguments": {"cursor": "s3cret"}}),
        ("prompts/get", "today", {"name": "today"}),
        ("resources/read", "afterword://guide", {"uri": "afterword://guide"}),
    ):
        sent = {**headers(method, name, version=version), "Authorization": f"Bearer {secret}", "X-Request-ID": "r1"}
        answer = http.post("/mcp", json=message(method, version=version, **params), headers=sent)
        assert "s3cret" not in answer.text
        assert "Traceback" not in answer.text
        assert "The service failed (request r1). Nothing is known to be written" in answer.text
        assert ("isError" in answer.text) == (method == "tools/call")


def test_the_requests_of_a_call_continue_the_id_of_its_request(
    http: httpx.Client, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    def ids() -> dict[str, str]:
        records = [vars(record) for record in caplog.records if record.name == "afterword.requests"]
        return {str(record["request_id"]): str(record["route"]) for record in records}

    with caplog.at_level("INFO", "afterword.requests"):
        body = message("tools/call", name="due", arguments={})
        post(http, secret, "tools/call", json=body, headers={"Mcp-Name": "due", "X-Request-ID": "abc"})
        wait_until(lambda: "abc" in ids())
    assert ids()["abc.0"] == "/v1/tokens/current"
    assert ids()["abc.1"].startswith("/v1/queue")
    assert ids()["abc"] == "/mcp"


@pytest.mark.parametrize("accounts", [1, 4])
def test_24_calls_at_once_on_six_places_are_all_answered(make_world: Worlds, accounts: int) -> None:
    world = make_world(**FIXED, pool_size=8)
    secrets = [agent_token(world.sign_up()) for _ in range(accounts)]
    world.app.state.known_accounts = KnownAccounts()  # as after a start

    async def all_at_once() -> list[dict[str, Any]]:
        async with running(world), http_of(world, secrets[0]) as http:
            sent = headers("tools/call", "due")
            body = message("tools/call", name="due", arguments={})
            answers = await asyncio.gather(
                *(
                    http.post(
                        "/mcp", json=body, headers={**sent, "Authorization": f"Bearer {secrets[number % accounts]}"}
                    )
                    for number in range(24)
                )
            )
            assert [answer.status_code for answer in answers] == [200] * 24
            return [answer.json()["result"] for answer in answers]

    assert not any(result.get("isError") for result in run(all_at_once))


def test_calls_of_tools_are_limited_for_the_account(make_world: Worlds) -> None:
    world = make_world(**FIXED, agent_calls_per_minute=2)
    client, stranger = world.sign_up(), world.sign_up()
    first, second, other = agent_token(client), agent_token(client), agent_token(stranger)
    with served(world) as address, http_client(address) as http:

        def call(secret: str) -> dict[str, Any]:
            body = message("tools/call", name="due", arguments={})
            answer = post(http, secret, "tools/call", json=body, headers={"Mcp-Name": "due"})
            assert answer.status_code == 200
            return dict(answer.json()["result"])

        assert not any(call(secret).get("isError") for secret in (first, second))
        refused = call(first)
        assert refused["isError"] is True
        assert "structuredContent" not in refused
        assert re.search(r"Wait (30|2\d|1\d) seconds\.", refused["content"][0]["text"])
        assert not call(other).get("isError")
        assert post(http, first).status_code == 200  # listing costs no call


def test_off_by_default(make_world: Worlds) -> None:
    world = make_world(worker="off")
    answer = world.app_client().post("/mcp", json=message("tools/list"), headers=headers("tools/list"))
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_the_application_can_be_started_again(make_world: Worlds) -> None:
    world = make_world(**FIXED)
    secret = secret_of(world.sign_up())

    async def list_twice() -> None:
        for _ in range(2):
            async with running(world), http_of(world, secret) as http:
                answer = await http.post("/mcp", json=message("tools/list"), headers=headers("tools/list"))
                assert answer.status_code == 200

    run(list_twice)


@pytest.mark.parametrize("version", [MODERN, LEGACY])
def test_no_log_line_repeats_what_a_message_contains(
    http: httpx.Client, secret: str, version: str, caplog: pytest.LogCaptureFixture
) -> None:
    odd = {"s3cret": "s3cret"}
    with caplog.at_level("WARNING"):
        for method, params in (
            ("s3cret method", odd),
            ("notifications/s3cret", odd),
            ("notifications/initialized", {"_meta": "s3cret"}),
            ("notifications/cancelled", {"requestId": odd}),
            ("tools/call", {"name": odd, "arguments": "s3cret"}),
            ("tools/call", {"name": "s3cret", "arguments": odd}),
            ("tools/call", {"name": "due", "arguments": {"cursor": "s3cret"}}),
            ("prompts/get", {"name": "s3cret", "arguments": odd}),
            ("resources/read", {"uri": "s3cret://s3cret"}),
            ("completion/complete", {"ref": odd, "argument": odd}),
            ("logging/setLevel", {"level": "s3cret"}),
            ("initialize", {"protocolVersion": "s3cret", "capabilities": {}, "clientInfo": odd}),
        ):
            body = {
                **message(method, version=version),
                "params": {**message(method, version=version)["params"], **params},
            }
            for one in (body, {name: value for name, value in body.items() if name != "id"}):
                sent = {**headers(method, version=version), "Authorization": f"Bearer {secret}"}
                answer = http.post("/mcp", json=one, headers=sent)
                assert answer.status_code < 500
                assert "s3cret" not in answer.text.replace("s3cret://s3cret", "")
    assert "s3cret" not in caplog.text


def test_calls_beyond_the_limit_of_the_account_get_429(make_world: Worlds) -> None:
    world = make_world(**FIXED, requests_per_minute=4)
    secret = agent_token(world.sign_up())
    with served(world) as address, http_client(address) as http:
        answers = [post(http, secret) for _ in range(6)]
    refused = answers[-1]
    assert answers[0].status_code == 200
    assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
    assert int(refused.headers["retry-after"]) > 0
    assert refused.json()["instance"] == "/mcp"
