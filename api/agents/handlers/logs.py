"""The tools that only add: contact with the employer, search activities; and steps by hand."""

from api.agents import steps, times
from api.agents.client import path
from api.agents.handlers.context import Context
from api.agents.handlers.writing import hints_of, nothing_new, report, write
from api.agents.problems import Document, Refusal
from api.agents.render import Answer

MOMENTS = ("contact_from", "contact_by", "hear_by")
DONE = {"complete": ("done", "done_late"), "skip": ("skipped",)}
ACTED = {
    "complete": "Marked as done by hand",
    "skip": "Skipped",
    "reopen": "Open again as the records say",
    "snooze": "Hidden from what is due",
    "unsnooze": "Shown again in what is due",
}


async def log_contact_made(call: Context) -> Answer:
    """Record contact with the employer."""
    id_ = call.id("application_id") or ""
    body = {
        **call.given("direction", "channel", "outcome", "summary"),
        **call.moments(*MOMENTS),
        **({"at": at} if (at := call.past("at")) else {}),
        **({"contact_id": contact} if (contact := call.id("contact_id")) else {}),
    }
    written = await write(call, "POST", path("/v1/applications/{application_id}/follow-ups", application_id=id_), body)
    warnings = hints_of(written.body)
    if call.text("outcome") == "decision":
        warnings.append("The stage stays as it was: if they decided, record it → save_application stage")
    when = times.spoken(written.body.get("at") or call.current.now, call.zone)
    said = [f"{name} {times.spoken_moment(body[name])}" for name in MOMENTS if name in body]
    what = f"Recorded contact of {when}: {', '.join([str(body['outcome']), *said])}."
    ids = {"contact_made_id": written.body.get("id")}
    return await report(call, what, [written], application_id=id_, ids=ids, warnings=warnings)


async def log_search(call: Context) -> Answer:
    """Record a search activity."""
    application_id = call.id("application_id")
    body = {
        **call.given("kind", "note"),
        **({"at": at} if (at := call.past("at")) else {}),
        **({"application_id": application_id} if application_id else {}),
    }
    written = await write(call, "POST", path("/v1/search-activities"), body)
    when = times.spoken(written.body.get("at") or call.current.now, call.zone)
    what = f"Recorded search activity ({body['kind']}) of {when}."
    return await report(
        call, what, [written], application_id=application_id, ids={"activity_id": written.body.get("id")}
    )


async def act_on_step(call: Context) -> Answer:
    """Complete, skip, reopen, snooze or show a step."""
    action, id_ = call.required("action"), call.id("step_id") or ""
    body = _body(call, action)
    step = await call.api.get(path("/v1/steps/{step_id}", step_id=id_))
    if step["state"] in DONE.get(action, ()) and "at" not in call.arguments:
        return nothing_new(call, {"step_id": id_})
    if action == "unsnooze":
        if not step["snoozed_until"]:
            return nothing_new(call, {"step_id": id_})
        written = await write(call, "DELETE", path("/v1/steps/{step_id}/snooze", step_id=id_))
    else:
        written = await write(call, "POST", path(f"/v1/steps/{{step_id}}/{action}", step_id=id_), body)
    after = written.body or step
    until = f" until {times.spoken(body['until'], call.zone)}" if action == "snooze" else ""
    what = f"{ACTED[action]}{until}: {steps.name_of(step)}. It is {steps.STATES[after['state']].lower()} now."
    warnings = hints_of(after) if action in ("complete", "skip", "reopen") else []
    return await report(
        call, what, [written], application_id=step["application_id"], ids={"step_id": id_}, warnings=warnings
    )


def _body(call: Context, action: str) -> Document:
    """Return the body of an action, and refuse what the action does not take."""
    if action in ("complete", "skip"):
        if not (call.text("reason") or "").strip():
            raise Refusal(f"reason is missing: {action} wants the user's reason. Ask the user.")
        return {"note": call.required("reason"), **({"at": at} if (at := call.past("at")) else {})}
    if action == "snooze":
        until = call.text("until")
        if until is None:
            raise Refusal("until is missing: ask the user when to see it again, at most 30 days ahead.")
        return {"until": times.rfc3339(times.instant(until, call.zone, "until"))}
    return {"at": at} if (at := call.past("at")) else {}
