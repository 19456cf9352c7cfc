"""What a write has done to steps, as text and as data."""

from collections.abc import Sequence

from api.agents import steps, times
from api.agents.delimiters import mark
from api.agents.problems import Document
from api.agents.render import Structure, present

MOST = 20  # effects that are told one by one


def effect_lines(effects: Sequence[Document], zone: str, application_id: str | None) -> list[str]:
    """Return one line for each changed step. Of other applications than `application_id` the company is named."""
    lines = [f"  {_changed(one, zone, application_id)}" for one in effects[:MOST]]
    if len(effects) > MOST:
        lines.append(f"  … and {len(effects) - MOST} more steps")
    return lines


def _changed(effect: Document, zone: str, application_id: str | None) -> str:
    of = f" of {mark(effect['company'])}" if effect["application_id"] != application_id else ""
    was, due = (effect[name] and times.deadline(effect[name], zone) for name in ("due_at_was", "due_at"))
    match effect["change"]:
        case "opened":
            said = f"comes, until {due}"
        case "moved":
            said = f"moved, now until {due}" if was == due else f"moved from {was} to {due}"
        case "reopened":
            said = f"open again, until {due}"
        case "gone":
            said = "gone"
        case change:
            said = steps.STATES.get(change, change)
    return f"{steps.name_of(effect)}{of}: {said}"


def question_lines(effects: Sequence[Document], zone: str, application_id: str | None) -> list[str]:
    """Return what an act that needs a yes would change."""
    lines = effect_lines(effects, zone, application_id)
    return ["It would change:", *lines] if lines else []


def effects_data(effects: Sequence[Document], zone: str) -> list[Structure]:
    """Return the first of the changed steps as data."""
    return [
        present(
            company=one["company"],
            application_id=one["application_id"],
            step_id=one["step_id"],
            step=one["number"],
            name=steps.NAMES.get(one["step"]),
            change=one["change"],
            due_was=one["due_at_was"] and times.deadline(one["due_at_was"], zone),
            due=one["due_at"] and times.deadline(one["due_at"], zone),
        )
        for one in effects[:MOST]
    ]
