"""Acts that need a yes: a form where the client can show one, else a refusal with a code."""

from collections.abc import Callable
from typing import Any

import mcp_types as types
import pytest
from mcp.client import Client

from api.agents.confirmations import DECLINED, NeedsYes
from api.agents.handlers import calls
from api.agents.render import Answer, answered, refused
from api.agents.server import agreed_in
from tests.agents.connected import in_memory
from tests.agents.protocol import run, secret_of
from tests.conftest import World

pytestmark = pytest.mark.sqlite

NEEDS = NeedsYes("undo", "This takes back two writes. Step 1 opens again.", "1790000000.0123456789")
YES, NO = {"yes": True}, {"yes": False}
ARGUMENTS = {"write_ids": ["a", "b"]}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[str, object], bool | None]]:
    """Let every tool ask for a yes; return what it was called with."""
    calls_seen: list[tuple[dict[str, object], bool | None]] = []

    async def ask(_name: str, arguments: dict[str, object], *_: object, agreed: bool | None = None) -> Answer:
        calls_seen.append((arguments, agreed))
        if agreed is None:
            raise NEEDS
        return answered("Done.", {"done": True, "writes": []}) if agreed else refused(DECLINED)

    monkeypatch.setattr(calls, "call", ask)
    return calls_seen


def undo(world: World, callback: Any, mode: str = "auto") -> types.CallToolResult:
    secret = secret_of(world.sign_up())

    async def call() -> types.CallToolResult:
        async with in_memory(world, secret, mode, elicitation_callback=callback) as client:
            return await call_undo(client)

    return run(call)


async def call_undo(client: Client) -> types.CallToolResult:
    found = await client.call_tool("undo", ARGUMENTS)
    assert isinstance(found, types.CallToolResult)
    return found


def text_of(result: types.CallToolResult) -> str:
    (part,) = result.content
    assert isinstance(part, types.TextContent)
    return part.text


def answering(action: str, content: dict[str, Any] | None) -> Callable[..., Any]:
    async def answer(_context: object, params: Any) -> types.ElicitResult:
        assert params.message == NEEDS.message
        assert params.requested_schema["properties"]["yes"]["type"] == "boolean"
        return types.ElicitResult.model_validate({"action": action, "content": content})

    return answer


def test_a_client_with_forms_asks_its_user_and_calls_again_with_the_same_arguments(
    world: World, asked: list[tuple[dict[str, object], bool | None]]
) -> None:
    result = undo(world, answering("accept", YES))
    assert (result.is_error, text_of(result)) == (False, "Done.")
    assert asked == [(ARGUMENTS, None), (ARGUMENTS, True)]


@pytest.mark.parametrize(
    ("action", "content"), [("accept", NO), ("accept", {}), ("accept", None), ("decline", None), ("cancel", None)]
)
def test_anything_but_a_yes_changes_nothing(
    world: World, asked: list[tuple[dict[str, object], bool | None]], action: str, content: dict[str, Any] | None
) -> None:
    result = undo(world, answering(action, content))
    assert (result.is_error, text_of(result)) == (True, DECLINED)
    assert [agreed for _, agreed in asked] == [None, False]


@pytest.mark.parametrize(
    ("callback", "mode"),
    [
        pytest.param(None, "auto", id="a-client-without-forms"),
        pytest.param(answering("accept", YES), "legacy", id="a-client-of-the-last-generation"),
    ],
)
def test_another_client_gets_the_code(
    world: World, asked: list[tuple[dict[str, object], bool | None]], callback: Any, mode: str
) -> None:
    result = undo(world, callback, mode)
    assert result.is_error
    assert result.structured_content is None
    assert NEEDS.message in text_of(result)
    assert f"confirm={NEEDS.code}" in text_of(result)
    assert [agreed for _, agreed in asked] == [None]


def test_the_answer_to_another_form_is_no_yes() -> None:
    wrong = types.CallToolRequestParams.model_validate(
        {"name": "undo", "inputResponses": {"confirm": {"roots": []}}}, by_name=False
    )
    other = types.CallToolRequestParams.model_validate(
        {"name": "undo", "inputResponses": {"other": {"action": "accept", "content": YES}}}, by_name=False
    )
    assert (agreed_in(wrong), agreed_in(other)) == (False, None)
