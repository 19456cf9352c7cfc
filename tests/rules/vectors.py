"""The 109 cases of `scenarios.json`, converted to the facts of the rules."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from api.rules.facts import (
    Elsewhere,
    Facts,
    FollowUp,
    Interview,
    Interviewer,
    Letter,
    Moment,
    Note,
    Override,
    Reference,
    StageChange,
    StatusContact,
)
from api.rules.policy import Policy, merge

SCENARIOS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "scenarios.json").read_text())
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


def instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def moment(value: Mapping[str, Any] | None) -> Moment | None:
    if value is None:
        return None
    return Moment(date.fromisoformat(value["date"]), time.fromisoformat(value["time"]) if value["time"] else None)


def policy_of(values: Mapping[str, Any]) -> Policy:
    read: dict[str, Callable[[Any], object]] = {
        "workdays": frozenset,
        "disabled_steps": frozenset,
        "holidays": lambda days: frozenset(date.fromisoformat(day) for day in days),
    }
    given = {name: read[name](value) if name in read else value for name, value in values.items()}
    return merge(given)


def scope_of(key: str) -> tuple[int, str]:
    """Convert `4:r1`, `5` or `6:cancel:r2` to number and scope."""
    number, _, scope = key.partition(":")
    if not scope:
        return int(number), "application"
    return int(number), scope if ":" in scope else f"interview:{scope}"


def _interview(raw: Mapping[str, Any]) -> Interview:
    return Interview(
        id=raw["id"],
        start=at(raw["start"]),
        end=instant(raw["end"]),
        zone=raw["tz"],
        actual_end=instant(raw["actual_end"]),
        status=raw["status"],
        cancelled_at=instant(raw["cancelled_at"]),
        interviewers=tuple(
            Interviewer(contact_id=p["id"], details_at=instant(p["details_at"]), optional=p["optional"])
            for p in raw["interviewers"]
        ),
        stage_learned_at=instant(raw["stage_at"]),
        timing_learned_at=instant(raw["timing_at"]),
        contact_from=moment(raw["contact_from"]),
        contact_by=moment(raw["contact_by"]),
        hear_by=moment(raw["hear_by"]),
        no_positives_at=instant(raw["no_positives_at"]),
        no_concerns_at=instant(raw["no_concerns_at"]),
    )


def _stages(raw: Mapping[str, Any]) -> tuple[StageChange, ...]:
    lines = [StageChange(id="s0", stage="applied", at=EPOCH, dated=False)]
    if raw.get("offered_at"):
        lines.append(StageChange(id="s1", stage="offered", at=at(raw["offered_at"])))
    if raw.get("closed_at"):
        lines.append(StageChange(id="s2", stage=raw["closed_outcome"], at=at(raw["closed_at"])))
    return tuple(lines)


def facts_of(raw: Mapping[str, Any]) -> Facts:
    asked = instant(raw.get("status_contact_at"))
    return Facts(
        application_id="app",
        zone=raw["tz"],
        user_zone=raw["user_tz"],
        stages=_stages(raw),
        interviews=tuple(_interview(r) for r in raw.get("interviews", [])),
        notes=tuple(_note(n) for n in raw.get("notes", [])),
        letters=tuple(_letter(x) for x in raw.get("letters", [])),
        references=tuple(_reference(r) for r in raw.get("references", [])),
        follow_ups=tuple(_follow_up(f) for f in raw.get("followups", [])),
        overrides=tuple(_override(f"o{index}", o) for index, o in enumerate(raw.get("overrides", []))),
        elsewhere=(
            *(Elsewhere(id=f"a{i}", type="search_activity", at=at(t)) for i, t in enumerate(raw.get("search_at", []))),
            *(Elsewhere(id=f"e{i}", type="interview", at=at(t)) for i, t in enumerate(raw.get("other_interviews", []))),
        ),
        status_contact=StatusContact(contact_id="boss", since=asked, reachable_since=asked) if asked else None,
        reference_check=moment(raw.get("reference_check")),
        references_given_at=instant(raw.get("references_given_at")),
        references_not_needed_at=instant(raw.get("references_not_needed_at")),
    )


def _note(raw: Mapping[str, Any]) -> Note:
    return Note(id=raw["id"], interview_id=raw["interview_id"], kind=raw["kind"], noted_at=at(raw["at"]))


def _letter(raw: Mapping[str, Any]) -> Letter:
    sent, to = instant(raw["sent_at"]), tuple(raw["recipients"])
    return Letter(id=raw["id"], interview_id=raw["interview_id"], sent_at=sent, recipients=to)


def _reference(raw: Mapping[str, Any]) -> Reference:
    return Reference(
        id=raw["id"],
        linked_at=at(raw["linked_at"]),
        alerted_at=instant(raw["alerted_at"]),
        briefed_at=instant(raw["briefed_at"]),
        contacted_at=instant(raw["contacted_at"]),
    )


def _follow_up(raw: Mapping[str, Any]) -> FollowUp:
    return FollowUp(
        id=raw["id"],
        at=at(raw["at"]),
        direction=raw["direction"],
        outcome=raw["outcome"],
        contact_from=moment(raw["contact_from"]),
        contact_by=moment(raw["contact_by"]),
        hear_by=moment(raw["hear_by"]),
    )


def _override(id_: str, raw: Mapping[str, Any]) -> Override:
    number, scope = scope_of(raw["key"])
    return Override(id=id_, number=number, scope=scope, action=raw["action"], at=at(raw["at"]))
