"""The tool `save_contact`: a person, their link to an application, and whether they are the one to ask."""

from api.agents.client import Written, path
from api.agents.delimiters import mark
from api.agents.effects import question_lines
from api.agents.handlers.context import Context
from api.agents.handlers.writing import EMPTY, new_values, nothing_new, partly, report, tried, write
from api.agents.problems import Document, Problem, Refusal, sentence
from api.agents.render import Answer

FIELDS = (
    "full_name",
    "honorific",
    "job_title",
    "company",
    "email",
    "phone",
    "postal_address",
    "name_verified",
)
REACHED_BY = ("full_name", "email", "phone")  # a wrong one sends the user's letter astray
ACT = "change_person"
CONTACT = "/v1/contacts/{contact_id}"
APPLICATION = "/v1/applications/{application_id}"
LINK = "/v1/applications/{application_id}/contacts/{contact_id}"


async def save_contact(call: Context) -> Answer:
    """Record a person, or change one."""
    application_id, asks = call.id("application_id"), call.flag("ask_about_application")
    if asks and application_id is None:
        raise Refusal("application_id is missing: about which application?")
    fields = call.given(*FIELDS)
    id_ = call.id("contact_id")
    if id_ is None:
        return await _create(call, fields, application_id)
    return await _change(call, id_, fields, application_id)


async def _create(call: Context, fields: Document, application_id: str | None) -> Answer:
    if not {"full_name", "job_title"} & fields.keys():
        raise Refusal("Send at least full_name or job_title of a new person, or contact_id to change one.")
    if application_id is not None:
        await call.api.get(path(APPLICATION, application_id=application_id))
    written = [await write(call, "POST", path("/v1/contacts"), fields)]
    id_ = str(written[0].body.get("id") or "")
    warnings = []
    if application_id is not None and call.dry_run:
        warnings.append("That the person is then linked to the application was not tried.")
    elif application_id is not None and id_:
        written += await _linked(call, id_, application_id, written)
    return await report(
        call, "Recorded a person.", written, application_id=application_id, ids={"contact_id": id_}, warnings=warnings
    )


async def _change(call: Context, id_: str, fields: Document, application_id: str | None) -> Answer:
    where = path(CONTACT, contact_id=id_)
    recorded = await call.api.get(where)
    if recorded["erased_at"]:
        raise Problem(409, {"code": "contact_erased"}, where.template)
    changed = new_values(call, recorded, fields, free=REACHED_BY)
    sensitive = [name for name in REACHED_BY if name in changed and recorded[name] not in EMPTY]
    warnings = ["This needs the user's yes."] if sensitive and call.dry_run else []
    if sensitive and not call.dry_run and not call.has_yes(ACT):
        raise await _question(call, recorded, changed, sensitive)
    written: list[Written] = []
    if changed:
        written.append(await write(call, "PATCH", where, changed, etag=recorded["etag"]))
    if application_id is not None:
        written += await _linked(call, id_, application_id, written)
    if not written:
        return nothing_new(call, {"contact_id": id_})
    did = [f"Changed {', '.join(changed)}."] * bool(changed)
    did += ["They are the one to ask about the application."] * (call.flag("ask_about_application"))
    what = " ".join(did) or "Linked to the application."
    return await report(call, what, written, application_id=application_id, ids={"contact_id": id_}, warnings=warnings)


async def _linked(call: Context, id_: str, application_id: str, before: list[Written]) -> list[Written]:
    """Make a person the one to ask about an application, or link them to it; nothing if they are."""
    where = path(APPLICATION, application_id=application_id)
    try:
        recorded = await call.api.get(where, expand="contacts")
        if call.flag("ask_about_application"):
            if recorded["status_contact_id"] == id_:
                return []
            return [await write(call, "PATCH", where, {"status_contact_id": id_}, etag=recorded["etag"])]
        if any(one["contact_id"] == id_ for one in recorded["contacts"] or []):
            return []
        link = path(LINK, application_id=application_id, contact_id=id_)
        return [await write(call, "PUT", link, {})]
    except Problem as problem:
        if not before or call.dry_run:
            raise
        raise partly(before, sentence(problem, now=call.now())) from problem


async def _question(call: Context, recorded: Document, changed: Document, sensitive: list[str]) -> Exception:
    effects = await tried(call, "PATCH", path(CONTACT, contact_id=recorded["id"]), changed)
    who = mark(recorded["full_name"] or "no name")
    said = "; ".join(f"{name} from {mark(recorded[name])} to {mark(str(changed[name]))}" for name in sensitive)
    lines = [f"This changes of {who}: {said}. Letters and calls go there.", *question_lines(effects, call.zone, None)]
    return call.question(ACT, "\n".join(lines), effects)
