"""The statement of each picture in words; the description of the picture and the JSON have it too."""

from collections.abc import Sequence

from api.rules.progress import Funnel, ResponseTimes
from api.rules.words import deadline, rfc3339, wall
from api.words.pictures.material import STEP_NAMES, Lane

NUMBERS = ("None", "One", "Two", "Three", "Four", "Five", "Six", "Seven")
TOO_FEW = "There are fewer than ten, so there are no percentages."


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun: `1 application`, `2 applications`."""
    return f"{number:,} {one if number == 1 else many}"


def timeline_summary(lanes: Sequence[Lane], outcome: str | None) -> str:
    """Return which step is the most urgent one, and how many are done. `outcome`: how the application ended."""
    ended = f"The application is closed: {outcome.replace('_', ' ')}." if outcome is not None else ""
    if not any(lane.bars for lane in lanes):
        return f"{ended} No interview was recorded." if ended else "No interview is recorded yet, so no step has dates."
    done = sum(lane.state in ("done", "done_late") for lane in lanes)
    share = f"{NUMBERS[done]} of the seven steps {'is' if done < 2 else 'are'} done."
    return f"{ended or _most_urgent(lanes)} {share}".strip()


def _most_urgent(lanes: Sequence[Lane]) -> str:
    for state in ("overdue", "open", "upcoming"):
        found = [(bar.due_at, lane, bar) for lane in lanes for bar in lane.bars if bar.state == state]
        if not found:
            continue
        due_at, lane, bar = min(found, key=lambda one: (one[0], one[1].number))
        if state == "upcoming":
            return f"{STEP_NAMES[lane.number]}: opens at {wall(bar.opens_at, bar.due_zone)}."
        word = "overdue since" if state == "overdue" else "open until"
        return f"{STEP_NAMES[lane.number]}: {word} {deadline(rfc3339(due_at), bar.due_zone)}."
    return ""


def funnel_summary(funnel: Funnel) -> str:
    """Return how many applications reached what."""
    if funnel.applied == 0:
        return "There are no applications."
    _, answered, interviewing, offered, accepted = (level.count for level in funnel.levels)
    said = (
        f"Of {counted(funnel.applied, 'application', 'applications')}, {_some(answered)} got an answer, "
        f"{_some(interviewing)} led to an interview, {_some(offered)} to an offer, and {_some(accepted)} "
        f"{'was' if accepted < 2 else 'were'} accepted."
    )
    if funnel.waiting:
        said += f" {funnel.waiting:,} {'waits' if funnel.waiting == 1 else 'wait'} for an answer"
        said += f"; {funnel.fresh:,} of them for less than the median time." if funnel.fresh else "."
    return f"{said} {TOO_FEW}" if funnel.too_few else said


def response_summary(times: ResponseTimes) -> str:
    """Return how long the answers took, and how many applications have none."""
    if times.count == 0:
        return "There are no applications with a known date."
    answers = counted(times.answered, "answer", "answers")
    if times.median_days is None:
        said = f"{answers} so far: too few for a median." if times.answered else "There are no answers yet."
    else:
        days = "on the day of the application" if times.median_days == 0 else f"within {_days(times.median_days)}"
        said = f"Half of the {answers} came {days}."
    if times.waiting:
        said += f" {counted(times.waiting, 'application waits', 'applications wait')} for an answer"
        said += f", the longest for {_days(times.longest_wait_days or 0)}."
    if times.silent:
        said += f" {times.silent:,} ended without an answer."
    return said


def _some(number: int) -> str:
    return f"{number:,}" if number else "none"


def _days(number: int) -> str:
    return counted(number, "day", "days")


def notes(*, undated: int, is_complete: bool) -> list[str]:
    """Return what the figures leave out."""
    said = []
    if undated:
        said.append(f"{counted(undated, 'application', 'applications')} without known dates: not counted here.")
    if not is_complete:
        said.append("Only the newest 10,000 applications are counted.")
    return said
