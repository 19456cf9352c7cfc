"""Applications expanded with contacts, interviews, steps, headline and next action, in a constant number of queries."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlmodel import col, func, select

from api.models import Application, Interview
from api.models.application import ApplicationPublic
from api.models.contact import ApplicationContactPublic
from api.models.hint import HintPublic
from api.models.interview import InterviewPublic
from api.models.step import DueOnLocal, DueText, HeadlineStep, State, StepName, StepPublic, Title
from api.rules.answers import Answer
from api.services.facts.crud import to_public
from api.services.facts.interviews import INTERVIEW
from api.services.facts.links import application_contacts
from api.services.steps.read import View, steps_of
from api.services.steps.render import most_pressing
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

MOST = 50  # entries of a list in one application
FROM_STEPS = {"steps", "headline", "next_action"}
OF_PRESSING_STEP = ("step", "title", "state", "due_at", "due_zone", "due_on_local", "due_text")


class PressingAction(HintPublic):
    """The most urgent action, and its step. An application without an interview waits for one: `create_interview`."""

    step_id: str | None
    step: StepName
    title: Title
    state: State
    due_at: datetime | None
    due_zone: str | None
    due_on_local: DueOnLocal
    due_text: DueText


class ExpandedApplication(ApplicationPublic):
    """An application. The five fields before `more` are null unless `expand` names them."""

    contacts: list[ApplicationContactPublic] | None
    interviews: list[InterviewPublic] | None
    steps: list[StepPublic] | None
    headline: list[HeadlineStep] | None
    next_action: PressingAction | None
    more: Annotated[
        dict[str, str],
        Field(description="For each of these lists that has more than 50 entries, and is cut: the address of all."),
    ]


def expand_applications(
    session: OwnedSession, shown: Sequence[Any], rows: Sequence[Application], wanted: Collection[str]
) -> list[ExpandedApplication]:
    """Return applications with the `wanted` fields filled in, each with at most 50 entries."""
    ids = [row.id for row in rows]
    contacts = application_contacts(session, ids, most=MOST + 1) if "contacts" in wanted else {}
    interviews = _interviews(session, ids) if "interviews" in wanted else {}
    closed = {row.id: row.closed_at is not None for row in rows}
    steps = steps_of(RawConnection.of(session), closed, View(session.now)) if FROM_STEPS & set(wanted) else {}
    answers = []
    for one, row in zip(shown, rows, strict=True):
        mine = steps[row.id]["steps"] if row.id in steps else None
        lists: dict[str, list[Any] | None] = {
            "contacts": contacts.get(row.id),
            "interviews": interviews[row.id] if "interviews" in wanted else None,
            "steps": mine if "steps" in wanted else None,
        }
        cut: dict[str, Any] = {name: entries and entries[:MOST] for name, entries in lists.items()}
        cut["steps"] = cut["steps"] and [StepPublic.model_validate(step) for step in cut["steps"]]
        answers.append(
            ExpandedApplication.model_construct(
                **one.__dict__,
                **cut,
                headline=_headline(steps[row.id]) if "headline" in wanted else None,
                next_action=_most_pressing_action(mine) if mine is not None and "next_action" in wanted else None,
                more=_more(row.id, lists),
            )
        )
    return answers


def _more(application_id: str, lists: Mapping[str, Sequence[Any] | None]) -> dict[str, str]:
    """Return the addresses of the lists that are cut."""
    too_long = [name for name, entries in lists.items() if entries is not None and len(entries) > MOST]
    return {name: f"/v1/applications/{application_id}/{name}" for name in too_long}


def _interviews(session: OwnedSession, ids: Sequence[str]) -> dict[str, list[Any]]:
    """Return the first interviews of each application, one more than are shown."""
    of, order = col(Interview.application_id), (col(Interview.starts_at), col(Interview.id))
    place = func.row_number().over(partition_by=of, order_by=order).label("place")
    first = select(col(Interview.id), place).where(of.in_(ids)).subquery()
    wanted = select(Interview).join(first, first.c.id == col(Interview.id)).where(first.c.place <= MOST + 1)
    rows = session.exec(wanted.order_by(col(Interview.starts_at), col(Interview.id))).all()
    found: dict[str, list[Any]] = defaultdict(list)
    for row, shown in zip(rows, to_public(session, INTERVIEW, rows), strict=True):
        found[row.application_id].append(shown)
    return found


def _headline(steps: Answer) -> list[HeadlineStep]:
    return [HeadlineStep.model_validate(card) for card in steps["headline"]]


def _most_pressing_action(steps: Sequence[Answer]) -> PressingAction | None:
    step = most_pressing(steps)
    if step is None:
        return None
    about = {name: step[name] for name in OF_PRESSING_STEP}
    return PressingAction.model_validate({**step["next_action"], "step_id": step["id"], **about})
