"""Until when a step still helps. The instant orders attention only: it changes no state, no deadline and no evidence.

The figures are our choices; `docs/rules.md` gives the reason for each. The clock is not read: like all that is stored,
the instant is the same for every time after the last fact.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from api.rules.calendar import local_date
from api.rules.outcome import Applied, Cue, Data, Instance, Timed
from api.rules.situation import Situation
from api.rules.words import rfc3339

NEXT_STAGE, CONTACT_DETAILS, NOTES, THANK_YOU, STATUS_CALL = 1, 2, 3, 4, 6
# The other steps of which the instant of a step depends.
DEPENDS_ON: Mapping[int, Sequence[int]] = {NEXT_STAGE: (STATUS_CALL,), CONTACT_DETAILS: (THANK_YOU, STATUS_CALL)}
DAYS = {
    NEXT_STAGE: "next_stage_help_days",
    NOTES: "notes_help_days",
    THANK_YOU: "thank_you_help_days",
}
CALL_DAYS = "call_help_business_days"
Until = datetime | None  # None: always


def with_helps_until(at: Situation, judged: Sequence[Instance]) -> list[Instance]:
    """Return the judged steps with `helps_until`. Those that they depend on (`DEPENDS_ON`) must be among them."""
    calls = {one.scope: one for one in judged if one.number == STATUS_CALL}
    letters = {one.scope: one for one in judged if one.number == THANK_YOU}
    return [_completed(at, one, letters, calls) for one in judged]


Known = Mapping[str, Instance]


def _completed(at: Situation, one: Instance, letters: Known, calls: Known) -> Instance:
    number = one.number
    if number in DAYS:
        rule, inputs, until = _of_days(at, one, calls.get(one.scope) if number == NEXT_STAGE else None)
    elif number == CONTACT_DETAILS:
        rule, inputs, until = _of_details(at, one, letters[one.scope], calls)
    elif number == STATUS_CALL:
        rule, inputs, until = _of_call(at, one.due_at)
    else:  # references and the search help until the application ends
        return one
    trace = at.explained(lambda: (*one.trace, Applied(rule, inputs, rfc3339(until) if until else None)))
    return one._replace(helps_until=until, trace=trace, tips=_tips(one, until))


def _of_days(at: Situation, one: Instance, call: Instance | None) -> tuple[str, Data, Until]:
    """Return until when step 1, 3 or 4 helps: elapsed days after the round; step 1 also until its call is due.

    From the day of the call on, the call itself asks what step 1 should have found out [5].
    """
    name, end = DAYS[one.number], at.ends[_round(one)]
    days: int | None = getattr(at.policy, name)
    due = one.due_at if call is None else max(one.due_at, call.due_at)
    inputs: Data = {"end": rfc3339(end), name: days, **({"call_due_at": rfc3339(call.due_at)} if call else {})}
    return "helps_for_days", inputs, None if days is None else max(due, end + timedelta(days=days))


def _of_details(at: Situation, one: Instance, letter: Instance, calls: Known) -> tuple[str, Data, Until]:
    """Return until when step 2 helps: while the letter of the round or the call after it is open and needs it [10].

    An open call belongs to the latest round.
    """
    is_latest = bool(at.live) and at.live[-1].id == _round(one)
    call = next(filter(_is_open, calls.values()), None) if is_latest else None
    untils: list[Until] = [one.due_at]
    if _is_open(letter):
        untils.append(_of_days(at, letter, None)[2])
    if call is not None:
        untils.append(_of_call(at, call.due_at)[2])
    known = [until for until in untils if until is not None]
    inputs: Data = {"letter_is_open": _is_open(letter), "call_is_open": call is not None}
    return "helps_while_letter_or_call_is_open", inputs, max(known) if len(known) == len(untils) else None


def _of_call(at: Situation, due: datetime) -> tuple[str, Data, Until]:
    """Return until when step 6 helps: until the office closes, some business days after the call was due."""
    days, zone = at.policy.call_help_business_days, at.facts.zone
    inputs: Data = {"due_at": rfc3339(due), "zone": zone, CALL_DAYS: days}
    if days is None:
        return "helps_for_business_days", inputs, None
    last = at.office.closing(at.office.add_business_days(local_date(due, zone), days))
    return "helps_for_business_days", inputs, max(due, last)


def _is_open(one: Instance) -> bool:
    """Tell whether a step is open, or was when its application ended: the end itself changes no other step."""
    return one.closed_state is None or one.reason == "application_closed"


def _tips(one: Instance, until: Until) -> tuple[Timed, ...]:
    """Add the advice to move on to an open call from the instant on at which it hardly helps."""
    if one.number != STATUS_CALL or one.closed_state is not None or until is None:
        return one.tips
    return (*one.tips, Timed(until, Cue("consider_moving_on/late")))


def _round(one: Instance) -> str:
    return one.scope.removeprefix("interview:")
