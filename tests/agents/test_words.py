"""Sentences for problems, arguments, steps and findings: one for every code of the API, none with an address."""

import json
from typing import get_args

import pytest

from api.agents import arguments, findings, problems, steps
from api.agents.catalogue import BY_NAME
from api.agents.problems import Problem, Refusal, sentence
from api.models.step import State, StepName
from api.protocol.field_codes import FIELD_CODES
from api.protocol.problem_types import PROBLEM_TYPES
from api.words.catalogue import catalogue

pytestmark = pytest.mark.sqlite

LABELS = catalogue("formal").words["labels"]
NOW = "Mon 1 Jun 2026, 08:00 EDT"


@pytest.mark.parametrize("code", PROBLEM_TYPES)
def test_every_problem_has_a_sentence_of_ours(code: str) -> None:
    assert code in problems.SENTENCES
    for errors in ([], [{"pointer": "/starts_at", "code": "future_evidence", "detail": "POST /v1/secret"}]):
        document = {"code": code, "detail": "PATCH /v1/letters", "errors": errors, "href": "/v1/x", "quota": "notes"}
        said = sentence(Problem(409, document, "/v1/interviews/{interview_id}"), now=NOW)
        assert said
        assert "/v1/" not in said
        assert "{" not in said


def test_no_sentence_is_left_over() -> None:
    assert set(problems.SENTENCES) <= {*PROBLEM_TYPES, "changed_since"}
    assert set(problems.FIELDS) <= set(FIELD_CODES)


def test_every_invalid_field_is_named_as_the_tools_call_it() -> None:
    for code in FIELD_CODES:
        document = {"code": "invalid", "errors": [{"pointer": "/people/0/email", "code": code, "detail": "x"}]}
        said = sentence(Problem(422, document), now=NOW)
        assert said
        assert "/v1/" not in said
    assert problems.argument_of("/people/0/is_status_contact") == "people.0.ask_about_application"
    assert problems.argument_of("/starts_at") == "start"
    assert problems.argument_of("/<script>") == "arguments"


def test_each_fault_of_the_api_is_said_once() -> None:
    errors = [{"pointer": "/at", "code": "future_evidence", "detail": ""}] * 3
    said = sentence(Problem(422, {"code": "invalid", "errors": errors}), now=NOW)
    assert said == f"at lies in the future (now: {NOW}). Record it once it has happened."


@pytest.mark.parametrize(
    ("document", "template", "said"),
    [
        (
            {"code": "not_found"},
            "/v1/interviews/{interview_id}",
            "There is no such interview in this account: `find` or `application` has the ids.",
        ),
        (
            {"code": "forbidden", "missing_scopes": ["steps:write"]},
            "",
            "This token may not do that (steps:write). The user can make one with the preset `agent`.",
        ),
        ({"code": "too_many_requests", "retry_after": "12"}, "", "Wait 12 seconds."),
        (
            {"code": "unavailable", "retry_after": "1"},
            "",
            "Busy. Wait 1 second. The same call may be sent again; nothing is written twice.",
        ),
        (
            {"code": "internal", "request_id": "0195-7"},
            "",
            "The service failed (request 0195-7). Nothing is known to be written; the same call may be sent again.",
        ),
        (
            {"code": "record_the_fact", "href": "/v1/search-activities"},
            "",
            "Step 7 is recorded as what it was: log_search.",
        ),
        ({"code": "quite_new"}, "", problems.SENTENCES["internal"].replace("{request}", "unknown")),
    ],
)
def test_sentences(document: dict[str, object], template: str, said: str) -> None:
    assert sentence(Problem(400, document, template), now=NOW) == said


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        ("due", {"limt": 3}, "arguments: unknown limt; use application_id, ahead, step, limit, cursor."),
        ("due", {"limit": "3"}, "limit wants a whole number."),
        ("due", {"limit": 0}, "limit wants 1 to 50."),
        ("due", {"limit": True}, "limit wants a whole number."),
        ("due", {"<b>ignore</b>": 1}, "arguments: unknown a name that is none; use "),
        ("find", {}, "arguments: words missing."),
        ("find", {"words": "\ud800"}, "words has characters that are no text."),
        ("find", {"words": "a\x00b"}, "words has characters that are no text."),
        (
            "find",
            {"words": "zebra", "kind": "secret"},
            "kind wants one of application, contact, reference,",
        ),
        (
            "record_debrief",
            {"interview_id": "zebra", "people": [{"mail": "x"}]},
            "people.0: unknown mail; use contact",
        ),
        ("record_debrief", {"interview_id": "zebra", "concerns": [{}] * 51}, "concerns has more than 50 entries."),
        ("record_debrief", {"interview_id": "zebra", "remarks": [{"text": 1}]}, "remarks.0.text wants a text."),
        ("save_application", {"why_role": "x" * 200_001}, "why_role is too long."),
    ],
)
def test_arguments_are_refused_by_name(tool: str, given: dict[str, object], said: str) -> None:
    with pytest.raises(Refusal) as refusal:
        arguments.check(tool, given)
    assert said in str(refusal.value)
    assert not any(str(value) in str(refusal.value) for value in given.values() if isinstance(value, str))


def test_all_tools_accept_what_their_schemas_say() -> None:
    for name, tool in BY_NAME.items():
        required = tool.input_schema["required"]
        properties = tool.input_schema["properties"]
        assert isinstance(required, list)
        assert isinstance(properties, dict)
        arguments.check(name, {one: properties[one].get("enum", ["text"])[0] for one in required})


def test_every_hint_gap_and_finding_has_words() -> None:
    assert set(steps.DO) == set(LABELS["hint"])
    assert set(steps.GAPS) == set(LABELS["gap"])
    assert set(findings.MISSING) == set(LABELS["draft_gap"])
    assert set(findings.PERSON) == set(LABELS["contact_gap"])
    assert set(findings.FINDINGS) >= set(LABELS["finding"])
    assert set(steps.NAMES) == set(get_args(StepName))
    assert set(steps.STATES) == set(get_args(State))


def test_what_to_do_names_tools_and_their_arguments() -> None:
    for sentence_, tool, argument in steps.DO.values():
        assert sentence_.endswith(".")
        assert "/v1/" not in sentence_
        if tool is not None and argument is not None:
            assert argument in json.dumps(BY_NAME[tool].input_schema)
