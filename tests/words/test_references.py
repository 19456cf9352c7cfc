"""Messages to references: people review them in `references.md`; these tests check what a reader cannot see."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.facts import ENDINGS
from api.words import job_posting
from api.words.letters import as_sentence
from api.words.material import Conversation, Draft, Material, Person
from api.words.references import Case, Referee, briefing, message_sections, sheet_sections, thanks
from tests.drawing import drawn
from tests.words.vouching import BRIEFINGS, IN_SENTENCES, PAGE, POSTING, ROBIN, WORDS, page

EVERY = pytest.mark.parametrize("name", BRIEFINGS)
ASKED = ["Five years in book production", "Calm with printers and with authors", "An eye for paper"]
MODELLED = ["You have modelled a network before.", "You must have a driving licence."]
IF_YOU_AGREE = "If you agree, somebody may call you about it from now on."
BARE = Conversation(start=BRIEFINGS["everything is known"][2].start, company="Acme", role="Engineer", me="Alex Doe")


def made(name: str) -> Draft:
    who, case, met = BRIEFINGS[name]
    return briefing(who, case, met, WORDS)


def note(kind: str, text: str, wording: str | None = None, *, in_letter: bool = True) -> Material:
    return Material(id=f"{kind}:{text[:9]}", kind=kind, text=text, wording=wording, in_letter=in_letter)


def test_the_messages_are_those_that_were_reviewed() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "review the change, then run: python -m tests.words.vouching"


@EVERY
def test_the_same_material_gives_the_same_briefing(name: str) -> None:
    assert made(name) == made(name)


@EVERY
def test_every_word_is_a_line_of_the_catalogue_or_a_text_of_the_user(name: str) -> None:
    _, case, met = BRIEFINGS[name]
    texts = {one.id: {as_sentence(one.wording or one.text)} for one in met.notes}
    for one in met.notes:
        texts[one.id] |= {as_sentence(piece) for piece in job_posting.sentences(one.text, WORDS)}
    posting = job_posting.from_posting(case.posting_text, WORDS) if case.posting_text else []
    leads = {str(line) for line in WORDS.card("briefing").values()}
    for paragraph in made(name).paragraphs:
        if "\n– " not in paragraph.text:
            continue
        lead, *points = paragraph.text.split("\n")
        assert lead in leads
        said = {text for id_ in paragraph.source_note_ids for text in texts[id_]}
        if paragraph.role == "posting":
            said = set(posting)
        elif paragraph.role == "motivation":
            said = {as_sentence(text) for text in (met.why_role, met.why_company) if text}
        assert {point.removeprefix("– ").strip("“”") for point in points} <= said
        assert len(points) == len(paragraph.source_note_ids) or paragraph.role in ("posting", "motivation")


@EVERY
def test_the_text_of_a_concern_is_in_no_briefing(name: str) -> None:
    draft = made(name)
    for one in BRIEFINGS[name][2].notes:
        if one.kind == "concern":
            assert one.text not in draft.body.replace(one.wording or "\0", "")
            assert (f"answer:{one.id}" in draft.missing) == (one.wording is None)


def test_without_facts_everything_is_missing() -> None:
    everything = "check_date callers looks_for strength why_role why_company posting_link reach"
    draft = briefing(Referee(name="Lee"), Case(stage="applied"), BARE, WORDS)
    assert draft.missing == tuple(everything.split())
    assert [one.role for one in draft.paragraphs] == [
        "salutation",
        "opening",
        "call",
        "reach",
        "close",
        "signature",
    ]
    assert not draft.note_ids


def test_a_briefing_has_three_strengths_and_two_concerns_those_of_the_letter_first() -> None:
    strengths = [note("positive", f"{n}", f"Strength {n}.", in_letter=n == 4) for n in range(5)]
    doubts = [note("concern", f"{n}", f"Answer {n}.") for n in range(3)]
    draft = briefing(ROBIN, Case(stage="applied"), replace(BARE, notes=[*strengths, *doubts]), WORDS)
    found = {one.role: one for one in draft.paragraphs}
    assert found["strength"].source_note_ids == ("positive:4", "positive:0", "positive:1")
    assert found["concern"].source_note_ids == ("concern:0", "concern:1")


def test_a_concern_that_is_not_for_the_letter_is_not_in_the_briefing() -> None:
    quiet = note("concern", "Fired once.", "I left after a quarrel.", in_letter=False)
    draft = briefing(ROBIN, Case(stage="applied"), replace(BARE, notes=[quiet]), WORDS)
    assert "quarrel" not in draft.body
    assert f"answer:{quiet.id}" not in draft.missing


@pytest.mark.parametrize(
    ("consent", "stage", "line"),
    [
        pytest.param("given", "interviewing", "Somebody may call you about it from now on.", id="agreed"),
        pytest.param("not_given", "interviewing", IF_YOU_AGREE, id="not-yet"),
        pytest.param("lapsed", "offered", IF_YOU_AGREE, id="no-longer"),
        pytest.param("given", "saved", "Somebody may call you about it once I have applied.", id="before-applying"),
    ],
)
def test_nobody_is_told_to_expect_a_call_that_they_have_not_agreed_to(consent: str, stage: str, line: str) -> None:
    draft = briefing(replace(ROBIN, consent=consent), Case(stage=stage), BARE, WORDS)
    assert next(one.text for one in draft.paragraphs if one.role == "call") == line


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param(POSTING, ASKED, id="under-a-heading"),
        pytest.param(POSTING.replace("\n", "\r\n"), ASKED, id="with-crlf"),
        pytest.param(IN_SENTENCES, MODELLED, id="in-sentences"),
        pytest.param("Requirements\n\n• Go\n\n• SQL\n\nApply by Friday.", ["Go", "SQL"], id="gaps-in-a-list"),
        pytest.param("## Your profile\nGo\n## Benefits\nCake", ["Go"], id="markdown"),
        pytest.param("Requirements for this role:\nGo", ["Go"], id="a-longer-heading"),
        pytest.param("Requirements:\n" + "\n".join(f"- {n}" for n in range(9)), [*"012345"], id="six-at-the-most"),
        pytest.param("Requirements:\n" + "long " * 60 + "\nGo", ["Go"], id="what-is-too-long-is-left-out-not-cut"),
        pytest.param("We bake bread. It is good.", [], id="nothing-of-the-kind"),
        pytest.param("Requirements:", [], id="an-empty-list"),
    ],
)
def test_what_they_look_for_is_quoted_from_the_posting(text: str, found: list[str]) -> None:
    assert job_posting.from_posting(text, WORDS) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        pytest.param("They need somebody by May. The office smells.", ["They need somebody by May."], id="a-need"),
        pytest.param("Asked how I plan a week", ["Asked how I plan a week"], id="their-question"),
        pytest.param("I asked about the team", [], id="my-question"),
        pytest.param("I want to work there", [], id="my-wish"),
        pytest.param("They want to pay 50k", [], id="money"),
        pytest.param("They’re nice", [], id="an-impression"),
        pytest.param("need. need. need. need.", ["need.", "need.", "need."], id="three-at-the-most"),
    ],
)
def test_of_a_note_only_what_they_look_for_is_quoted(text: str, found: list[str]) -> None:
    assert job_posting.sentences(text, WORDS) == found


@pytest.mark.parametrize("stage", [*ENDINGS, "offered", "interviewing", "applied", "saved"])
def test_thanks_state_the_outcome_or_that_there_is_none_yet(stage: str) -> None:
    draft = thanks(ROBIN, Case(stage=stage), BARE, WORDS)
    lines = WORDS.card("thanks")
    assert lines.get(stage, lines["open"]) in draft.body
    assert draft.missing == (() if stage in ENDINGS else ("outcome",))


@drawn(quick=100, long=1_000)
@given(st.text(min_size=1, max_size=300))
def test_no_text_of_a_user_can_break_a_message(text: str) -> None:
    hostile = f"{text} {{role}} {{0.__class__}} %s <b> need"
    notes = [note(kind, hostile, hostile) for kind in ("positive", "general", "question")]
    met = replace(BARE, notes=notes, company=hostile, role=hostile, me=hostile, why_role=hostile)
    who = Referee(name=hostile, phone=hostile, best_times=hostile, title=hostile, company=hostile)
    case = Case(stage="applied", location=hostile, posting_url=hostile, posting_text=hostile)
    for draft in (briefing(who, case, met, WORDS), thanks(who, case, met, WORDS)):
        assert "{0.__class__}" in draft.body
        assert message_sections(draft)
    assert sheet_sections([who], hostile, hostile, WORDS)


def test_a_list_of_callers_ends_with_one_full_stop() -> None:
    people = [Person(id=f"c{number}", name=name) for number, name in enumerate(("Ann Bell", "Henry Calloway Jr."))]
    who, case, met = BRIEFINGS["nothing is known"]
    body = briefing(who, case, replace(met, interviewers=people), WORDS).body
    assert "there: Ann Bell and Henry Calloway Jr.\n" in body
