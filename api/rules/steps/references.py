"""Step 5: prepare the references before the employer calls them [24–26]."""

from datetime import datetime

from api.rules.calendar import day_end, day_start, local_date, resolve, same_day
from api.rules.facts import Reference
from api.rules.outcome import APPLICATION, Applied, Cue, Data, Draft, Part, Timed, Window, evidence, shown_due
from api.rules.situation import Situation
from api.rules.words import rfc3339


def references(at: Situation) -> Draft | None:
    """Draft step 5: choose references, alert each one and brief it on job and company [25, 26].

    Opens at the end of the first round, or when the names were given to the employer if that was earlier. Due after
    `references_business_days` business days; earlier if names were given (that day) or a check was announced (before
    it), but at least `same_day_floor_hours` after the opening. None without a live round and without given names.
    """
    opens = min((t for t in (at.first_end, at.facts.references_given_at) if t), default=None)
    if opens is None:
        return None
    base, basis = _base(at, opens)
    parts = _parts(at, base)
    due = _due(parts, base)
    return Draft(
        number=5,
        scope=APPLICATION,
        window=Window(opens, due, at.facts.zone, basis if due == base else "elapsed"),
        asks="alert_references" if _linked(at) else "choose_references",
        parts=parts,
        not_applicable="references_not_needed" if at.known(at.facts.references_not_needed_at) else None,
        data={"opened_at": rfc3339(opens), "zone": at.facts.zone, "names_given": opens != at.first_end},
        actions=(Timed(None, _action(at, parts)),),
        warnings=_warnings(at),
        trace=at.explained(lambda: _trace(at, opens)),
    )


def _due(parts: tuple[Part, ...], base: datetime) -> datetime:
    """Return the deadline of several: the earliest open one's, else the one to show of those that are complete."""
    dues = [(part.at, part.due or base) for part in parts]
    waiting = [due for done, due in dues if done is None]
    return min(waiting) if waiting else shown_due([(done, due) for done, due in dues if done])


def _dues(at: Situation) -> list[tuple[datetime, str, str, Data]]:
    """Return every possible deadline of the first reference, with its basis, its rule and the rule's inputs."""
    zone, policy = at.facts.zone, at.policy
    dues: list[tuple[datetime, str, str, Data]] = []
    if at.first_end is not None:
        start = local_date(at.first_end, zone)
        day = at.office.add_business_days(start, policy.references_business_days)
        inputs: Data = {"base_date": start.isoformat(), "zone": zone, "business_days": policy.references_business_days}
        dues.append((day_end(day, zone), "business", "end_of_business_day", inputs))
    given = at.facts.references_given_at
    if given is not None:
        inputs = {"references_given_at": rfc3339(given)}
        dues.append((same_day(given, zone, at.floor), "local_day", "same_day_as_names_given", inputs))
    check = at.facts.reference_check
    if check is not None:
        begins = resolve(check.date, check.time, zone) if check.time else day_start(check.date, zone)
        dues.append((begins, "promised", "before_the_announced_check", {"zone": zone}))
    return dues


def _base(at: Situation, opens: datetime) -> tuple[datetime, str]:
    """Return the deadline of the first reference and its basis: the earliest, but not before opening plus floor."""
    due, basis, *_ = min(_dues(at), key=lambda due: due[0])
    least = opens + at.floor
    return (least, "elapsed") if due < least else (due, basis)


def _trace(at: Situation, opens: datetime) -> tuple[Applied, ...]:
    """Return the rules that led to the deadline of the first reference."""
    dues = _dues(at)
    trace = [Applied("opens_at_first_end_or_names_given", {}, rfc3339(opens))]
    trace += [Applied(rule, inputs, rfc3339(due)) for due, _, rule, inputs in dues]
    due, floor = min(due for due, *_ in dues), at.policy.same_day_floor_hours
    if due < opens + at.floor:
        trace.append(Applied("never_less_than_the_floor", {"hours": floor}, rfc3339(opens + at.floor)))
    return tuple(trace)


def _linked(at: Situation) -> list[Reference]:
    known = [reference for reference in at.facts.references if at.known(reference.linked_at)]
    return sorted(known, key=lambda reference: (reference.linked_at, reference.id))


def _parts(at: Situation, base: datetime) -> tuple[Part, ...]:
    """Return one part for each linked reference.

    The first is due at `base` even if it is linked later; otherwise linking nobody would look punctual. Another one
    that is linked after `base` is due `same_day_floor_hours` later; otherwise it would be overdue at once.
    """
    parts = []
    for index, reference in enumerate(_linked(at)):
        timely = index == 0 or reference.linked_at <= base
        told = _told(at, reference)
        due = base if timely else reference.linked_at + at.floor
        parts.append(Part(f"reference:{reference.id}", evidence("reference", reference.id, told), due))
    return tuple(parts) or (Part("reference", due=base),)


def _prepared(at: Situation, reference: Reference) -> datetime | None:
    if reference.alerted_at is None or reference.briefed_at is None:
        return None
    return at.known(max(reference.alerted_at, reference.briefed_at))


def _told(at: Situation, reference: Reference) -> datetime | None:
    """Return when the part was complete: the reference was prepared, or the employer had already contacted them."""
    ends = [t for t in (_prepared(at, reference), at.known(reference.contacted_at)) if t]
    return min(ends, default=None)


def _action(at: Situation, parts: tuple[Part, ...]) -> Cue | None:
    linked = _linked(at)
    if not linked:
        return Cue("link_reference")
    waiting = [reference for reference, part in zip(linked, parts, strict=True) if part.at is None]
    if not waiting:
        return None
    person = waiting[0]
    key = "alert_reference" if at.known(person.alerted_at) is None else "brief_reference"
    return Cue(key, {"reference": person.id, "who": person.name or "this reference"})


def _warnings(at: Situation) -> tuple[Cue, ...]:
    warnings = []
    for reference in _linked(at):
        contacted, prepared = at.known(reference.contacted_at), _prepared(at, reference)
        if contacted is not None and (prepared is None or contacted < prepared):
            about = {"reference": reference.id, "who": reference.name or "a reference"}
            warnings.append(Cue("reference_rung_unprepared", about))
    return tuple(warnings)
