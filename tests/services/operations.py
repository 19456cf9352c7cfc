"""Operations on applications, their stages, rounds, policies and zones."""

from datetime import time, timedelta
from typing import Any

from hypothesis import strategies as st

from tests.services.machine import AHEAD, LENGTHS, MAYBE_AGO, MOMENTS, PICK, ZONES, Machine, body, operation

Moment = tuple[int, time | None] | None
STAGES = ("saved", "applied", "interviewing", "offered", "accepted", "declined", "rejected", "withdrawn", "no_response")
STAGE = st.sampled_from(STAGES)
MAYBE_ZONE = st.sampled_from([..., *ZONES])
POLICIES = st.fixed_dictionaries(
    {},
    optional={
        "thank_you_hours": st.sampled_from([None, 4, 72]),
        "contacts_hours": st.sampled_from([None, 1, 48]),
        "same_day_floor_hours": st.sampled_from([None, 5]),
        "references_business_days": st.sampled_from([None, 0, 3]),
        "call_after_business_days": st.sampled_from([None, 0, 5]),
        "call_window_business_days": st.sampled_from([None, 0, 2]),
        "hear_by_rule": st.sampled_from([None, "after"]),
        "max_unanswered": st.sampled_from([None, 1, 3]),
        "search_days": st.sampled_from([None, 1, 14]),
        "thank_you_help_days": st.sampled_from([None, 1, 40, "always"]),
        "call_help_business_days": st.sampled_from([None, 1, "always"]),
        "business_opens": st.sampled_from([None, "08:00", "14:00"]),
        "workdays": st.sampled_from([None, [5, 6], [0, 2]]),
        "holidays": st.sampled_from([None, ["2026-06-03", "2026-03-09"]]),
        "thank_each_interviewer": st.sampled_from([None, True]),
        "default_interview_minutes": st.sampled_from([None, 5, 300]),
        "disabled_steps": st.sampled_from([None, [3], [1, 5, 7]]),
    },
)


class Applications(Machine):
    """Operations on applications, their stages and policies, and on the user's policy and zone."""

    @operation(stage=STAGE, since=MAYBE_AGO, applied=st.sampled_from([..., 0, -1, -5]), zone=MAYBE_ZONE)
    def an_application_is_added(self, stage: str, since: timedelta | None, applied: Any, zone: Any) -> None:
        if len(self.rows("application")) >= 5:
            return
        day = applied if applied is ... else (self.now + timedelta(days=applied)).date().isoformat()
        made = body(company="Blue", role="Baker", stage=stage, stage_at=self.at(since), applied_on=day, time_zone=zone)
        self.operate("POST", "/v1/applications", made)

    @operation(pick=PICK, zone=MAYBE_ZONE, given=MAYBE_AGO, check=MOMENTS, without=MAYBE_AGO, clear=st.booleans())
    def an_application_is_changed(
        self, pick: int, zone: Any, given: timedelta | None, check: Moment, without: timedelta | None, clear: bool
    ) -> None:
        changed = body(
            time_zone=zone,
            references_given_at=None if clear else self.at(given),
            reference_check=self.moment(check),
            references_not_needed_at=None if clear else self.at(without),
        )
        self.operate("PATCH", f"/v1/applications/{self.app(pick)}", changed)

    @operation(pick=PICK, policy=POLICIES)
    def an_application_has_a_policy_of_its_own(self, pick: int, policy: dict[str, Any]) -> None:
        self.operate("PATCH", f"/v1/applications/{self.app(pick)}/policy", policy)

    @operation(policy=POLICIES)
    def the_user_changes_the_policy(self, policy: dict[str, Any]) -> None:
        self.operate("PATCH", "/v1/me/policy", policy)

    @operation(zone=st.sampled_from(ZONES))
    def the_user_moves(self, zone: str) -> None:
        before = self.rows("step_instance")
        self.operate("PATCH", "/v1/me", {"time_zone": zone})
        others = [row for row in before if row["number"] != 7]
        assert [row for row in self.rows("step_instance") if row["number"] != 7] == others

    @operation(pick=PICK)
    def an_application_is_deleted(self, pick: int) -> None:
        if self.app(0) == self.app(1):
            return
        app = self.app(pick)
        self.operate("DELETE", f"/v1/applications/{app}")
        assert not [row for row in self.rows("step_instance") if row["application_id"] == app]

    @operation(pick=PICK)
    def an_application_is_restored(self, pick: int) -> None:
        deleted = [row["id"] for row in self.rows("application") if row["deleted_at"]]
        if deleted:
            self.operate("POST", f"/v1/applications/{deleted[pick % len(deleted)]}/restore")

    @operation(pick=PICK, ago=MAYBE_AGO)
    def an_application_is_archived(self, pick: int, ago: timedelta | None) -> None:
        archived = None if ago is None else self.at(ago)
        before = self.states()
        self.operate("PATCH", f"/v1/applications/{self.app(pick)}", {"archived_at": archived})
        assert self.states() == before

    @operation(pick=PICK, stage=STAGE, ago=MAYBE_AGO)
    def a_stage_is_recorded(self, pick: int, stage: str, ago: timedelta | None) -> None:
        self.operate("POST", f"/v1/applications/{self.app(pick)}/stages", body(stage=stage, at=self.at(ago)))

    @operation(pick=PICK, stage=st.just(...) | STAGE, ago=MAYBE_AGO)
    def a_stage_is_corrected(self, pick: int, stage: Any, ago: timedelta | None) -> None:
        if line := self.pick("stage_change", pick):
            self.operate("PATCH", f"/v1/stages/{line['id']}", body(stage=stage, at=self.at(ago)))


class Rounds(Machine):
    """Operations on interviews."""

    @operation(
        pick=PICK,
        ahead=AHEAD,
        length=LENGTHS,
        zone=MAYBE_ZONE,
        kind=st.sampled_from(["onsite", "onsite", "panel", "assessment"]),
        local=st.booleans(),
    )
    def an_interview_is_arranged(
        self, pick: int, ahead: timedelta, length: timedelta | None, zone: Any, kind: str, local: bool
    ) -> None:
        start = self.now + ahead
        end = None if length is None else start + length
        made = body(kind=kind, time_zone=zone)
        if local:
            made |= {"start_local": f"{start:%Y-%m-%dT%H:%M:%S}", "end_local": end and f"{end:%Y-%m-%dT%H:%M:%S}"}
        else:
            made |= {"starts_at": start.isoformat(), "ends_at": end and end.isoformat()}
        self.operate("POST", f"/v1/applications/{self.app(pick)}/interviews", made)

    def change_round(self, pick: int, **fields: Any) -> None:
        if interview := self.pick("interview", pick):
            self.operate("PATCH", f"/v1/interviews/{interview['id']}", body(**fields))

    @operation(pick=PICK, ahead=AHEAD, length=LENGTHS, zone=MAYBE_ZONE)
    def an_interview_is_moved(self, pick: int, ahead: timedelta, length: timedelta | None, zone: Any) -> None:
        start = self.now + ahead
        end = (start + length).isoformat() if length else None
        self.change_round(pick, starts_at=start.isoformat(), ends_at=end, actual_end=None, time_zone=zone)

    @operation(pick=PICK, zone=st.sampled_from(ZONES))
    def an_interviews_zone_is_corrected(self, pick: int, zone: str) -> None:
        self.change_round(pick, time_zone=zone)

    @operation(
        pick=PICK, status=st.sampled_from(["scheduled", "held", "cancelled", "cancelled", "no_show"]), ago=MAYBE_AGO
    )
    def it_becomes_something_of_an_interview(self, pick: int, status: str, ago: timedelta | None) -> None:
        self.change_round(pick, status=status, cancelled_at=self.at(ago) if status == "cancelled" else ...)

    @operation(pick=PICK, over=st.sampled_from([None, timedelta(minutes=20), timedelta(hours=3)]))
    def an_interview_really_ended(self, pick: int, over: timedelta | None) -> None:
        interview = self.pick("interview", pick)
        end = interview["starts_at"] + over if interview and over else None
        self.change_round(pick, actual_end=end and end.isoformat())

    @operation(
        pick=PICK,
        stage=st.sampled_from([..., None, "A panel"]),
        unknown=st.sampled_from([..., True, False]),
        learned=MAYBE_AGO,
    )
    def the_next_stage_is_learned(self, pick: int, stage: Any, unknown: Any, learned: timedelta | None) -> None:
        when = self.at(learned)
        self.change_round(pick, next_stage=stage, next_stage_unknown=unknown, stage_learned_at=when)

    @operation(
        pick=PICK,
        first=MOMENTS,
        last=MOMENTS,
        hear=MOMENTS,
        unknown=st.sampled_from([..., ..., True, False]),
        learned=MAYBE_AGO,
    )
    def the_timing_is_learned(
        self, pick: int, first: Moment, last: Moment, hear: Moment, unknown: Any, learned: timedelta | None
    ) -> None:
        if first and last and first[0] > last[0]:
            first, last = last, first
        told = {"contact_from": self.moment(first), "contact_by": self.moment(last), "hear_by": self.moment(hear)}
        self.change_round(pick, **told, timing_unknown=unknown, timing_learned_at=self.at(learned))

    @operation(pick=PICK, positives=MAYBE_AGO, concerns=MAYBE_AGO, clear=st.booleans())
    def a_debrief_is_ticked(
        self, pick: int, positives: timedelta | None, concerns: timedelta | None, clear: bool
    ) -> None:
        ticks = {"no_positives_at": self.at(positives), "no_concerns_at": self.at(concerns)}
        self.change_round(pick, **(dict.fromkeys(ticks) if clear else ticks))

    @operation(pick=PICK)
    def somebody_told_about_it(self, pick: int) -> None:
        self.change_round(pick, told_by=self.pick("contact", pick).get("id"))
