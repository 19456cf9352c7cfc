"""Security and cache headers of every answer, whatever its status.

They are added outside of the endpoints, so the database makes no difference and SQLite is enough.
"""

import pytest

from tests.conftest import World
from tests.invariants.conftest import OPERATIONS, Neighbours
from tests.invariants.failures import Failures

pytestmark = pytest.mark.sqlite

ALWAYS = {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
}
NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
PAGES = ("/docs", "/password-reset")


def test_every_answer_has_the_security_headers(neighbours: Neighbours) -> None:
    with Failures() as failures:
        for who, client in {"nobody": neighbours.nobody, "stranger": neighbours.stranger}.items():
            for operation in OPERATIONS:
                body = {"no such field": 1} if operation.body else None
                answer = client.request(operation.method, operation.href, json=body)
                with failures.of(operation, "by", who):
                    assert {**ALWAYS, "content-security-policy": NOTHING}.items() <= answer.headers.items()
                    cached = "no-store" if operation.path.startswith("/v1/") else None
                    assert answer.headers.get("cache-control") == cached
                    assert len(answer.headers.get_list("content-security-policy")) == 1
                    assert "server" not in answer.headers
                    assert "strict-transport-security" not in answer.headers


@pytest.mark.parametrize("path", ["/v1/nothing", "/nothing", "/docs/files/swagger-ui.css", "/openapi.json"])
def test_answers_outside_of_the_document_have_the_security_headers(path: str, world: World) -> None:
    answer = world.app_client().get(path)
    assert {**ALWAYS, "content-security-policy": NOTHING}.items() <= answer.headers.items()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_allows_only_our_own_scripts(path: str, world: World) -> None:
    answer = world.app_client().get(path)
    assert ALWAYS.items() <= answer.headers.items()
    (policy,) = answer.headers.get_list("content-security-policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert {"default-src": "'none'", "script-src": "'self'", "base-uri": "'none'", "form-action": "'none'"}.items() <= (
        rules.items()
    )
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe-eval" not in policy


def test_over_https_hsts_is_sent(world: World) -> None:
    answer = world.app_client().get("https://testserver/livez")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
