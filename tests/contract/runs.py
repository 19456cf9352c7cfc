"""Runs of schemathesis over the published document: how values are drawn, what is sent, and the report.

The profile sets how many random cases each operation gets, and how many sequences of requests there are.
"""

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import schemathesis
from fastapi.testclient import TestClient
from hypothesis import strategies as st
from schemathesis import BaseSchema, Case, HookContext, Response, engine
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events
from schemathesis.generation.meta import TestPhase
from schemathesis.openapi.checks import RejectedPositiveData

from api.capture import NOW, Node
from api.models.base import NOTHING, UNWANTED
from api.rules.calendar import ZONES
from tests.conftest import World
from tests.documented import published, served_at
from tests.profiles import SEED, budget

CASES = budget(quick=2, long=10)
# Each of these hashes a password, which takes a few tenths of a second.
HASHING = ("create_user", "create_session", "put_password", "put_email", "confirm_password_reset", "delete_me")
OFFSETS = ("Z", "+00:00", "+05:30", "-08:00")
YEAR, DAY = timedelta(days=365), timedelta(days=1)
EVER = (datetime(1970, 1, 2, tzinfo=UTC), datetime(2199, 12, 30, tzinfo=UTC))
SCHEMAS: Node = published()["components"]["schemas"]
AnyCase = Case[Any]
Hooks = Mapping[str, Callable[..., Any]]
# Fields of bodies and filters that hold ids, with the path parameter for ids of the same kind.
LINKS = {
    "addressed_by_letter_id": "letter_id",
    "application_id": "application_id",
    "contact_id": "contact_id",
    "interview_id": "interview_id",
    "note_ids": "note_id",
    "recipients": "contact_id",
    "status_contact_id": "contact_id",
    "steps": "step_id",
    "template_id": "letter_template_id",
    "told_by": "contact_id",
}
MANY = {"note_ids", "recipients", "steps"}
# 404, 409, 410 and 412 are accepted for valid requests: the id may be deleted, the version outdated, or the stored
# response erased.
# They are accepted for invalid requests too: an id or a condition may be refused before the invalid part is checked.
ACCEPTED = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", "401", "403", "404", "409", "410", "412"]},
    "negative_data_rejection": {
        "expected-statuses": ["400", "401", "403", "404", "405", "406", "409", "410", "412", "413", "415", "422", "431"]
    },
}
BEYOND_A_SCHEMA: Mapping[str, frozenset[str]] = {
    "It depends on the clock.": frozenset({"future_evidence", "in_the_past", "not_within_30_days"}),
    "A format states it, and texts with a length at its bound are drawn without their format.": frozenset(
        {"not_an_address", "unknown_zone", "unusable_address"}
    ),
    "The pattern of If-Match has quotes, without which it is drawn in the listed cases.": frozenset({"unusable_etag"}),
    "It depends on another field, and a schema compares no two values.": frozenset(
        {
            "before_contact_from",
            "before_from",
            "before_received_at",
            "period_too_long",
            "before_permission_at",
            "below_salary_min",
            "either_or",
            "end_before_start",
            "known_and_unknown",
            "longer_than_a_day",
            "nothing_to_end",
            "missing /start_local",
            "nobody",
            "office_hours_too_short",
            "outcome_of_other_direction",
        }
    ),
    "The document cannot say that a file has contents.": frozenset({"empty_file"}),
    "The host and the port of an address are not in its pattern.": frozenset({"unusable_url"}),
    "A format states it: templates have their own syntax.": frozenset(
        {
            "template_not_allowed",
            "template_syntax",
            "template_too_deep",
            "template_too_many_tags",
            "template_unknown_name",
        }
    ),
    "Words are letters and digits, of many scripts.": frozenset({"nothing_to_find"}),
    "It depends on what is stored, or on what is known about passwords.": frozenset(
        {
            "common_password",
            "interview_ahead",
            "interview_held",
            "interview_not_held",
            "recipient_address_unusable",
            "too_many_rows",
            "unusable_link",
            "wrong_password",
            "bad_cursor",
            "fact_still_there",
            "not_closed",
            "not_sent",
            "nothing_to_date",
            "of_another_application",
            "recipient_without_address",
            "template_empty",
            "template_of_another_kind",
            "template_too_long",
            "record_the_fact",
        }
    ),
}
NOT_SAID = frozenset.union(*BEYOND_A_SCHEMA.values())
LONG = 20_000
LIST_OF_WORDS = re.compile(r"(?P<list>\^\(*(?P<words>[a-z_|]+)\)\(,\((?P=words)\)\))\*(?P<rest>\)?\??\$)")
BOUNDED_BY_FORMAT = ("uuid", "time-zone")
LONG_TEXTS = {
    name
    for schema in SCHEMAS.values()
    for name, member in schema.get("properties", {}).items()
    if '/Text"' in json.dumps(member)
}


def teach_formats() -> None:
    """Register the formats of the document with schemathesis; most instants are in the year before the tests' clock."""
    spans = [(NOW - YEAR, NOW - DAY)] * 7 + [(NOW, NOW + 30 * DAY)] * 2 + [EVER]
    instants = st.sampled_from(spans).flatmap(lambda span: st.datetimes(*(end.replace(tzinfo=None) for end in span)))
    local = instants.map(lambda instant: instant.replace(microsecond=0).isoformat())
    schemathesis.openapi.format("date-time-local", local)
    schemathesis.openapi.format("date-time", st.builds(str.__add__, local, st.sampled_from(OFFSETS)))
    schemathesis.openapi.format("date", st.dates(date(2025, 1, 1), NOW.date()).map(str))
    schemathesis.openapi.format("time-zone", st.sampled_from(sorted(ZONES)))
    schemathesis.openapi.format("time-local", st.times().map(lambda clock: f"{clock:%H:%M}"))


def load(world: World, hooks: Hooks, cases: int = CASES, **config: object) -> BaseSchema:
    """Load the document of the application, with shared settings and those of one run."""
    teach_formats()
    shared = {
        "seed": SEED,
        "continue-on-failure": True,
        "cache": {"enabled": False},
        "analysis": {"constants": {"enabled": False}},
        "checks": ACCEPTED,
        "generation": {
            "max-examples": cases,
            "database": "none",
            "no-shrink": True,
            "deterministic": True,
            "with-security-parameters": False,
            "allow-x00": False,
        },
    }
    whole = SchemathesisConfig.from_dict({**shared, **config})
    schema: BaseSchema = schemathesis.openapi.from_dict(_document(), config=whole)
    schema.app = world.app
    for name, function in {"filter_failure": is_a_fault, **hooks}.items():
        schema.hook(name)(function)
    return schema


def _document() -> Node:
    """Return the document of the application, without the pattern of long texts and the length of ids, zones and lists.

    Drawing 20,000 characters by a pattern takes a third of the whole time, and lines have the same pattern anyway. A
    format with a length takes half of the time, and no id or zone is longer than its bound. A list of words with commas
    gets a number of words instead: drawing one again until it is short enough takes seconds.
    """
    document: Node = served_at(NOW)
    for schema in _objects(document):
        if schema.get("maxLength") == LONG:
            schema.pop("pattern", None)
        if schema.get("format") in BOUNDED_BY_FORMAT:
            schema.pop("maxLength", None)
        if words := LIST_OF_WORDS.fullmatch(str(schema.get("pattern"))):
            more = schema.pop("maxLength") // (1 + max(map(len, words["words"].split("|")))) - 1
            schema["pattern"] = f"{words['list']}{{0,{more}}}{words['rest']}"
    return document


def _objects(node: Any) -> Iterator[Node]:
    if isinstance(node, dict):
        yield node
    for member in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        yield from _objects(member)


@dataclass
class Report:
    """The result of a run: cases by phase, answers by operation and status, and every failure as text."""

    cases: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    def add(self, event: object) -> None:
        """Add an event of the engine."""
        if isinstance(event, events.ScenarioFinished):
            self._count(event)
            self.failures += _failures(event)
        elif isinstance(event, events.NonFatalError):
            self.failures.append(f"{event.phase}: {event.label}: {event.value!r}")
        elif isinstance(event, events.FatalError):
            raise event.exception

    def _count(self, event: events.ScenarioFinished) -> None:
        for id_, interaction in event.recorder.interactions.items():
            self.cases[event.phase.value] += 1
            if interaction.response is not None:
                label = event.recorder.cases[id_].value.operation.label
                self.answers.setdefault(label, Counter())[interaction.response.status_code] += 1

    def never(self, *statuses: int) -> set[str]:
        """Return the operations that never answered with one of these statuses."""
        return {label for label, counts in self.answers.items() if not set(statuses) & set(counts)}


def _failures(event: events.ScenarioFinished) -> Iterator[str]:
    for id_, checks in event.recorder.checks.items():
        for check in checks:
            if check.failure_info is not None:
                answer = event.recorder.find_response(case_id=id_)
                text = answer.text[:1_000] if answer is not None else ""
                yield f"{event.phase.value}: {check.failure_info.failure}\n{check.failure_info.code_sample}\n{text}\n"


def run(schema: BaseSchema) -> Report:
    """Send valid and invalid requests of the document; return the report."""
    report = Report()
    for event in engine.from_schema(schema).execute():
        report.add(event)
    tell(f"{report.cases.total()} cases {dict(report.cases)}, {len(report.failures)} failures")
    return report


def tell(line: str) -> None:
    """Print a line; `pytest -s` shows it."""
    sys.stdout.write(f"\n{line}\n")


def only(*phases: str) -> Node:
    """Return settings that enable only these phases."""
    return {phase.value: {"enabled": phase.value in phases} for phase in TestPhase}


def is_a_fault(context: HookContext, failure: Failure, case: AnyCase, response: Response) -> bool:
    """Return False if a well-formed request was refused for a reason that no schema can state."""
    return not (isinstance(failure, RejectedPositiveData) and is_beyond_a_schema(response))


def is_beyond_a_schema(response: Response) -> bool:
    """Tell whether a response refuses a request for reasons that no schema can state."""
    if response.status_code not in (400, 422):
        return False
    problem = response.json()
    found = {(str(error["code"]), error.get("pointer")) for error in problem["errors"]} or {(problem["code"], None)}
    return all(code in NOT_SAID or f"{code} {pointer}" in NOT_SAID for code, pointer in found)


def as_a_client_sends_it(context: HookContext, case: AnyCase) -> AnyCase:
    """Replace most `If-Match` values by `*`, each idempotency key by a hash of the request, and drop the cursor.

    Long texts are made valid. Random values of these are nearly always refused (412, 422, 400), so the code behind
    them would not be reached. A case that tests one of them keeps its value.
    """
    write_readably(case)
    if not is_negative(case, ParameterLocation.HEADER):
        if "If-Match" in case.headers and not is_about(case, "If-Match") and choice(case, 5):
            case.headers["If-Match"] = "*"
        if "Idempotency-Key" in case.headers and not is_about(case, "Idempotency-Key"):
            case.headers["Idempotency-Key"] = digest(case)
    if not is_about(case, "cursor"):
        case.query.pop("cursor", None)
    return case


def write_readably(case: AnyCase) -> None:
    """Make long texts match their pattern, which was left out when they were drawn; keep their length."""
    for part in _objects(case.body):
        for name in LONG_TEXTS & part.keys():
            text = part[name]
            if isinstance(text, str):
                part[name] = "x" * len(text) if NOTHING.fullmatch(text) else UNWANTED.sub("x", text)


def is_negative(case: AnyCase, location: ParameterLocation) -> bool:
    """Tell whether this part of a case is deliberately invalid."""
    return case.meta is not None and case.meta.is_negative_at(location)


def is_about(case: AnyCase, name: str) -> bool:
    """Tell whether a case tests this parameter."""
    return case.meta is not None and getattr(case.meta.phase.data, "parameter", None) == name


def digest(case: AnyCase) -> str:
    """Return a hash of the request without its headers."""
    parts = [case.method, case.path, case.path_parameters, case.query, case.body]
    text = json.dumps(parts, default=lambda value: type(value).__name__, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def choice(case: AnyCase, count: int) -> int:
    """Return a number below `count` that depends on the case alone."""
    return int(digest(case)[:8], 16) % count


def linked(link: str, ids: Mapping[str, str]) -> Any:
    """Return the value of a link field: an id, or a list of one id; `ids` are by path parameter."""
    return [ids[LINKS[link]]] if link in MANY else ids[LINKS[link]]


def names_objects(case: AnyCase, link: str) -> bool:
    """Tell whether a field of a body holds ids; `steps` can also be a word, such as `stale`."""
    value = case.body.get(link) if isinstance(case.body, dict) else None
    return bool(value) and isinstance(value, list) == (link in MANY)


def ids_of_record(ids: Mapping[str, str]) -> dict[str, str]:
    """Return the ids of a full record by path parameter."""
    named = {**ids, "letter": ids["draft"], "search_activity": ids["activity"]}
    return {f"{name}_id": id_ for name, id_ in named.items()}


def secret_of(client: TestClient) -> str:
    """Return the token of a client."""
    return str(client.headers["Authorization"]).removeprefix("Bearer ")
