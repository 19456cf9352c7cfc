"""Operations on follow-ups, offers, search activities and steps; deletions; and reads in between."""

from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.services.full_record import addresses
from tests.services.machine import AGO, MAYBE_AGO, MOMENTS, PICK, Answer, Machine, body, operation

Moment = tuple[int, time | None] | None
CALLS = st.sampled_from(
    [("out", outcome) for outcome in ("no_answer", "no_answer", "left_message", "emailed", "spoke", "decision")]
    + [("in", "status"), ("in", "decision")]
)
FACTS = {
    "contact": "contacts",
    "follow_up": "follow-ups",
    "interview": "interviews",
    "letter": "letters",
    "note": "notes",
    "offer": "offers",
    "reference_person": "references",
    "search_activity": "search-activities",
    "stage_change": "stages",
}
ACTIONS = st.sampled_from(["complete", "skip", "skip", "reopen"])


class Calls(Machine):
    """Operations on follow-ups and offers."""

    @operation(pick=PICK, call=CALLS, ago=MAYBE_AGO, first=MOMENTS, last=MOMENTS, hear=MOMENTS)
    def a_call_is_recorded(
        self, pick: int, call: tuple[str, str], ago: timedelta | None, first: Moment, last: Moment, hear: Moment
    ) -> None:
        if first and last and first[0] > last[0]:
            first, last = last, first
        said = {"contact_from": self.moment(first), "contact_by": self.moment(last), "hear_by": self.moment(hear)}
        made = body(at=self.at(ago), direction=call[0], outcome=call[1], channel="phone", **said)
        self.operate("POST", f"/v1/applications/{self.app(pick)}/follow-ups", made)

    @operation(pick=PICK, call=st.just((..., ...)) | CALLS, ago=MAYBE_AGO, hear=MOMENTS)
    def a_call_is_corrected(self, pick: int, call: tuple[Any, Any], ago: timedelta | None, hear: Moment) -> None:
        if made := self.pick("follow_up", pick):
            changed = body(at=self.at(ago), direction=call[0], outcome=call[1], hear_by=self.moment(hear))
            self.operate("PATCH", f"/v1/follow-ups/{made['id']}", changed)

    @operation(pick=PICK, ago=AGO, decision=st.sampled_from([None, "accepted"]), by=st.integers(-2, 5))
    def an_offer_changes_no_step(self, pick: int, ago: timedelta, decision: str | None, by: int) -> None:
        before = self.states()
        respond_by = (self.now + timedelta(days=by)).isoformat()
        made = body(received_at=self.at(ago), decision=decision, respond_by=respond_by)
        self.operate("POST", f"/v1/applications/{self.app(pick)}/offers", made)
        if offer := self.pick("offer", pick):
            self.operate("PATCH", f"/v1/offers/{offer['id']}", {"decision": decision})
        assert self.states() == before


class Searches(Machine):
    """Operations on search activities."""

    @operation(pick=PICK, ago=MAYBE_AGO, general=st.booleans())
    def something_is_done_for_the_search(self, pick: int, ago: timedelta | None, general: bool) -> None:
        made = body(kind="applied", at=self.at(ago), application_id=None if general else self.app(pick))
        self.operate("POST", "/v1/search-activities", made)

    @operation(pick=PICK, which=PICK, ago=MAYBE_AGO, owner=st.sampled_from(["same", "none", "other"]))
    def what_was_done_for_the_search_is_corrected(
        self, pick: int, which: int, ago: timedelta | None, owner: str
    ) -> None:
        if made := self.pick("search_activity", pick):
            whose = {"same": ..., "none": None, "other": self.app(which)}[owner]
            changed = body(at=self.at(ago), application_id=whose)
            self.operate("PATCH", f"/v1/search-activities/{made['id']}", changed)


class Steps(Machine):
    """Operations on steps by hand, and deletions of facts."""

    def step(self, pick: int) -> Answer:
        found = self.rows("step_instance")
        return found[pick % len(found)] if found else {}

    @operation(pick=PICK, action=ACTIONS, ago=MAYBE_AGO)
    def a_step_is_ticked_skipped_or_reopened(self, pick: int, action: str, ago: timedelta | None) -> None:
        if step := self.step(pick):
            self.operate("POST", f"/v1/steps/{step['id']}/{action}", body(at=self.at(ago)))

    @operation(pick=PICK, some=st.none() | st.lists(PICK, min_size=1, max_size=4))
    def many_steps_are_skipped(self, pick: int, some: list[int] | None) -> None:
        app = self.app(pick)
        mine = [row["id"] for row in self.rows("step_instance") if row["application_id"] == app]
        ids: Any = "overdue" if some is None or not mine else [mine[one % len(mine)] for one in some]
        self.operate("POST", f"/v1/applications/{app}/steps/skip", {"steps": ids})

    @operation(trial=st.booleans())
    def stale_steps_are_skipped(self, trial: bool) -> None:
        listed = self.client.get("/v1/queue?stale=only&limit=200").json()["items"]
        had = self.has
        done = self.operate("POST", f"/v1/steps/skip?dry_run={str(trial).lower()}", {"steps": "stale"})
        assert done is not None
        assert [item["id"] for item in done["items"]] == [item["id"] for item in listed][: len(done["items"])]
        assert done["has_more"] == (len(done["items"]) < len(listed))
        assert not trial or self.has == had

    @operation(pick=PICK, hours=st.integers(-1, 24 * 31))
    def a_step_is_snoozed_and_stands_as_it_stood(self, pick: int, hours: int) -> None:
        if step := self.step(pick):
            until = (self.now + timedelta(hours=hours)).isoformat()
            before = self.bare_steps()
            self.operate("POST", f"/v1/steps/{step['id']}/snooze", {"until": until})
            assert self.bare_steps() == before

    @operation(picks=st.lists(PICK, min_size=1, max_size=4), hours=st.integers(0, 24 * 31))
    def steps_of_several_applications_are_snoozed_or_none_is(self, picks: list[int], hours: int) -> None:
        if ids := [step["id"] for step in map(self.step, picks) if step]:
            until = (self.now + timedelta(hours=hours)).isoformat()
            before, had = self.bare_steps(), self.rows("step_instance")
            done = self.operate("POST", "/v1/steps/snooze", {"steps": ids, "until": until})
            assert self.bare_steps() == before
            changed = {row["id"] for row, was in zip(self.rows("step_instance"), had, strict=True) if row != was}
            assert changed <= ({item["id"] for item in done["items"]} if done else set())

    @operation(picks=st.lists(PICK, min_size=1, max_size=4), ago=MAYBE_AGO)
    def steps_of_several_applications_are_skipped(self, picks: list[int], ago: timedelta | None) -> None:
        if ids := [step["id"] for step in map(self.step, picks) if step]:
            self.operate("POST", "/v1/steps/skip", {"steps": ids, **body(at=self.at(ago))})

    @operation(pick=PICK)
    def a_step_is_woken_and_stands_as_it_stood(self, pick: int) -> None:
        if step := self.step(pick):
            before = self.bare_steps()
            self.operate("DELETE", f"/v1/steps/{step['id']}/snooze")
            assert self.bare_steps() == before

    def bare_steps(self) -> list[Answer]:
        return [{name: row[name] for name in row if name != "snoozed_until"} for row in self.rows("step_instance")]

    @operation(pick=PICK)
    def a_fact_is_deleted_and_re_opens_what_a_trial_said(self, pick: int) -> None:
        table = self.random.choice([table for table in sorted(FACTS) if self.pick(table, pick)])
        row = self.pick(table, pick)
        href = f"/v1/{FACTS[table]}/{row['id']}"
        had = self.has
        trial = self.send("DELETE", f"{href}?dry_run=true")
        assert self.has == had
        closed = {row["id"] for row in self.rows("step_instance") if row["closed_state"]}
        done = self.operate("DELETE", href)
        assert (trial is None) == (done is None)
        if trial is not None:
            open_now = {row["id"] for row in self.rows("step_instance") if row["closed_state"] is None}
            assert {step["id"] for step in trial["reopened_steps"]} == closed & open_now


class Readings(Machine):
    """Reads in between, and requests with a stranger's ids."""

    @operation(pick=PICK)
    def steps_judged_anew_for_an_explanation_are_the_stored_ones(self, pick: int) -> None:
        href = f"/v1/applications/{self.app(pick)}/steps"
        stored, explained = self.send("GET", href), self.send("GET", f"{href}?explain=true")
        assert (stored is None) == (explained is None)
        if stored is not None and explained is not None:
            assert explained["headline"] == stored["headline"]
            assert [{**step, "trace": None} for step in explained["steps"]] == stored["steps"]

    @operation(
        limit=st.integers(1, 3),
        state=st.sampled_from(["overdue", "open", "open,upcoming"]),
        sort=st.sampled_from(["due_at", "urgency"]),
    )
    def the_queue_is_paged_over_http(self, limit: int, state: str, sort: str) -> None:
        whole = self.client.get("/v1/queue", params={"state": state, "limit": 200, "sort": sort}).json()["items"]
        found: list[Answer] = []
        href = f"/v1/queue?sort={sort}&state={state.replace(',', '%2C')}&limit={limit}"
        page = self.client.get(href)
        while page.links:
            found += page.json()["items"]
            page = self.client.get(page.links["next"]["url"])
        assert [*found, *page.json()["items"]] == whole

    @operation(pick=PICK, method=st.sampled_from(["GET", "PATCH", "DELETE"]))
    def what_a_stranger_has_is_not_there(self, pick: int, method: str) -> None:
        known = addresses(self.strange)
        href = known[pick % len(known)]
        answer = self.client.request(method, href, json={} if method == "PATCH" else None)
        assert answer.status_code in (404, 405), (method, href, answer.text)

    @operation(pick=PICK)
    def nothing_can_be_linked_to_what_a_stranger_has(self, pick: int) -> None:
        app, strange = self.app(pick), self.strange
        for method, href, document in (
            ("PATCH", f"/v1/applications/{app}", {"status_contact_id": strange["contact"]}),
            ("PUT", f"/v1/applications/{app}/contacts/{strange['contact']}", {}),
            ("PUT", f"/v1/applications/{app}/references/{strange['reference']}", {}),
            (
                "POST",
                f"/v1/applications/{app}/notes",
                {"kind": "general", "text": "x", "interview_id": strange["interview"]},
            ),
            ("POST", "/v1/search-activities", {"kind": "search", "application_id": strange["application"]}),
            ("POST", f"/v1/applications/{strange['application']}/notes", {"kind": "general", "text": "x"}),
            ("POST", f"/v1/steps/{strange['step']}/skip", {}),
        ):
            answer = self.client.request(method, href, json=document)
            assert answer.status_code == 404, (method, href, answer.text)
