"""Calls tools as an assistant does, in the process of the application, and checks every answer."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import httpx2
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types of its own

from api.agents.catalogue import BY_NAME
from api.agents.client import Api
from api.agents.confirmations import NeedsYes
from api.agents.handlers.calls import call
from api.agents.render import MAX_BYTES, Answer, size_of
from tests.conftest import World

Structure = dict[str, Any]
BASE = "http://afterword.invalid"


@dataclass
class Assistant:
    """The token of an assistant. `client`: of the user whose it is."""

    world: World
    client: TestClient
    secret: str

    @classmethod
    def of(cls, world: World, client: TestClient, preset: str = "agent") -> "Assistant":
        answer = client.post("/v1/tokens", json={"name": preset, "preset": preset})
        assert answer.status_code == 201, answer.text
        return cls(world, client, answer.json()["token"])

    @classmethod
    def with_scopes(cls, world: World, client: TestClient, *scopes: str) -> "Assistant":
        answer = client.post("/v1/tokens", json={"name": "tests", "scopes": list(scopes)})
        assert answer.status_code == 201, answer.text
        return cls(world, client, answer.json()["token"])

    def call(self, tool: str, /, agreed: bool | None = None, **arguments: Any) -> Answer:
        """Call a tool; check the bounds of the answer and the schema of its data."""
        assert TestClient.portal is not None
        answer: Answer = TestClient.portal.call(partial(self._call, tool, arguments, agreed))
        assert len(answer.text.encode()) <= MAX_BYTES
        assert answer.is_error == (answer.structure is None)
        if answer.structure is not None:
            Draft202012Validator(BY_NAME[tool].output_schema).validate(answer.structure)
            assert _nulls(answer.structure) == []
            assert size_of(answer.structure) <= MAX_BYTES
        return answer

    async def _call(self, tool: str, arguments: Structure, agreed: bool | None) -> Answer:
        transport = httpx2.ASGITransport(app=self.world.app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url=BASE) as http:
            api = Api(http, self.secret, request_id="tests", tool=tool)
            return await call(tool, arguments, api, await api.current(), agreed=agreed)

    def data(self, tool: str, /, **arguments: Any) -> Structure:
        """Call a tool and return its data."""
        answer = self.call(tool, **arguments)
        assert not answer.is_error, answer.text
        return answer.structure or {}

    def text(self, tool: str, /, **arguments: Any) -> str:
        """Call a tool and return its text."""
        answer = self.call(tool, **arguments)
        assert not answer.is_error, answer.text
        return answer.text

    def refusal(self, tool: str, /, **arguments: Any) -> str:
        """Call a tool that refuses, and return what it says."""
        answer = self.call(tool, **arguments)
        assert answer.is_error, answer.text
        assert "/v1/" not in answer.text
        return answer.text

    def question(self, tool: str, /, **arguments: Any) -> NeedsYes:
        """Call a tool that needs a yes, and return its question."""
        try:
            answer = self.call(tool, **arguments)
        except NeedsYes as needs:
            return needs
        raise AssertionError(answer.text)


def _nulls(value: object, name: str = "") -> list[str]:
    """Return the places of null in data."""
    if value is None:
        return [name]
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, one in entries for place in _nulls(one, f"{name}/{key}")]
