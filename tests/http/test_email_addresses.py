"""E-mail addresses: which can be written into a message, in which form, and how an account is found by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text

from api.protocol.email_address import (
    MAX_LENGTH,
    ORDINARY,
    UnusableAddressError,
    account_address,
    address_on_the_wire,
    new_message,
    normalized_address,
    survives,
)
from tests.conftest import World
from tests.drawing import drawn
from tests.http.api_client import add, fault, read
from tests.http.test_accounts import SIGN_UP, sign_up_cheaply

pytestmark = pytest.mark.sqlite


@pytest.mark.parametrize(
    ("given", "normal", "wire"),
    [
        pytest.param("Kim.Lee+jobs@Example.COM", "Kim.Lee+jobs@example.com", "Kim.Lee+jobs@example.com", id="plain"),
        pytest.param('"a b"@example.com', '"a b"@example.com', '"a b"@example.com', id="quoted"),
        pytest.param('"a@b,<c>"@example.com', '"a@b,<c>"@example.com', '"a@b,<c>"@example.com', id="quoted-signs"),
        pytest.param('"a\\"b"@example.com', '"a\\"b"@example.com', '"a\\"b"@example.com', id="a-quoted-quote"),
        pytest.param('"kim"@example.com', "kim@example.com", "kim@example.com", id="needless-quotes"),
        pytest.param("kim@faß.example", "kim@faß.example", "kim@xn--fa-hia.example", id="a-domain-beyond-ascii"),
        pytest.param("kim@xn--fa-hia.example", "kim@faß.example", "kim@xn--fa-hia.example", id="its-ascii-form"),
        pytest.param("用户@例子.广告", "用户@例子.广告", "用户@xn--fsqu00a.xn--4rr70v", id="all-beyond-ascii"),
        pytest.param("e\u0301@example.com", "é@example.com", "é@example.com", id="not-nfc"),
        pytest.param("kim@mailhost", "kim@mailhost", "kim@mailhost", id="of-the-own-network"),
        pytest.param("x" * 64 + "@" + "y" * 60 + ".com", "x" * 64 + "@" + "y" * 60 + ".com", None, id="long"),
    ],
)
def test_an_address_has_one_normal_form_and_one_on_the_wire(given: str, normal: str, wire: str | None) -> None:
    assert normalized_address(given) == normal
    assert address_on_the_wire(given) == (wire or normal)
    assert normalized_address(normal) == normal
    message = new_message(wire or normal)
    message.set_content("x")
    assert f"To: {wire or normal}\r\n".encode() in message.as_bytes()


@drawn(quick=50, long=5_000)
@given(st.from_regex(ORDINARY, fullmatch=True))
def test_every_ordinary_address_is_given_back_unchanged(address: str) -> None:
    assert len(address) > MAX_LENGTH or survives(address)


@pytest.mark.parametrize(
    "given",
    [
        pytest.param("a@[b", id="a-bracket"),
        pytest.param("a@[127.0.0.1]", id="an-ip-address"),
        pytest.param("a(comment)@example.com", id="a-comment"),
        pytest.param("a..b@example.com", id="two-dots"),
        pytest.param("a@-b.com", id="a-hyphen-first"),
        pytest.param("a@b@example.com", id="two-signs"),
        pytest.param("a@example.com, b@example.com", id="two-addresses"),
        pytest.param("=?utf-8?q?x?=@example.com", id="an-encoded-word"),
        pytest.param('"=?utf-8?q?x?="@example.com', id="a-quoted-encoded-word"),
        pytest.param("\u202ea@example.com", id="another-direction"),
        pytest.param("a@" + "ü" * 62 + ".example", id="a-label-too-long-in-ascii"),
        pytest.param("", id="nothing"),
    ],
)
def test_an_address_that_no_message_can_carry_is_refused(given: str) -> None:
    for check in (normalized_address, address_on_the_wire):
        with pytest.raises(UnusableAddressError):
            check(given)


def test_an_unusable_address_is_refused_at_its_field(world: World) -> None:
    client = world.sign_up()
    for method, href, body in (
        ("POST", "/v1/users", SIGN_UP),
        ("POST", "/v1/contacts", {"full_name": "Sam"}),
        ("POST", "/v1/references", {"name": "Robin"}),
    ):
        answer = client.request(method, href, json={**body, "email": "a@[b"})
        assert fault(answer, "/email") == "unusable_address"
        assert "name@example.com" in answer.text
    made = add(client, "/v1/contacts", full_name="Sam", email="Sam@BÜCHER.example")
    assert read(client, f"/v1/contacts/{made['id']}")["email"] == "Sam@bücher.example"


@pytest.mark.parametrize(
    ("stored", "given"),
    [
        pytest.param("a@[b", "A@[B", id="unusable-of-an-older-version"),
        pytest.param("kim@bücher.example", "Kim@XN--BCHER-KVA.example", id="by-its-form-in-ascii"),
        pytest.param("kim@xn--bcher-kva.example", "kim@xn--bcher-kva.example", id="as-an-older-version-stored-it"),
        pytest.param('"kim lee"@example.com', '"Kim Lee"@Example.com', id="quoted"),
    ],
)
def test_an_account_is_found_by_any_form_of_its_address(world: World, stored: str, given: str) -> None:
    sign_up_cheaply(world)
    with world.database.engine.begin() as connection:
        connection.execute(text("UPDATE user_account SET email = :email"), {"email": stored})
    body = {"email": given, "password": SIGN_UP["password"]}
    assert world.anonymous().post("/v1/sessions", json=body).status_code == 201
    assert world.anonymous().post("/v1/password-resets", json={"email": given}).status_code == 202


def test_an_account_is_opened_under_the_normal_form_in_lower_case(world: World) -> None:
    assert account_address(' "Kim"@XN--BCHER-KVA.example ') == "kim@bücher.example"
    world.anonymous().post("/v1/users", json={**SIGN_UP, "email": "Kim@XN--BCHER-KVA.example"})
    again = world.anonymous().post("/v1/users", json={**SIGN_UP, "email": "kim@bücher.example"})
    assert again.status_code == 409
