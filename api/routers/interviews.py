"""Interview rounds and who took part."""

from typing import Annotated

from fastapi import Path, Response
from pydantic import BaseModel

from api.http.crud import (
    DRY_RUN,
    InterviewId,
    Resource,
    add_create,
    add_item,
    add_list,
    check_if_match,
    deleted,
    etag_of,
    linked,
    router,
)
from api.http.deps import CallerDep, DryRun, PageDep
from api.models import Contact, Interview, InterviewInterviewer
from api.models.debrief import Debrief, Debriefed
from api.models.interview import InterviewerPublic, InterviewerPut
from api.services.facts.contacts import CONTACT
from api.services.facts.crud import find, to_public, to_public_one
from api.services.facts.debrief import debrief
from api.services.facts.interviews import INTERVIEW
from api.services.facts.links import find_link, interviewer, interviewers, put_interviewer, unlink
from api.services.facts.notes import NOTE
from api.services.steps.read import View, steps_of_one
from api.storage.keyset import sort_orders
from api.storage.raw_sql import RawConnection

INTERVIEWS = Resource(
    kind=INTERVIEW,
    name="interview",
    plural="interviews",
    sorts=sort_orders(Interview, "starts_at", "created_at"),
    words={
        "create": (
            "Send `time_zone` with `start_local` and `end_local`, or `starts_at` and `ends_at`. Steps 1 to 4 exist "
            "once for each round, in advance; a round that is cancelled or was not held asks for nothing."
        ),
        "update": (
            "New times recompute every deadline; what was learned about the next stage and the two ticks of the "
            "debrief are recorded here too."
        ),
        "delete": "Its steps go; its notes and letters stay with the application. Cancel a round that was called off.",
    },
)
ContactId = Annotated[str, Path(description="The contact's id.", max_length=64)]
PEOPLE = "/v1/interviews/{interview_id}/interviewers"
routes = router("interviews")
add_list(routes, INTERVIEWS, nested=True)
add_create(routes, INTERVIEWS, nested=True)
add_item(routes, INTERVIEWS)


@routes.post("/v1/interviews/{interview_id}/debrief", operation_id="debrief_interview", status_code=201)
def debrief_interview(caller: CallerDep, interview_id: InterviewId, body: Debrief) -> Debriefed:
    """Record a whole debrief.

    Who was there, what went well, what is open and what comes next, in one transaction: contacts are made or brought up
    to date and linked as interviewers, notes are made, and the interview keeps what was learned. What is left out stays
    as it was. It may complete steps 1 to 3 at once; the headline says how all seven stand.
    """
    with caller.writing() as session:
        interview = find(session, Interview, interview_id)
        people, notes = debrief(session, interview, body)
        shown = to_public_one(session, INTERVIEW, interview)
        caller.created(f"/v1/interviews/{interview.id}", etag_of(shown))
        steps = steps_of_one(RawConnection.of(session), interview.application_id, View(session.now))
        contacts = to_public(session, CONTACT, people)
        recorded = {"interview": shown, "contacts": contacts, "notes": to_public(session, NOTE, notes)}
        return caller.remember(Debriefed.model_validate({**recorded, "headline": steps["headline"]}), status=201)


class InterviewerPage(BaseModel):
    """A page of who took part in a round."""

    items: list[InterviewerPublic]
    next_cursor: str | None


@routes.get(PEOPLE, operation_id="list_interviewers")
def list_interviewers(caller: CallerDep, interview_id: InterviewId, page: PageDep) -> InterviewerPage:
    """List an interview's interviewers.

    Each with what is known of the contact's details.
    """
    with caller.reading() as session:
        found, cursor = interviewers(session, find(session, Interview, interview_id), page)
        caller.link_next_page(cursor)
        return InterviewerPage(items=found, next_cursor=cursor)


@routes.put(
    f"{PEOPLE}/{{contact_id}}",
    operation_id="put_interviewer",
    responses={201: {"model": InterviewerPublic, "description": "Linked."}},
)
def put_one(
    caller: CallerDep, interview_id: InterviewId, contact_id: ContactId, body: InterviewerPut
) -> InterviewerPublic:
    """Say that a contact took part.

    201 when the link is new, 200 when it was there. Steps 2 and 4 ask for everybody who is not `optional`.
    """
    with caller.writing() as session:
        interview, contact = find(session, Interview, interview_id), find(session, Contact, contact_id)
        check_if_match(caller, lambda: interviewer(session, interview, contact.id))
        is_new = put_interviewer(session, interview, contact, body)
        shown = interviewer(session, interview, contact.id)
        linked(caller, shown, f"/v1/interviews/{interview.id}/interviewers" if is_new else None)
        return shown


@routes.delete(
    f"{PEOPLE}/{{contact_id}}",
    operation_id="delete_interviewer",
    status_code=204,
    response_class=Response,
    responses=DRY_RUN,
)
def delete_one(
    caller: CallerDep, interview_id: InterviewId, contact_id: ContactId, *, dry_run: DryRun = False
) -> Response:
    """Say that a contact did not take part.

    The contact itself stays.
    """
    with caller.writing() as session:
        interview, contact = find(session, Interview, interview_id), find(session, Contact, contact_id)
        link = find_link(session, InterviewInterviewer, interview.id, contact.id)
        check_if_match(caller, lambda: interviewer(session, interview, contact.id))
        return deleted(session, unlink(session, link, interview.application_id, "people"), dry_run=dry_run)
