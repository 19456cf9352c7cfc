"""The tool `application`: the whole picture of one application, or what to have at hand for a call or a talk."""

from collections.abc import Callable, Sequence
from datetime import date

from api.agents import findings, steps, times
from api.agents.client import is_id, path
from api.agents.delimiters import clean, mark
from api.agents.handlers.context import Context
from api.agents.problems import Document, Refusal
from api.agents.render import (
    MAX_BYTES,
    ROOM_FOR_END,
    Answer,
    Lines,
    Structure,
    answered,
    cut,
    fitting,
    present,
    shortened,
    size_of,
)

EXPANDED = "contacts,interviews,interviewers,steps,notes,letters,references,follow_ups,offers"
CANDIDATES = 8
RESOURCE = "afterword://applications"
ROOM = 5_000  # bytes of data for one list
DETAILS = ("applied_on", "location", "posting_url", "why_role", "why_company", "posting_text")
PROMISES = {"contact_from": "call from", "contact_by": "call until", "hear_by": "they answer by"}


async def application(call: Context) -> Answer:
    """Read one application by its id, or by words that fit one company."""
    id_ = await _resolved(call, call.required("application_id"))
    view = call.text("view") or "overview"
    if view == "call_card":
        return await _call_card(call, id_)
    if view == "prep_card":
        return await _prep_card(call, id_)
    whole = await call.api.get(path("/v1/applications/{application_id}", application_id=id_), expand=EXPANDED)
    await _name_of_asked(call, whole)
    as_of = call.text("as_of")
    if as_of is not None:
        at = times.rfc3339(times.instant(as_of, call.zone, "as_of"))
        of = path("/v1/applications/{application_id}/steps", application_id=id_)
        whole["steps"] = (await call.api.get(of, as_of=at))["steps"]
    return answered(_as_text(call, whole, as_of), {"now": call.now(), **_as_data(whole, call.zone)})


async def _resolved(call: Context, given: str) -> str:
    """Return the id of an application. Raises Refusal with the candidates if words fit none or several."""
    if is_id(given):
        return given
    if not given.strip() or any(sign in given for sign in "/%?#\\\x00"):
        raise Refusal("application_id wants an id as `find` gives it, or a company name.")
    page = await call.api.get(
        path("/v1/search"), q=" ".join(given.split())[:200], types="application", limit=CANDIDATES
    )
    found = page["items"]
    wanted = given.casefold().strip()
    fits = [one for one in found if wanted in one["title"].casefold()]
    same = [one for one in fits if one["title"].casefold().startswith(f"{wanted}, ")]  # the whole company
    if len(same or fits) == 1 and (same or not page["next_cursor"]):
        return str((same or fits)[0]["id"])
    if not found:
        raise Refusal("No application fits these words: try `find` with other words, or `due`.")
    shown = "\n".join(f"{mark(one['title'])} · application_id {one['id']}" for one in found)
    raise Refusal(f"These words do not fit one application only. Ask the user, or choose from:\n{shown}")


async def _name_of_asked(call: Context, whole: Document) -> None:
    """Read the name of the person to ask if no list of the application has it."""
    id_ = whole["status_contact_id"]
    known = {one["contact_id"] for name in ("contacts", "interviewers") for one in whole[name] or []}
    if id_ is not None and id_ not in known and call.current.has("contacts:read"):
        person = await call.api.get(path("/v1/contacts/{contact_id}", contact_id=id_))
        whole["status_contact_name"] = person["full_name"]


def _as_text(call: Context, whole: Document, as_of: str | None) -> str:
    lines = Lines(f"Now: {call.now()}.", _title(whole))
    lines.add(*_details(whole))
    if whole["steps"] is not None:
        lines.add(f"Steps as of {clean(as_of)}:" if as_of else "Steps:")
        for step in sorted(whole["steps"], key=lambda one: (one["number"], str(one["opens_at"]))):
            lines.add(*_step_lines(step))
    people = {one["contact_id"]: one["contact"] for one in whole["contacts"] or []}
    sections: Sequence[tuple[str, str, Callable[[Document], list[str]]]] = (
        ("Rounds", "interviews", lambda one: _round(one, whole)),
        ("People", "contacts", lambda one: [_person(one["contact"], one["role"], whole)]),
        ("Notes", "notes", lambda one: [_note(one)]),
        ("Letters", "letters", lambda one: [_letter(one, call.zone)]),
        ("References", "references", lambda one: [_reference(one, call.zone)]),
        ("Contact made", "follow_ups", lambda one: [_follow_up(one, people, call.zone)]),
        ("Offers", "offers", lambda one: [_offer(one, call.zone)]),
    )
    for title, name, written in sections:
        if whole[name] and lines.add(f"{title}:"):
            for one in whole[name]:
                lines.add(*written(one))
        if name in whole["more"]:
            lines.add("  … and more than 50: `find` has them.")
    if asked := _asked(whole, people):
        lines.add(asked)
    return lines.text()


def _asked(whole: Document, people: dict[str, Document]) -> str | None:
    """Return a line about the person to ask if they are not among the people."""
    id_ = whole["status_contact_id"]
    if id_ is None or id_ in people:
        return None
    names = {link["contact_id"]: link["full_name"] for link in whole["interviewers"] or []}
    name = whole.get("status_contact_name") or names.get(id_)
    return f"The one to ask: {mark(name) if name else 'a person'} contact_id {id_}"


def _title(whole: Document) -> str:
    name = f"{mark(whole['company'])}, {mark(whole['role'])}"
    about = f"stage {whole['stage']} · employer's zone {whole['time_zone']} · application_id {whole['id']}"
    return f"{name} · {about}"


def _details(whole: Document) -> list[str]:
    written = [name for name in DETAILS if whole[name] and name != "applied_on"]
    resource = f"{RESOURCE}/{whole['id']}"
    applied = whole["applied_on"] and times.spoken_day(date.fromisoformat(whole["applied_on"]))
    first = [f"applied_on: {applied}"] if applied else []
    return [*first, *(f"{name}: {cut(whole[name], resource)}" for name in written)]


def _step_lines(step: Document) -> list[str]:
    is_ahead = step["due_text"] and step["state"] in ("open", "overdue", "upcoming")
    until = f" · until {step['due_text']}" if is_ahead else ""
    id_ = f" · step_id {step['id']}" if step["id"] else ""
    lines = [f"  {steps.STATES[step['state']]} · {steps.name_of(step)}{until}{id_}"]
    if missing := steps.missing_of(step):
        lines[0] += f" · missing: {', '.join(missing)}"
    do = steps.do_line(step["next_action"], step) if step["state"] in ("open", "overdue") else ""
    return [*lines, f"    Do: {do}"] if do else lines


def _round(one: Document, whole: Document) -> list[str]:
    start = times.spoken(one["starts_at"], one["time_zone"])
    place = "".join(f" · {mark(one[name])}" for name in ("location", "link") if one[name])
    lines = [f"  {one['round_no']}. {one['kind']}, {one['status']}, {start}{place} · interview_id {one['id']}"]
    there = [_interviewer(link) for link in whole["interviewers"] or [] if link["interview_id"] == one["id"]]
    if there:
        lines.append(f"    There: {', '.join(there)}")
    stage = "they would not say" if one["next_stage_unknown"] else one["next_stage"] and cut(one["next_stage"])
    said = [f"next {stage}"] if stage else []
    said += [f"{text} {times.spoken_moment(one[name])}" for name, text in PROMISES.items() if one[name]]
    said += ["when to call: they would not say"] if one["timing_unknown"] else []
    return [*lines, f"    Said: {'; '.join(said)}"] if said else lines


def _interviewer(link: Document) -> str:
    sat_in = " (only sat in)" if link["optional"] else ""
    return f"{mark(link['full_name'] or 'no name')}{sat_in} contact_id {link['contact_id']}"


def _person(contact: Document, role: str | None, whole: Document) -> str:
    shown = [mark(contact[name]) for name in ("honorific", "full_name", "job_title", "email", "phone") if contact[name]]
    asked = " · the one to ask" if contact["id"] == whole["status_contact_id"] else ""
    return f"  {' '.join(shown) or 'no name'}{f' · {role}' if role else ''}{asked} · contact_id {contact['id']}"


def _note(one: Document) -> str:
    wording = f" → in a letter: {cut(one['wording'])}" if one["wording"] else ""
    return f"  {one['kind']}: {cut(one['text'])}{wording}"


def _letter(one: Document, zone: str) -> str:
    sent = f"sent {times.spoken(one['sent_at'], zone)}" if one["sent_at"] else "draft"
    to = ", ".join(mark(person["name"] or "no name") for person in one["recipients"])
    subject = f" {mark(one['subject'])}" if one["subject"] else ""
    return f"  {one['kind']}, {sent}{subject}{f' to {to}' if to else ''} · letter_id {one['id']}"


def _reference(one: Document, zone: str) -> str:
    at = one["briefed_at"] or one["alerted_at"]
    told = f"told {times.spoken(at, zone)}" if at else "not told yet"
    has_both = one["job_details_given"] and one["company_details_given"]
    details = "" if has_both else " · details not given"
    called = f" · called {times.spoken(one['contacted_at'], zone)}" if one["contacted_at"] else ""
    return f"  {mark(one['name'])} · {told}{details}{called} · reference_id {one['reference_id']}"


def _follow_up(one: Document, people: dict[str, Document], zone: str) -> str:
    who = (people.get(str(one["contact_id"])) or {}).get("full_name")
    said = [f"{text} {times.spoken_moment(one[name])}" for name, text in PROMISES.items() if one[name]]
    summary = [cut(one["summary"])] if one["summary"] else []
    head = f"  {times.spoken(one['at'], zone)} · {one['direction']}, {one['channel']}, {one['outcome']}"
    return " · ".join([head, *([mark(who)] if who else []), *summary, *said])


def _offer(one: Document, zone: str) -> str:
    until = f" · answer by {times.spoken(one['respond_by'], zone)}" if one["respond_by"] else ""
    return f"  received {times.spoken(one['received_at'], zone)}{until} · {one['decision'] or 'not answered yet'}"


def _as_data(whole: Document, zone: str) -> Structure:
    about = present(
        application_id=whole["id"],
        **{name: whole[name] for name in ("company", "role", "stage", "time_zone", "status_contact_id")},
        **{name: shortened(whole[name]) for name in DETAILS},
    )
    lists: dict[str, list[Structure]] = {
        "steps": [steps.shown_step(step) for step in whole["steps"] or []],
        "rounds": [_round_data(one, whole) for one in whole["interviews"] or []],
        "people": [_picked(one["contact"], PERSON, contact_id="id") for one in whole["contacts"] or []],
        "notes": [_picked(one, ("kind", "text", "wording", "interview_id")) for one in whole["notes"] or []],
        "letters": [_picked(one, LETTER, zone, letter_id="id") for one in whole["letters"] or []],
        "references": [_picked(one, REFERENCE, zone) for one in whole["references"] or []],
        "contacts_made": [_picked(one, FOLLOW_UP, zone) for one in whole["follow_ups"] or []],
        "offers": [_picked(one, ("received_at", "respond_by", "decision"), zone) for one in whole["offers"] or []],
    }
    kept: dict[str, list[Structure]] = {}
    room = MAX_BYTES - ROOM_FOR_END - size_of(about)
    for name, entries in lists.items():
        kept[name] = fitting(entries, min(ROOM, room))
        room -= size_of(kept[name])
    cut_short = [name for name, entries in lists.items() if len(kept[name]) < len(entries)]
    shown = {name: entries for name, entries in kept.items() if entries}
    return {"application": about, "steps": kept["steps"], **shown, **({"left_out": cut_short} if cut_short else {})}


PERSON = ("honorific", "full_name", "job_title", "email", "phone")
TOLD = ("alerted_at", "briefed_at", "job_details_given", "company_details_given", "contacted_at")
REFERENCE = ("reference_id", "name", *TOLD)
LETTER = ("kind", "status", "subject", "sent_at")
INSTANTS = ("at", "sent_at", "starts_at", "received_at", "respond_by", "alerted_at", "briefed_at", "contacted_at")
FOLLOW_UP = ("at", "direction", "channel", "outcome", "contact_id", "summary", *PROMISES)
ROUND = ("round_no", "kind", "status", "starts_at", "time_zone", "location", "link", "next_stage", *PROMISES)


def _picked(one: Document, names: Sequence[str], zone: str = "UTC", **renamed: str) -> Structure:
    """Return some fields as data: instants in a zone, dates that employers named as the tools take them."""
    fields = {name: _value(name, one[name], zone) for name in names}
    return present(**fields, **{new: one[old] for new, old in renamed.items()})


def _value(name: str, value: object, zone: str) -> object:
    if isinstance(value, dict):
        return f"{value['date']}T{str(value['time'])[:5]}" if value["time"] else value["date"]
    if isinstance(value, str):
        return times.spoken(value, zone) if name in INSTANTS else shortened(value)
    return value


def _round_data(one: Document, whole: Document) -> Structure:
    there = [
        _picked(link, ("contact_id", "full_name", "job_title", "optional"))
        for link in whole["interviewers"] or []
        if link["interview_id"] == one["id"]
    ]
    unknown = {name: True for name in ("next_stage_unknown", "timing_unknown") if one[name]}
    return {
        **_picked(one, ROUND, one["time_zone"], interview_id="id"),
        **unknown,
        **({"people": there} if there else {}),
    }


async def _call_card(call: Context, id_: str) -> Answer:
    card = await call.api.get(path("/v1/applications/{application_id}/call-card", application_id=id_))
    about = f"The call: {mark(card['role'])} at {mark(card['company'])} · application_id {id_}"
    lines = Lines(f"Now: {call.now()}.", about)
    if whom := card["whom"]:
        shown = [mark(whom[name]) for name in ("name", "title", "phone", "email") if whom[name]]
        lines.add(f"Whom: {' '.join(shown)} · contact_id {whom['contact_id']}")
    else:
        lines.add("Whom: nobody is chosen; ask the user.")
    hours = card["hours"]
    is_open = "open now" if hours["is_open"] else "closed now"
    lines.add(f"There: {hours['local_time']}, office hours {hours['opens']} to {hours['closes']} ({is_open})")
    lines.add(f"Say: {cut(card['opening'])}")
    for point in card["points"]:
        lines.add(f"Mention: {cut(point['text'])}")
    lines.add(f"Ask: {cut(card['question'])}")
    for promise in card["promised"]:
        lines.add(f"They said: {cut(promise)}")
    lines.add(f"Then record how it went: log_contact_made application_id={id_}")
    data = present(
        whom=present(**whom) if whom else None,
        hours=hours,
        opening=card["opening"],
        points=[point["text"] for point in card["points"]],
        question=card["question"],
        promised=card["promised"],
    )
    return answered(lines.text(), {"now": call.now(), "application": _about(card, id_), "card": data})


async def _prep_card(call: Context, id_: str) -> Answer:
    of = path("/v1/applications/{application_id}", application_id=id_)
    rounds = (await call.api.get(of, expand="interviews"))["interviews"] or []
    now = times.rfc3339(call.current.now)
    ahead = [one for one in rounds if one["status"] == "scheduled" and one["effective_end_at"] > now]
    if not ahead:
        raise Refusal("No interview lies ahead here: record it with record_interview once its date is known.")
    interview = ahead[0]
    card = await call.api.get(path("/v1/interviews/{interview_id}/prep-card", interview_id=interview["id"]))
    start = times.spoken(card["starts_at"], card["time_zone"])
    place = f" · {mark(card['place'])}" if card["place"] else ""
    lines = Lines(
        f"Now: {call.now()}.",
        f"The talk: {mark(card['role'])} at {mark(card['company'])}, {start}{place} · interview_id {interview['id']}",
    )
    for question in card["questions"]:
        lines.add(f"Ask: {cut(question)}")
    for person in card["people"]:
        lacks = ", ".join(findings.PERSON[name] for name in person["missing"])
        lines.add(f"Find out: {lacks} of {mark(person['name'] or 'no name')} · contact_id {person['contact_id']}")
    if not card["is_anybody_known"]:
        lines.add("Nobody is recorded for it: find out who will be there.")
    data = present(
        interview_id=interview["id"],
        starts=start,
        place=card["place"],
        questions=card["questions"],
        people=[present(**person) for person in card["people"]],
    )
    return answered(lines.text(), {"now": call.now(), "application": _about(card, id_), "card": data})


def _about(card: Document, id_: str) -> Structure:
    return present(application_id=id_, company=card["company"], role=card["role"])
