"""The state machine of an account with listeners: facts, webhooks, clocks that jump, and workers that interleave."""

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from hypothesis import strategies as st
from hypothesis.stateful import invariant
from sqlmodel import select

from api.models import Notification
from api.models.base import new_id
from api.models.delivery import AttemptError
from api.services import listening
from api.services.events import journal, ticks
from api.services.steps import judge
from api.services.steps.recompute import run_slice
from api.services.webhooks import sending
from api.services.webhooks.sending import Candidate, Claim, Outcome
from api.services.webhooks.switch_off import reason_to_disable, switch_off
from api.workers.ticks import tick_account
from tests.services.checks import rows_of
from tests.services.machine import AGO, EXPECTED, PICK, ZONES, Answer, operation
from tests.services.notice_oracle import Oracle, Row, Rows
from tests.services.operations import POLICIES, Applications, Rounds
from tests.services.operations_on_people import Papers
from tests.services.operations_on_steps import FACTS, Calls, Steps

TABLES = (
    "application",
    "delivery",
    "event",
    "follow_up",
    "interview",
    "letter",
    "notification",
    "offer",
    "step_instance",
    "step_notice",
    "webhook",
)
JUMPS = st.sampled_from(
    [timedelta(seconds=seconds) for seconds in (1, 3_600, 14_400, 86_400, 604_800, 2_592_000)]
    + [timedelta(seconds=-seconds) for seconds in (1, 60, 7_200, 86_400, 1_209_600)]
)
WORKER = st.integers(0, 1)
TYPES = st.sampled_from([[], [], ["step.overdue", "step.opened", "ping"], ["application.created", "step.removed"]])
OUTCOMES = st.sampled_from(
    [(200, None)] * 6 + [(500, AttemptError.STATUS), (None, AttemptError.TIMED_OUT), (410, AttemptError.STATUS)]
)
# Operations that compare steps before and after a write: with a clock that goes back, they may differ.
LEFT_OUT = {
    "the_user_moves",
    "an_application_is_archived",
    "a_contact_is_erased_and_no_step_changes",
    "a_contact_has_a_role_which_no_step_looks_at",
    "an_offer_changes_no_step",
    "a_fact_is_deleted_and_re_opens_what_a_trial_said",
    "stale_steps_are_skipped",
}


@dataclass
class Courier:
    """A worker that sends events: what it saw, what it has claimed until when, and how far it is."""

    seen: list[Candidate] = field(default_factory=list)
    seen_at: datetime | None = None
    claim: Claim | None = None
    until: datetime | None = None
    done: int = 0
    has_record: bool = True


class Listening(Applications, Rounds, Papers, Calls, Steps):
    """One user with webhooks and reminders; two workers that tick, and two that send."""

    def __init__(self) -> None:
        super().__init__()
        self.oracle = Oracle(journal.MAX_STEP_EVENTS, counts=self.counts)
        self.looked: dict[int, tuple[datetime, list[str]]] = {}
        self.couriers = {0: Courier(), 1: Courier()}
        self.bodies: dict[str, bytes] = {}
        self.delivered: Counter[str] = Counter()
        self.last = 0

    @classmethod
    def operations(cls) -> list[str]:
        """Return the names of the operations, those of this class more often."""
        names = [name for name in super().operations() if name not in LEFT_OUT]
        return names + [name for name in names if name in vars(cls)] * 2 + ["the_next_instant_comes"] * 20

    def begin(self, ahead: timedelta) -> None:
        super().begin(ahead)
        self.a_webhook_is_made([])

    # What is written

    def send(self, method: str, href: str, document: Answer | None = None) -> Answer | None:
        """Send a request; check its events, and that a refusal leaves none."""
        before = self.snapshot()
        answer = self.client.request(method, href, json=document)
        assert answer.status_code in EXPECTED, (method, href, document, answer.text)
        refused, after = answer.status_code >= 400, self.snapshot()
        assert not (refused or "dry_run=true" in href) or after == before, (method, href, document, answer.text)
        recomputes = method == "PATCH" and href in ("/v1/me/policy", "/v1/me")
        self.wrote(before, after, recomputes=recomputes)
        shape = "/".join("{id}" if len(part) == 36 else part for part in href.partition("?")[0].split("/"))
        self.counts[f"{method} {shape} {'refused' if refused else 'done'}"] += 1
        return None if refused else (answer.json() if answer.content else {})

    def wrote(self, before: Rows, after: Rows | None = None, *, recomputes: bool = False) -> None:
        after = after or self.snapshot()
        self.oracle.wrote(before, after, self.new_events(after), self.now, recomputes=recomputes)
        self.oracle.check_notices(after["step_notice"])

    def snapshot(self) -> dict[str, dict[str, Row]]:
        """Return the user's rows by table and id."""
        found = rows_of(self.world.database, self.user, *TABLES, "user_account")
        (user,) = found.pop("user_account")
        by_id: dict[str, dict[str, Row]] = {
            name: {str(row.get("id") or row["step_id"]): row for row in rows} for name, rows in found.items()
        }
        return {**by_id, "user_account": {"": user}}

    def new_events(self, after: Rows) -> list[Answer]:
        """Return the events that were added: numbered without gaps, each with its deliveries, the others unchanged."""
        rows = sorted(after["event"].values(), key=lambda row: row["sequence"])
        assert all(row["body"] == self.bodies[row["id"]] for row in rows if row["id"] in self.bodies)
        new = [row for row in rows if row["id"] not in self.bodies]
        assert [row["sequence"] for row in new] == list(range(self.last + 1, self.last + 1 + len(new)))
        self.last += len(new)
        assert after["user_account"][""]["event_count"] == self.last
        events = []
        for row in new:
            self.bodies[row["id"]] = row["body"]
            event = json.loads(row["body"])
            assert (event["id"], event["type"], event["sequence"]) == (row["id"], row["type"], row["sequence"])
            if not event["test"]:
                self._check_deliveries(after, event)
                events.append(event)
        self.counts["events"] += len(events)
        return events

    def _check_deliveries(self, after: Rows, event: Answer) -> None:
        takes = {
            id_
            for id_, row in after["webhook"].items()
            if row["enabled"] and (not row["event_types"] or event["type"] in row["event_types"])
        }
        made = Counter(row["webhook_id"] for row in after["delivery"].values() if row["event_id"] == event["id"])
        assert made == dict.fromkeys(takes, 1), (made, takes)

    @operation(pick=PICK, trial=st.sampled_from([False, False, True]))
    def a_fact_is_deleted_or_only_on_trial(self, pick: int, trial: bool) -> None:
        tables = [table for table in ("interview", *sorted(FACTS)) if self.pick(table, pick)]
        table = tables[0] if self.random.random() < 0.3 else self.random.choice(tables)
        href = f"/v1/{FACTS[table]}/{self.pick(table, pick)['id']}?dry_run={str(trial).lower()}"
        self.operate("DELETE", href)

    @operation(pick=PICK, ago=AGO, decision=st.sampled_from([None, "accepted"]))
    def an_offer_comes_or_is_decided(self, pick: int, ago: timedelta, decision: str | None) -> None:
        made = {"received_at": self.at(ago), "decision": decision}
        self.operate("POST", f"/v1/applications/{self.app(pick)}/offers", made)
        if offer := self.pick("offer", pick):
            self.operate("PATCH", f"/v1/offers/{offer['id']}", {"decision": decision})

    # Clocks and ticks

    @operation(by=JUMPS)
    def the_clock_jumps(self, by: timedelta) -> None:
        self.world.clock.now += by

    @operation(beside=st.integers(-1, 1), tick=st.booleans())
    def the_next_instant_comes(self, beside: int, tick: bool) -> None:
        if coming := [at for one in self.oracle.epochs.values() if (at := one.following(self.oracle.lead))]:
            self.world.clock.now = min(coming) + timedelta(seconds=beside)
        if tick:
            self.tick_until_done()

    @operation(worker=WORKER)
    def a_worker_looks_which_accounts_are_due(self, worker: int) -> None:
        with self.world.database.read(self.now) as session:
            self.looked[worker] = (self.now, list(ticks.accounts_due(session)))

    @operation(worker=WORKER)
    def a_worker_goes_on_with_what_it_saw(self, worker: int) -> None:
        at, due = self.looked.pop(worker, (self.now, []))
        for user_id in due:
            if user_id == self.user:
                self.tick(at)

    @operation()
    def everything_is_told_until_now(self) -> None:
        self.tick_until_done()

    def tick(self, at: datetime) -> None:
        rests = self.snapshot()["user_account"][""]["recompute_after"] is not None
        tick_account(self.world.database, self.user, at, sends_mails=False)
        after = self.snapshot()
        self.oracle.ticked(after, self.new_events(after), at, rests=rests)
        self.oracle.check_notices(after["step_notice"])

    def tick_until_done(self) -> None:
        with self.world.database.read(self.now) as session:
            due = list(ticks.accounts_due(session))
        if self.user in due:
            self.tick(self.now)
        if self.snapshot()["user_account"][""]["recompute_after"] is None:
            for epoch in self.oracle.epochs.values():
                if not epoch.is_behind:
                    epoch.looked_at = max(epoch.looked_at, self.now)
            assert self.oracle.missed(self.now) == []

    # Recomputation

    @operation(policy=POLICIES)
    def the_policy_is_changed_and_applied_in_the_background(self, policy: Answer) -> None:
        self.operate("PATCH", "/v1/me/policy", policy)

    @operation(zone=st.sampled_from(ZONES))
    def the_zone_is_changed_and_applied_in_the_background(self, zone: str) -> None:
        self.operate("PATCH", "/v1/me", {"time_zone": zone})

    @operation()
    def a_slice_is_recomputed(self) -> None:
        before = self.snapshot()
        if before["user_account"][""]["recompute_after"] is not None:
            run_slice(self.world.database, self.user, self.now)
            self.wrote(before, recomputes=True)

    @operation()
    def the_recomputation_ends(self) -> None:
        while self.snapshot()["user_account"][""]["recompute_after"] is not None:
            self.a_slice_is_recomputed()

    # Listeners

    @operation(types=TYPES)
    def a_webhook_is_made(self, types: list[str]) -> None:
        if len(self.rows("webhook")) < 3:
            self.operate("POST", "/v1/webhooks", {"url": "https://hooks.example.com/a", "event_types": types})

    @operation(pick=PICK, enabled=st.booleans())
    def a_webhook_is_switched(self, pick: int, enabled: bool) -> None:
        if hook := self.pick("webhook", pick):
            self.operate("PATCH", f"/v1/webhooks/{hook['id']}", {"enabled": enabled})

    @operation(pick=PICK)
    def a_webhook_is_deleted(self, pick: int) -> None:
        if (hook := self.pick("webhook", pick)) and pick % 2:
            self.operate("DELETE", f"/v1/webhooks/{hook['id']}")

    @operation(pick=PICK)
    def a_delivery_is_replayed(self, pick: int) -> None:
        if delivery := self.pick("delivery", pick):
            self.operate("POST", f"/v1/deliveries/{delivery['id']}/replay")

    @operation(
        lead=st.sampled_from([None, 0, 60, 240, 240, 4_000]), after=st.booleans(), letter=st.sampled_from([False, True])
    )
    def notifications_are_changed(self, lead: int | None, after: bool, letter: bool) -> None:
        before = self.snapshot()
        with self.world.database.write(self.now) as session:
            session.owner = self.user
            judge.lock_user(session)
            row = session.exec(select(Notification)).first()
            if row is None:
                times = {"created_at": self.now, "updated_at": self.now}
                row = Notification(user_id=self.user, id=new_id(), **times)
                session.add(row)
            is_other = row.due_soon_minutes != lead
            row.due_soon_minutes, row.after_interview, row.letter_due = lead, after, letter
            listening.refresh(session, lead_changed=is_other)
        if is_other:
            self.oracle.led(None if lead is None else timedelta(minutes=lead), self.now)
        self.wrote(before)

    # Deliveries

    @operation(worker=WORKER)
    def a_courier_looks(self, worker: int) -> None:
        courier = self.couriers[worker]
        courier.seen, courier.seen_at = sending.candidates(self.world.database, self.now), self.now
        off = {row["id"] for row in self.rows("webhook") if not row["enabled"]}
        assert not off & {one.webhook_id for one in courier.seen}

    @operation(worker=WORKER, pick=PICK)
    def a_courier_claims(self, worker: int, pick: int) -> None:
        courier, other = self.couriers[worker], self.couriers[1 - worker]
        mine = [one for one in courier.seen if one.user_id == self.user]
        if courier.claim is not None or not mine:
            return
        claim = sending.claim(self.world.database, mine[pick % len(mine)], self.now)
        if claim is None:
            return
        is_held = other.claim is not None and other.claim.webhook_id == claim.webhook_id
        if is_held and other.until is not None and courier.seen_at is not None:
            assert other.until <= max(courier.seen_at, self.now), "two requests at once"
        self.counts["claims"] += 1
        courier.claim, courier.until, courier.done = claim, self.now + sending.LEASE, 0
        assert all(one.body == self.bodies[one.event_id] for one in claim.waiting)

    @operation(worker=WORKER, answer=OUTCOMES)
    def a_courier_sends(self, worker: int, answer: tuple[int | None, AttemptError | None]) -> None:
        courier = self.couriers[worker]
        if courier.claim is None or courier.done >= len(courier.claim.waiting):
            return
        one, before = courier.claim.waiting[courier.done], self.snapshot()
        courier.done += 1
        outcome = Outcome(answer[0], answer[1], 5)
        health = sending.record(self.world.database, courier.claim, one, outcome, self.now)
        row = before["webhook"].get(courier.claim.webhook_id)
        is_lost = row is None or row["claim"] != courier.claim.number or not row["enabled"]
        assert (health is None) == is_lost
        if health is None:
            assert self.snapshot() == before
            courier.done = len(courier.claim.waiting)
            return
        self.counts[f"attempts {answer[0]}"] += 1
        self.delivered[one.event_id] += answer[1] is None
        if reason := reason_to_disable(outcome, health, self.now):
            switch_off(self.world.database, courier.claim, reason, self.now, sends_mail=False)
            courier.done = len(courier.claim.waiting)
        self.wrote(before)

    @operation(worker=WORKER)
    def a_courier_gives_back(self, worker: int) -> None:
        courier = self.couriers[worker]
        if courier.claim is not None:
            sending.release(self.world.database, courier.claim, self.now)
            self.couriers[worker] = Courier()
            self.wrote(self.snapshot())

    # What holds in the end

    def teardown(self) -> None:
        """Bring everything to its end: all is told, and all that waits for a webhook that is on is sent."""
        if not self.user:
            return
        self.the_recomputation_ends()
        self.world.clock.now += timedelta(days=60)
        self.tick_until_done()
        for worker in self.couriers:
            self.a_courier_gives_back(worker)
        for _ in range(50):
            self.a_courier_looks(0)
            if not [one for one in self.couriers[0].seen if one.user_id == self.user]:
                break
            self.a_courier_claims(0, 0)
            while self.couriers[0].claim and self.couriers[0].done < len(self.couriers[0].claim.waiting):
                self.a_courier_sends(0, (200, None))
            self.a_courier_gives_back(0)
        on = {row["id"] for row in self.rows("webhook") if row["enabled"]}
        waiting = [row for row in self.rows("delivery") if row["state"] == "pending" and row["webhook_id"] in on]
        assert not waiting

    @invariant()
    def nobody_elses_rows_change(self) -> None:
        """Other machines check it."""

    @invariant()
    def stored_rows_equal_a_fresh_evaluation(self) -> None:
        """Not while a recomputation runs or the clock goes back; other machines check it."""

    @invariant()
    def a_snooze_lasts_only_while_its_step_is_open_and_its_deadline_stays(self) -> None:
        """As above."""
