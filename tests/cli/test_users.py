"""`afterword user …`: what the operator does to an account, as its owner sees it over HTTP."""

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import make_url, text

from api.storage import database as storage
from tests.cli.running import Done, Terminal, assert_one_line, run_here
from tests.conftest import World
from tests.http.api_client import add, application, contact, items, problem, read
from tests.http.figures import LEAST, hashing_with
from tests.http.test_passwords import NEW, asked, confirm
from tests.services.full_record import record_everything

Run = Callable[..., Done]
EMAIL, PASSWORD = "kim@example.com", "correct horse battery"


@pytest.fixture
def run(world: World) -> Iterator[Run]:
    """A function that runs `afterword user …` on the database of the world; Kim has an account there."""
    with hashing_with(*LEAST):
        started = partial(run_here, world.app.state.settings.database_url, "user")
        assert started("add", "Kim@Example.com", stdin=f"{PASSWORD}\n").returncode == 0
        yield started


def sign_in(world: World, password: str = PASSWORD, email: str = EMAIL) -> Any:
    return world.anonymous().post("/v1/sessions", json={"email": email, "password": password})


def signed_in(world: World) -> TestClient:
    client = world.anonymous()
    client.headers["Authorization"] = f"Bearer {sign_in(world).json()['token']}"
    return client


def by_operator(client: TestClient) -> list[tuple[str, str]]:
    shown = items(client, "/v1/me/activity")
    return [(one["operation"], one["object"]) for one in reversed(shown) if one["token_kind"] == "operator"]


def test_a_disabled_account_is_refused_until_it_is_enabled(world: World, run: Run, stranger: TestClient) -> None:
    kim = signed_in(world)
    token = world.anonymous()
    token.headers["Authorization"] = f"Bearer {add(kim, '/v1/tokens', name='app')['token']}"
    tag = kim.get("/v1/queue").headers["etag"]
    assert run("disable", EMAIL).returncode == 0
    assert_one_line(run("disable", EMAIL), "afterword user enable")
    for client in (kim, token):
        problem(client.get("/v1/me"), 403, "account_disabled")
        problem(client.get("/v1/queue", headers={"If-None-Match": tag}), 403, "account_disabled")
        refused = client.post("/v1/applications", json={"company": "Acme", "role": "Engineer"})
        assert "operator" in problem(refused, 403, "account_disabled")["detail"]
    problem(sign_in(world), 403, "account_disabled")
    problem(sign_in(world, "another long password"), 401, "unauthorized")
    assert read(stranger, "/v1/me")["full_name"] == "Alex Doe"
    assert run("enable", EMAIL).returncode == 0
    assert_one_line(run("enable", EMAIL), "not disabled")
    assert items(token, "/v1/applications") == []
    assert sign_in(world).status_code == 201
    assert by_operator(kim) == [("create_user", "/v1/me"), ("disable_user", "/v1/me"), ("enable_user", "/v1/me")]


def test_a_password_set_by_the_operator_ends_sessions_and_with_an_option_tokens(world: World, run: Run) -> None:
    kim = signed_in(world)
    secret = add(kim, "/v1/tokens", name="app")["token"]
    done = run("password", EMAIL, stdin=f"{NEW}\n")
    assert "1 session and 0 personal tokens" in done.stderr
    assert kim.get("/v1/me").status_code == 401
    problem(sign_in(world), 401, "unauthorized")
    assert sign_in(world, NEW).status_code == 201
    kim.headers["Authorization"] = f"Bearer {secret}"
    assert by_operator(kim)[-1] == ("put_password", "/v1/me")
    assert "1 personal token" in run("password", EMAIL, "--end-tokens", stdin=f"{NEW}\n").stderr
    assert kim.get("/v1/me").status_code == 401
    assert_one_line(run("password", EMAIL, stdin="short\n"), "password")
    assert_one_line(run("password", "nobody@example.com", stdin=f"{NEW}\n"), "afterword user list")


def test_an_address_changed_by_the_operator_is_the_one_to_sign_in_with(
    world: World, run: Run, stranger: TestClient
) -> None:
    kim = signed_in(world)
    (link,) = asked(world, EMAIL)
    assert run("email", EMAIL, "Lee@Example.com").returncode == 0
    assert read(kim, "/v1/me")["email"] == "lee@example.com"
    assert sign_in(world, email="lee@example.com").status_code == 201
    problem(sign_in(world), 401, "unauthorized")
    assert confirm(world, link.secret).status_code == 422
    assert by_operator(kim)[-1] == ("put_email", "/v1/me")
    taken = read(stranger, "/v1/me")["email"]
    assert_one_line(run("email", "lee@example.com", taken), "another account has this address")
    assert_one_line(run("email", "lee@example.com", "nothing"), "email")
    assert_one_line(run("email", EMAIL, "x@example.com"), "no account")


def test_an_account_is_erased_only_after_its_address_is_typed(world: World, run: Run, stranger: TestClient) -> None:
    kim = signed_in(world)
    record_everything(kim, world.clock.now)
    assert_one_line(run("erase", EMAIL, stdin="yes\n"), "--yes")
    assert_one_line(run("erase", EMAIL), "nothing was erased")
    assert len(items(kim, "/v1/applications")) > 0
    assert "Account erased." in run("erase", EMAIL, stdin=" KIM@example.com \n").stderr
    assert kim.get("/v1/me").status_code == 401
    problem(sign_in(world), 401, "unauthorized")
    assert read(stranger, "/v1/me")["full_name"] == "Alex Doe"
    assert_one_line(run("erase", EMAIL, "--yes"), "no account")
    run("add", EMAIL, stdin=f"{PASSWORD}\n")
    assert run("erase", EMAIL, "--yes").returncode == 0
    assert EMAIL not in run("list").stdout


def test_in_a_terminal_a_password_is_typed_twice_without_being_shown(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = iter(["a first pass phrase", "another pass phrase", NEW, NEW])
    monkeypatch.setattr("getpass.getpass", lambda _prompt: next(typed))
    done = run("password", EMAIL, stdin=Terminal())
    assert done.returncode == 0, done.stderr
    assert "do not match" in done.stderr
    assert NEW not in done.stdout + done.stderr
    assert next(typed, None) is None
    assert sign_in(world, NEW).status_code == 201


def test_in_a_terminal_the_address_of_an_account_to_erase_is_asked(world: World, run: Run) -> None:
    kim = signed_in(world)
    application(kim)
    refused = run("erase", EMAIL, stdin=Terminal("lee@example.com\n"))
    assert refused.returncode == 1
    assert refused.stderr.startswith("This erases 1 application and 0 contacts. Address:")
    assert "nothing was erased" in refused.stderr
    assert len(items(kim, "/v1/applications")) == 1
    assert "Account erased." in run("erase", EMAIL, stdin=Terminal(f" {EMAIL} \n")).stderr
    assert kim.get("/v1/me").status_code == 401


@pytest.mark.sqlite
def test_an_erasure_says_that_a_reader_keeps_the_rows_in_the_log(
    world: World, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage, "TRUNCATE_PAUSES", (0.0,))
    log = Path(f"{make_url(world.app.state.settings.database_url).database}-wal")
    with world.database.engine.connect() as reader:
        reader.execute(text("SELECT count(*) FROM user_account")).all()
        done = run("erase", EMAIL, "--yes")
        assert log.stat().st_size > 0
    assert (done.returncode, done.stderr.splitlines()) == (
        0,
        [
            "Account erased.",
            "The SQLite log still has its rows: stop other readers, then run `afterword sweep`.",
        ],
    )
    assert run_here(world.app.state.settings.database_url, "sweep").returncode == 0
    assert log.stat().st_size == 0


def test_the_list_has_a_line_for_each_account(world: World, run: Run, stranger: TestClient) -> None:
    application(stranger)
    contact(stranger)
    run("disable", EMAIL)
    head, *lines = [line.split("\t") for line in run("list").stdout.splitlines()]
    assert head == ["EMAIL", "OPENED", "STATE", "LAST USED", "APPLICATIONS"]
    other, kim = lines
    assert other == [read(stranger, "/v1/me")["email"], "2026-06-01", "enabled", "2026-06-01", "1"]
    assert (kim[0], kim[2][:14], kim[3:]) == (EMAIL, "disabled since", ["never", "0"])
    assert [line.split("\t")[0] for line in run("list", "--disabled").stdout.splitlines()] == ["EMAIL", EMAIL]


def test_a_token_that_the_operator_issued_is_in_the_activity(world: World, run: Run) -> None:
    done = run_here(world.app.state.settings.database_url, "token", "issue", EMAIL)
    client = world.anonymous()
    client.headers["Authorization"] = f"Bearer {done.stdout.strip()}"
    (token,) = items(client, "/v1/tokens")
    assert by_operator(client)[-1] == ("create_token", f"/v1/tokens/{token['id']}")
