"""The tool `save_application`: a new application, a change of its fields, or a new stage."""

from api.agents import times
from api.agents.client import Path, Written, path
from api.agents.delimiters import mark
from api.agents.effects import question_lines
from api.agents.handlers.context import Context
from api.agents.handlers.writing import new_values, nothing_new, partly, report, tried, write
from api.agents.problems import Document, Problem, Refusal, sentence
from api.agents.render import Answer

ENDINGS = ("accepted", "declined", "rejected", "withdrawn", "no_response")
TEXTS = ("company", "role", "location", "posting_url", "posting_text", "why_role", "why_company")
ACT = "end_application"


async def save_application(call: Context) -> Answer:
    """Record an application, or change one."""
    fields = call.given(*TEXTS)
    if (applied := call.text("applied_on")) is not None:
        fields["applied_on"] = times.day(applied, "applied_on")
    if (zone := call.text("time_zone")) is not None:
        fields["time_zone"] = times.zone_of(zone).key
    if "application_id" in call.arguments:
        return await _change(call, call.id("application_id") or "", fields)
    if not {"company", "role"} <= fields.keys():
        raise Refusal("Send company and role for a new application, or application_id to change one.")
    return await _create(call, fields)


async def _create(call: Context, fields: Document) -> Answer:
    stage = call.text("stage")
    body = {
        **fields,
        **({"stage": stage} if stage else {}),
        **({"stage_at": at} if (at := call.past("stage_at")) else {}),
    }
    where = path("/v1/applications")
    if stage in ENDINGS and not call.dry_run and not call.has_yes(ACT):
        raise call.question(ACT, f"This records an application that has ended: {stage}.", [])
    written = await write(call, "POST", where, body)
    same = written.body.get("possible_duplicate")
    warnings = [f"It may be the same as application_id {same['id']}: ask the user."] if same else []
    id_ = written.body.get("id")
    what = f"Recorded a new application at stage {written.body.get('stage', stage or 'applied')}."
    return await report(
        call,
        what,
        [written],
        application_id=None if call.dry_run else id_,
        ids={"application_id": id_},
        warnings=warnings,
    )


async def _change(call: Context, id_: str, fields: Document) -> Answer:
    where = path("/v1/applications/{application_id}", application_id=id_)
    recorded = await call.api.get(where)
    changed = new_values(call, recorded, fields)
    stage, at = call.text("stage"), call.past("stage_at")
    is_new_stage = stage is not None and (stage != recorded["stage"] or at is not None)
    if not changed and not is_new_stage:
        return nothing_new(call, {"application_id": id_})
    stages = path("/v1/applications/{application_id}/stages", application_id=id_)
    entry = {"stage": stage, **({"at": at} if at else {})}
    warnings = []
    if is_new_stage and stage in ENDINGS:
        if call.dry_run:
            warnings.append("This needs the user's yes.")
        elif not call.has_yes(ACT):
            raise await _question(call, recorded, stages, entry)
    written: list[Written] = []
    if changed:
        written.append(await write(call, "PATCH", where, changed, etag=recorded["etag"]))
    if is_new_stage:
        written.append(await _staged(call, stages, entry, written))
    what = " ".join(
        [f"Changed {', '.join(changed)}."] * bool(changed)
        + [f"Stage {stage}, since {times.spoken(at or call.current.now, call.zone)}."] * is_new_stage
    )
    return await report(call, what, written, application_id=id_, ids={"application_id": id_}, warnings=warnings)


async def _staged(call: Context, stages: Path, entry: Document, before: list[Written]) -> Written:
    try:
        return await write(call, "POST", stages, entry)
    except Problem as problem:
        if not before or call.dry_run:
            raise
        raise partly(before, sentence(problem, now=call.now())) from problem


async def _question(call: Context, recorded: Document, stages: Path, entry: Document) -> Exception:
    effects = await tried(call, "POST", stages, entry)
    about = f"{mark(recorded['company'])}, {mark(recorded['role'])}"
    lines = [
        f"This ends the application {about}: {entry['stage']}.",
        *question_lines(effects, call.zone, recorded["id"]),
    ]
    return call.question(ACT, "\n".join(lines), effects)
