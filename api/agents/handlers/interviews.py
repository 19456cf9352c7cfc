"""The tools `record_interview` and `record_debrief`: rounds, and what is known after them."""

from api.agents import times
from api.agents.client import Written, path
from api.agents.effects import question_lines
from api.agents.handlers.context import Context
from api.agents.handlers.people import people_of
from api.agents.handlers.writing import (
    EMPTY,
    hints_of,
    is_same,
    new_values,
    nothing_new,
    partly,
    report,
    tried,
    would_overwrite,
    write,
)
from api.agents.problems import Document, Problem, Refusal, sentence
from api.agents.render import Answer

MOMENTS = ("contact_from", "contact_by", "hear_by")
PLAIN = ("kind", "status", "location", "link", "next_stage")
NOTES = ("positives", "concerns", "remarks")
TICKS = ("no_positives", "no_concerns")
UNKNOWN = ("next_stage_unknown", "timing_unknown")
ACT = "cancel_interview"
INTERVIEW = "/v1/interviews/{interview_id}"
DEBRIEF = "/v1/interviews/{interview_id}/debrief"


async def record_interview(call: Context) -> Answer:
    """Record an interview, or change one."""
    if "interview_id" in call.arguments:
        return await _change(call, call.id("interview_id") or "")
    application_id = call.id("application_id")
    if application_id is None:
        raise Refusal("Send application_id for a new interview, or interview_id to change one.")
    if "start" not in call.arguments:
        raise Refusal("start is missing: ask the user for date and time.")
    application = await call.api.get(path("/v1/applications/{application_id}", application_id=application_id))
    zone = _zone(call, application["time_zone"])
    body = {**call.given(*PLAIN), **_times(call, zone), "time_zone": zone, **call.moments(*MOMENTS)}
    if people := await people_of(call, application_id):
        body["people"] = people
    where = path("/v1/applications/{application_id}/interviews", application_id=application_id)
    written = await write(call, "POST", where, body)
    made = written.body
    what = f"Recorded an interview on {times.spoken(body['starts_at'], zone)}{_said(body)}."
    ids = {"interview_id": made.get("id"), **_contact_ids(made)}
    return await report(call, what, [written], application_id=application_id, ids=ids, warnings=hints_of(made))


async def _change(call: Context, id_: str) -> Answer:
    where = path(INTERVIEW, interview_id=id_)
    recorded = await call.api.get(where)
    if call.id("application_id") not in (None, recorded["application_id"]):
        raise Refusal("interview_id belongs to another application: leave out application_id, or ask the user.")
    zone = _zone(call, recorded["time_zone"])
    given = {**call.given(*PLAIN), **_times(call, zone), **call.moments(*MOMENTS)}
    if "time_zone" in call.arguments:
        given["time_zone"] = zone
    # A round counts as scheduled until somebody says what became of it: that replaces nothing.
    free = ("status",) if recorded["status"] == "scheduled" or given.get("status") == "cancelled" else ()
    changed = new_values(call, recorded, given, free=free)
    if {"starts_at", "ends_at"} & changed.keys():
        changed["time_zone"] = zone
    people = await people_of(call, recorded["application_id"])
    if not changed and not people:
        return nothing_new(call, {"interview_id": id_})
    warnings = await _agreed(call, recorded, changed)
    written = [await write(call, "PATCH", where, changed, etag=recorded["etag"])] if changed else []
    if people:
        written.append(await _add_people(call, id_, people, written))
    after = next((one.body for one in written if "starts_at" in one.body), recorded)
    what = f"Changed the interview on {times.spoken(after['starts_at'], after['time_zone'])}: "
    what += ", ".join([_argument(name) for name in changed if name != "time_zone"] + ["people"] * bool(people)) + "."
    ids = {"interview_id": id_, **_contact_ids(written[-1].body)}
    return await report(
        call,
        what,
        written,
        application_id=recorded["application_id"],
        ids=ids,
        warnings=[*warnings, *hints_of(after)],
    )


async def _agreed(call: Context, recorded: Document, changed: Document) -> list[str]:
    """Ask for the user's yes if an interview is cancelled; return what a dry run says instead."""
    if changed.get("status") != "cancelled":
        return []
    if call.dry_run:
        return ["This needs the user's yes."]
    if call.has_yes(ACT):
        return []
    effects = await tried(call, "PATCH", path(INTERVIEW, interview_id=recorded["id"]), changed)
    when = times.spoken(recorded["starts_at"], recorded["time_zone"])
    lines = [f"This cancels the interview on {when}.", *question_lines(effects, call.zone, recorded["application_id"])]
    raise call.question(ACT, "\n".join(lines), effects)


async def _add_people(call: Context, id_: str, people: list[Document], before: list[Written]) -> Written:
    try:
        return await write(call, "POST", path(DEBRIEF, interview_id=id_), {"people": people})
    except Problem as problem:
        if not before or call.dry_run:
            raise
        raise partly(before, sentence(problem, now=call.now())) from problem


async def record_debrief(call: Context) -> Answer:
    """Record all that is known after an interview."""
    id_ = call.id("interview_id") or ""
    recorded = await call.api.get(path(INTERVIEW, interview_id=id_))
    body = _learned(call, recorded)
    for name in NOTES:
        if notes := call.entries(name):
            body[name] = notes
    if people := await people_of(call, recorded["application_id"]):
        body["people"] = people
    if not body.keys() - {"at"}:
        if {"interview_id", "at", "dry_run"} >= call.arguments.keys():
            raise Refusal("Nothing to record: ask the user what was said, and send that.")
        return nothing_new(call, {"interview_id": id_})
    written = await write(call, "POST", path(DEBRIEF, interview_id=id_), body)
    made = written.body
    counts = [f"{name} {len(body[name])}" for name in ("people", *NOTES) if name in body]
    rest = [_argument(name) for name in body if name not in ("people", "at", *NOTES)]
    when = times.spoken(recorded["starts_at"], recorded["time_zone"])
    what = f"Recorded the debrief of the interview on {when}: {', '.join(counts + rest)}{_said(body)}."
    ids = {
        "interview_id": id_,
        **_contact_ids(made),
        "note_ids": [one["id"] for one in made.get("notes") or []],
    }
    warnings = hints_of(made.get("interview") or {})
    return await report(call, what, [written], application_id=recorded["application_id"], ids=ids, warnings=warnings)


def _learned(call: Context, recorded: Document) -> Document:
    """Return what a debrief says about the interview itself and is not recorded yet.

    Raises Refusal if something else is recorded: a debrief adds, and overwrites nothing.
    """
    wanted = {
        **call.given("next_stage"),
        **call.moments(*MOMENTS),
        **({"actual_end": at} if (at := call.past("actual_end")) else {}),
    }
    _check_unknown(call, recorded)
    new = {name: value for name, value in wanted.items() if not is_same(recorded[name], value)}
    standing = [name for name in new if recorded[name] not in EMPTY]
    if standing == ["actual_end"]:
        when = times.spoken(recorded["actual_end"], recorded["time_zone"])
        raise Refusal(f"actual_end is recorded already: {when}. Leave it out; the user can change it in the app.")
    if standing:
        raise would_overwrite(call, recorded, standing, "record_interview")
    flags = {name: True for name in UNKNOWN if call.flag(name) and not recorded[name]}
    flags |= {name: True for name in TICKS if call.flag(name) and not recorded[f"{name}_at"]}
    return {**new, **flags, **({"at": at} if (at := call.past("at")) else {})}


def _check_unknown(call: Context, recorded: Document) -> None:
    """Refuse that somebody would not say what is recorded already."""
    if call.flag("next_stage_unknown") and recorded["next_stage"]:
        raise would_overwrite(call, recorded, ["next_stage"], "record_interview")
    known = [name for name in MOMENTS if recorded[name]]
    if call.flag("timing_unknown") and known:
        raise would_overwrite(call, recorded, known, "record_interview")


def _zone(call: Context, recorded: str) -> str:
    given = call.text("time_zone")
    return recorded if given is None else times.zone_of(given).key


def _times(call: Context, zone: str) -> Document:
    """Return start and end as instants: wall times in the zone of the interview, or with an offset."""
    names = {"start": "starts_at", "end": "ends_at"}
    return {
        field: times.rfc3339(times.instant(text, zone, name))
        for name, field in names.items()
        if (text := call.text(name)) is not None
    }


def _said(body: Document) -> str:
    said = [f"{name} {times.spoken_moment(body[name])}" for name in MOMENTS if name in body]
    return f" ({', '.join(said)})" if said else ""


def _argument(name: str) -> str:
    return {"starts_at": "start", "ends_at": "end"}.get(name, name)


def _contact_ids(made: Document) -> Document:
    people = made.get("contacts") or made.get("people") or []
    ids = [one.get("id") or one.get("contact_id") for one in people if isinstance(one, dict)]
    return {"contact_ids": [one for one in ids if one]}
