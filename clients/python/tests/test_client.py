"""Tests of the installed client against the server at AFTERWORD_URL, which has no account yet."""

import os
import time
from collections.abc import Callable

import httpx
import pytest
from afterword_client import Afterword, ProblemError, models

URL = os.environ["AFTERWORD_URL"]
EMAIL, PASSWORD = "kim@example.com", "correct horse battery"
USER: models.UserCreate = {"email": EMAIL, "password": PASSWORD, "full_name": "Kim Lee", "time_zone": "Asia/Tokyo"}
Send = Callable[[httpx.Request], httpx.Response]


class Recorded(httpx.BaseTransport):
    """Keeps the requests and the statuses of the responses; the first requests are answered as given."""

    def __init__(self, *first: Callable[[Send, httpx.Request], httpx.Response]) -> None:
        self.server, self.first = httpx.HTTPTransport(), list(first)
        self.sent: list[httpx.Request] = []
        self.statuses: list[int] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.sent.append(request)
        send = self.server.handle_request
        response = self.first.pop(0)(send, request) if self.first else send(request)
        self.statuses.append(response.status_code)
        return response

    @property
    def keys(self) -> set[str | None]:
        return {request.headers.get("Idempotency-Key") for request in self.sent}


def busy(status: int, after: str) -> Callable[[Send, httpx.Request], httpx.Response]:
    return lambda _, request: httpx.Response(status, headers={"Retry-After": after}, request=request)


def lost(send: Send, request: httpx.Request) -> httpx.Response:
    send(request).close()
    raise httpx.ReadError("The connection was closed before the response came.")


def served(send: Send, request: httpx.Request) -> httpx.Response:
    return send(request)


@pytest.fixture(scope="module")
def token() -> str:
    with Afterword(URL) as api:
        api.create_user(USER)
        token = api.sign_in(EMAIL, PASSWORD)["token"]
    assert token is not None
    return token


def test_a_token_signs_in_and_out(token: str) -> None:
    with Afterword(URL) as api:
        api.sign_in(EMAIL, PASSWORD)
        assert api.get_me()["full_name"] == "Kim Lee"
        api.sign_out()
        with pytest.raises(ProblemError) as caught:
            api.get_me()
    assert (caught.value.status, caught.value.code) == (401, "unauthorized")


def test_a_cookie_signs_in_and_writes_with_the_csrf_token(token: str) -> None:
    transport = Recorded()
    with Afterword(URL, cookie=True, transport=transport) as api:
        assert api.sign_in(EMAIL, PASSWORD)["token"] is None
        assert api.create_application({"company": "Cookie", "role": "Baker"})["company"] == "Cookie"
        assert "Authorization" not in transport.sent[-1].headers
        api.sign_out()
        with pytest.raises(ProblemError, match="401"):
            api.get_me()


def test_a_write_is_repeated_with_one_key_and_has_one_effect(token: str) -> None:
    transport = Recorded(busy(503, "0"), busy(429, "0"), lost)
    api = Afterword(URL, token, transport=transport)
    made = api.create_application({"company": "Once", "role": "Editor"})
    assert (len(transport.sent), len(transport.keys)) == (4, 1)
    assert transport.keys != {None}
    assert [one["id"] for one in api.items(api.list_applications, company="Once")] == [made["id"]]


def test_retry_after_is_obeyed_and_an_error_if_it_is_too_long(token: str) -> None:
    transport = Recorded(busy(429, "1"), busy(429, "3"))
    began = time.monotonic()
    with pytest.raises(ProblemError, match="429"):
        Afterword(URL, token, max_wait=2, transport=transport).get_me()
    assert time.monotonic() - began >= 1
    assert len(transport.sent) == 2


def test_what_might_have_two_effects_is_not_repeated(token: str) -> None:
    unkeyed = Recorded(busy(503, "0"))
    with pytest.raises(ProblemError, match="503"):
        Afterword(URL, token, transport=unkeyed).create_token({"name": "Bot", "scopes": ["read"]})
    assert (len(unkeyed.sent), unkeyed.keys) == (1, {None})
    versioned = Recorded(served, lost)
    api = Afterword(URL, token, transport=versioned)
    with pytest.raises(httpx.ReadError):
        api.update_me({"full_name": "Kim B. Lee"}, if_match=api.get_me()["etag"])
    assert len(versioned.sent) == 2


def test_a_deletion_that_is_repeated_is_done(token: str) -> None:
    api = Afterword(URL, token, transport=Recorded(served, lost))
    made = api.create_search_activity({"kind": "networking"})
    assert api.delete_search_activity(made["id"]) is None
    with pytest.raises(ProblemError, match="404"):
        api.delete_search_activity(made["id"])


def test_an_iterator_reads_all_pages_each_item_once(token: str) -> None:
    transport = Recorded()
    api = Afterword(URL, token, transport=transport)
    companies = [f"Pages {number}" for number in range(5)]
    for company in companies:
        api.create_application({"company": company, "role": "Editor"})
    del transport.sent[:]
    found = api.items(api.list_applications, company="Pages", limit=2, sort="company")
    assert [one["company"] for one in found] == companies
    assert len(transport.sent) == 3


def test_a_problem_is_an_exception_with_its_fields(token: str) -> None:
    api = Afterword(URL, token)
    with pytest.raises(ProblemError) as caught:
        api.create_application({"company": " ", "role": "Editor"})
    error = caught.value
    assert (error.status, error.code, error.errors[0]["code"]) == (422, "invalid", "string_too_short")
    assert (error.field("/company"), error.field("/role")) == (error.errors[0]["detail"], None)
    proxy = Recorded(lambda _, request: httpx.Response(502, text="<html>", request=request))
    with pytest.raises(ProblemError, match="502 Bad Gateway") as strange:
        Afterword(URL, token, transport=proxy).get_me()
    assert (strange.value.code, strange.value.errors, strange.value.problem) == ("unknown", [], None)


def test_a_response_that_is_known_is_not_sent_again_until_it_changes(token: str) -> None:
    transport = Recorded()
    api = Afterword(URL, token, transport=transport)
    first = api.get_me()
    assert api.get_me() == first
    api.update_me({"full_name": "Kim C. Lee"})
    assert api.get_me()["full_name"] == "Kim C. Lee"
    assert transport.statuses == [200, 304, 200, 200]
