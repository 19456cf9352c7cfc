"""The labels of `/v1/meta`: one for every value of every enum of the published document, and for codes in answers."""

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest

from api.models.application import Stage
from api.models.hint import LABELS
from api.models.step import EvidenceType, State
from api.models.token import TokenKind
from api.protocol.scopes import SCOPES
from api.rules.hints import WORDS
from api.rules.outcome import STEPS
from api.rules.words import REASONS
from api.services.accounts.audit_log import OPERATOR
from api.words.letters import LINE_ROLES, MISSED_ROLE
from api.words.pictures import states
from api.words.templates import WORDS as NAMES
from tests.conftest import World
from tests.invariants.failures import Failures
from tests.invariants.test_openapi import MADE, ROOT

pytestmark = pytest.mark.sqlite

# A problem says in its own title and detail what its codes mean.
SELF_EXPLAINED = re.compile(r"^/components/schemas/(Row)?Problem|/parameters/\d+/schema/x-")
PART = re.compile(r'Part\(f?"([a-z_]+)')
MISSING = re.compile(r'yield (?:from \()?f?"([a-z_]+)')
FINDING = re.compile(r'Finding\(\s*"([a-z_]+)"')
ROLE = re.compile(r'(?:Paragraph|_quoted|_list)\(.*"([a-z_]+)"|_points\(\s*"([a-z_]+)"')
ALWAYS_THERE = {"company", "role", "full_name", "date", "date_and_time"}
EVIDENCE = re.compile(r'[Ee]vidence\(\s*"([a-z_]+)"')
ELSEWHERE = re.compile(r'type="([a-z_]+)"')
RECORD = re.compile(r'code="([a-z_]+)"')
HINT = re.compile(r'\b(?:hint|_stage_hint|_catalogued)\(\s*"([a-z_]+)"')


def enums(node: Any, place: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the place and the values of every enum and every constant of a document, examples left out."""
    if isinstance(node, list):
        for index, one in enumerate(node):
            yield from enums(one, f"{place}/{index}")
    if isinstance(node, dict):
        values = node.get("enum", [node["const"]] if isinstance(node.get("const"), str) else None)
        if isinstance(values, list):
            yield place, [value for value in values if value is not None]
        for name, one in node.items():
            if name not in ("examples", "example", "default"):
                yield from enums(one, f"{place}/{name}")


def unlabelled(values: list[str], labels: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Return the values without a label: those that the most similar enum does not have."""
    return min((set(values) - known.keys() for known in labels.values()), key=len)


def test_every_value_of_every_enum_of_the_document_has_a_label() -> None:
    found = [(place, values) for place, values in enums(MADE) if not SELF_EXPLAINED.search(place)]
    assert len(found) > 60
    with Failures() as failures:
        for place, values in found:
            with failures.of(place):
                assert unlabelled(values, LABELS) == set()


def test_a_new_value_without_a_label_is_found() -> None:
    assert unlabelled([*Stage, "ghosted"], LABELS) == {"ghosted"}
    assert unlabelled(["entirely", "new"], LABELS)


def written(pattern: re.Pattern[str], folder: str) -> set[str]:
    """Return what a pattern finds in the sources of a folder of `api`."""
    sources = (path.read_text(encoding="utf-8") for path in sorted((ROOT / "api" / folder).rglob("*.py")))
    found = (match.groups() for source in sources for match in pattern.finditer(source))
    return {code for codes in found for code in codes if code}


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("stage", {*Stage}, id="stages"),
        pytest.param("step", {*STEPS.values()}, id="steps"),
        pytest.param("state", {*get_args(State)}, id="states"),
        pytest.param("reason", {*REASONS}, id="reasons"),
        pytest.param("scope", {*SCOPES}, id="scopes"),
        pytest.param("hint", {key.partition("/")[0] for key in WORDS} | written(HINT, "services"), id="hints"),
        pytest.param("finding", written(FINDING, "words"), id="findings"),
        pytest.param("draft_gap", written(MISSING, "words") | (NAMES.keys() - ALWAYS_THERE), id="gaps-of-letters"),
        pytest.param("paragraph_role", written(ROLE, "words") | {MISSED_ROLE, *LINE_ROLES.values()}, id="roles"),
        pytest.param("record", written(RECORD, "services/documents"), id="records"),
        pytest.param("token_kind", {*TokenKind, OPERATOR}, id="kinds-of-tokens"),
        pytest.param("gap", {*written(PART, "rules"), "positives", "concerns", "status_contact_made"}, id="gaps"),
    ],
)
def test_codes_that_answers_contain_have_a_label(name: str, values: set[str]) -> None:
    assert values <= LABELS[name].keys()


def test_the_types_of_evidence_are_those_that_the_rules_use() -> None:
    elsewhere = written(ELSEWHERE, "services/steps")
    assert written(EVIDENCE, "rules") | elsewhere == {*get_args(EvidenceType)} <= LABELS["search_type"].keys()


def test_labels_are_short_words_in_plain_english() -> None:
    for name, labels in LABELS.items():
        for value, label in labels.items():
            assert re.fullmatch(r"[A-Zv].{1,40}[^.]", label), (name, value, label)
    assert {state: label.lower() for state, label in LABELS["state"].items()} == states.WORDS


def test_enums_and_labels_have_the_same_values(world: World) -> None:
    found = world.anonymous().get("/v1/meta").json()
    assert {name: list(labels) for name, labels in found["labels"].items()} == found["enums"]
    published = json.loads(Path(ROOT / "openapi" / "openapi.json").read_text(encoding="utf-8"))
    assert "labels" in published["components"]["schemas"]["Meta"]["required"]
