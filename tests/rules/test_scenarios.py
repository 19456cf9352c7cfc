"""The 109 cases of `scenarios.json` against the rules."""

from typing import Any

import pytest

from api.rules.words import rfc3339
from tests.rules.evaluation import Step, evaluate, headline
from tests.rules.vectors import SCENARIOS, at, facts_of, policy_of, scope_of

FIELDS = ("state", "opens_at", "due_at", "completed_at", "changes_at", "reason", "missing")


def shown(step: Step, name: str) -> object:
    value = getattr(step, name)
    if name.endswith("_at"):
        return rfc3339(value) if value else None
    return list(value) if name == "missing" else value


def find(steps: tuple[Step, ...], key: str) -> Step | None:
    """Return the step of a key; a number without a scope means the headline if it has no instance of its own."""
    wanted = scope_of(key)
    exact = next((s for s in steps if (s.number, s.scope) == wanted), None)
    if exact is None and ":" not in key:
        return headline(steps)[int(key) - 1]
    return exact


@pytest.mark.parametrize("case", SCENARIOS, ids=[case["id"] for case in SCENARIOS])
def test_the_case_holds(case: dict[str, Any]) -> None:
    steps = evaluate(facts_of(case["facts"]), policy_of(case["policy"]), at(case["now"]))
    for expected in case["expect"]:
        step = find(steps, expected["key"])
        if expected.get("absent"):
            assert step is None
            continue
        assert step is not None, expected["key"]
        for name in expected.keys() - {"key"}:
            assert shown(step, name) == expected[name], (expected["key"], name)


@pytest.mark.parametrize("case", SCENARIOS, ids=[case["id"] for case in SCENARIOS])
def test_the_independent_model_gives_the_same_whole_answer(case: dict[str, Any]) -> None:
    steps = evaluate(facts_of(case["facts"]), policy_of(case["policy"]), at(case["now"]))
    scheduled = {(s.number, s.scope): s for s in steps if s.opens_at is not None}
    answers = {scope_of(a["key"]): a for a in case["model_output"] if a.get("opens_at")}
    assert scheduled.keys() == answers.keys()
    for key, answer in answers.items():
        step = scheduled[key]
        assert {name: shown(step, name) for name in FIELDS} == {
            name: answer.get(name, [] if name == "missing" else None) for name in FIELDS
        }, key


def test_there_are_109_cases() -> None:
    assert len(SCENARIOS) == 109
