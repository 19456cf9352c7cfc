"""What all writing tools share: keys of retries, what may not be overwritten, and the answer of a write."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from api.agents import steps, times
from api.agents.client import Method, Path, Written, path
from api.agents.confirmations import canonical, counted
from api.agents.delimiters import mark
from api.agents.effects import effect_lines, effects_data
from api.agents.handlers.context import Context
from api.agents.problems import Document, Problem, Refusal, argument_of
from api.agents.render import Answer, Lines, Structure, answered, present

WINDOW = 600  # seconds in which a call without a time of its own is the same call
TIMES = ("at", "told_at", "sent_at", "stage_at", "agreed_at", "called_at", "start", "until", "applied_on")
INSTANTS = ("starts_at", "ends_at", "sent_at")
EMPTY: tuple[object, ...] = (None, "", [], False)
NOTHING_NEW = "It is recorded so already: nothing was written."


def retry_key(call: Context, place: str) -> str:
    """Return the Idempotency-Key of a request of a call: a client whose connection broke sends the call again.

    A call without a time among its arguments is the same only within ten minutes. `place`: which request it is.
    """
    arguments = counted(call.arguments)
    window = None if any(name in arguments for name in TIMES) else int(call.current.now.timestamp()) // WINDOW
    exact = canonical(call.current.id, call.tool, place, arguments, window)
    return f"mcp-{hashlib.sha256(exact.encode()).hexdigest()[:40]}"


async def write(
    call: Context, method: Method, where: Path, body: Document | None = None, *, etag: str | None = None
) -> Written:
    """Write, or try it only with `dry_run`. The same call again writes nothing again."""
    key = retry_key(call, where.template) if method == "POST" else None
    try:
        return await call.api.write(method, where, body, key=key, etag=etag, dry_run=call.dry_run)
    except Problem as problem:
        # What stands in the body depends on what was recorded; the key says that it is the same call.
        if problem.code == "idempotency_key_reused":
            return Written(dry_run=False, body={}, effects=[], write=None, is_replay=True)
        raise


async def tried(call: Context, method: Method, where: Path, body: Document | None = None) -> list[Document]:
    """Return the effects that a write would have."""
    return (await call.api.write(method, where, body, dry_run=True)).effects


def new_values(
    call: Context, recorded: Mapping[str, Any], wanted: Mapping[str, Any], *, free: Sequence[str] = ()
) -> Document:
    """Return the wanted values that are not recorded yet.

    Raises Refusal if something else stands there and the call has no `replace`. `free`: fields that may be replaced.
    """
    differing = {name: value for name, value in wanted.items() if not is_same(recorded.get(name), value)}
    standing = [name for name in differing if name not in free and recorded.get(name) not in EMPTY]
    if standing and not call.flag("replace"):
        raise would_overwrite(call, recorded, standing, call.tool)
    return differing


def would_overwrite(call: Context, recorded: Mapping[str, Any], names: Sequence[str], tool: str) -> Refusal:
    """Return the refusal that names what stands there, and the tool that may replace it."""
    zone = str(recorded.get("time_zone") or call.zone)
    said = {name: times.spoken(recorded[name], zone) for name in names if name in INSTANTS}
    said = {name: said.get(name) or shown_value(recorded[name]) for name in names}
    shown = "; ".join(f"{argument_of(name)}: {value}" for name, value in said.items())
    return Refusal(f"Recorded already: {shown}. If the user wants it changed, call {tool} with replace.")


def is_same(recorded: object, wanted: object) -> bool:
    """Tell whether two values of the API are the same; of a moment the time may be left out."""
    if isinstance(recorded, Mapping) and isinstance(wanted, Mapping):
        clock = recorded.get("time")
        return recorded.get("date") == wanted.get("date") and (clock and str(clock)[:5]) == wanted.get("time")
    return recorded == wanted


def shown_value(value: object) -> str:
    """Return a recorded value, delimited if somebody wrote it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return times.spoken_moment(dict(value))
    return mark(value[:200]) if isinstance(value, str) else str(value)


def hints_of(body: Document) -> list[str]:
    """Return the warnings in an answer of the API as our sentences."""
    hints = [*(body.get("warnings") or []), *(body.get("advice") or [])]
    known = [steps.DO[hint["action"]] for hint in hints if hint["action"] in steps.DO]
    return list(dict.fromkeys(f"{sentence}{f' → {tool}' if tool else ''}" for sentence, tool, _ in known))


def merged(written: Sequence[Written]) -> list[Document]:
    """Return the effects of several writes, of each step the last."""
    found: dict[str, Document] = {}
    for one in written:
        for effect in one.effects:
            first = found.pop(effect["step_id"], effect)
            found[effect["step_id"]] = {**effect, "due_at_was": first["due_at_was"]}
    return list(found.values())


async def report(
    call: Context,
    what: str,
    written: Sequence[Written],
    *,
    application_id: str | None = None,
    ids: Mapping[str, object] | None = None,
    warnings: Sequence[str] = (),
    more: Mapping[str, object] | None = None,
    text: Sequence[str] = (),
) -> Answer:
    """Return the answer of a write.

    `what`: our sentence, without anything that people wrote. `more`, `text`: what an answer has beyond the usual.
    """
    said = [*warnings, *_replayed(call, written), *_more(written)]
    head = f"Tried only, nothing was written. {what}" if call.dry_run else what
    effects = merged(written) if call.current.has("steps:read") else []
    structure: Structure = {"done": not call.dry_run, "what": head, "effects": effects_data(effects, call.zone)}
    lines = Lines(f"Now: {call.now()}.", head, *text)
    shown_ids = {} if call.dry_run else present(**(ids or {}))
    if shown_ids:
        lines.add("Ids: " + ", ".join(f"{name} {_listed(value)}" for name, value in shown_ids.items()))
    if effects:
        lines.add("Would change:" if call.dry_run else "Changed:", *effect_lines(effects, call.zone, application_id))
    for warning in said:
        lines.add(f"Note: {warning}")
    following = await _next_steps(call, application_id)
    for step in following:
        about = f"{steps.STATES[step['state']]} · {steps.name_of(step)}"
        lines.add(f"Next: {about} · {steps.do_line(step['next_action'], step)}")
    undo = _undo(call, written)
    if undo:
        lines.add(f"To take it back: undo write_ids={_listed(undo['write_ids'])}, until {undo['until']}")
    rest = present(
        ids=shown_ids, warnings=said, next=[steps.shown_step(step) for step in following], undo=undo, **(more or {})
    )
    return answered(lines.text(), {**structure, **rest})


def _listed(value: object) -> str:
    return f"[{', '.join(map(str, value))}]" if isinstance(value, list) else str(value)


def _replayed(call: Context, written: Sequence[Written]) -> list[str]:
    replays = [one for one in written if one.is_replay]
    if not replays:
        return []
    made = next((at for one in replays if (at := _created_at(one.body))), None)
    when = f" at {times.spoken(made, call.zone)}" if made else ""
    has_at = "at" if "at" in call.arguments or call.tool in ("log_contact_made", "log_search", "record_debrief") else ""
    twice = f" If it happened twice, say when with `{has_at}`." if has_at else ""
    return [f"Recorded before{when}; not written again.{twice}"]


def _more(written: Sequence[Written]) -> list[str]:
    """Return what the effects do not show."""
    more = sum(one.more_effects for one in written)
    said = [f"{more} more steps change."] if more else []
    return [*said, *(["More steps change in the background."] if any(one.recomputing for one in written) else [])]


def _created_at(body: Document) -> str | None:
    inner = [*(body.get("notes") or []), *(body.get("contacts") or [])] if "interview" in body else [body]
    return next((str(one["created_at"]) for one in inner if isinstance(one, dict) and one.get("created_at")), None)


async def _next_steps(call: Context, application_id: str | None) -> list[Document]:
    """Return the three most pressing open steps of an application."""
    if call.dry_run or application_id is None or not call.current.has("steps:read"):
        return []
    queue = path("/v1/queue")
    page = await call.api.get(queue, application_id=application_id, state="overdue,open", sort="urgency", limit=3)
    return list(page["items"])


def _undo(call: Context, written: Sequence[Written]) -> Structure:
    logged = [one.write for one in written if one.write]
    if not logged or call.dry_run:
        return {}
    until = min(str(one["undo_until"]) for one in logged)
    return {"write_ids": [one["id"] for one in reversed(logged)], "until": times.spoken(until, call.zone)}


def nothing_new(call: Context, ids: Mapping[str, object]) -> Answer:
    """Return the answer of a call after which everything stands as it did."""
    lines = Lines(f"Now: {call.now()}.", NOTHING_NEW)
    return answered(lines.text(), {"done": not call.dry_run, "what": NOTHING_NEW, "effects": [], "ids": dict(ids)})


def partly(first: Sequence[Written], rest: str) -> Refusal:
    """Return the refusal of the second part of a call whose first part was written."""
    ids = [one.write["id"] for one in first if one.write]
    undo = f" To take that back: undo write_ids={_listed(ids)}" if ids else ""
    return Refusal(f"A part was recorded, the rest was not: {rest}{undo}")
