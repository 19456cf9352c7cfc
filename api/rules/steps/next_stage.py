"""Step 1: find out what comes next [2–5]."""

from datetime import datetime

from api.rules.calendar import local_date
from api.rules.facts import Interview
from api.rules.outcome import Applied, Cue, Draft, Part, Timed, Window, evidence
from api.rules.promises import newest_promise
from api.rules.situation import Situation
from api.rules.steps.rounds import not_held
from api.rules.words import rfc3339

PREPARE, ASK_HR, RECORD = Timed(None, Cue("prepare_questions")), Cue("ask_hr"), Cue("record_answer")


def next_stage(at: Situation, interview: Interview) -> Draft:
    """Draft step 1: record the next stage and the date on which to call [2, 3].

    Opens at the start, because the question is asked before the interview ends [2]. Due at the end of the interview's
    local day, but at least `same_day_floor_hours` after its end. A live round that starts at or after the end makes the
    step not applicable.
    """
    end = at.end(interview)
    due = at.days[interview.id]
    return Draft(
        number=1,
        scope=f"interview:{interview.id}",
        window=Window(interview.start, due, interview.zone, "local_day"),
        asks="ask_next_stage",
        parts=_parts(at, interview),
        not_applicable=not_held(interview) or _superseded(at, interview),
        data=at.rounds[interview.id],
        actions=_actions(at, interview, due),
        advice=_advice(at, interview),
        tips=(Timed(due, RECORD),),
        trace=at.explained(
            lambda: (
                Applied("opens_at_start", {"start": rfc3339(interview.start)}, rfc3339(interview.start)),
                Applied(
                    "same_local_day",
                    {
                        "end": rfc3339(end),
                        "zone": interview.zone,
                        "local_date": local_date(end, interview.zone).isoformat(),
                        "same_day_floor_hours": at.policy.same_day_floor_hours,
                    },
                    rfc3339(due),
                ),
            )
        ),
    )


def _parts(at: Situation, interview: Interview) -> tuple[Part, ...]:
    learned = at.known(interview.stage_learned_at)
    timed = at.known(interview.timing_learned_at)
    return (
        Part("next_stage", evidence("interview", interview.id, learned)),
        Part("contact_time", evidence("interview", interview.id, timed)),
    )


def _superseded(at: Situation, interview: Interview) -> str | None:
    end = at.end(interview)
    later = any(other.start >= end for other in at.live)
    return "superseded_by_next_round" if later else None


def _actions(at: Situation, interview: Interview, due: datetime) -> tuple[Timed, ...]:
    is_learned = at.known(interview.stage_learned_at) is not None
    record = Cue("record_contact_time" if is_learned else "record_next_stage")
    return (PREPARE, Timed(at.end(interview), record), Timed(due, ASK_HR))


def _advice(at: Situation, interview: Interview) -> tuple[Cue, ...]:
    promise = newest_promise(interview, at.facts.interviews, at.facts.follow_ups, at.now)
    return (Cue("ask_for_your_date"),) if promise.is_theirs_only else ()
