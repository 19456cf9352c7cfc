"""Resources: texts that a person can add to a conversation. What people wrote in them is delimited."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import mcp_types as types
from mcp.shared.exceptions import MCPError

from api.agents.client import Api, Current, path
from api.agents.delimiters import mark
from api.agents.handlers import calls
from api.protocol.scopes import missing_scopes

GUIDE = "afterword://guide"
MARKDOWN, PLAIN = "text/markdown", "text/plain"
DAY_MS = 86_400_000
ADDRESS = re.compile(r"afterword://([a-z]+)/([^/?#]+)(/[a-z-]+)?")
UNKNOWN = "There is no such resource: resources/list and resources/templates/list have the addresses."
TO_USER, TO_ASSISTANT = (types.Annotations(audience=[role]) for role in ("user", "assistant"))
FIXED = [
    types.Resource(
        uri=GUIDE,
        name="guide",
        title="The seven steps",
        description="What each step is for, how to do it, what to say, and common mistakes.",
        mime_type=MARKDOWN,
        annotations=TO_ASSISTANT,
    )
]


@dataclass(frozen=True)
class Source:
    """A kind of resource with an id. `path`: where the API has its text; without one, the tool `application` has it."""

    template: str
    name: str
    title: str
    heading: str
    path: str | None
    scopes: tuple[str, ...] = ("applications:read",)

    @property
    def id_name(self) -> str:
        """The name of the id in the address of the resource."""
        return self.template.partition("{")[2].partition("}")[0]

    def listing(self) -> types.ResourceTemplate:
        """Return the entry for the list of templates."""
        return types.ResourceTemplate(
            uri_template=self.template,
            name=self.name,
            title=self.title,
            mime_type=MARKDOWN if self.path is None else PLAIN,
            annotations=TO_ASSISTANT if self.path is None else TO_USER,
        )


SOURCES = (
    Source(
        "afterword://applications/{application_id}",
        "application",
        "One application: the whole picture",
        "",
        None,
        ("applications:read", "steps:read"),
    ),
    Source(
        "afterword://applications/{application_id}/call-card",
        "call_card",
        "What to have at hand for the call",
        "The card for the call:",
        "/v1/applications/{application_id}/call-card",
    ),
    Source(
        "afterword://applications/{application_id}/reference-sheet",
        "reference_sheet",
        "The references to name, as one page",
        "The page of references:",
        "/v1/applications/{application_id}/reference-sheet",
    ),
    Source(
        "afterword://interviews/{interview_id}/prep-card",
        "prep_card",
        "What to ask and find out at an interview",
        "The card for the interview:",
        "/v1/interviews/{interview_id}/prep-card",
    ),
    Source("afterword://letters/{letter_id}", "letter", "A letter", "The letter:", "/v1/letters/{letter_id}"),
)
BY_SHAPE = {source.template.replace(f"{{{source.id_name}}}", "{}"): source for source in SOURCES}


def templates(scopes: Collection[str]) -> list[types.ResourceTemplate]:
    """Return the addresses with an id that a token may read."""
    return [source.listing() for source in SOURCES if not missing_scopes(source.scopes, scopes)]


async def read(uri: str, api: Api, current: Current) -> types.ReadResourceResult:
    """Return a resource. Raises MCPError for an unknown address, and Problem."""
    if uri == GUIDE:
        return _contents(uri, MARKDOWN, guide_text(await api.get(path("/v1/guide"))), ttl_ms=DAY_MS)
    match = ADDRESS.fullmatch(uri)
    source = BY_SHAPE.get(f"afterword://{match[1]}/{{}}{match[3] or ''}") if match else None
    if match is None or source is None:
        raise MCPError(types.INVALID_PARAMS, UNKNOWN)
    if source.path is not None:
        text = await card_text(api, source, match[2])
        return _contents(uri, PLAIN, text)
    answer = await calls.call("application", {"application_id": match[2]}, api, current)
    if answer.is_error:
        raise MCPError(types.INVALID_PARAMS, answer.text)
    return _contents(uri, MARKDOWN, answer.text)


async def card_text(api: Api, source: Source, row_id: str) -> str:
    """Return a text of the API, delimited as a whole, because it consists of what people wrote for the most part."""
    text = await api.get_text(path(source.path or "", **{source.id_name: row_id}), format="text")
    return f"{source.heading}\n{mark(text)}"


def guide_text(guide: dict[str, Any], *, only: int | None = None) -> str:
    """Return the guide to the steps as Markdown; `only`: the number of the one step that is wanted."""
    return "\n\n".join(
        "\n".join(
            [
                f"## {step['number']}. {step['title']}",
                step["why"],
                step["do"],
                *(f"- Say: {words}" for words in step["words"]),
                *(f"- Avoid: {slip}" for slip in step["slips"]),
            ]
        )
        for step in guide["steps"]
        if only in (None, step["number"])
    )


def _contents(uri: str, mime_type: str, text: str, *, ttl_ms: int = 0) -> types.ReadResourceResult:
    contents: list[types.TextResourceContents | types.BlobResourceContents] = [
        types.TextResourceContents(uri=uri, mime_type=mime_type, text=text)
    ]
    return types.ReadResourceResult(contents=contents, ttl_ms=ttl_ms, cache_scope="private")
