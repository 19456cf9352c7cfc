"""The tool `brief_reference`: what to tell a reference, and that the user has told them."""

from api.agents.client import Written, path
from api.agents.delimiters import mark
from api.agents.findings import missing_of
from api.agents.handlers.context import Context
from api.agents.handlers.writing import hints_of, is_same, partly, report, write
from api.agents.problems import Document, Problem, Refusal, sentence
from api.agents.render import Answer, cleaned, cut, shortened

APPLICATION = "/v1/applications/{application_id}"
LINK = "/v1/applications/{application_id}/references/{reference_id}"
PERSON = ("name", "email", "phone")
GIVEN = ("job_details_given", "company_details_given")
WHOLE = 6_000
PAGE = 50


async def brief_reference(call: Context) -> Answer:
    """Write what to tell a reference, and record what they were told."""
    application_id = call.id("application_id") or ""
    if call.text("told_at") is None and ({*GIVEN, "channel"} & call.arguments.keys()):
        raise Refusal("told_at is missing: when did the user tell them? Ask the user.")
    whole = await call.api.get(path(APPLICATION, application_id=application_id), expand="references")
    links = {one["reference_id"]: one for one in whole["references"] or []}
    reference_id = call.id("reference_id")
    written: list[Written] = []
    if reference_id is None:
        written.append(await _create(call))
        reference_id = str(written[0].body.get("id") or "")
        if call.dry_run or not reference_id:
            note = "What to tell them is written once they are recorded." if call.dry_run else ""
            return await _answer(call, "Recorded a reference.", written, None, [note] if note else [])
    try:
        told = await _tell(call, application_id, reference_id, links.get(reference_id))
        written += told
        is_linked = reference_id in links or not call.dry_run
        briefing = await _briefing(call, application_id, reference_id) if is_linked else None
    except Problem as problem:
        if not written or call.dry_run:
            raise
        raise partly(written, sentence(problem, now=call.now())) from problem
    what = _what(call, written, is_new=reference_id not in links)
    return await _answer(call, what, written, briefing, [], reference_id)


async def _create(call: Context) -> Written:
    """Record a new reference. Raises Refusal with those that there are, if it is not said which one is meant."""
    people = (await call.api.get(path("/v1/references"), limit=PAGE))["items"]
    name = call.text("name")
    same = [one for one in people if name and one["name"].casefold() == name.casefold().strip()]
    if name is None or same:
        shown = "\n".join(f"{mark(one['name'][:80])} · reference_id {one['id']}" for one in same or people)
        head = "There is a reference of that name already" if same else "Send reference_id, or name for a new one"
        raise Refusal(f"{head}:\n{shown}" if shown else f"{head}. None is recorded yet.")
    agreed = {"permission_at": at} if (at := call.past("agreed_at")) else {}
    return await write(call, "POST", path("/v1/references"), {**call.given(*PERSON), **agreed})


async def _tell(call: Context, application_id: str, reference_id: str, link: Document | None) -> list[Written]:
    """Name a reference for an application if it is not, and record what they were told."""
    where = path(LINK, application_id=application_id, reference_id=reference_id)
    facts = _facts(call, link or {})
    if link is None:
        return [await write(call, "PUT", where, facts)]
    if not facts:
        return []
    return [await write(call, "PATCH", where, facts, etag=link["etag"])]


def _facts(call: Context, link: Document) -> Document:
    """Return what is to be recorded of a reference. What stands there is not overwritten."""
    facts: Document = {}
    if told := call.past("told_at"):
        given = {name: True for name in GIVEN if call.flag(name) and not link.get(name)}
        facts |= given
        if not link.get("alerted_at"):
            facts |= {"alerted_at": told, **({"alert_channel": way} if (way := call.text("channel")) else {})}
        if given and not link.get("briefed_at") and all(call.flag(one) or link.get(one) for one in GIVEN):
            facts["briefed_at"] = told
    if called := call.past("called_at"):
        if link.get("contacted_at") and not is_same(link["contacted_at"], called):
            raise Refusal("called_at is recorded already. Leave it out; the user can change it in the app.")
        facts |= {} if link.get("contacted_at") else {"contacted_at": called}
    return facts


async def _briefing(call: Context, application_id: str, reference_id: str) -> Document:
    where = path(f"{LINK}/briefing", application_id=application_id, reference_id=reference_id)
    return await call.api.get(where)


def _what(call: Context, written: list[Written], *, is_new: bool) -> str:
    said = ["Named for this application."] if is_new else []
    if call.text("told_at") and written:
        said.append("Recorded what they were told.")
    if call.text("called_at") and written:
        said.append("Recorded that the employer called them.")
    return " ".join(said) or "Nothing was changed. This is what to tell them."


async def _answer(
    call: Context,
    what: str,
    written: list[Written],
    briefing: Document | None,
    warnings: list[str],
    reference_id: str | None = None,
) -> Answer:
    message = briefing or {"text": "", "warnings": [], "gaps": []}
    missing = missing_of(message["gaps"])
    text: list[str] = []
    if message["text"] and not (call.text("told_at") and written):  # after they were told, nobody needs it again
        text = [f"What to tell them:\n{cut(message['text'], at=WHOLE)}"]
        text += [f"No material for: {', '.join(missing)}."] if missing else []
    answer = await report(
        call,
        what,
        written,
        application_id=call.id("application_id"),
        ids={"reference_id": reference_id} if reference_id else {},
        warnings=[*warnings, *hints_of(message)],
        text=text,
    )
    more = {"text": cleaned(shortened(message["text"], at=WHOLE)), **({"missing": missing} if missing else {})}
    return Answer(answer.text, {**(answer.structure or {}), **more}, is_error=False)
