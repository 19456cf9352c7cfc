"""The tools that only read: what is due, what words find, and why a step stands as it does."""

import re

from api.agents import steps, times
from api.agents.client import path
from api.agents.delimiters import clean, mark
from api.agents.handlers.context import Context
from api.agents.problems import Document
from api.agents.render import (
    MAX_BYTES,
    ROOM_FOR_END,
    Answer,
    Lines,
    Structure,
    answered,
    present,
    size_of,
)

COMING = "next."  # begins the cursor of the second list of `due`
KINDS = ("application", "contact", "reference", "note", "letter")
PEOPLE = ("contact", "reference")
WORDS = {"True": "yes", "False": "no", "None": "none"}
NOTHING = "Nothing found: try fewer or other words, or `due`."
PLAIN = re.compile(r"[0-9T:Z+-]{1,32}|[A-Z][A-Za-z_]+(/[A-Z][A-Za-z_+-]+){1,2}|UTC|[a-z_]{1,32}", re.ASCII)


async def due(call: Context) -> Answer:
    """List what is overdue or open, and with `ahead` what comes until the end of that day."""
    cursor, limit = call.text("cursor"), call.number("limit", 10)
    summary = None if cursor else await call.api.get(path("/v1/queue/summary"))
    while True:
        found, coming, next_cursor = await _due_steps(call, cursor, limit)
        answer, has_room_for = _due_page(call, summary, found + coming, next_cursor)
        if has_room_for == len(found + coming) or limit == 1:
            return answer
        limit = max(1, has_room_for)  # a shorter page, so that the next one begins with what has no room


def _due_page(
    call: Context, summary: Document | None, items: list[Document], next_cursor: str | None
) -> tuple[Answer, int]:
    """Return the answer with as many steps as have room, and how many these are."""
    structure: Structure = {"now": call.now()}
    lines = Lines(f"Now: {call.now()}.")
    if summary is not None:
        _add_counts(lines, structure, summary, call)
    shown: list[Structure] = []
    room, fitting = MAX_BYTES - ROOM_FOR_END, len(items)
    for place, (item, others) in enumerate(_once(items, call)):
        entry = {**steps.shown_step(item), **({"also_in_applications": others} if others else {})}
        room -= size_of(entry) + 2
        if room < 0 or not lines.add(*_entry(item, others, len(shown) + 1)):
            fitting = _index(items, place, call)
            break
        shown.append(entry)
    if not shown:
        lines.add("That is all." if call.text("cursor") else "Nothing is due.")
    if next_cursor:
        lines.add(f"There is more: the same call with cursor={next_cursor}")
        structure["next_cursor"] = next_cursor
    return answered(lines.text(), {**structure, "items": shown}), fitting


def _index(items: list[Document], place: int, call: Context) -> int:
    """Return the place among all items of the one that is told at a place."""
    told = _once(items, call)[place][0]
    return next(number for number, item in enumerate(items) if item is told)


async def _due_steps(
    call: Context, cursor: str | None, limit: int
) -> tuple[list[Document], list[Document], str | None]:
    """Return a page of what is due, of what comes, and the cursor of the next page."""
    wanted = {"application_id": call.id("application_id"), "step": call.number("step", 0) or None}
    queue, ahead = path("/v1/queue"), call.number("ahead", 0)
    found: list[Document] = []
    if cursor is None or not cursor.startswith(COMING):
        page = await call.api.get(queue, **wanted, state="overdue,open", limit=limit, cursor=cursor)
        found = page["items"]
        if page["next_cursor"] or not ahead:
            return found, [], page["next_cursor"]
        if len(found) >= limit:
            return found, [], COMING
    rest = cursor.removeprefix(COMING) or None if cursor and cursor.startswith(COMING) else None
    before = times.rfc3339(times.end_of_day(call.current.now, ahead, call.zone))
    page = await call.api.get(
        queue, **wanted, state="upcoming", due_before=before, limit=limit - len(found), cursor=rest
    )
    more = page["next_cursor"]
    return found, page["items"], f"{COMING}{more}" if more else None


def _add_counts(lines: Lines, structure: Structure, summary: Document, call: Context) -> None:
    counts = {name: int(summary[name]) for name in ("overdue", "open", "upcoming")}
    lines.add(
        f"In all applications: {counts['overdue']} overdue, {counts['open']} open, {counts['upcoming']} upcoming."
    )
    structure["counts"] = counts
    if summary["recomputing"]:
        lines.add("A change of settings is still being applied: some of this may be older.")
    if summary["next_change_at"]:
        change = times.spoken(summary["next_change_at"], call.zone)
        lines.add(f"The next change by itself: {change}.")
        structure["next_change"] = change


def _once(items: list[Document], call: Context) -> list[tuple[Document, int]]:
    """Return each step with how many other applications it stands for: step 7 is told once for all of them."""
    if call.arguments.get("step") == 7:
        return [(item, 0) for item in items]
    searches = [item for item in items if item["number"] == 7]
    others = [(item, len(searches) - 1 if item["number"] == 7 else 0) for item in items]
    return [(item, count) for item, count in others if item["number"] != 7 or item is searches[0]]


def _entry(item: Document, others: int, place: int) -> list[str]:
    application = item["application"]
    about = f"{mark(application['company'])}, {mark(application['role'])}"
    if others:
        about += f" and {others} other application{'s' if others > 1 else ''}"
    until = f" · until {item['due_text']}" if item["due_text"] else ""
    state = "OVERDUE, hardly helps any more" if item["stale"] else steps.STATES[item["state"]]
    lines = [f"{place}. {state} · {steps.name_of(item)} · {about}{until}", f"   Why: {steps.why_of(item)}"]
    if missing := steps.missing_of(item):
        lines.append(f"   Missing: {', '.join(missing)}.")
    if do := steps.do_line(item["next_action"], item):
        lines.append(f"   Do: {do}")
    return [*lines, f"   step_id {item['id']}"]


async def find(call: Context) -> Answer:
    """Find applications, people, references, notes and letters by words."""
    kind = call.text("kind")
    allowed = [one for one in KINDS if one not in PEOPLE or call.current.has("contacts:read")]
    limit = call.number("limit", 8)
    while True:
        page = await call.api.get(
            path("/v1/search"),
            q=" ".join(call.required("words").split()),
            types=kind or ",".join(allowed),
            limit=limit,
            cursor=call.text("cursor"),
        )
        items = [_found(item) for item in page["items"]]
        lines = Lines(f"Now: {call.now()}.", *([] if items else [NOTHING]))
        fits = [lines.add(_found_line(item, raw)) for item, raw in zip(items, page["items"], strict=True)]
        if (all(fits) and size_of(items) <= MAX_BYTES - ROOM_FOR_END) or limit == 1:
            break
        limit = max(1, min(sum(fits), 3 * limit // 4))
    if not page["complete"]:
        lines.add("Older texts are still being indexed: something may be missing.")
    if page["next_cursor"]:
        lines.add(f"There is more: the same call with cursor={page['next_cursor']}")
    return answered(lines.text(), {"now": call.now(), "items": items, "next_cursor": page["next_cursor"]})


def _found(item: Document) -> Structure:
    snippet = " … ".join("".join(part["text"] for part in one["parts"]) for one in item["snippets"])
    of = item["application_id"] if item["type"] != "application" else None
    return present(kind=item["type"], id=item["id"], title=item["title"], application_id=of, snippet=snippet)


def _found_line(item: Structure, raw: Document) -> str:
    snippet = f": {mark(str(item['snippet']))}" if item.get("snippet") else ""
    of = f" · application_id {item['application_id']}" if item.get("application_id") else ""
    return f"{raw['type']} {mark(raw['title'])}{snippet} · id {raw['id']}{of}"


async def explain_step(call: Context) -> Answer:
    """Read every rule that was applied to a step."""
    step = await call.api.get(path("/v1/steps/{step_id}", step_id=call.required("step_id")), explain="true")
    of = path("/v1/applications/{application_id}/policy", application_id=step["application_id"])
    policy = _policy(await call.api.get(of), step["trace"] or [])
    lines = Lines(f"Now: {call.now()}.", f"{steps.name_of(step)}: {steps.STATES[step['state']]}. {steps.why_of(step)}")
    for rule in step["trace"] or []:
        inputs = ", ".join(f"{name}={_value(value, call)}" for name, value in rule["inputs"].items())
        lines.add(f"Rule {rule['rule']}({inputs}) → {_value(rule['result'], call)}")
    for fact in step["evidence"]:
        lines.add(f"Counts: {fact['type']} {fact['id']} of {times.spoken(fact['at'], call.zone)}")
    for one in policy:
        lines.add(f"Setting {one['name']} = {one['value']} ({one['origin']})")
    changes = times.spoken(step["changes_at"], call.zone) if step["changes_at"] else None
    lines.add(f"Changes by itself: {changes}." if changes else "It does not change by itself.")
    structure = {
        "now": call.now(),
        "step": steps.shown_step(step),
        "facts": [{**fact, "at": times.spoken(fact["at"], call.zone)} for fact in step["evidence"]],
        "rules": [_rule(rule) for rule in step["trace"] or []],
        "policy": policy,
        "changes_at": changes,
    }
    return answered(lines.text(), structure)


def _policy(document: Document, trace: list[Document]) -> list[Structure]:
    """Return the settings that the rules named."""
    named = dict.fromkeys(name for rule in trace for name in rule["inputs"] if name in document)
    settings = [(name, document[name]) for name in named if isinstance(document[name], dict)]
    return [{"name": name, "value": one["value"], "origin": one["origin"]} for name, one in settings]


def _rule(rule: Document) -> Structure:
    inputs = {name: value for name, value in rule["inputs"].items() if value is not None}
    return present(rule=rule["rule"], inputs=inputs, result=rule["result"])


def _value(value: object, call: Context) -> str:
    """Return an input of a rule: instants in the user's zone, words of ours as they are, all else delimited."""
    if not isinstance(value, str):
        return WORDS.get(str(value), str(value))
    if re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", value):
        return times.spoken(value, call.zone)
    return clean(value) if PLAIN.fullmatch(value) else mark(value)
