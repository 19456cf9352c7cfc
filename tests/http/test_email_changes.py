"""The account's address: who may confirm it, how it is changed, and what a reset by mail does to somebody else's."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api.http.admission import Gate, _gate
from api.services.accounts.mails import OutgoingMail
from tests.conftest import World
from tests.http.api_client import Answer, add, fault, items, problem, read
from tests.http.test_accounts import SIGN_UP, bearer, sign_up_cheaply
from tests.mails import SMTP, secret_of, sent_mails

pytestmark = pytest.mark.sqlite(profile="quick")

Worlds = Callable[..., World]
KIM, NEW = "kim@example.com", "lee@example.com"
PASSWORD, CHANGED = SIGN_UP["password"], "seven quiet umbrellas"
CONFIRMATION = "/v1/me/email-confirmation"
DAY = timedelta(days=1)


@pytest.fixture
def world(make_world: Worlds) -> World:
    made = make_world(**SMTP)
    sign_up_cheaply(made)
    return made


@pytest.fixture
def kim(world: World) -> TestClient:
    """The client of Kim, with a session."""
    return sign_in(world)


def sign_in(world: World, email: str = KIM, password: str = PASSWORD) -> TestClient:
    answer = world.anonymous().post("/v1/sessions", json={"email": email, "password": password})
    assert answer.status_code == 201, answer.text
    return bearer(world, answer.json()["token"])


def change(client: TestClient, email: str = NEW, password: str = PASSWORD) -> Any:
    return client.put("/v1/me/email", json={"email": email, "password": password})


def open_link(world: World, mail: OutgoingMail, password: str | None = PASSWORD) -> tuple[int, str]:
    """Open the link of a mail, and send the form if there is a password."""
    client, href = world.app_client(), f"/mail/confirm/{secret_of(mail)}"
    answer = client.get(href) if password is None else client.post(href, data={"password": password})
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["cache-control"] == "no-store"
    assert "form-action 'self'" in answer.headers["content-security-policy"]
    return answer.status_code, answer.text


def confirmed(world: World, client: TestClient) -> None:
    assert client.post(CONFIRMATION).status_code == 202
    (mail,) = sent_mails(world)
    assert open_link(world, mail)[0] == 200


def reset(world: World, **body: Any) -> None:
    assert world.anonymous().post("/v1/password-resets", json={"email": KIM}).status_code == 202
    mail = next(mail for mail in sent_mails(world) if mail.kind == "reset")
    sent = {"token": mail.secret, "password": CHANGED, **body}
    assert world.anonymous().post("/v1/password-resets/confirm", json=sent).status_code == 204


def profile(client: TestClient) -> Answer:
    found = read(client, "/v1/me")
    return {name: found[name] for name in ("email", "email_confirmed_at", "pending_email")}


@pytest.mark.own_statements
def test_a_reset_ends_every_credential_of_whoever_signed_up_with_somebody_elses_address(
    world: World, kim: TestClient
) -> None:
    token = bearer(world, add(kim, "/v1/tokens", name="for ever", expires_at=None)["token"])
    assert change(kim, "attacker@example.com").status_code == 200
    assert kim.post(CONFIRMATION).status_code == 202
    links = [mail for mail in sent_mails(world) if mail.secret]
    reset(world)
    for left in (kim, token):
        problem(left.get("/v1/me"), 401, "unauthorized")
    owner = sign_in(world, password=CHANGED)
    assert profile(owner) == {"email": KIM, "email_confirmed_at": "2026-06-01T12:00:00Z", "pending_email": None}
    assert items(owner, "/v1/tokens") == []
    assert [open_link(world, mail, CHANGED)[0] for mail in links] == [404, 404]


@pytest.mark.parametrize("end_tokens", [False, True])
def test_a_reset_of_a_confirmed_account_ends_tokens_only_if_that_is_wanted(
    world: World, kim: TestClient, *, end_tokens: bool
) -> None:
    token = bearer(world, add(kim, "/v1/tokens", name="app")["token"])
    confirmed(world, kim)
    reset(world, end_tokens=end_tokens)
    problem(kim.get("/v1/me"), 401, "unauthorized")
    assert token.get("/v1/me").status_code == (401 if end_tokens else 200)


def test_an_address_is_confirmed_by_the_link_and_the_password_together(world: World, kim: TestClient) -> None:
    answer = kim.post(CONFIRMATION)
    assert (answer.status_code, answer.json()) == (202, {"sent_to_own_address": True, "email_confirmed_at": None})
    (mail,) = sent_mails(world)
    assert (mail.kind, mail.address) == ("confirm", KIM)
    status, page = open_link(world, mail, password=None)
    assert status == 200
    assert "<form" in page
    assert KIM not in page
    for wrong in ("not the one", ""):
        status, page = open_link(world, mail, wrong)
        assert status == 422
        assert "<form" in page
    assert profile(kim)["email_confirmed_at"] is None
    assert open_link(world, mail)[0] == 200
    assert profile(kim)["email_confirmed_at"] == "2026-06-01T12:00:00Z"
    assert open_link(world, mail)[0] == open_link(world, mail, password=None)[0] == 404
    again = kim.post(CONFIRMATION)
    assert (again.status_code, again.json()["sent_to_own_address"]) == (200, False)
    assert sent_mails(world) == []


def test_a_link_works_for_a_day_and_not_as_a_link_of_another_kind(world: World, kim: TestClient) -> None:
    kim.post(CONFIRMATION)
    (mail,) = sent_mails(world)
    sent = {"token": mail.secret, "password": CHANGED}
    assert fault(world.anonymous().post("/v1/password-resets/confirm", json=sent), "/token") == "unusable_link"
    problem(bearer(world, secret_of(mail)).get("/v1/me"), 401, "unauthorized")
    world.anonymous().post("/v1/password-resets", json={"email": KIM})
    (other,) = sent_mails(world)
    assert open_link(world, other)[0] == 404
    world.clock.now += DAY
    assert open_link(world, mail)[0] == 404


def test_a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told(world: World, kim: TestClient) -> None:
    answer = change(kim, "Lee@Example.com")
    assert answer.json()["pending_email"] == NEW
    assert answer.headers["etag"] == kim.get("/v1/me").headers["etag"]
    to_new, to_old = sent_mails(world)
    assert [(mail.kind, mail.address) for mail in (to_new, to_old)] == [
        ("email_change", NEW),
        ("email_changing", KIM),
    ]
    assert profile(kim) == {"email": KIM, "email_confirmed_at": None, "pending_email": NEW}
    assert open_link(world, to_new)[0] == 200
    assert profile(kim) == {"email": NEW, "email_confirmed_at": "2026-06-01T12:00:00Z", "pending_email": None}
    assert [(mail.kind, mail.address) for mail in sent_mails(world)] == [("email_changed", KIM)]
    assert profile(sign_in(world, NEW))["email"] == NEW
    world.anonymous().post("/v1/users", json=SIGN_UP)
    assert sign_in(world, KIM)


@pytest.mark.own_statements
def test_another_change_or_the_present_address_ends_a_pending_change(world: World, kim: TestClient) -> None:
    change(kim)
    first, *_ = sent_mails(world)
    change(kim, "third@example.com")
    second, *_ = sent_mails(world)
    assert open_link(world, first)[0] == 404
    assert change(kim, KIM.upper()).json()["pending_email"] is None
    assert open_link(world, second)[0] == 404
    assert profile(kim)["email"] == KIM
    assert sent_mails(world) == []


def test_an_address_of_another_account_is_refused_even_if_it_was_taken_meanwhile(world: World, kim: TestClient) -> None:
    taken = {**SIGN_UP, "email": "taken@example.com"}
    world.anonymous().post("/v1/users", json=taken)
    problem(change(kim, "taken@example.com"), 409, "email_taken", "/email")
    change(kim)
    link, *_ = sent_mails(world)
    world.anonymous().post("/v1/users", json={**SIGN_UP, "email": NEW})
    assert open_link(world, link)[0] == 409
    assert profile(kim)["email"] == KIM


def test_a_change_needs_the_password_and_the_current_version(world: World, kim: TestClient) -> None:
    assert fault(change(kim, password="not the one"), "/password") == "wrong_password"
    assert fault(change(kim, "a@[b"), "/email") == "unusable_address"
    body = {"email": NEW, "password": PASSWORD}
    problem(kim.put("/v1/me/email", json=body, headers={"If-Match": '"9"'}), 412, "precondition_failed")
    assert profile(kim)["pending_email"] is None
    assert sent_mails(world) == []


@pytest.mark.own_statements
def test_a_reset_link_to_the_old_address_ends_with_the_change(world: World, kim: TestClient) -> None:
    world.anonymous().post("/v1/password-resets", json={"email": KIM})
    (old,) = sent_mails(world)
    change(kim)
    link, *_ = sent_mails(world)
    assert open_link(world, link)[0] == 200
    sent = {"token": old.secret, "password": CHANGED}
    assert fault(world.anonymous().post("/v1/password-resets/confirm", json=sent), "/token") == "unusable_link"


@pytest.mark.parametrize("missing", ["smtp_url", "public_url"])
def test_without_a_mail_server_or_a_public_address_nothing_can_be_confirmed(make_world: Worlds, missing: str) -> None:
    settings = {**SMTP, "reset_url": "https://example.org/new", missing: ""}
    world = make_world(**settings)
    sign_up_cheaply(world)
    client = sign_in(world)
    for answer in (client.post(CONFIRMATION), change(client)):
        found = problem(answer, 409, "mail_not_configured")
        assert "AFTERWORD_PUBLIC_URL" in found["detail"]


def test_an_address_gets_three_confirmation_mails_an_hour_whoever_asks(world: World, kim: TestClient) -> None:
    assert [kim.post(CONFIRMATION).status_code for _ in range(4)] == [202, 202, 202, 429]
    assert [change(kim).status_code for _ in range(4)] == [200, 200, 200, 429]
    world.anonymous().post("/v1/users", json={**SIGN_UP, "email": "third@example.com"})
    assert change(sign_in(world, "third@example.com")).status_code == 429
    world.clock.now += timedelta(hours=1)
    assert kim.post(CONFIRMATION).status_code == 202


def test_a_repeated_request_with_its_key_sends_no_second_mail(world: World, kim: TestClient) -> None:
    answers = [kim.post(CONFIRMATION, headers={"Idempotency-Key": "once"}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len(sent_mails(world)) == 1


def test_guesses_of_the_password_on_the_page_count_as_sign_ins(make_world: Worlds) -> None:
    world = make_world(**SMTP, sign_ins_per_hour=3)
    sign_up_cheaply(world)
    sign_in(world).post(CONFIRMATION)
    (mail,) = sent_mails(world)
    assert [open_link(world, mail, "a guess")[0] for _ in range(3)] == [422, 422, 429]
    world.app.state.hashing_gate = gate = Gate(2, 10)
    scope = {"app": world.app, "path": "/mail/confirm/x", "headers": []}
    assert _gate({**scope, "method": "POST"})[0] is gate
    assert _gate({**scope, "method": "GET"})[0] is not gate


@pytest.mark.own_statements
def test_an_account_is_erased_only_with_its_password_and_takes_both_addresses_along(
    world: World, kim: TestClient
) -> None:
    change(kim)
    code = {"confirmation": problem(kim.delete("/v1/me"), 409, "confirmation_required")["confirmation"]}

    def erase(body: Answer | None) -> Any:
        return kim.request("DELETE", "/v1/me", params=code, json=body)

    assert fault(erase(None), "/password") == "missing"
    assert fault(erase({"password": "not the one"}), "/password") == "wrong_password"
    problem(kim.request("DELETE", "/v1/me", json={"password": PASSWORD}), 409, "confirmation_required")
    assert profile(kim)["email"] == KIM
    assert erase({"password": PASSWORD}).status_code == 204
    with world.database.engine.connect() as connection:
        for table in ("user_account", "mail_out", "token"):
            assert connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one() == 0
    assert sent_mails(world) == []


@pytest.mark.own_statements
@pytest.mark.parametrize("way", ["confirm", "reset", "change"])
def test_a_link_that_arrives_ends_that_the_address_counts_as_refused(world: World, kim: TestClient, way: str) -> None:
    confirmed(world, kim)
    assert kim.post(CONFIRMATION).status_code == 200
    kim.patch("/v1/me/notifications", json={"digest": "daily"})
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE notification SET refusals = 3"))
    assert read(kim, "/v1/me/notifications")["unavailable"] == "refused_by_mail_server"
    if way == "reset":
        reset(world)
        kim = sign_in(world, password=CHANGED)
    else:
        answer = kim.post(CONFIRMATION) if way == "confirm" else change(kim)
        assert answer.status_code in (200, 202)
        assert open_link(world, sent_mails(world)[0])[0] == 200
    assert read(kim, "/v1/me/notifications")["unavailable"] is None
