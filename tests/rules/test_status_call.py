"""Step 6: the chain of calls."""

from typing import Any

import pytest

from api.rules.facts import Facts, FollowUp, StageChange
from api.rules.policy import merge
from tests.rules.evaluation import evaluate
from tests.rules.example_case import END, boss, day, example_case, keys, r1, r2, row, step
from tests.rules.vectors import at

FRAME = ("contact_from", "contact_by", "hear_by")
LATER = "2026-03-30T12:00Z"
WED, THU, NEXT_WED = "2026-03-04T15:00Z", "2026-03-05T15:00Z", "2026-03-11T15:00Z"


def frame(*moments: str | None) -> dict[str, Any]:
    return {name: day(text) for name, text in zip(FRAME, moments, strict=True)}


def ask(id_: str, when: str, outcome: str, *moments: str | None) -> FollowUp:
    direction = "in" if outcome in ("status", "decision") else "out"
    return FollowUp(id=id_, at=at(when), direction=direction, outcome=outcome, **(frame(*moments) if moments else {}))


def asked(*contacts: FollowUp, **changes: Any) -> Facts:
    return example_case(follow_ups=contacts, **changes)


@pytest.mark.parametrize(
    ("said", "policy", "opens", "due", "basis"),
    [
        pytest.param((None, None, None), {}, "03-04T14:00", "03-05T22:00", "business", id="nothing"),
        pytest.param(
            (None, None, None),
            {"call_window_business_days": 0},
            "03-04T14:00",
            "03-04T22:00",
            "business",
            id="no-extra-day",
        ),
        pytest.param(
            (None, None, None), {"call_after_business_days": 0}, "03-02T16:00", "03-03T22:00", "business", id="at-once"
        ),
        pytest.param(
            ("2026-03-05", "2026-03-06", None), {}, "03-05T14:00", "03-06T22:00", "promised", id="from-and-by"
        ),
        pytest.param(
            ("2026-03-05 14:30", "2026-03-06 10:00", None),
            {},
            "03-05T19:30",
            "03-06T15:00",
            "promised",
            id="with-times",
        ),
        pytest.param(("2026-03-06", None, None), {}, "03-06T14:00", "03-09T21:00", "promised", id="from-only"),
        pytest.param(
            ("2026-03-06", None, None),
            {"call_window_business_days": 3},
            "03-06T14:00",
            "03-11T21:00",
            "promised",
            id="from-wide",
        ),
        pytest.param(
            ("2026-03-06", None, "2026-03-13"), {}, "03-06T14:00", "03-09T21:00", "promised", id="from-beats-hear"
        ),
        pytest.param((None, "2026-03-03", None), {}, "03-03T14:00", "03-03T22:00", "promised", id="by-an-early-day"),
        pytest.param((None, "2026-03-13", None), {}, "03-04T14:00", "03-13T21:00", "promised", id="by-a-late-day"),
        pytest.param(
            (None, "2026-03-03 10:00", None), {}, "03-03T13:00", "03-03T15:00", "promised", id="by-the-morning"
        ),
        pytest.param(
            (None, "2026-03-03 10:00", None),
            {"same_day_floor_hours": 5},
            "03-03T10:00",
            "03-03T15:00",
            "promised",
            id="by-the-morning-with-a-longer-floor",
        ),
        pytest.param(
            (None, "2026-03-03", "2026-03-13"), {}, "03-03T14:00", "03-03T22:00", "promised", id="by-beats-hear"
        ),
        pytest.param((None, None, "2026-03-13"), {}, "03-04T14:00", "03-13T21:00", "promised", id="hear-within"),
        pytest.param(
            (None, None, "2026-03-13"),
            {"hear_by_rule": "after"},
            "03-16T13:00",
            "03-17T21:00",
            "promised",
            id="hear-after",
        ),
        pytest.param(
            (None, "2026-03-03", None),
            {"hear_by_rule": "after"},
            "03-03T14:00",
            "03-03T22:00",
            "promised",
            id="by-and-after",
        ),
        pytest.param((None, "2026-02-27", None), {}, "03-02T16:00", "03-02T18:00", "promised", id="already-over"),
        pytest.param(
            (None, "2026-03-02 11:00", None), {}, "03-02T16:00", "03-02T18:00", "promised", id="over-this-second"
        ),
        pytest.param(
            (None, "2026-03-02 11:01", None),
            {},
            "03-02T16:00",
            "03-02T16:01",
            "promised",
            id="a-minute-is-kept-as-given",
        ),
    ],
)
def test_the_window_is_what_they_said_or_some_business_days(
    said: tuple[str | None, ...], policy: dict[str, object], opens: str, due: str, basis: str
) -> None:
    stored = row(example_case(interviews=(r1(**frame(*said)),)), "6:interview:r1", END, **policy)
    assert (stored.opens_at, stored.due_at) == (at(f"2026-{opens}Z"), at(f"2026-{due}Z"))
    assert (stored.due_basis, stored.due_zone, stored.missing) == (basis, "America/New_York", ("status_contact_made",))


@pytest.mark.parametrize(
    ("said", "opens", "due"),
    [
        pytest.param((), "2026-03-11T13:00Z", "2026-03-12T21:00Z", id="after-five-business-days"),
        pytest.param(("2026-03-17", None, None), "2026-03-17T13:00Z", "2026-03-18T21:00Z", id="from-their-new-date"),
        pytest.param((None, None, "2026-03-27"), "2026-03-11T13:00Z", "2026-03-27T21:00Z", id="within-their-new-date"),
    ],
)
def test_after_an_answer_without_a_decision_the_next_call_follows(
    said: tuple[str | None, ...], opens: str, due: str
) -> None:
    stored = row(asked(ask("u1", WED, "spoke", *said)), "6:followup:u1", LATER)
    assert (stored.opens_at, stored.due_at) == (at(opens), at(due))
    assert stored.due_basis == ("promised" if said else "business")


@pytest.mark.parametrize(
    ("contacts", "policy", "chain"),
    [
        pytest.param((), {}, "r1", id="nobody-asked"),
        pytest.param((("emailed",),), {}, "r1 u1", id="one-unanswered"),
        pytest.param((("emailed",), ("left_message",)), {}, "r1 u1", id="two-unanswered-and-stop"),
        pytest.param(
            (("emailed",), ("left_message",)), {"max_unanswered": 3}, "r1 u1 u2", id="unless-three-are-allowed"
        ),
        pytest.param((("emailed",),), {"max_unanswered": 1}, "r1", id="or-only-one"),
        pytest.param((("emailed",), ("spoke",), ("emailed",)), {}, "r1 u1 u2 u3", id="speaking-starts-the-count-anew"),
        pytest.param((("spoke",), ("emailed",), ("emailed",)), {}, "r1 u1 u2", id="and-counts-from-none"),
        pytest.param((("emailed",), ("status",), ("emailed",)), {}, "r1 u1 u2 u3", id="so-does-hearing-from-them"),
        pytest.param((("emailed",), ("no_answer",), ("emailed",)), {}, "r1 u1", id="no-answer-counts-nothing"),
        pytest.param((("emailed",), ("emailed", "2026-03-20", None, None)), {}, "r1 u1 u2", id="a-date-goes-on"),
        pytest.param((("emailed",), ("emailed",), ("emailed",)), {}, "r1 u1", id="a-third-in-vain"),
        pytest.param((("emailed",), ("emailed",), ("status",)), {}, "r1 u1 u3", id="until-they-write"),
        pytest.param((("decision",),), {}, "r1", id="a-decision-stops-asking"),
        pytest.param((("decision",), ("emailed",)), {}, "r1", id="an-e-mail-does-not-start-it-again"),
        pytest.param((("decision",), ("status",)), {}, "r1", id="nor-does-a-word-from-them"),
        pytest.param((("decision",), ("spoke", "2026-03-20", None, None)), {}, "r1 u2", id="a-new-date-does"),
        pytest.param((("decision",), ("spoke", None, "2026-03-20", None)), {}, "r1 u2", id="a-last-date-too"),
        pytest.param((("decision",), ("status", None, None, "2026-03-20")), {}, "r1 u2", id="their-own-date-too"),
        pytest.param(
            (("decision",), ("spoke", "2026-03-20", None, None), ("emailed",)), {}, "r1 u2 u3", id="and-then-it-goes-on"
        ),
    ],
)
def test_the_chain_goes_on_until_a_decision_or_silence(
    contacts: tuple[tuple[Any, ...], ...], policy: dict[str, object], chain: str
) -> None:
    made = (ask(f"u{i}", f"2026-03-{3 + i:02}T15:00Z", *contact) for i, contact in enumerate(contacts, 1))
    expected = [f"interview:{id_}" if id_ == "r1" else f"followup:{id_}" for id_ in chain.split()]
    facts = asked(*made)
    assert sorted(keys(facts, LATER, 6, **policy), key=str) == sorted(expected)
    steps = [step(facts, f"6:{scope}", LATER, **policy) for scope in expected]
    assert all(found.state.startswith("done") for found in steps[:-1])


def test_what_you_were_told_when_you_asked_is_a_decision_too() -> None:
    told = FollowUp(id="u1", at=at(WED), direction="out", outcome="decision")
    assert keys(asked(told), LATER, 6) == ["interview:r1"]
    assert step(asked(told), "6:interview:r1", LATER).reason == "evidence"


def test_a_further_round_asks_again_from_the_beginning() -> None:
    third = r2(id="r3", start=at("2026-03-17T14:00Z"), end=at("2026-03-17T15:00Z"))
    contacts = (ask("u1", WED, "emailed"), ask("u2", "2026-03-11T15:00Z", "emailed"), ask("u3", THU, "decision"))
    facts = asked(*contacts, ask("u4", "2026-03-18T15:00Z", "emailed"), interviews=(r1(), r2(), third))
    assert keys(facts, LATER, 6) == [
        "interview:r1",
        "followup:u1",
        "interview:r2",
        "followup:u2",
        "interview:r3",
        "followup:u4",
    ]
    assert step(facts, "6:followup:u2", LATER).reason == "superseded_by_next_round"


@pytest.mark.parametrize(
    ("when", "now", "counts"),
    [
        pytest.param(END, LATER, True, id="as-the-interview-ended"),
        pytest.param("2026-03-02T15:59:59Z", LATER, False, id="a-second-before-it"),
        pytest.param(WED, WED, True, id="this-very-second"),
        pytest.param(WED, "2026-03-04T14:59:59Z", False, id="only-later"),
    ],
)
def test_contacts_count_from_the_first_end_until_now(when: str, now: str, counts: bool) -> None:
    found = step(asked(ask("u1", when, "spoke")), "6:interview:r1", now)
    assert found.completed_at == (at(when) if counts else None)


@pytest.mark.parametrize(
    ("when", "policy", "due"),
    [
        pytest.param(THU, {}, "2026-03-06T22:00Z", id="one-business-day-more"),
        pytest.param(THU, {"retry_business_days": 2}, "2026-03-09T21:00Z", id="two-over-the-weekend"),
        pytest.param(WED, {}, "2026-03-05T22:00Z", id="never-less-than-before"),
        pytest.param("2026-03-05T22:00Z", {}, "2026-03-06T22:00Z", id="at-the-deadline-is-in-time"),
        pytest.param("2026-03-05T22:00:01Z", {}, "2026-03-05T22:00Z", id="a-second-later-earns-nothing"),
    ],
)
def test_no_answer_in_time_gives_another_business_day(when: str, policy: dict[str, object], due: str) -> None:
    stored = row(asked(ask("u1", when, "no_answer")), "6:interview:r1", LATER, **policy)
    assert (stored.due_at, stored.closed_state, stored.evidence) == (at(due), None, ())
    assert keys(asked(ask("u1", when, "no_answer")), LATER, 6) == ["interview:r1"]


def test_no_answer_when_nothing_is_to_be_asked_is_nothing() -> None:
    facts = asked(ask("u1", WED, "decision"), ask("u2", THU, "no_answer"))
    assert keys(facts, LATER, 6) == ["interview:r1"]


def test_a_second_try_within_the_day_that_was_gained_gains_another() -> None:
    facts = asked(ask("u1", THU, "no_answer"), ask("u2", "2026-03-06T15:00Z", "no_answer"))
    stored = row(facts, "6:interview:r1", LATER)
    assert stored.due_at == at("2026-03-09T21:00Z")
    rules = ["nothing_given", "retry_after_no_answer", "retry_after_no_answer", "helps_for_business_days"]
    assert [applied.rule for applied in stored.trace] == rules


@pytest.mark.parametrize(
    ("cancelled", "status", "chain"),
    [
        pytest.param("2026-03-06T15:00Z", "cancelled", ["interview:r1", "cancel:r2"], id="after-the-first-round"),
        pytest.param(END, "cancelled", ["interview:r1", "cancel:r2"], id="as-it-ended"),
        pytest.param("2026-03-02T15:59:59Z", "cancelled", ["interview:r1"], id="before-that"),
        pytest.param(None, "cancelled", ["interview:r1"], id="at-no-known-time"),
        pytest.param("2026-03-06T15:00Z", "no_show", ["interview:r1"], id="not-held-is-not-cancelled"),
    ],
)
def test_a_cancelled_round_opens_the_question_anew(cancelled: str | None, status: str, chain: list[str]) -> None:
    off = r2(status=status, cancelled_at=at(cancelled) if cancelled else None)
    assert sorted(map(str, keys(example_case(interviews=(r1(), off)), LATER, 6)), reverse=True) == chain


def test_a_cancelled_round_keeps_what_was_said_about_the_next_date() -> None:
    off = r2(status="cancelled", cancelled_at=at("2026-03-06T15:00Z"), contact_from=day("2026-03-20"))
    stored = row(example_case(interviews=(off, r1())), "6:cancel:r2", LATER)
    assert (stored.opens_at, stored.due_basis) == (at("2026-03-20T13:00Z"), "promised")
    assert step(example_case(interviews=(off, r1())), "6:interview:r1", LATER).reason == "restarted"


def test_without_a_live_round_there_is_no_call() -> None:
    off = r1(status="cancelled", cancelled_at=at(END))
    steps = evaluate(asked(ask("u1", WED, "spoke"), interviews=(off,)), merge(), at(LATER))
    assert [(found.scope, found.state) for found in steps if found.number == 6] == [(None, "not_started")]


def test_facts_of_one_second_go_by_kind_then_id() -> None:
    off = r2(status="cancelled", cancelled_at=at(END))
    facts = asked(ask("u2", END, "spoke"), ask("u1", END, "emailed"), interviews=(off, r1(id="r4"), r1(id="r3")))
    reasons = {scope: step(facts, f"6:{scope}", LATER).reason for scope in keys(facts, LATER, 6)}
    assert reasons == {
        "interview:r3": "superseded_by_next_round",
        "interview:r4": "restarted",
        "cancel:r2": "evidence",
        "followup:u1": "evidence",
        "followup:u2": "call_for_status",
    }


def test_an_offer_ends_the_open_call_and_leaves_the_others() -> None:
    offered = StageChange(id="s1", stage="offered", at=at("2026-03-12T12:00Z"))
    facts = asked(ask("u1", WED, "spoke"), stages=(offered,))
    assert step(facts, "6:interview:r1", LATER).reason == "evidence"
    assert step(facts, "6:followup:u1", LATER).reason == "offer_received"
    facts = example_case(interviews=(r1(), r2()), stages=(offered,))
    assert step(facts, "6:interview:r1", LATER).reason == "superseded_by_next_round"
    assert step(facts, "6:interview:r2", LATER).reason == "offer_received"


@pytest.mark.parametrize(
    ("contacts", "policy", "advised"),
    [
        pytest.param((("emailed", WED), ("emailed", NEXT_WED)), {}, ["followup:u0"], id="two-unanswered"),
        pytest.param((("emailed", WED),), {}, [], id="one-unanswered"),
        pytest.param((("emailed", WED),), {"max_unanswered": 1}, ["interview:r1"], id="one-where-one-is-the-most"),
        pytest.param((("decision", WED), ("emailed", THU)), {"max_unanswered": 1}, [], id="after-a-decision"),
        pytest.param((("spoke", WED),), {}, [], id="answered"),
    ],
)
def test_repeated_silence_is_advice_to_move_on(
    contacts: tuple[tuple[str, str], ...], policy: dict[str, object], advised: list[str]
) -> None:
    facts = asked(*(ask(f"u{i}", when, outcome) for i, (outcome, when) in enumerate(contacts)))
    calls = [found for found in evaluate(facts, merge(policy), at(LATER)) if found.number == 6]
    assert [found.scope for found in calls if found.advice] == advised
    for hint in (hint for found in calls for hint in found.advice):
        assert (hint.code, hint.method, hint.href) == ("consider_moving_on", "POST", "/v1/search-activities")
        assert hint.text == (
            "They have not answered your questions, so no further call follows. Give your time to other applications."
        )


CHOOSE = ("choose_contact", "Choose whom to ask about your application.", "PATCH", "/v1/applications/app")


@pytest.mark.parametrize(
    ("contact", "who", "way"),
    [
        pytest.param(None, None, None, id="nobody-chosen"),
        pytest.param(boss(erased=True), None, None, id="somebody-erased"),
        pytest.param(boss(since=None), None, None, id="not-chosen-yet"),
        pytest.param(boss(since=at("2026-12-01T12:00Z")), None, None, id="chosen-later-only"),
        pytest.param(boss(), "Ms Boss", "+1 555 0100", id="by-phone"),
        pytest.param(boss(phone=None), "Ms Boss", "boss@example.org", id="by-e-mail"),
        pytest.param(
            boss(phone=None, email=None, name=""), "your contact", "find a phone number first", id="no-way-known"
        ),
    ],
)
def test_whom_to_call_on_which_number_in_which_hours(contact: Any, who: str | None, way: str | None) -> None:
    action = step(example_case(status_contact=contact, zone="Europe/London"), "6:interview:r1", LATER).next_action
    assert action is not None
    text = (
        f"Ask {who} for the status of your application ({way}; office hours 09:00–17:00 GMT). "
        "The call card has what to say, and where to record the result."
    )
    expected = ("call", text, "GET", "/v1/applications/app/call-card") if who else CHOOSE
    assert (action.code, action.text, action.method, action.href) == expected


def test_the_reason_names_zone_and_opening() -> None:
    stored = row(example_case(), "6:interview:r1", END)
    assert stored.data == {"zone": "America/New_York", "opens_at": "2026-03-04T14:00:00Z", "business_days": 2}
    assert (stored.reason, stored.total) == ("call_for_status", 1)


def test_the_evidence_of_a_call_is_the_contact() -> None:
    stored = row(asked(ask("u1", WED, "status")), "6:interview:r1", LATER)
    assert [(found.type, found.id, found.at) for found in stored.evidence] == [("follow_up", "u1", at(WED))]
    assert (stored.reason, stored.missing, stored.completed_at) == ("company_contacted_you", (), at(WED))


MAIL_ONLY = {"phone": None}


@pytest.mark.parametrize(
    ("contact", "contacts", "scope", "told"),
    [
        pytest.param(boss(**MAIL_ONLY), (), "interview:r1", True, id="no-number-to-call"),
        pytest.param(boss(), (), "interview:r1", False, id="no-call-yet"),
        pytest.param(boss(), (("no_answer", WED),), "interview:r1", True, id="nobody-picked-up"),
        pytest.param(boss(), (("no_answer", "2026-03-05T23:00Z"),), "interview:r1", True, id="nor-too-late"),
        pytest.param(boss(), (("left_message", WED),), "followup:u0", True, id="nobody-called-back"),
        pytest.param(boss(), (("emailed", WED),), "followup:u0", True, id="nobody-wrote-back"),
        pytest.param(boss(), (("spoke", WED),), "followup:u0", False, id="they-answered"),
        pytest.param(boss(), (("no_answer", WED), ("spoke", THU)), "followup:u1", False, id="they-answered-at-last"),
        pytest.param(boss(email=None), (("no_answer", WED),), "interview:r1", False, id="no-address-to-write-to"),
        pytest.param(boss(phone=None, erased=True), (), "interview:r1", False, id="somebody-erased"),
        pytest.param(boss(since=at("2026-12-01T12:00Z"), **MAIL_ONLY), (), "interview:r1", False, id="chosen-later"),
        pytest.param(None, (("no_answer", WED),), "interview:r1", False, id="nobody-chosen"),
    ],
)
def test_who_cannot_be_reached_by_phone_is_written_to(
    contact: Any, contacts: tuple[tuple[str, str], ...], scope: str, told: bool
) -> None:
    asks = (ask(f"u{i}", when, outcome) for i, (outcome, when) in enumerate(contacts))
    tips = step(asked(*asks, status_contact=contact), f"6:{scope}", LATER, call_help_business_days=None).advice
    assert [hint.code for hint in tips] == ["write_instead"] * told
    for hint in tips:
        assert hint.text == "Write to Ms Boss instead of calling: compose a letter of the kind `follow_up`."
        assert (hint.method, hint.href) == ("POST", "/v1/interviews/r1/letters/compose")


def test_a_chase_is_offered_where_they_named_a_day_and_about_the_latest_round() -> None:
    facts = example_case(interviews=(r1(), r2(hear_by=day("2026-03-20"))), status_contact=boss(**MAIL_ONLY, name=""))
    (hint,) = step(facts, "6:interview:r2", LATER).advice
    kinds = "kind `chase` once the day that they named has passed, else `follow_up`."
    assert hint.text == f"Write to your contact instead of calling: compose a letter of the {kinds}"
    assert (hint.method, hint.href) == ("POST", "/v1/interviews/r2/letters/compose")


def test_nobody_is_written_to_before_the_call_opens_or_after_it_is_closed() -> None:
    facts = example_case(status_contact=boss(**MAIL_ONLY))
    for instant, opens in (("2026-03-04T13:59:59Z", False), ("2026-03-04T14:00Z", True)):
        assert bool(step(facts, "6:interview:r1", instant).advice) == opens
    assert step(asked(ask("u1", WED, "spoke"), status_contact=boss(**MAIL_ONLY)), "6:interview:r1", LATER).advice == ()
