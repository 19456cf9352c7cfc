"""Step 3: notes on the day of the interview [12–15]."""

from datetime import datetime

from api.rules.calendar import local_date
from api.rules.facts import Interview, Note
from api.rules.outcome import NOTHING_YET, Applied, Cue, Draft, Evidence, Part, Timed, Window, earliest
from api.rules.situation import Situation
from api.rules.steps.rounds import letter_due, not_held
from api.rules.words import rfc3339


def notes(at: Situation, interview: Interview) -> Draft:
    """Draft step 3: a positive note and a concern, or the ticks that there were none [13, 14].

    Opens at the end. Due at the end of the interview's local day, but at least `same_day_floor_hours` later [12] and
    never after the letter, which is composed from the notes [15]. Notes and ticks dated before the start do not count,
    so a round that was moved to a later day asks again.
    """
    end = at.end(interview)
    day, letter = at.days[interview.id], letter_due(end, at.policy)
    due = min(day, letter)
    about = _about(at, interview)
    positives = _part(at, interview, about, "positive", interview.no_positives_at)
    concerns = _part(at, interview, about, "concern", interview.no_concerns_at)
    return Draft(
        number=3,
        scope=f"interview:{interview.id}",
        window=Window(end, due, interview.zone, "local_day" if day <= letter else "elapsed"),
        asks="write_notes",
        parts=(positives, concerns),
        not_applicable=not_held(interview),
        data=at.rounds[interview.id],
        actions=(NOTHING_YET, Timed(end, Cue("write_positive" if positives.at is None else "write_concern"))),
        warnings=_warnings(at, interview, about),
        tips=() if positives.at or concerns.at else (Timed(end, Cue("debrief_at_once")),),
        trace=at.explained(
            lambda: (
                Applied("opens_at_end", {"end": rfc3339(end)}, rfc3339(end)),
                Applied(
                    "same_local_day_never_after_the_letter",
                    {
                        "zone": interview.zone,
                        "local_date": local_date(end, interview.zone).isoformat(),
                        "same_day_floor_hours": at.policy.same_day_floor_hours,
                        "letter_due_at": rfc3339(letter),
                    },
                    rfc3339(due),
                ),
            )
        ),
    )


def _part(at: Situation, interview: Interview, about: list[Note], kind: str, ticked_at: datetime | None) -> Part:
    found = [
        Evidence("note", note.id, note.noted_at)
        for note in about
        if note.kind == kind and note.noted_at >= interview.start
    ]
    ticked = at.known(ticked_at)
    if ticked is not None and ticked >= interview.start:
        found.append(Evidence("interview", interview.id, ticked))
    return Part(f"{kind}s", earliest(found))


def _about(at: Situation, interview: Interview) -> list[Note]:
    return [note for note in at.facts.notes if note.interview_id == interview.id and at.known(note.noted_at)]


def _warnings(at: Situation, interview: Interview, about: list[Note]) -> tuple[Cue, ...]:
    early = sorted(
        note.id for note in about if note.kind in ("positive", "concern") and note.noted_at < interview.start
    )
    ticks = [at.known(ticked) for ticked in (interview.no_positives_at, interview.no_concerns_at)]
    notes = tuple(Cue("evidence_before_interview/note", {"note": note_id}) for note_id in early)
    is_early = any(ticked is not None and ticked < interview.start for ticked in ticks)
    return (*notes, Cue("evidence_before_interview/tick", {"interview": interview.id})) if is_early else notes
