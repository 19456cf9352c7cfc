"""Which answers are compressed: none that contains a credential, whatever the operation (BREACH)."""

import gzip
import json
import re
from typing import Any

import pytest
from httpx2 import Response

from api.http.compression import MIN_BYTES, may_be_compressed
from api.http.openapi.document import operations
from api.http.route_index import routes_of
from api.http.strict_route import Route
from api.security import PREFIXES
from tests.invariants.conftest import DOCUMENT, OPERATIONS, Neighbours, Operation
from tests.invariants.failures import Failures

pytestmark = pytest.mark.sqlite  # the database makes no difference

GZIP = {"Accept-Encoding": "gzip"}
PLAIN = {"Accept-Encoding": "identity"}
CREDENTIAL = re.compile(rf"({'|'.join(PREFIXES)})\w{{20,}}|\"csrf_token\": ?\"|\"confirmation\": ?\"")
NAMES_OF_CREDENTIALS = re.compile(r"token$|secret|password|csrf|hash|confirmation$|signature|(^|_)key$")
READS = [operation for operation in OPERATIONS if operation.method == "GET"]


def names_in(schema: Any, seen: set[str]) -> set[str]:
    """Return the names of all properties in a schema, and in those to which it refers."""
    if isinstance(schema, list):
        return set().union(*(names_in(one, seen) for one in schema))
    if not isinstance(schema, dict):
        return set()
    found = set(schema.get("properties", {}))
    reference = schema.get("$ref", "").rpartition("/")[2]
    if reference and reference not in seen:
        seen.add(reference)
        found |= names_in(DOCUMENT["components"]["schemas"][reference], seen)
    return found.union(*(names_in(value, seen) for key, value in schema.items() if key not in ("examples", "example")))


def is_gzip(answer: Response) -> bool:
    return answer.headers.get("content-encoding") == "gzip"


def test_only_operations_without_credentials_are_compressed(neighbours: Neighbours) -> None:
    documented = {operation["operationId"]: operation for _, _, operation in operations(DOCUMENT)}
    with Failures() as failures:
        for route in routes_of(neighbours.world.app):
            assert isinstance(route, Route)
            with failures.of(route.method, route.path):
                if route.is_compressed:
                    assert route.method == "GET"
                    assert not any(scope.startswith("account:") for scope in route.scopes)
                    assert route.scopes or not (route.query_names or "{" in route.path)
                    content = documented.get(route.operation_id or "", {}).get("responses", {}).get("200", {})
                    found = {name for name in names_in(content, set()) if NAMES_OF_CREDENTIALS.search(name)}
                    assert not found, f"{found}: its scope must be one of an area with credentials"


@pytest.mark.parametrize(
    ("method", "path", "scopes", "query", "wanted"),
    [
        pytest.param("GET", "/v1/things", ("steps:read",), ["limit"], True, id="a-read"),
        pytest.param("POST", "/v1/things", ("steps:write",), [], False, id="a-write-may-show-a-secret"),
        pytest.param("GET", "/v1/webhooks", ("account:read",), [], False, id="an-area-with-credentials"),
        pytest.param("GET", "/v1/things", ("steps:read", "account:read"), [], False, id="one-of-its-areas-has-some"),
        pytest.param("GET", "/v1/guide", (), [], True, id="the-same-for-everybody"),
        pytest.param("GET", "/calendar/{secret}.ics", (), [], False, id="a-secret-address"),
        pytest.param("GET", "/pages", (), ["token"], False, id="a-secret-parameter"),
    ],
)
def test_a_new_operation_is_compressed_only_if_its_declaration_excludes_credentials(
    method: str, path: str, scopes: tuple[str, ...], query: list[str], *, wanted: bool
) -> None:
    assert may_be_compressed(method, path, scopes, query) is wanted


def sent(neighbours: Neighbours, operation: Operation, headers: dict[str, str], method: str = "GET") -> Response:
    return neighbours.demo.request(method, operation.href, headers=headers)


def test_every_read_is_the_same_compressed_and_not(neighbours: Neighbours) -> None:
    compressed = set()
    with Failures() as failures:
        for operation in READS:
            plain, answer = sent(neighbours, operation, PLAIN), sent(neighbours, operation, GZIP)
            with failures.of(operation):
                assert "content-encoding" not in plain.headers
                assert answer.status_code == plain.status_code
                if not is_gzip(answer):
                    continue
                compressed.add(operation.name)
                assert not CREDENTIAL.search(plain.text)
                assert answer.json().keys() == plain.json().keys()
                assert len(plain.content) >= MIN_BYTES
                assert int(answer.headers["content-length"]) < int(plain.headers["content-length"])
                assert "Accept-Encoding" in answer.headers["vary"]
                assert "Accept-Encoding" in plain.headers["vary"]
                head = sent(neighbours, operation, GZIP, "HEAD")
                assert (head.content, head.headers["content-length"]) == (b"", answer.headers["content-length"])
                tag = answer.headers.get("etag")
                assert tag is None or tag == f"W/{plain.headers['etag']}"
    assert {"list_queue", "list_steps", "list_applications", "get_meta", "get_guide"} <= compressed


def test_a_304_has_the_etag_of_the_response_that_the_client_has(neighbours: Neighbours) -> None:
    for path in ("/v1/queue", "/v1/queue?as_of=2026-03-13T00:00:00Z"):
        strong = neighbours.demo.get(path, headers=PLAIN).headers["etag"]
        for headers, tag in ((PLAIN, strong), (GZIP, f"W/{strong}")):
            answer = neighbours.demo.get(path, headers={**headers, "If-None-Match": tag})
            assert (answer.status_code, answer.headers["etag"], answer.content) == (304, tag, b"")
            assert "Accept-Encoding" in answer.headers["vary"]


def test_the_version_of_one_object_stays_strong(neighbours: Neighbours) -> None:
    for operation in READS:
        answer = sent(neighbours, operation, GZIP)
        if answer.headers.get("content-type") == "application/json" and "etag" in answer.json():
            assert answer.headers["etag"] == answer.json()["etag"], operation.name
            assert not is_gzip(answer)


@pytest.mark.parametrize(
    ("accepted", "wanted"),
    [
        ("gzip", True),
        ("GZIP;q=0.5", True),
        ("br, gzip, deflate", True),
        ("*", True),
        ("gzip;q=0", False),
        ("gzip;q=0.000", False),
        ("*;q=0", False),
        ("*, gzip;q=0", False),
        ("br", False),
        ("gzipped", False),
        ("", False),
    ],
)
def test_gzip_is_sent_only_to_clients_that_accept_it(accepted: str, neighbours: Neighbours, *, wanted: bool) -> None:
    for path in ("/v1/guide", "/openapi.json", "/docs/files/docs.js"):
        assert is_gzip(neighbours.nobody.get(path, headers={"Accept-Encoding": accepted})) is wanted


def test_nothing_is_compressed_twice(neighbours: Neighbours) -> None:
    for path in ("/openapi.json", "/v1/guide"):
        with neighbours.nobody.stream("GET", path, headers=GZIP) as answer:
            assert json.loads(gzip.decompress(b"".join(answer.iter_raw())))
    favicon = neighbours.nobody.get("/docs/files/favicon.png", headers=GZIP)
    assert not is_gzip(favicon)


def test_files_are_streamed_with_their_length_and_not_compressed(neighbours: Neighbours) -> None:
    for path in ("/v1/exports/applications", "/v1/me/export"):
        answer = neighbours.demo.get(path, headers=GZIP)
        assert not is_gzip(answer)
        assert answer.headers.get("content-length", str(len(answer.content))) == str(len(answer.content))
