"""Letters of the corpus: people review them in `letters.md`; these tests check what a reader cannot see."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.rules.sentences import fill
from api.words import catalogue as catalogues
from api.words.catalogue import catalogue
from api.words.channels import suggest
from api.words.checks import PLACEHOLDER, Written, check_letter
from api.words.letters import PARTS, Purpose, as_sentence, compose, match_paragraphs
from api.words.material import Draft, Material, Paragraph, Person
from tests.drawing import drawn
from tests.words.corpus import CORPUS, PAGE, TONES, letters, page, talk

EVERY = pytest.mark.parametrize("name", CORPUS)
BOTH = pytest.mark.parametrize("tone", TONES)


def test_the_letters_are_those_that_were_reviewed() -> None:
    assert page() == PAGE.read_text(encoding="utf-8"), "review the change, then run: python -m tests.words.corpus"


@EVERY
@BOTH
def test_the_same_material_gives_the_same_letter(name: str, tone: str) -> None:
    assert letters(name, tone) == letters(name, tone)


@EVERY
@BOTH
def test_every_word_is_a_line_of_the_catalogue_or_a_text_of_the_user(name: str, tone: str) -> None:
    met, words = talk(name), catalogue(tone)
    said = [as_sentence(text) for text in (met.why_role, met.why_company) if text]
    said += [as_sentence(note.wording or note.text) for note in met.notes]
    company = words.with_article(met.company)
    facts = {"role": met.role, "company": company, "date": words.day(met.start.date()), "full_name": met.me}
    facts["stage"] = words.in_sentence(met.next_stage or "")
    lines = [
        fill(str(line), {**facts, "names": "", "date_and_time": "", "promised": "", "clock": "", "questions": ""})
        for line in (words.words[tone]).values()
    ]
    for moment in filter(None, (met.contact_from, met.contact_by, met.hear_by)):
        zone = met.zone_at(moment.date, moment.time)
        clock = words.clock(moment.time, zone) if moment.time else ""
        lines += [
            fill(words.words[tone][one], {"date": date, "clock": clock})
            for one in ("contact_from", "contact_from_with_time", "contact_by", "hear_by")
            for date in (words.day(moment.last_date), words.until(moment, zone))
        ]
    known = sorted({*said, *lines, *map(as_sentence, filter(None, lines))}, key=len, reverse=True)
    for draft in letters(name, tone):
        for paragraph in draft.paragraphs[1:]:
            rest = paragraph.text
            for text in known:
                rest = rest.replace(text, "")
            assert rest.strip() == "", rest


@EVERY
@BOTH
def test_the_text_of_a_concern_is_in_no_letter(name: str, tone: str) -> None:
    for note in talk(name).notes:
        if note.kind == "concern" and note.wording is None:
            for draft in letters(name, tone):
                assert note.text not in draft.body
                assert f"answer:{note.id}" in draft.missing
                assert note.id in draft.unaddressed_concerns


@EVERY
@BOTH
def test_a_letter_passes_its_own_check_or_lists_what_is_missing(name: str, tone: str) -> None:
    met = talk(name)
    for number, draft in enumerate(letters(name, tone)):
        assert not PLACEHOLDER.search(draft.body)
        found = check_letter(written_letter(draft, met.interviewers[number : number + 1]), met, catalogue(tone))
        codes = {finding.code for finding in found} - {"name_not_verified"}
        excused = {
            "no_strength": "strength" in draft.missing,
            "open_concern": bool(draft.unaddressed_concerns),
            "recipient_without_name": "recipient" in draft.missing,
            "recipient_without_title": any(one.startswith("recipient_title") for one in draft.missing),
        }
        assert codes <= {code for code, is_listed in excused.items() if is_listed}, found


def written_letter(draft: Draft, recipients: Sequence[Person], **more: object) -> Written:
    letter = Written(
        kind="thank_you",
        company="Larkfield Press",
        channel="email",
        body=draft.body,
        paragraphs=draft.paragraphs,
        recipients=recipients,
        others=["Elsewhere Ltd"],
        today=date(2026, 3, 2),
    )
    return replace(letter, **more)  # type: ignore[arg-type]  # fields by name


def test_each_interviewer_reads_a_different_strength_first() -> None:
    drafts = letters("a-panel-of-five", "formal")
    first = [draft.paragraphs[2].source_note_ids for draft in drafts]
    assert [ids[0] for ids in first] == ["n0", "n1", "n2", "n3", "n0"]
    assert all(len(ids) == 3 for ids in first)


@pytest.mark.parametrize("kind", PARTS)
@BOTH
def test_every_kind_of_letter_can_be_composed_with_and_without_facts(kind: str, tone: str) -> None:
    for name in ("one-interviewer-everything-noted", "nobody-named"):
        met = talk(name)
        draft = compose(kind, met, met.interviewers, catalogue(tone))
        assert draft.paragraphs[0].role == "salutation"
        assert draft.paragraphs[-1].text.endswith(met.me)
        assert met.role in draft.subject
        assert not PLACEHOLDER.search(draft.body)


def test_an_employer_who_would_not_give_a_date_is_not_asked_again() -> None:
    (draft,) = letters("they-would-not-say-when", "formal")
    assert "when you expect" not in draft.body
    assert "when you expect" in letters("nothing-noted-at-all", "formal")[0].body


@pytest.mark.parametrize(
    ("company", "printed"),
    [
        pytest.param("Acme", "Acme", id="a-name"),
        pytest.param("City of Aarhus", "the City of Aarhus", id="a-city"),
        pytest.param("Institute for Glaciology", "the Institute for Glaciology", id="an-institute"),
        pytest.param("The Office of Things", "The Office of Things", id="with-its-own-article"),
        pytest.param("City Bakery", "City Bakery", id="no-preposition"),
        pytest.param("Museum of ", "Museum of ", id="nothing-after-the-preposition"),
        pytest.param("", "", id="empty"),
    ],
)
def test_a_company_that_is_described_gets_an_article(company: str, printed: str) -> None:
    assert catalogue("formal").with_article(company) == printed


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        pytest.param("A trial day", "a trial day", id="an-article"),
        pytest.param("German test", "German test", id="a-name"),
        pytest.param("A", "A", id="one-word"),
        pytest.param("", "", id="empty"),
    ],
)
def test_after_a_colon_only_an_article_becomes_small(text: str, printed: str) -> None:
    assert catalogue("formal").in_sentence(text) == printed


@pytest.mark.parametrize(
    ("jotted", "is_sentence"),
    [
        pytest.param("I’ve planned two winters", True, id="about-me"),
        pytest.param("My showroom doubled its appointments", True, id="about-my-work"),
        pytest.param("Knew my series on allotments", False, id="no-subject"),
        pytest.param("I told him so", False, id="about-them"),
        pytest.param("I did well", False, id="too-short"),
        pytest.param("The hand-set specimen book", False, id="no-verb"),
    ],
)
def test_a_note_without_a_wording_is_used_only_if_it_is_a_sentence(jotted: str, *, is_sentence: bool) -> None:
    assert catalogue("formal").is_sentence(jotted) is is_sentence


def test_a_chase_names_the_date_that_was_promised() -> None:
    met = talk("nobody-named")
    ahead = compose("chase", met, [], catalogue("formal"))
    assert "I look forward to hearing from you by Friday, 24 April 2026." in ahead.body
    past = compose("chase", replace(met, now=datetime.fromisoformat("2026-04-25")), [], catalogue("formal"))
    assert "I was hoping to hear from you by Friday, 24 April 2026." in past.body
    late = compose("chase", replace(met, hear_by=None), [], catalogue("formal"))
    assert "promised_date" in late.missing
    assert "the status of my application" in late.body


@pytest.mark.parametrize(
    ("body", "code", "severity"),
    [
        pytest.param(
            "Dear Ms Anna Ruiz,\n\nLarkfield Press", "name_spelled_otherwise", "warning", id="a-name-with-a-letter-more"
        ),
        pytest.param("Dear Ms Ana Ruis,\n\nLarkfield Press", "name_spelled_otherwise", "warning", id="another-letter"),
        pytest.param("Thank you, [Name].", "placeholder_left", "error", id="brackets"),
        pytest.param("Thank you, {{ name }}.", "placeholder_left", "error", id="braces"),
        pytest.param("About XXX.", "placeholder_left", "error", id="three-x"),
        pytest.param("I am a team player.", "cliche", "advice", id="a-phrase-of-everybody"),
        pytest.param("word " * 351, "too_long", "warning", id="more-than-a-page"),
        pytest.param("I want to work at Elsewhere Ltd.", "other_company", "warning", id="another-company"),
        pytest.param("Thank you.", "company_not_named", "advice", id="no-company"),
        pytest.param("Thank you.", "open_concern", "warning", id="an-open-concern"),
        pytest.param("Thank you.", "no_strength", "advice", id="no-strength"),
        pytest.param(" ", "empty", "warning", id="nothing"),
    ],
)
def test_a_check_finds_a_problem_and_suggests_a_fix(body: str, code: str, severity: str) -> None:
    met = talk("one-interviewer-everything-noted")
    letter = written_letter(Draft("", ()), list(met.interviewers), body=body, paragraphs=match_paragraphs(body, ()))
    found = {finding.code: finding for finding in check_letter(letter, met, catalogue("formal"))}
    assert found[code].severity == severity
    assert found[code].fix


@pytest.mark.parametrize(
    "body", ["Ana <ana@example.com>", "he said that [sic]", "see [1]", "a < b", "5 [%] more", "Dr X"]
)
def test_a_text_that_only_looks_like_a_placeholder_is_none(body: str) -> None:
    assert not PLACEHOLDER.search(body)


@pytest.mark.parametrize("salutation", ["Dear Ms Ana Ruiz,", "Dear Ms Ruiz,", "Hello Ana,", "Good morning,"])
def test_a_name_that_is_correct_or_left_out_is_no_finding(salutation: str) -> None:
    met = talk("one-interviewer-everything-noted")
    letter = written_letter(Draft("", ()), list(met.interviewers), body=f"{salutation}\n\nThank you.")
    assert "name_spelled_otherwise" not in {finding.code for finding in check_letter(letter, met, catalogue("formal"))}


def test_an_e_mail_without_an_address_is_an_error_and_late_post_a_warning() -> None:
    met = talk("one-interviewer-everything-noted")
    person = replace(met.interviewers[0], email=None)
    letter = written_letter(letters("one-interviewer-everything-noted", "formal")[0], [person])
    found = {finding.code: finding.severity for finding in check_letter(letter, met, catalogue("formal"))}
    assert found["channel_without_address"] == "error"
    by_post = replace(letter, channel="post", today=date(2026, 3, 3))
    assert "post_too_late" in {finding.code for finding in check_letter(by_post, met, catalogue("formal"))}


def test_a_fix_is_a_sentence_for_people_and_not_a_request() -> None:
    met = talk("one-interviewer-everything-noted")
    [someone] = met.interviewers[:1]
    nobody = replace(someone, name=None, title=None, email=None, postal_address=None)
    listed = replace(someone, name="Ruiz, Ana", title=None, email="@", name_verified=False)
    letter = written_letter(Draft("", ()), [nobody, listed], body="Thank you.")
    by_post = replace(letter, channel="post")
    found = [one for it in (letter, by_post) for one in check_letter(it, met, catalogue("formal"))]
    codes = {"recipient_without_name", "recipient_without_title", "name_in_list_form", "name_not_verified"}
    codes |= {"channel_without_address", "address_unusable", "open_concern"}
    assert codes <= {one.code for one in found}
    assert [one.fix for one in found if "/v1/" in one.fix or not one.fix.endswith(".")] == []


@pytest.mark.parametrize(
    ("person", "today", "channel"),
    [
        pytest.param({"email": "a@example.com"}, date(2026, 3, 2), "email", id="by-default"),
        pytest.param(
            {"email": "a@x.org", "preferred_channel": "post", "postal_address": "1 St"},
            date(2026, 3, 2),
            "post",
            id="paper-in-time",
        ),
        pytest.param(
            {"email": "a@x.org", "preferred_channel": "post", "postal_address": "1 St"},
            date(2026, 3, 4),
            "email",
            id="paper-too-late",
        ),
        pytest.param({"postal_address": "1 St"}, date(2026, 3, 2), "post", id="no-e-mail"),
        pytest.param({"postal_address": "1 St"}, date(2026, 3, 4), "hand", id="nothing-in-time"),
        pytest.param({"email": "a@x.org", "preferred_channel": "hand"}, date(2026, 3, 2), "hand", id="by-hand"),
        pytest.param({}, date(2026, 3, 2), "hand", id="no-address"),
    ],
)
def test_a_channel_is_suggested_with_its_reason(person: dict[str, str], today: date, channel: str) -> None:
    found = suggest(talk("one-interviewer-everything-noted"), [Person(id="p", name="A", **person)], today)  # type: ignore[arg-type]  # fields by name
    assert found.channel == channel
    assert found.reason.endswith(".")


def test_an_unchanged_paragraph_keeps_its_source_notes() -> None:
    draft = letters("one-interviewer-everything-noted", "formal")[0]
    changed = draft.body.replace(draft.paragraphs[2].text, "My own words.").replace("\n\n", "\r\n\r\n", 1)
    found = match_paragraphs(changed, draft.paragraphs)
    assert found[2] == Paragraph("My own words.", "own")
    assert [*found[:2], *found[3:]] == [*draft.paragraphs[:2], *draft.paragraphs[3:]]


@drawn(quick=100, long=1_000)
@given(st.text(min_size=1, max_size=400), st.sampled_from(TONES), st.sampled_from(sorted(PARTS)))
def test_no_text_of_a_user_can_break_a_letter(text: str, tone: str, kind: str) -> None:
    met = talk("one-interviewer-everything-noted")
    hostile = f"{text} {{role}} {{0.__class__}} {{{{x}}}} %s <b>"
    notes = [
        Material(id="h", kind=one, text=hostile, wording=hostile, in_letter=True) for one in ("positive", "general")
    ]
    person = replace(met.interviewers[0], name=hostile)
    broken = replace(met, notes=notes, company=hostile, role=hostile, next_stage=hostile, me=hostile)
    draft = compose(kind, broken, [person], catalogue(tone))
    assert "{0.__class__}" in draft.body
    check_letter(written_letter(draft, [person]), broken, catalogue(tone))


def test_every_language_has_every_text() -> None:
    for path in Path(catalogues.__file__).parent.glob("*.json"):
        words = json.loads(path.read_text(encoding="utf-8"))
        assert set(words["formal"]) == set(words["friendly"])
        assert set(words["subjects"]) == set(PARTS) == set(get_args(Purpose))
        assert (len(words["weekdays"]), len(words["months"])) == (7, 12)
