"""Unicode equivalence: one text has several forms in characters, and all of them mean the same."""

import unicodedata
from collections.abc import Callable
from typing import Any, Literal, get_args

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from api import security
from api.models.application import KEY_LENGTH
from api.security import PasswordMatch, hash_password, verify_password
from tests.conftest import World
from tests.http.api_client import add, alter, application, fault, items, problem
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply

ALL = "/v1/applications"
Form = Literal["NFC", "NFD", "NFKC", "NFKD"]
FORMS = get_args(Form)
PASSWORD = "déjà vu für ①②③ ﬁsche"
LONGEST = "\ufdfa" * 200  # each is 18 characters when it is folded


def in_form(form: Form, value: str) -> str:
    return unicodedata.normalize(form, value)


@pytest.mark.parametrize("stored", ["NFC", "NFD"])
@pytest.mark.parametrize("asked", ["José", "Jose\u0301", "jose", "JOSÉ", "ＪＯＳＥ"])
def test_filters_on_text_find_every_form(client: TestClient, stored: Form, asked: str) -> None:
    name = in_form(stored, "José")
    add(client, "/v1/contacts", full_name=f"Dr. {name} Ruiz")
    add(client, "/v1/contacts", full_name="Ann", company=f"{name} & Sons")
    add(client, "/v1/contacts", full_name="Joss", email=f"{in_form(stored, 'josé')}@example.com")
    add(client, "/v1/contacts", full_name="Jo Se", company="Other")
    app = application(client, company=f"{name} & Sons")
    application(client, company=f"The {name}")
    assert [one["full_name"] for one in items(client, "/v1/contacts", search=asked)] == [
        f"Dr. {name} Ruiz",
        "Ann",
        "Joss",
    ]
    assert [one["id"] for one in items(client, ALL, company=asked)] == [app]
    assert items(client, ALL, company=asked)[0]["company"] == f"{name} & Sons"


def test_a_search_does_not_match_across_fields(client: TestClient) -> None:
    add(client, "/v1/contacts", full_name="Kim", company="Lee")
    for asked in ("kimlee", "kim lee", "m\u2028l"):
        assert items(client, "/v1/contacts", search=asked) == []


def test_what_filters_read_changes_with_the_text(client: TestClient) -> None:
    kim = add(client, "/v1/contacts", full_name="Kim Łuk", company="Acme")["id"]
    app = application(client, company="Łuk")
    alter(client, f"/v1/contacts/{kim}", full_name="Ana Ørn")
    alter(client, f"{ALL}/{app}", company="Ørn")
    assert (items(client, "/v1/contacts", search="luk"), items(client, ALL, company="luk")) == ([], [])
    assert len(items(client, "/v1/contacts", search="orn")) == len(items(client, ALL, company="orn")) == 1
    assert client.post(f"/v1/contacts/{kim}/erase").status_code == 200
    assert (items(client, "/v1/contacts", search="orn"), items(client, "/v1/contacts", search="acme")) == ([], [])


def test_an_erased_contact_leaves_no_folded_text(world: World, client: TestClient) -> None:
    kim = add(client, "/v1/contacts", full_name="Kim Łuk", email="kim@example.com")["id"]
    client.post(f"/v1/contacts/{kim}/erase")
    with world.database.engine.connect() as connection:
        assert connection.execute(text("SELECT search_key FROM contact")).scalar_one() == ""


def test_companies_are_sorted_by_their_folded_name(client: TestClient) -> None:
    for company in ("Zett", "émile", "Łuk", "Ena", "Luz"):
        application(client, company=company)
    found = [one["company"] for one in items(client, ALL, sort="company")]
    assert found == ["émile", "Ena", "Łuk", "Luz", "Zett"]


def test_a_name_that_grows_when_it_is_folded_is_stored_and_found(client: TestClient) -> None:
    app = application(client, company=LONGEST)
    add(client, "/v1/contacts", full_name=LONGEST, company=LONGEST)
    assert len(security.normal_password(LONGEST)) > KEY_LENGTH
    for asked in ("\ufdfa", "صلى", LONGEST):
        assert [one["id"] for one in items(client, ALL, company=asked)] == [app]
        assert len(items(client, "/v1/contacts", search=asked)) == 1


def sign_in(world: World, password: str, email: str = SIGN_UP["email"]) -> Any:
    return world.anonymous().post("/v1/sessions", json={"email": email, "password": password})


@pytest.mark.parametrize("form", FORMS)
def test_a_password_is_accepted_in_every_form(world: World, form: Form) -> None:
    body = {**SIGN_UP, "password": in_form(form, PASSWORD)}
    assert world.anonymous().post("/v1/users", json=body).status_code == 201
    for other in FORMS:
        assert sign_in(world, in_form(other, PASSWORD)).status_code == 201, other
    problem(sign_in(world, PASSWORD.upper()), 401, "unauthorized")


@pytest.mark.parametrize("form", FORMS)
def test_a_hash_of_the_text_as_it_was_sent_stays_valid_and_is_replaced(world: World, form: Form) -> None:
    sign_up_cheaply(world)
    sent = in_form(form, PASSWORD)
    old = security._hasher().hash(sent)
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET password_hash = :hash"), {"hash": old})
    assert sign_in(world, sent).status_code == 201
    for other in FORMS:
        assert sign_in(world, in_form(other, PASSWORD)).status_code == 201, other


def test_the_current_password_is_accepted_in_every_form(world: World) -> None:
    world.anonymous().post("/v1/users", json={**SIGN_UP, "password": in_form("NFC", PASSWORD)})
    client = world.anonymous()
    client.headers["Authorization"] = f"Bearer {sign_in(world, PASSWORD).json()['token']}"
    body = {"current_password": in_form("NFD", PASSWORD), "password": in_form("NFD", f"{PASSWORD} 2")}
    assert client.put("/v1/me/password", json=body).status_code == 204
    assert sign_in(world, in_form("NFKC", f"{PASSWORD} 2")).status_code == 201


@pytest.mark.parametrize(
    ("password", "code"),
    [
        pytest.param(in_form("NFD", "äöüäöü") * 1, "string_too_short", id="twelve-code-points-six-letters"),
        pytest.param("ｐａｓｓｗｏｒｄ１２３４", "common_password", id="a-common-one-in-full-width"),
    ],
)
def test_a_new_password_is_judged_by_the_form_that_is_hashed(world: World, password: str, code: str) -> None:
    assert fault(world.anonymous().post("/v1/users", json={**SIGN_UP, "password": password}), "/password") == code


@pytest.mark.parametrize(("password", "times"), [("tall grey horse", 1), (in_form("NFC", "déjà vu"), 1), (PASSWORD, 2)])
def test_the_work_of_a_refusal_depends_on_the_text_alone(
    monkeypatch: pytest.MonkeyPatch, password: str, times: int
) -> None:
    compared = []
    hasher = security._hasher()
    stored = {
        "none": None,
        "its own": hash_password("another one"),
        "older": hasher.hash(in_form("NFD", "another öne")),
    }

    class Counting:
        current_hasher = hasher.current_hasher

        def verify(self, text: str, hashed: str) -> bool:
            compared.append(text)
            return hasher.verify(text, hashed)

    monkeypatch.setattr(security, "_hasher", Counting)
    for name, hashed in stored.items():
        compared.clear()
        assert verify_password(password, hashed) is PasswordMatch.NONE
        assert len(compared) == times, name


def test_all_forms_of_an_address_share_the_limit_of_sign_ins(make_world: Callable[..., World]) -> None:
    world = make_world(sign_ins_per_hour=5)
    world.anonymous().post("/v1/users", json={**SIGN_UP, "email": "josé@bücher.example"})
    forms = (
        "josé@bücher.example",
        "jose\u0301@bücher.example",
        '"josé"@bücher.example',
        "josé@xn--bcher-kva.example",
        "josé@ＢÜCHER.example",
        "josé@bücher。example",
    )
    answers = [sign_in(world, "not the one", email).status_code for email in forms]
    assert answers == [401] * 5 + [429]


MARKED = {
    "an-override": "\u202d{}\u202c",
    "an-embedding": "\u202a{}\u202c",
    "an-isolate-in-spaces": " \u2068{}\u2069 ",
    "single-marks": "\u200e{}\u200f",
    "several": "\u200f\u202b{}\u202c\u061c",
}


@pytest.mark.parametrize("around", MARKED.values(), ids=MARKED)
def test_marks_of_direction_around_a_value_are_removed(client: TestClient, around: str) -> None:
    values = {"phone": "+1 212 555 0199", "full_name": "Kim Lee", "email": "kim@example.com"}
    made = add(client, "/v1/contacts", **{name: around.format(value) for name, value in values.items()})
    assert {name: made[name] for name in values} == values
    url = around.format("https://example.com/job").strip()
    app = add(client, ALL, company=around.format("Acme"), role="Engineer", posting_url=url)
    assert (app["company"], app["posting_url"]) == ("Acme", "https://example.com/job")


@pytest.mark.parametrize("value", ["+1 \u202d212", "\u202b+1\u202c 212\u202c", "\u2068\u2069", "+1\n212"])
def test_marks_of_direction_inside_a_value_are_refused(client: TestClient, value: str) -> None:
    fault(client.post("/v1/contacts", json={"full_name": "Kim", "phone": value}), "/phone")
    assert items(client, "/v1/contacts") == []
