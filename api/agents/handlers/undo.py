"""The tool `undo`: what this token wrote in 24 hours, and taking it back."""

from collections import Counter

from api.agents import times
from api.agents.catalogue import BY_NAME
from api.agents.client import Written, is_id, path
from api.agents.delimiters import mark
from api.agents.effects import effect_lines, effects_data, question_lines
from api.agents.handlers.context import Context
from api.agents.handlers.writing import merged
from api.agents.problems import Document, Problem, Refusal, sentence
from api.agents.render import Answer, Lines, Structure, answered, present

ACT = "undo_writes"
MOST = 20
WRITE = "/v1/writes/{write_id}"
NOUNS = {
    "application": "application",
    "stage": "stage",
    "contact": "person",
    "application_contact": "link of a person",
    "interview": "interview",
    "interviewer": "interviewer",
    "note": "note",
    "letter": "letter",
    "letter_template": "template of a letter",
    "reference": "reference",
    "application_reference": "naming of a reference",
    "follow_up": "contact made",
    "search_activity": "search activity",
    "offer": "offer",
    "step_override": "step by hand",
    "step": "step",
}
LEFT = {
    "snooze_ended": "A snooze that ended stays ended: act_on_step snooze, if the user wants it again.",
    "letter_was_sent": "The letter is a draft here again; if it was sent, that is not taken back.",
}


async def undo(call: Context) -> Answer:
    """List what this token wrote, or take some of it back."""
    given = call.texts("write_ids")
    if not given:
        return await _listed(call)
    if not all(is_id(one) for one in given):
        raise Refusal("write_ids wants ids as undo without write_ids gives them.")
    newest_first = sorted({one.lower() for one in given}, reverse=True)  # ids begin with the time
    writes = [await call.api.get(path(WRITE, write_id=one)) for one in newest_first]
    if call.dry_run:
        return await _tried(call, writes)
    if len(writes) > 1 and not call.has_yes(ACT):
        raise await _question(call, writes)
    return await _taken_back(call, writes)


async def _listed(call: Context) -> Answer:
    page = await call.api.get(path("/v1/writes"), limit=MOST)
    shown = [_shown(call, one) for one in page["items"]]
    lines = Lines(f"Now: {call.now()}.")
    lines.add("Newest first:" if shown else "This token wrote nothing in 24 hours that can be taken back.")
    for one in shown:
        lines.add(f"  {_line(one)}")
    if page["next_cursor"]:
        lines.add(f"Older ones are left out: the newest {MOST} are shown.")
    return answered(lines.text(), {"done": False, "writes": shown, "effects": []})


async def _tried(call: Context, writes: list[Document]) -> Answer:
    """Try to take back each write by itself."""
    effects: list[Document] = []
    shown: list[Structure] = []
    for one in writes:
        entry = _shown(call, one)
        try:
            report = await _undo(call, one, dry_run=True)
            effects += report.effects
        except Problem as problem:
            entry = {**entry, "can_undo": False, "why_not": _refused(call, problem)}
        shown.append(entry)
    lines = Lines(f"Now: {call.now()}.", "Tried only, nothing was taken back:", *(f"  {_line(one)}" for one in shown))
    told = effects if call.current.has("steps:read") else []
    lines.add(*question_lines(told, call.zone, None))
    return answered(lines.text(), {"done": False, "writes": shown, "effects": effects_data(told, call.zone)})


async def _question(call: Context, writes: list[Document]) -> Exception:
    """Return the question whether several writes are to be taken back."""
    effects: list[Document] = []
    for one in writes:
        try:
            effects += (await _undo(call, one, dry_run=True)).effects
        except Problem as problem:
            # An older write may be in use by a newer one, which is taken back before it.
            if problem.code != "changed_since":
                raise
    listed = [f"  {_line(_shown(call, one))}" for one in writes]
    lines = [f"This takes back {len(writes)} writes, newest first:", *listed, *question_lines(effects, call.zone, None)]
    return call.question(ACT, "\n".join(lines), effects)


async def _taken_back(call: Context, writes: list[Document]) -> Answer:
    """Take back one write after the other, and stop at the first that cannot be taken back."""
    done: list[Written] = []
    for one in writes:
        try:
            done.append(await _undo(call, one))
        except Problem as problem:
            said = _refused(call, problem)
            before = f"Taken back: {', '.join(str(written.body['id']) for written in done)}. " if done else ""
            raise Refusal(f"{before}{'Then it stopped: ' if done else ''}{said}") from problem
    shown = [{**_shown(call, one), "can_undo": False, "why_not": "taken back now"} for one in writes]
    effects = merged(done) if call.current.has("steps:read") else []
    left = list(dict.fromkeys(LEFT[one["code"]] for written in done for one in written.body.get("not_restored", [])))
    again = [written.write["id"] for written in reversed(done) if written.write]
    lines = Lines(f"Now: {call.now()}.", "Taken back:", *(f"  {_line(one)}" for one in shown))
    if effects:
        lines.add("Changed:", *effect_lines(effects, call.zone, None))
    for one_left in left:
        lines.add(f"Note: {one_left}")
    if again:
        lines.add(f"To restore it: undo write_ids=[{', '.join(again)}]")
    structure: Structure = {"done": True, "writes": shown, "effects": effects_data(effects, call.zone)}
    return answered(
        lines.text(), {**structure, **present(not_restored=left, undo={"write_ids": again} if again else {})}
    )


async def _undo(call: Context, write: Document, *, dry_run: bool = False) -> Written:
    # No Idempotency-Key: a write that is undone stays so, and one that was restored can be undone again.
    return await call.api.write("POST", path(f"{WRITE}/undo", write_id=write["id"]), dry_run=dry_run)


def _refused(call: Context, problem: Problem) -> str:
    changed = problem.document.get("changed")
    if problem.code != "changed_since" or not isinstance(changed, dict):
        return sentence(problem, now=call.now())
    noun = NOUNS.get(str(changed.get("type")), "row")
    by = f" by {mark(str(changed['by']))}" if changed.get("by") else ""
    at = f" at {times.spoken(str(changed['at']), call.zone)}" if changed.get("at") else ""
    return f"The {noun} was changed{by}{at}, after this write: take it back by hand in the app."


def _shown(call: Context, write: Document) -> Structure:
    is_over = write["undo_until"] <= times.rfc3339(call.current.now)
    why_not = "taken back already" if write["undone_by"] else "longer ago than 24 hours" if is_over else None
    counts = Counter((NOUNS.get(row["type"], "row"), row["change"]) for row in write["rows"])
    rows = ", ".join(f"{count} {noun} {change}" for (noun, change), count in counts.items())
    tool = write["tool"] if write["tool"] in BY_NAME else "a write"
    what = f"{'undo' if write['undoes'] else tool}: {rows}" if rows else str(tool)
    at = times.spoken(write["at"], call.zone)
    return {"write_id": write["id"], "at": at, "what": what, "can_undo": why_not is None, **present(why_not=why_not)}


def _line(write: Structure) -> str:
    reason = f" · {write['why_not']}" if write.get("why_not") else ""
    return f"{write['at']} · {write['what']}{reason} · write_id {write['write_id']}"
