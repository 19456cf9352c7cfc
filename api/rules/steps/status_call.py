"""Step 6: the status call, a chain of occurrences of which at most one is open [27–30]."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from api.rules.calendar import local_date
from api.rules.facts import FollowUp, Interview, StatusContact
from api.rules.outcome import Applied, Cue, Data, Draft, Evidence, Part, Timed, Window
from api.rules.promises import Promise, newest_promise, promise_of
from api.rules.situation import Situation
from api.rules.words import rfc3339, zone_name

ROUND, CANCELLATION, FOLLOW_UP = range(3)


class Event(NamedTuple):
    """A round, a cancellation or a follow-up, sorted by (at, kind, id), with the dates that were named then."""

    at: datetime
    kind: int
    id: str
    source: Interview | FollowUp
    promise: Promise

    @property
    def scope(self) -> str:
        """The scope of the occurrence that this event opens."""
        return f"{('interview', 'cancel', 'followup')[self.kind]}:{self.id}"


class Occurrence(NamedTuple):
    """One call of the chain. `after`: the business days before it opens. `tried`: an attempt got no answer.

    `made`: the contact that completed it. `ended`: the reason code if none did.
    """

    scope: str
    window: Window
    trace: tuple[Applied, ...]
    after: int
    tried: bool
    made: FollowUp | None = None
    ended: str | None = None


@dataclass(slots=True)
class Chain:
    """The state while the events are processed in order. The first event, a round, sets `unanswered` and `decided`."""

    current: Occurrence | None = None
    past: list[Occurrence] = field(default_factory=list)
    unanswered: int = field(init=False)
    decided: bool = field(init=False)

    def end(self, *, made: FollowUp | None = None, ended: str | None = None) -> None:
        """Close the current occurrence if there is one."""
        if self.current is not None:
            self.past.append(self.current._replace(made=made, ended=ended))
        self.current = None


def status_calls(at: Situation) -> tuple[Draft, ...]:
    """Draft every occurrence of step 6, from rounds, cancellations and follow-ups in order of time.

    A round or a cancellation closes the current occurrence and opens the next. A follow-up other than `no_answer`
    completes it and opens the next by the dates named in it, else `chase_after_business_days` later. A decision, or
    `max_unanswered` messages in a row without an answer, ends the chain until a follow-up names a date.
    """
    first = at.first_end
    if first is None:
        return ()
    chain = Chain()
    for event in _events(at, first):
        if isinstance(event.source, Interview):
            _restart(at, chain, event)
        else:
            _contact(at, chain, event, event.source)
    occurrences = [*chain.past, *([chain.current] if chain.current else [])]
    silent = chain.current is None and not chain.decided
    return tuple(_draft(at, occurrence, silent=silent and occurrence is occurrences[-1]) for occurrence in occurrences)


def _events(at: Situation, first: datetime) -> list[Event]:
    """Return the events from the end of the first round on, which is one of them."""
    events = [_event(at.end(r), ROUND, r) for r in at.live]
    events += [
        _event(r.cancelled_at, CANCELLATION, r)
        for r in at.facts.interviews
        if r.status == "cancelled" and r.cancelled_at is not None and r.cancelled_at >= first
    ]
    events += [_event(f.at, FOLLOW_UP, f) for f in at.facts.follow_ups if first <= f.at <= at.now]
    return sorted(events)


def _event(at: datetime, kind: int, source: Interview | FollowUp) -> Event:
    return Event(at, kind, source.id, source, promise_of(source))


def _restart(at: Situation, chain: Chain, event: Event) -> None:
    chain.end(ended="superseded_by_next_round" if event.kind == ROUND else "restarted")
    chain.unanswered, chain.decided = 0, False
    chain.current = _open(at, event, at.policy.call_after_business_days)


def _contact(at: Situation, chain: Chain, event: Event, contact: FollowUp) -> None:
    if contact.outcome == "no_answer":
        _retry(at, chain, event)
        return
    chain.end(made=contact)
    unheard = contact.outcome in ("left_message", "emailed")
    chain.unanswered = chain.unanswered + 1 if unheard else 0
    if contact.outcome == "decision":
        chain.decided = True
    elif event.promise or (not chain.decided and chain.unanswered < at.policy.max_unanswered):
        chain.decided = False
        chain.current = _open(at, event, at.policy.chase_after_business_days, tried=unheard)


def _retry(at: Situation, chain: Chain, event: Event) -> None:
    """Move the deadline to the retry day; an attempt after the deadline only sets `tried`."""
    if chain.current is None:
        return
    current = chain.current = chain.current._replace(tried=True)
    if event.at > current.window.due_at:
        return
    day = at.office.add_business_days(local_date(event.at, at.facts.zone), at.policy.retry_business_days)
    later = max(current.window.due_at, at.office.closing(day))
    inputs: Data = {"follow_up_id": event.id, "retry_business_days": at.policy.retry_business_days}
    retried = at.explained(lambda: (Applied("retry_after_no_answer", inputs, rfc3339(later)),))
    window = current.window._replace(due_at=later)
    chain.current = current._replace(window=window, trace=(*current.trace, *retried))


def _open(at: Situation, event: Event, after: int, *, tried: bool = False) -> Occurrence:
    """Open an occurrence: in the window that was given, unchanged [28], else `after` business days later [27]."""
    first, last, rule = _frame(at, event, after)
    opens = max(first, event.at)
    due = last if last > opens else opens + at.floor

    def trace() -> tuple[Applied, ...]:
        zone, base = at.facts.zone, local_date(event.at, at.facts.zone)
        inputs: Data = {"event": event.scope, "base_date": base.isoformat(), "zone": zone, "business_days": after}
        applied = [Applied(rule, inputs, f"{rfc3339(first)}/{rfc3339(last)}")]
        if opens != first:
            applied.append(Applied("not_before_the_event", {"event_at": rfc3339(event.at)}, rfc3339(opens)))
        if due != last:
            applied.append(Applied("frame_already_over", {"hours": at.policy.same_day_floor_hours}, rfc3339(due)))
        return tuple(applied)

    basis = "promised" if event.promise else "business"
    window = Window(opens, due, at.facts.zone, basis)
    return Occurrence(event.scope, window, at.explained(trace), after, tried=tried)


def _frame(at: Situation, event: Event, after: int) -> tuple[datetime, datetime, str]:
    office, promise, width = at.office, event.promise, at.policy.call_window_business_days
    default = office.add_business_days(local_date(event.at, at.facts.zone), after)
    if promise.contact_from:
        opens = office.start_of(promise.contact_from)
        if promise.contact_by:
            return opens, office.end_of(promise.contact_by), "from_and_by"
        last = office.add_business_days(promise.contact_from.date, width)
        return opens, office.closing(last), "from_only"
    by = promise.contact_by or (promise.hear_by if at.policy.hear_by_rule == "within" else None)
    if by:
        end = office.end_of(by)
        return min(office.opening(default), office.opening(by.date), end - at.floor), end, "by_only"
    rule = "nothing_given"
    if promise.hear_by:
        default, rule = office.add_business_days(promise.hear_by.date, 1), "after_their_date"
    return office.opening(default), office.closing(office.add_business_days(default, width)), rule


def _draft(at: Situation, occurrence: Occurrence, *, silent: bool) -> Draft:
    made = occurrence.made
    return Draft(
        number=6,
        scope=occurrence.scope,
        window=occurrence.window,
        asks="call_for_status",
        parts=(Part("status_contact_made", Evidence("follow_up", made.id, made.at) if made else None),),
        not_applicable=occurrence.ended or ("offer_received" if at.life.offered_at else None),
        done_reason="company_contacted_you" if made and made.direction == "in" else "evidence",
        data={
            "zone": at.facts.zone,
            "opens_at": rfc3339(occurrence.window.opens_at),
            "business_days": occurrence.after,
        },
        actions=(Timed(None, _action(at, occurrence.window.opens_at)),),
        advice=(Cue("consider_moving_on"),) if silent else (),
        tips=_tips(at, occurrence),
        trace=occurrence.trace,
    )


def _whom(at: Situation) -> StatusContact | None:
    contact = at.facts.status_contact
    return None if contact is None or contact.erased or at.known(contact.since) is None else contact


def _action(at: Situation, opens_at: datetime) -> Cue:
    contact = _whom(at)
    if contact is None:
        return Cue("choose_contact")
    ways = contact.phone or contact.email or "find a phone number first"
    opens, closes = (clock.isoformat("minutes") for clock in (at.policy.business_opens, at.policy.business_closes))
    hours = f"{opens}–{closes} {zone_name(opens_at, at.facts.zone)}"
    return Cue("call", {"who": contact.name or "your contact", "ways": ways, "hours": hours})


def _tips(at: Situation, occurrence: Occurrence) -> tuple[Timed, ...]:
    """Suggest an e-mail if there is no phone number, or if an attempt got no answer [27]."""
    contact = _whom(at)
    if contact is None or not contact.email or (contact.phone and not occurrence.tried):
        return ()
    latest = at.live[-1]
    about = {"who": contact.name or "your contact", "interview": latest.id}
    promise = newest_promise(latest, at.facts.interviews, at.facts.follow_ups, at.now)
    cue = Cue("write_instead/chase" if promise.hear_by else "write_instead", about)
    return (Timed(occurrence.window.opens_at, cue),)
