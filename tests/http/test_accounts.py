"""Accounts: sign-up, sessions, personal tokens and the profile."""

from datetime import timedelta
from functools import cache

import pytest
from fastapi.testclient import TestClient

from api import security
from api.models.user import User, UserCreate
from api.services.accounts import tokens, users
from tests.conftest import World
from tests.http.api_client import Answer, add, alter, application, fault, interviewed, items, problem, read, step

pytestmark = pytest.mark.sqlite(profile="quick")

SIGN_UP = {
    "email": "Kim@Example.com",
    "password": "correct horse battery",
    "full_name": "Kim Lee",
    "time_zone": "Asia/Tokyo",
}


@cache
def hashed(memory_kib: int) -> str:
    """Hash Kim's password with the current parameters; the memory size is an argument only as the key of the cache."""
    return security.hash_password(SIGN_UP["password"])


def sign_up_cheaply(world: World) -> None:
    """Open Kim's account; the password is hashed once for all tests."""
    with world.database.write(world.clock.now) as session:
        users.sign_up(session, UserCreate.model_validate(SIGN_UP), hashed(security.MEMORY_KIB))


@pytest.fixture
def signed_up(world: World) -> World:
    sign_up_cheaply(world)
    return world


def session_of(world: World, client: TestClient) -> TestClient:
    """Return a client with a new session of the same user, made without hashing a password."""
    email = client.get("/v1/me").json()["email"]
    with world.database.write(world.clock.now) as session:
        user = users.find_by_email(session, email)
        assert isinstance(user, User)
        users.lock_with_password(session, user, user.password_hash)
        _, secret = tokens.open_session(session, user, days=30)
    other = world.anonymous()
    other.headers["Authorization"] = f"Bearer {secret}"
    return other


def bearer(world: World, secret: str) -> TestClient:
    client = world.anonymous()
    client.headers["Authorization"] = f"Bearer {secret}"
    return client


def test_somebody_elses_token_cannot_be_seen(client: TestClient, stranger: TestClient) -> None:
    made = add(client, "/v1/tokens", name="phone")
    assert made["id"] not in [token["id"] for token in items(stranger, "/v1/tokens")]
    assert made["id"] in [token["id"] for token in items(client, "/v1/tokens")]


def test_whoever_signs_up_can_sign_in_and_out(world: World) -> None:
    nobody = world.anonymous()
    answer = nobody.post("/v1/users", json=SIGN_UP)
    assert (answer.status_code, answer.headers["location"]) == (201, "/v1/me")
    profile = answer.json()
    assert (profile["email"], profile["full_name"]) == ("kim@example.com", "Kim Lee")
    assert "password" not in answer.text
    signed = nobody.post("/v1/sessions", json={"email": "KIM@example.com", "password": SIGN_UP["password"]})
    assert signed.status_code == 201
    assert signed.json()["expires_at"] == "2026-07-01T12:00:00Z"
    mine = bearer(world, signed.json()["token"])
    assert read(mine, "/v1/me") == profile
    assert mine.delete("/v1/sessions/current").status_code == 204
    problem(mine.get("/v1/me"), 401, "unauthorized")


def test_an_address_has_one_account_however_it_is_written(signed_up: World) -> None:
    answer = signed_up.anonymous().post("/v1/users", json={**SIGN_UP, "email": "KIM@EXAMPLE.COM"})
    problem(answer, 409, "email_taken", "/email")
    assert "kim" not in answer.text.lower()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("password", "x" * 11, id="a-short-password"),
        pytest.param("password", "x" * 257, id="a-password-that-is-too-long"),
        pytest.param("email", "kim", id="not-an-email-address"),
        pytest.param("email", "kim@exam\x07ple.com", id="a-control-character"),
        pytest.param("time_zone", "PDT", id="an-abbreviation-for-a-zone"),
        pytest.param("time_zone", "+05:30", id="an-offset-for-a-zone"),
        pytest.param("full_name", "  ", id="no-name"),
        pytest.param("full_name", None, id="null-for-a-name"),
        pytest.param("locale", "de", id="another-language"),
    ],
)
def test_an_invalid_sign_up_opens_no_account(world: World, field: str, value: object) -> None:
    answer = world.anonymous().post("/v1/users", json={**SIGN_UP, field: value})
    fault(answer, f"/{field}")
    with world.database.read(world.clock.now) as session:
        assert users.find_by_email(session, "kim@example.com") is None


@pytest.mark.parametrize(
    "body",
    [
        pytest.param({"email": "kim@example.com", "password": "wrong"}, id="a-wrong-password"),
        pytest.param({"email": "who@example.com", "password": SIGN_UP["password"]}, id="an-unknown-address"),
    ],
)
def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(signed_up: World, body: Answer) -> None:
    found = problem(signed_up.anonymous().post("/v1/sessions", json=body), 401, "unauthorized")
    assert found["detail"] == "Address or password is wrong: check both."


def test_a_session_ends_at_once_and_other_sessions_stay(world: World, client: TestClient) -> None:
    first, second = session_of(world, client), session_of(world, client)
    newest, oldest = items(client, "/v1/sessions")
    assert newest["id"] > oldest["id"]
    assert first.delete(f"/v1/sessions/{newest['id']}").status_code == 204
    problem(second.get("/v1/me"), 401, "unauthorized")
    assert [s["id"] for s in items(first, "/v1/sessions")] == [oldest["id"]]
    problem(first.delete(f"/v1/sessions/{newest['id']}"), 404, "not_found")


def test_a_session_expires_after_30_days(world: World, client: TestClient) -> None:
    mine = session_of(world, client)
    world.clock.now += timedelta(days=30) - timedelta(seconds=1)
    read(mine, "/v1/me")
    world.clock.now += timedelta(seconds=1)
    problem(mine.get("/v1/me"), 401, "unauthorized")


def test_a_personal_token_cannot_end_a_session(client: TestClient) -> None:
    problem(client.delete("/v1/sessions/current"), 409, "not_a_session")
    read(client, "/v1/me")


def test_sessions_and_personal_tokens_have_separate_addresses(world: World, client: TestClient) -> None:
    session_of(world, client)
    (session,), (token,) = items(client, "/v1/sessions"), items(client, "/v1/tokens")
    problem(client.delete(f"/v1/tokens/{session['id']}"), 404, "not_found")
    problem(client.delete(f"/v1/sessions/{token['id']}"), 404, "not_found")


@pytest.mark.own_statements
def test_the_secret_of_a_token_is_shown_once_and_not_stored(world: World, client: TestClient) -> None:
    made = add(client, "/v1/tokens", name="phone")
    read(bearer(world, made["token"]), "/v1/me")
    (listed, _) = items(client, "/v1/tokens")
    assert "token" not in listed
    assert {**{name: made[name] for name in listed}, "last_used_at": "2026-06-01T12:00:00Z"} == listed
    with world.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("select * from token").all()
    assert made["token"] not in str(rows)


def test_a_revoked_token_is_refused_at_once(world: World, client: TestClient) -> None:
    made = add(client, "/v1/tokens", name="phone")
    phone = bearer(world, made["token"])
    read(phone, "/v1/me")
    assert client.delete(f"/v1/tokens/{made['id']}").status_code == 204
    problem(phone.get("/v1/me"), 401, "unauthorized")


def test_a_token_expires_at_its_date(world: World, client: TestClient) -> None:
    made = add(client, "/v1/tokens", name="a day", expires_at="2026-06-02T12:00:00Z")
    lent = bearer(world, made["token"])
    read(lent, "/v1/me")
    world.clock.now += timedelta(days=1)
    problem(lent.get("/v1/me"), 401, "unauthorized")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"name": "x", "expires_at": "2026-06-01T12:00:00Z"}, "/expires_at", id="expired-already"),
        pytest.param({"name": "x", "scopes": ["admin"]}, "/scopes/0", id="an-unknown-scope"),
        pytest.param({"name": "x", "scopes": []}, "/scopes", id="no-scope"),
        pytest.param({"name": ""}, "/name", id="no-name"),
        pytest.param({}, "/name", id="nothing"),
    ],
)
def test_an_invalid_token_is_not_made(client: TestClient, body: Answer, pointer: str) -> None:
    fault(client.post("/v1/tokens", json=body), pointer)
    assert len(items(client, "/v1/tokens")) == 1


def test_a_token_with_read_scopes_cannot_write(world: World) -> None:
    reader = world.sign_up(scopes=["read"])
    assert items(reader, "/v1/applications") == []
    answer = reader.post("/v1/applications", json={"company": "Acme", "role": "Engineer"})
    problem(answer, 403, "forbidden")
    problem(reader.patch("/v1/me", json={"full_name": "Sam"}), 403, "forbidden")
    problem(reader.post("/v1/tokens", json={"name": "more"}), 403, "forbidden")
    assert items(reader, "/v1/applications") == []
    assert read(reader, "/v1/me")["full_name"] == "Alex Doe"


def test_a_token_cannot_give_another_token_more_scopes_than_it_has(world: World) -> None:
    keeper = world.sign_up(scopes=["account:write", "contacts:read"])
    add(keeper, "/v1/tokens", name="less", scopes=["contacts:read"])
    for beyond in (["all"], ["read"], ["contacts:read", "contacts:write"]):
        answer = keeper.post("/v1/tokens", json={"name": "more", "scopes": beyond})
        assert set(problem(answer, 403, "forbidden")["missing_scopes"]) == {*beyond} - {"contacts:read"}
    answer = keeper.post("/v1/tokens", json={"name": "more"})
    assert problem(answer, 403, "forbidden")["missing_scopes"] == ["all"]


def test_write_contains_read_of_its_area_also_in_tokens_that_exist(world: World) -> None:
    owner, writer = world.sign_up(), world.sign_up(scopes=["applications:write", "account:write"])
    app = application(writer)
    assert read(writer, f"/v1/applications/{app}")["company"] == "Acme"
    assert alter(writer, f"/v1/applications/{app}")["company"] == "Acme"
    problem(writer.get("/v1/contacts"), 403, "forbidden")
    (shown,) = items(writer, "/v1/tokens")
    assert shown["scopes"] == ["applications:read", "applications:write", "account:read", "account:write"]
    assert [one["scopes"] for one in items(owner, "/v1/tokens")] == [["all"]]


@pytest.mark.parametrize(
    "header",
    [
        pytest.param("Bearer", id="no-token"),
        pytest.param("Bearer  ", id="a-blank"),
        pytest.param("Bearer awp_" + "x" * 49, id="wrong-check-digits"),
        pytest.param("Bearer awp_", id="a-prefix-alone"),
        pytest.param("Bearer " + "x" * 5000, id="a-long-one"),
    ],
)
def test_a_malformed_token_is_refused(world: World, header: str) -> None:
    nobody = world.anonymous()
    nobody.headers["Authorization"] = header
    problem(nobody.get("/v1/me"), 401, "unauthorized")


def test_the_profile_is_changed_field_by_field(client: TestClient) -> None:
    before = read(client, "/v1/me")
    after = alter(client, "/v1/me", full_name="Sam Roe", locale="en")
    changed = {"full_name": "Sam Roe", "locale": "en", "version": 2, "etag": after["etag"]}
    assert {**before, **changed} == after
    assert after["etag"] != before["etag"]
    assert read(client, "/v1/me") == after


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        pytest.param({"email": "new@example.com"}, "/email", id="the-address-is-not-changed-here"),
        pytest.param({"time_zone": None}, "/time_zone", id="null-for-the-zone"),
        pytest.param({"time_zone": "Mars/Olympus"}, "/time_zone", id="an-unknown-zone"),
        pytest.param({"locale": None}, "/locale", id="null-for-the-locale"),
        pytest.param({"locale": "de-AT"}, "/locale", id="another-language"),
    ],
)
def test_an_invalid_profile_is_not_saved(client: TestClient, body: Answer, pointer: str) -> None:
    before = read(client, "/v1/me")
    fault(client.patch("/v1/me", json=body), pointer)
    assert read(client, "/v1/me") == before


def test_another_zone_moves_step_7_and_is_the_default_of_new_applications(client: TestClient) -> None:
    app, _ = interviewed(client)
    before = {number: step(client, app, number)["due_at"] for number in range(1, 8)}
    alter(client, "/v1/me", time_zone="Asia/Kolkata")
    after = {number: step(client, app, number)["due_at"] for number in range(1, 8)}
    assert {number for number in before if before[number] != after[number]} == {7}
    assert after[7] == "2026-06-05T18:30:00Z"
    assert read(client, f"/v1/applications/{app}")["time_zone"] == "America/New_York"
    assert read(client, f"/v1/applications/{application(client)}")["time_zone"] == "Asia/Kolkata"


@pytest.mark.own_statements
def test_a_profile_with_an_outdated_version_is_not_overwritten(client: TestClient) -> None:
    tag = read(client, "/v1/me")["etag"]
    alter(client, "/v1/me", full_name="Sam Roe")
    answer = client.patch("/v1/me", json={"full_name": "Old"}, headers={"If-Match": tag})
    assert problem(answer, 412, "precondition_failed")["current"]["full_name"] == "Sam Roe"
    assert client.get("/v1/me").headers["etag"] == answer.headers["etag"]
