"""What listeners must be told, computed from the rows before and after each write in the simplest way."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

Row = Mapping[str, Any]
Rows = Mapping[str, Mapping[str, Row]]  # by table and id
Told = tuple[str, str | None]  # type of an event and id of its object
RANKS = {"step.opened": 1, "step.due_soon": 2, "step.overdue": 3}
DONE = ("done", "done_late")


@dataclass
class Epoch:
    """An open step between two changes of its dates. `reached`: the rank of what was told, or was true at its begin.

    `looked_at`: the latest instant at which that was compared with the clock.
    """

    opens_at: datetime
    due_at: datetime
    looked_at: datetime
    reached: int = 0
    told: list[str] = field(default_factory=list)
    is_behind: bool = False  # something passed before the time before a deadline changed, and is not told yet

    def instants(self, lead: timedelta | None) -> dict[int, datetime]:
        """Return when each rank begins; a step that opens after its deadline has only that."""
        found = {3: self.due_at}
        if self.opens_at <= self.due_at:
            found[1] = self.opens_at
        if lead is not None and self.opens_at < self.due_at - lead:
            found[2] = self.due_at - lead
        return found

    def rank_at(self, at: datetime, lead: timedelta | None) -> int:
        return max((rank for rank, since in self.instants(lead).items() if since <= at), default=0)

    def following(self, lead: timedelta | None) -> datetime | None:
        if self.reached == RANKS["step.overdue"]:
            return None
        if self.is_behind:
            return self.looked_at
        return min((since for since in self.instants(lead).values() if since > self.looked_at), default=None)


@dataclass
class Oracle:
    """The open steps of one user while somebody listens, and the steps that a recomputation changed so far."""

    max_step_events: int
    epochs: dict[str, Epoch] = field(default_factory=dict)
    lead: timedelta | None = timedelta(minutes=240)
    least_recomputed: int = 0
    most_recomputed: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def wrote(self, before: Rows, after: Rows, events: Sequence[Row], now: datetime, *, recomputes: bool) -> None:
        """Check the events of a write, and follow what it did to steps."""
        listened, listens = is_listened_to(before), is_listened_to(after)
        moved = dict(changed_steps(before["step_instance"], after["step_instance"]))
        if hears(before):
            self._check(before, after, moved, events, now, recomputes=recomputes)
        else:
            assert not events, events
            self.least_recomputed = self.most_recomputed = 0
        if not listens:
            self.epochs = {}
            return
        if not listened:
            self._begin(after["step_instance"], now)
            return
        for id_ in moved:
            self.epochs.pop(id_, None)
            row = after["step_instance"].get(id_)
            if row is not None and row["closed_state"] is None:
                self.epochs[id_] = self._epoch(row, now)

    def led(self, lead: timedelta | None, now: datetime) -> None:
        """Another time before a deadline: what was told stays told; what is due soon by it already is not told."""
        self.lead = lead
        for epoch in self.epochs.values():
            rank = epoch.rank_at(now, lead)
            epoch.reached = max(epoch.reached, rank if rank == RANKS["step.due_soon"] else 0)
            epoch.looked_at = now
            epoch.is_behind = rank > epoch.reached

    def ticked(self, after: Rows, events: Sequence[Row], now: datetime, *, rests: bool) -> None:
        """Check the events of a tick; `rests`: the account is being recomputed."""
        expected: Counter[tuple[str, str, datetime]] = Counter()
        if not rests:
            for id_, epoch in self.epochs.items():
                rank = epoch.rank_at(now, self.lead)
                if epoch.is_behind and now < epoch.looked_at:
                    continue
                epoch.is_behind = False
                if rank > epoch.reached:
                    type_ = next(name for name, value in RANKS.items() if value == rank)
                    assert type_ not in epoch.told, (type_, id_)  # at most once between two changes
                    epoch.told.append(type_)
                    epoch.reached = rank
                    expected[(type_, id_, epoch.instants(self.lead)[rank])] += 1
                epoch.looked_at = max(epoch.looked_at, now)
        if not hears(after):
            expected.clear()
        found = Counter((one["type"], one["data"]["step"]["id"], at(one["timestamp"])) for one in events)
        assert found == expected, (found - expected, expected - found)
        assert not any(one["data"]["corrected"] or one["data"]["previous"] for one in events)
        self.counts.update(type_ for type_, _, _ in expected.elements())
        self.counts["ticks"] += 1

    def check_notices(self, notices: Mapping[str, Row]) -> None:
        """The rows of notices equal their definition; there is none without a listener, and none of a closed step."""
        wanted = {id_: (one.reached, one.due_at, one.following(self.lead)) for id_, one in self.epochs.items()}
        found = {id_: (row["told"], row["due_at"], row["notify_at"]) for id_, row in notices.items()}
        assert found == wanted, {
            id_: (found.get(id_), wanted.get(id_), self.epochs.get(id_), self.lead)
            for id_ in found.keys() | wanted.keys()
            if found.get(id_) != wanted.get(id_)
        }

    def missed(self, now: datetime) -> list[str]:
        """Return the steps of which a transition has passed that was neither told nor true at the begin."""
        return [
            id_
            for id_, one in self.epochs.items()
            if not (one.is_behind and now < one.looked_at) and one.reached < one.rank_at(now, self.lead)
        ]

    def _begin(self, steps: Mapping[str, Row], now: datetime) -> None:
        self.epochs = {id_: self._epoch(row, now) for id_, row in steps.items() if row["closed_state"] is None}

    def _epoch(self, row: Row, now: datetime) -> Epoch:
        epoch = Epoch(row["opens_at"], row["due_at"], now)
        epoch.reached = epoch.rank_at(now, self.lead)
        return epoch

    def _check(
        self,
        before: Rows,
        after: Rows,
        moved: Mapping[str, str],
        events: Sequence[Row],
        now: datetime,
        *,
        recomputes: bool,
    ) -> None:
        about_steps = [one for one in events if one["type"].startswith("step")]
        facts = Counter(object_of(one) for one in events if not one["type"].startswith("step"))
        wanted = Counter(changed_facts(before, after))
        assert facts == wanted, (facts - wanted, wanted - facts)
        self.counts.update(type_ for type_, _ in wanted.elements())
        assert all(at(one["timestamp"]) == now for one in events)
        deleted = {id_ for type_, id_ in wanted if type_ == "application.deleted"}
        told = {id_: type_ for id_, type_ in moved.items() if application_of(before, after, id_) not in deleted}
        vague = {id_ for id_ in told if is_silent(before["step_instance"].get(id_), after["step_instance"].get(id_))}
        self._check_steps(before, after, told, vague, about_steps, now, recomputes=recomputes)

    def _check_steps(
        self,
        before: Rows,
        after: Rows,
        told: Mapping[str, str],
        vague: set[str],
        events: Sequence[Row],
        now: datetime,
        *,
        recomputes: bool,
    ) -> None:
        sums = [one for one in events if one["type"] == "steps.recomputed"]
        if recomputes:
            self.least_recomputed += len(told) - len(vague)
            self.most_recomputed += len(told)
            is_complete = after["user_account"][""]["recompute_after"] is None
            self._check_sum(events, sums, "recomputation", self.least_recomputed, self.most_recomputed, is_complete)
            if is_complete:
                self.least_recomputed = self.most_recomputed = 0
            return
        if sums:
            self._check_sum(events, sums, "write", len(told) - len(vague), len(told), is_complete=True)
            assert len(told) > self.max_step_events
            return
        assert len(told) - len(vague) <= self.max_step_events
        found = {one["data"]["step"]["id"]: one for one in events}
        assert len(found) == len(events)
        assert {id_: one["type"] for id_, one in found.items() if id_ not in vague} == {
            id_: type_ for id_, type_ in told.items() if id_ not in vague
        }
        for id_, one in found.items():
            self._check_one(one, before["step_instance"].get(id_), after["step_instance"].get(id_), now)
            self.counts[one["type"]] += 1

    def _check_sum(
        self, events: Sequence[Row], sums: Sequence[Row], cause: str, least: int, most: int, is_complete: bool
    ) -> None:
        assert events == sums
        if not is_complete or not most:
            assert not sums, sums
            return
        if not sums:
            assert not least, (least, most)
            return
        (one,) = sums
        assert one["data"]["cause"] == cause
        assert least <= one["data"]["count"] <= most, (least, one, most)
        self.counts[f"steps.recomputed by {cause}"] += 1

    def _check_one(self, event: Row, before: Row | None, after: Row | None, now: datetime) -> None:
        data, row = event["data"], after or before
        assert row is not None
        assert (data["step"]["opens_at"], data["step"]["due_at"]) == (text(row["opens_at"]), text(row["due_at"]))
        assert data["step"]["state"] == state_at(row, now)
        previous = before and {"state": state_at(before, now), "due_at": text(before["due_at"])}
        assert data["previous"] == previous
        epoch = self.epochs.get(str(row["id"]))
        corrected = epoch is not None and epoch.reached == RANKS["step.overdue"] and is_correction(before, after, now)
        assert data["corrected"] == corrected, event
        self.counts["corrected"] += corrected


def is_correction(before: Row | None, after: Row | None, now: datetime) -> bool:
    """Tell whether a step that was told as overdue was not, by what is known now."""
    assert before is not None
    if after is None:
        return True
    if after["closed_state"] is not None:
        return bool(after["closed_state"] == "done")
    return bool(before["due_at"] < after["due_at"] and now < after["due_at"])


def is_listened_to(rows: Rows) -> bool:
    """Tell whether there is a webhook in use, or a reminder."""
    reminds = any(row["after_interview"] or row["letter_due"] for row in rows["notification"].values())
    return reminds or hears(rows)


def hears(rows: Rows) -> bool:
    """Tell whether events are stored: a webhook is on, or off because it failed."""
    return any(row["enabled"] or row["disabled_reason"] in ("failures", "gone") for row in rows["webhook"].values())


def changed_steps(before: Mapping[str, Row], after: Mapping[str, Row]) -> Iterator[tuple[str, str]]:
    """Yield the steps that came, went, closed, opened or have other dates, with the types of their events."""
    for id_ in before.keys() | after.keys():
        one, other = before.get(id_), after.get(id_)
        if one is None:
            yield id_, "step.scheduled"
        elif other is None:
            yield id_, "step.removed"
        elif one["closed_state"] != other["closed_state"]:
            closed = "step.done" if other["closed_state"] in DONE else "step.closed"
            yield id_, closed if other["closed_state"] else "step.reopened"
        elif (one["opens_at"], one["due_at"]) != (other["opens_at"], other["due_at"]):
            yield id_, "step.changed"


def is_silent(before: Row | None, after: Row | None) -> bool:
    """Tell whether a closed step 7 stays closed: it may be moved by one statement, and then nobody is told."""
    both = before is not None and after is not None
    return both and before["number"] == 7 and None not in (before["closed_state"], after["closed_state"])  # type: ignore[index]


def changed_facts(before: Rows, after: Rows) -> Iterator[Told]:
    """Yield type and object of the events of facts."""
    for table, types_of in FACTS.items():
        for id_ in before[table].keys() | after[table].keys():
            for type_ in types_of(before[table].get(id_), after[table].get(id_)):
                yield type_, id_


def of_application(was: Row | None, row: Row | None) -> Iterator[str]:
    if was is None:
        yield "application.created"
    elif row is not None and row["stage"] != was["stage"]:
        yield "application.stage_changed"
    if was and row and row["deleted_at"] != was["deleted_at"]:
        yield f"application.{'deleted' if row['deleted_at'] else 'restored'}"


def of_interview(was: Row | None, row: Row | None) -> Iterator[str]:
    if was is None:
        yield "interview.scheduled"
    elif row is None:
        yield "interview.deleted"
    elif row["status"] == "cancelled" != was["status"]:
        yield "interview.cancelled"
    elif (row["starts_at"], row["ends_at"]) != (was["starts_at"], was["ends_at"]):
        yield "interview.rescheduled"


def of_letter(was: Row | None, row: Row | None) -> Iterator[str]:
    if row and row["sent_at"] and not (was and was["sent_at"]):
        yield "letter.sent"


def of_follow_up(was: Row | None, _row: Row | None) -> Iterator[str]:
    if was is None:
        yield "follow_up.recorded"


def of_offer(was: Row | None, row: Row | None) -> Iterator[str]:
    if row and was is None:
        yield "offer.received"
    if row and row["decision"] and (was is None or row["decision"] != was["decision"]):
        yield "offer.decided"


def of_webhook(was: Row | None, row: Row | None) -> Iterator[str]:
    if was and row and was["enabled"] and row["disabled_reason"] in ("failures", "gone"):
        yield "webhook.disabled"


FACTS: Mapping[str, Callable[[Row | None, Row | None], Iterator[str]]] = {
    "application": of_application,
    "interview": of_interview,
    "letter": of_letter,
    "follow_up": of_follow_up,
    "offer": of_offer,
    "webhook": of_webhook,
}


def object_of(event: Row) -> Told:
    """Return type and object of an event of a fact."""
    name = event["type"].partition(".")[0]
    return event["type"], event["data"].get(name, {}).get("id")


def application_of(before: Rows, after: Rows, step_id: str) -> str:
    row = before["step_instance"].get(step_id) or after["step_instance"][step_id]
    return str(row["application_id"])


def state_at(row: Row, now: datetime) -> str:
    if row["closed_state"]:
        return str(row["closed_state"])
    return "upcoming" if now < row["opens_at"] else "open" if now < row["due_at"] else "overdue"


def at(instant: str) -> datetime:
    return datetime.fromisoformat(instant)


def text(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
