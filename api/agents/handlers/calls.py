"""Call a tool by its name."""

from collections.abc import Awaitable, Callable, Mapping

from api.agents import arguments as schema
from api.agents import problems, times
from api.agents.catalogue import BY_NAME, lacking
from api.agents.client import Api, Current
from api.agents.handlers import (
    applications,
    contacts,
    interviews,
    letters,
    logs,
    picture,
    reading,
    references,
    undo,
)
from api.agents.handlers.context import Context
from api.agents.problems import Problem, Refusal
from api.agents.render import Answer, refused

Handler = Callable[[Context], Awaitable[Answer]]
HANDLERS: Mapping[str, Handler] = {
    "due": reading.due,
    "application": picture.application,
    "find": reading.find,
    "explain_step": reading.explain_step,
    "save_application": applications.save_application,
    "record_interview": interviews.record_interview,
    "record_debrief": interviews.record_debrief,
    "save_contact": contacts.save_contact,
    "log_contact_made": logs.log_contact_made,
    "draft_letter": letters.draft_letter,
    "mark_letter_sent": letters.mark_letter_sent,
    "brief_reference": references.brief_reference,
    "act_on_step": logs.act_on_step,
    "log_search": logs.log_search,
    "undo": undo.undo,
}


async def call(
    name: str, arguments: dict[str, object], api: Api, current: Current, *, agreed: bool | None = None
) -> Answer:
    """Call a tool, and return its answer or what to do instead.

    `agreed`: what the user said to the question of an earlier call; None: they were not asked. Raises NeedsYes for an
    act that needs a yes and has neither that nor a valid code.
    """
    if name not in BY_NAME:
        return refused(f"There is no such tool; use {', '.join(BY_NAME)}.")
    if missing := lacking(BY_NAME[name], current.scopes):
        document = {"code": "forbidden", "missing_scopes": missing}
        return refused(problems.sentence(Problem(403, document)))
    try:
        schema.check(name, arguments)
        return await HANDLERS[name](Context(name, arguments, api, current, agreed))
    except Refusal as refusal:
        return refused(str(refusal))
    except Problem as problem:
        return refused(problems.sentence(problem, now=times.spoken(current.now, current.time_zone)))
