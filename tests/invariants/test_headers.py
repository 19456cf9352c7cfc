"""What every answer says to browsers and caches, whatever was asked and whatever came of it.

The headers are added around everything else: the database makes no difference.
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
PAGES = ("/docs", "/redoc", "/password-reset")


def test_every_answer_is_protected(neighbours: Neighbours) -> None:
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
def test_other_addresses_are_too(path: str, world: World) -> None:
    answer = world.app_client().get(path)
    assert {**ALWAYS, "content-security-policy": NOTHING}.items() <= answer.headers.items()


@pytest.mark.parametrize("path", PAGES)
def test_a_page_runs_our_own_scripts_and_no_others(path: str, world: World) -> None:
    answer = world.app_client().get(path)
    assert ALWAYS.items() <= answer.headers.items()
    (policy,) = answer.headers.get_list("content-security-policy")
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert {"default-src": "'none'", "script-src": "'self'", "base-uri": "'none'", "form-action": "'none'"}.items() <= (
        rules.items()
    )
    assert rules["frame-ancestors"] == "'none'"
    assert "unsafe-eval" not in policy


def test_by_tls_browsers_are_told_to_stay_with_it(world: World) -> None:
    answer = world.app_client().get("https://testserver/livez")
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
