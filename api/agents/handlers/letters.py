"""The tools `draft_letter` and `mark_letter_sent`. Nothing here sends anything."""

from api.agents import times
from api.agents.client import Written, is_id, path
from api.agents.delimiters import mark
from api.agents.findings import finding_data, finding_line, missing_of
from api.agents.handlers.context import Context
from api.agents.handlers.writing import hints_of, new_values, nothing_new, report, write
from api.agents.problems import Document, Problem, Refusal
from api.agents.render import Answer, cleaned, cut, present, shortened

LETTER = "/v1/letters/{letter_id}"
COMPOSE = "/v1/interviews/{interview_id}/letters/compose"
MOST = 20  # findings
WHOLE = 6_000  # characters of a letter that are shown at once
NO_ADDRESS = ("recipient_without_address", "recipient_address_unusable")


async def draft_letter(call: Context) -> Answer:
    """Compose a draft, or change or check one."""
    letter_id, interview_id = call.id("letter_id"), call.id("interview_id")
    if letter_id is not None:
        return await _edit(call, letter_id)
    if interview_id is None:
        raise Refusal("Send interview_id to compose a letter, or letter_id to change or check one.")
    if {"subject", "body"} & call.arguments.keys():
        raise Refusal("Compose first, with interview_id alone; then send subject or body with the letter_id.")
    body = {**call.given("kind", "tone"), **_recipients(call)}
    written = await write(call, "POST", path(COMPOSE, interview_id=interview_id), body)
    return await _shown(call, "Composed a draft.", written.body, [written])


async def _edit(call: Context, id_: str) -> Answer:
    where = path(LETTER, letter_id=id_)
    recorded = await call.api.get(where)
    wanted = {**call.given("subject", "body"), **_recipients(call)}
    now = {**recorded, "recipients": [one["contact_id"] for one in recorded["recipients"]]}
    # The words of a draft that was composed are nobody's own, and its recipients were chosen by default.
    is_own = any(paragraph["role"] == "own" for paragraph in recorded["paragraphs"])
    free = ("recipients",) if is_own else ("recipients", "subject", "body")
    changed = {name: value for name, value in wanted.items() if now[name] != value}
    if changed and recorded["sent_at"]:
        when = times.spoken(recorded["sent_at"], call.zone)
        raise Refusal(f"It is recorded as sent on {when}: its text stays as it was.")
    changed = new_values(call, now, wanted, free=free)
    if not changed:
        return await _shown(call, "Read the letter; nothing was changed.", recorded, [])
    written = await write(call, "PATCH", where, changed, etag=recorded["etag"])
    return await _shown(call, f"Changed {', '.join(changed)}.", written.body, [written])


def _recipients(call: Context) -> Document:
    if "recipients" not in call.arguments:
        return {}
    given = call.texts("recipients")
    if not all(is_id(one) for one in given):
        raise Refusal("recipients wants ids of people as `find` gives them.")
    return {"recipients": [one.lower() for one in given]}


async def _shown(call: Context, what: str, letter: Document, written: list[Written]) -> Answer:
    """Return a letter with its text, its recipients and what the check finds."""
    if not letter:  # a replay whose answer is not kept any more
        return await report(call, what, written)
    is_stored = not (call.dry_run and written and "missing" in letter)
    findings: list[Document] = []
    may_be_emailed = None
    if is_stored:
        check = await call.api.get(path("/v1/letters/{letter_id}/check", letter_id=letter["id"]))
        findings, may_be_emailed = check["findings"], check["may_be_emailed"]
    body = str(letter["body"] or "")
    missing = missing_of(letter.get("gaps") or [])
    text = [
        f"Subject: {mark(letter['subject'] or '')}",
        f"To: {', '.join(_recipient(one) for one in letter['recipients']) or 'nobody yet'}",
        cut(body, f"afterword://letters/{letter['id']}", at=WHOLE),
        *([f"No material for: {', '.join(missing)}."] if missing else []),
        *(f"Check – {finding_line(one)}" for one in findings[:MOST]),
        "Show it to the user. The user sends it; then mark_letter_sent with when.",
    ]
    more = {
        **present(
            subject=letter["subject"],
            recipients=letter["recipients"],
            sources=[one["source_note_ids"] for one in letter["paragraphs"] if one["source_note_ids"]],
            missing=missing,
        ),
        **({"letter_id": letter["id"]} if is_stored else {}),
        **({"may_be_emailed": may_be_emailed} if may_be_emailed is not None else {}),
        "body": cleaned(shortened(body, at=WHOLE)),
        "findings": [cleaned(finding_data(one)) for one in findings[:MOST]],
    }
    answer = await report(call, what, written, ids={"letter_id": letter["id"]} if is_stored else {}, text=text, more={})
    return Answer(answer.text, {**(answer.structure or {}), **more}, is_error=False)


def _recipient(one: Document) -> str:
    address = f" {mark(one['address'])}" if one["address"] else " (no address)"
    return f"{mark(one['name'] or 'no name')}{address} contact_id {one['contact_id']}"


async def mark_letter_sent(call: Context) -> Answer:
    """Record that the user has sent a letter."""
    id_ = call.id("letter_id") or ""
    where = path(LETTER, letter_id=id_)
    wanted = {"sent_at": call.past("sent_at"), "channel": call.required("channel")}
    recorded = await call.api.get(where)
    when = times.spoken(str(wanted["sent_at"]), call.zone)
    if recorded["sent_at"]:
        return await _corrected(call, recorded, wanted, when)
    try:
        written = await write(call, "POST", path(f"{LETTER}/send", letter_id=id_), wanted)
    except Problem as problem:
        raise _unsendable(problem, recorded) or problem from problem
    what = f"Marked as sent on {when} by {wanted['channel']}."
    return await report(
        call,
        what,
        [written],
        application_id=recorded["application_id"],
        ids={"letter_id": id_},
        warnings=hints_of(written.body),
    )


async def _corrected(call: Context, recorded: Document, wanted: Document, when: str) -> Answer:
    """Correct when or how a sent letter was sent."""
    ids = {"letter_id": recorded["id"]}
    changed = {name: value for name, value in wanted.items() if recorded[name] != value}
    if not changed:
        return nothing_new(call, ids)
    if not call.flag("replace"):
        was = f"{times.spoken(recorded['sent_at'], call.zone)} by {recorded['channel'] or 'an unknown channel'}"
        raise Refusal(f"It is recorded as sent on {was}: to correct that, send replace.")
    where = path(LETTER, letter_id=recorded["id"])
    written = await write(call, "PATCH", where, changed, etag=recorded["etag"])
    what = f"Corrected: sent on {when} by {wanted['channel']}."
    return await report(call, what, [written], application_id=recorded["application_id"], ids=ids)


def _unsendable(problem: Problem, letter: Document) -> Refusal | None:
    """Return the refusal that names the recipients who cannot be reached by e-mail."""
    if not set(NO_ADDRESS) & set(problem.field_codes()):
        return None
    is_known = letter["channel"] in (None, "email")  # else the addresses shown are those of another channel
    names = [mark(one["name"] or "no name") for one in letter["recipients"] if is_known and not one["address"]]
    who = f"{', '.join(names)} {'has' if len(names) == 1 else 'have'}" if names else "A recipient has"
    return Refusal(
        f"{who} no usable e-mail address here: ask the user and use save_contact, or ask whether it went by post or "
        f"hand."
    )
