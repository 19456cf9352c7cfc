"""Prompts: conversations that a person starts by choosing one, in the words of the seven steps."""

from collections.abc import Callable, Collection, Coroutine

import mcp_types as types
from mcp.shared.exceptions import MCPError

from api.agents import catalogue
from api.agents.client import Api, path
from api.agents.resources import BY_SHAPE, card_text, guide_text

Arguments = dict[str, str]
Text = Coroutine[None, None, str]
PREP_CARD = BY_SHAPE["afterword://interviews/{}/prep-card"]
CALL_CARD = BY_SHAPE["afterword://applications/{}/call-card"]
INTERVIEW, APPLICATION = "interview_id", "application_id"

INTERVIEW_GUIDE = """\
Ask me about the interview that I have just had, one question at a time, and wait for each answer:
1. When did it end?
2. Who was there? How do they write their names, and what do they do there?
3. What did they say comes next, and from when until when may I call? "They would not say" is an answer: then record \
next_stage_unknown or timing_unknown.
4. What went well, and how may a letter say it? If there is nothing to repeat, record no_positives.
5. What is still open or spoke against me, and what is my own answer to it? If nothing is, record no_concerns.
6. What did only this interview have: a remark, a thing that we both know?
Write my words, not better ones. Leave out what I did not say. Do not guess names, dates or addresses: ask.
Then read it back to me, call record_debrief with dry_run, and show me the effects. When I agree, call it without \
dry_run. Then offer to compose the thank-you letter with draft_letter. I send it myself."""
THIS_INTERVIEW = "The interview has the id {id}."
FIND_INTERVIEW = (
    "Find the interview first: with `due`, or with `find` and `application`. If several could be meant, ask me which."
)
TODAY = """\
Call `due` and go through it with me in its order. For each entry say in one sentence what is due and why, then do the \
one thing that it suggests: ask me for the fact that is missing, and record it with the tool that the entry names.
Record only what I say. If I do not know, leave it open and go on. When we are through, say what is due next."""
BEFORE_THE_CALL = """\
I am about to call them. Here are the card for the call and what this step is about. In a few sentences: whom I call \
and when they can be reached, how I begin, what I ask, and what they promised. Then wait until I have called.
Afterwards ask for the result and record it with log_contact_made: no_answer, left_message, spoke or decision, and \
the dates that they gave. Record only what I say. A decision does not change the stage: ask me, then use \
save_application."""


async def _after_the_interview(arguments: Arguments, api: Api) -> str:
    interview_id = arguments.get(INTERVIEW)
    if not interview_id:
        return f"{INTERVIEW_GUIDE}\n\n{FIND_INTERVIEW}"
    card = await card_text(api, PREP_CARD, interview_id)
    return f"{INTERVIEW_GUIDE}\n\n{THIS_INTERVIEW.format(id=interview_id.lower())} Its open questions:\n\n{card}"


async def _today(_arguments: Arguments, _api: Api) -> str:
    return TODAY


async def _before_the_call(arguments: Arguments, api: Api) -> str:
    application_id = arguments.get(APPLICATION)
    if not application_id:
        raise MCPError(types.INVALID_PARAMS, "Send application_id: `find` has the ids.")
    card = await card_text(api, CALL_CARD, application_id)
    step = guide_text(await api.get(path("/v1/guide")), only=6)
    return f"{BEFORE_THE_CALL}\n\nThe application has the id {application_id.lower()}.\n\n{card}\n\n{step}"


PROMPTS: dict[str, tuple[types.Prompt, Callable[[Arguments, Api], Text], str]] = {
    "after_the_interview": (
        types.Prompt(
            name="after_the_interview",
            title="After the interview",
            description="Tell how it went, question by question; the assistant records it and offers the letter.",
            arguments=[types.PromptArgument(name=INTERVIEW, description="Which interview; else it asks")],
        ),
        _after_the_interview,
        "record_debrief",
    ),
    "today": (
        types.Prompt(name="today", title="Today", description="Go through what is due, the most urgent first."),
        _today,
        "due",
    ),
    "before_the_call": (
        types.Prompt(
            name="before_the_call",
            title="Before the call",
            description="What to have at hand for the call, and recording the result.",
            arguments=[types.PromptArgument(name=APPLICATION, description="Which application", required=True)],
        ),
        _before_the_call,
        "log_contact_made",
    ),
}


def listed(scopes: Collection[str]) -> list[types.Prompt]:
    """Return the prompts whose tool a token may call."""
    tools = {tool.name for tool in catalogue.listed(scopes)}
    return [prompt for prompt, _, tool in PROMPTS.values() if tool in tools]


async def get(name: str, arguments: Arguments, api: Api) -> types.GetPromptResult:
    """Return the text of a prompt as a message of the user. Raises MCPError for an unknown name, and Problem."""
    if name not in PROMPTS:
        raise MCPError(types.INVALID_PARAMS, "There is no prompt of this name: prompts/list has the names.")
    prompt, text, _ = PROMPTS[name]
    message = types.PromptMessage(role="user", content=types.TextContent(text=await text(arguments, api)))
    return types.GetPromptResult(description=prompt.description, messages=[message])
