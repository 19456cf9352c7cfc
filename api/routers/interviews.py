"""Endpoints of interviews, their interviewers and the debrief."""

from typing import Annotated, Any, Literal

from fastapi import Query, Response

from api.errors import InvalidError
from api.http.crud import (
    DRY_RUN,
    ORDER,
    PARENT,
    ApplicationId,
    ContactId,
    InterviewId,
    check_if_match,
    created,
    deleted,
    etag_of,
    linked,
    listed,
    removed,
    updated,
)
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.negotiation import CALENDAR, CalendarWanted, format_response, json_response
from api.http.routes import Routes
from api.models import Application, Contact, Interview, InterviewInterviewer
from api.models.base import Instant
from api.models.debrief import Debrief, Debriefed
from api.models.interview import (
    InterviewCreate,
    InterviewerPublic,
    InterviewerPut,
    InterviewPublic,
    InterviewUpdate,
    ListedInterview,
)
from api.models.page import Page
from api.rules.evaluate import steps_affected_by
from api.services.calendar.files import interview_file
from api.services.facts.contacts import CONTACT
from api.services.facts.crud import find, to_public, to_public_one
from api.services.facts.debrief import debrief, record_people
from api.services.facts.interviews import INTERVIEW, LISTED_INTERVIEW, in_period
from api.services.facts.links import (
    find_link,
    interviewer,
    interviewers,
    interviewers_of_application,
    link_interviewer,
    unlink,
)
from api.services.facts.notes import NOTE
from api.services.steps.read import View, steps_of_one
from api.storage.keyset import sort_orders
from api.storage.raw_sql import RawConnection

InterviewOrder = Annotated[Literal["starts_at", "-starts_at", "created_at", "-created_at"], Query(description=ORDER)]
StartOrder = Annotated[Literal["starts_at", "-starts_at"], Query(description=ORDER)]
ORDERS = sort_orders(Interview, "starts_at", "created_at")
PEOPLE = "/v1/interviews/{interview_id}/interviewers"
routes = Routes("interviews", reports_writes=True)


class InterviewPage(Page[InterviewPublic]):
    """A page of interviews."""


class ListedInterviewPage(Page[ListedInterview]):
    """A page of interviews of all applications."""


@routes.get("/v1/interviews", scopes="applications:read")
def list_all_interviews(
    caller: CallerDep,
    page: PageDep,
    first: Annotated[
        Instant | None, Query(alias="from", description="Only interviews that start at or after this instant.")
    ] = None,
    until: Annotated[
        Instant | None, Query(alias="to", description="Only interviews that start before this instant.")
    ] = None,
    sort: StartOrder = "starts_at",
) -> ListedInterviewPage:
    """List the interviews of all applications.

    By their start, each with its application: for a calendar, send the first instant of the period as `from` and the
    first one after it as `to`. Cancelled interviews are listed as well. Those of deleted applications are not.
    """
    if first is not None and until is not None and until < first:
        raise InvalidError.parameter("to", "before_from", "Send an instant that is not before `from`.")
    with caller.reading() as session:
        found = listed(caller, session, LISTED_INTERVIEW, page, ORDERS[sort], where=in_period(first, until))
        return ListedInterviewPage.model_construct(**found)


@routes.get(f"{PARENT}/interviews", scopes="applications:read")
def list_interviews(
    caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: InterviewOrder = "starts_at"
) -> InterviewPage:
    """List interviews."""
    with caller.reading() as session:
        return InterviewPage.model_construct(
            **listed(caller, session, INTERVIEW, page, ORDERS[sort], under=application_id)
        )


@routes.post(f"{PARENT}/interviews", status_code=201, scopes="applications:write", errors=[409])
def create_interview(caller: CallerDep, application_id: ApplicationId, body: InterviewCreate) -> InterviewPublic:
    """Record an interview.

    Send `time_zone` with `start_local` and `end_local`, or with `starts_at` and `ends_at`. Steps 1 to 4 exist once for
    each round, also before it takes place. They do not apply to a round that was cancelled or not held.

    `people` are its interviewers, as in a debrief: all is recorded, or nothing. They need the scope `contacts:write`.

    A round after the end of its application gets the warning `application_closed`.
    """
    with caller.writing() as session:
        if body.people:
            caller.require_scopes("contacts:write")
        shown = created(caller, session, INTERVIEW, body, at="/v1/interviews", under=application_id)
        record_people(session, find(session, Interview, shown.id), body.people)
        return shown


@routes.get(
    "/v1/interviews/{interview_id}",
    scopes="applications:read",
    response_model=InterviewPublic,
    responses=CALENDAR.content,
)
def get_interview(caller: CallerDep, interview_id: InterviewId, wanted: CalendarWanted = None) -> Any:  # noqa: ANN401
    """Read an interview.

    `format=ics`, or `Accept: text/calendar`, returns it as a calendar file with one event.
    """
    with caller.reading() as session:
        row = find(session, Interview, interview_id)
        if CALENDAR.negotiate(caller.request, wanted) == "ics":
            content = interview_file(session, row.id, caller.settings.app_url)
            return format_response(caller, "ics", content, file=f"interview-{row.start_local:%Y-%m-%d}")
        shown = to_public_one(session, INTERVIEW, row)
        return json_response(caller, shown, etag_of(shown))


@routes.patch("/v1/interviews/{interview_id}", scopes="applications:write")
def update_interview(caller: CallerDep, interview_id: InterviewId, body: InterviewUpdate) -> InterviewPublic:
    """Change an interview.

    A merge patch: an absent field stays as it is, null clears it. New times change all deadlines that depend on them.
    If only a new start is sent, the end moves with it and the length stays the same.
    What you learned about the next stage, and that there is nothing positive or no concern to note, is recorded here
    too.
    """
    with caller.writing() as session:
        return updated(caller, session, INTERVIEW, interview_id, body)


@routes.delete("/v1/interviews/{interview_id}", scopes="applications:write", responses=DRY_RUN)
def delete_interview(caller: CallerDep, interview_id: InterviewId, *, dry_run: DryRun = False) -> Response:
    """Delete an interview.

    The interview counts as never recorded, so steps of other rounds may reopen. Its steps are removed; its notes and
    letters stay in the application. To record that a round was cancelled, change its `status` instead.
    """
    with caller.writing() as session:
        return removed(caller, session, INTERVIEW, interview_id, dry_run=dry_run)


@routes.post(
    "/v1/interviews/{interview_id}/debrief",
    scopes=("applications:write", "contacts:write"),
    errors=[409],
    status_code=201,
)
def debrief_interview(caller: CallerDep, interview_id: InterviewId, body: Debrief) -> Debriefed:
    """Record a whole debrief.

    Who was there, what went well, which concerns are open and what comes next, in one transaction. It creates or
    updates contacts, links them as interviewers, creates notes, and records what you learned in the interview. What is
    absent stays as it is. It may complete steps 1 to 3 at once; `headline` has the state of all seven steps.
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


class InterviewerPage(Page[InterviewerPublic]):
    """A page of the interviewers of a round, or of all rounds of an application."""


@routes.get(f"{PARENT}/interviewers", scopes="applications:read")
def list_application_interviewers(caller: CallerDep, application_id: ApplicationId, page: PageDep) -> InterviewerPage:
    """List the interviewers of all rounds.

    Of one application: each entry has the id of its round. Sorted by the ids of rounds and contacts.
    """
    with caller.reading() as session:
        found, cursor = interviewers_of_application(session, find(session, Application, application_id), page)
        caller.link_next_page(cursor)
        return InterviewerPage(items=found, next_cursor=cursor)


@routes.get(PEOPLE, scopes="applications:read")
def list_interviewers(caller: CallerDep, interview_id: InterviewId, page: PageDep) -> InterviewerPage:
    """List an interview's interviewers.

    Each with the known details of the contact.
    """
    with caller.reading() as session:
        found, cursor = interviewers(session, find(session, Interview, interview_id), page)
        caller.link_next_page(cursor)
        return InterviewerPage(items=found, next_cursor=cursor)


@routes.put(
    f"{PEOPLE}/{{contact_id}}",
    scopes="applications:write",
    responses={201: {"model": InterviewerPublic, "description": "Linked."}},
)
def put_interviewer(
    caller: CallerDep, interview_id: InterviewId, contact_id: ContactId, body: InterviewerPut
) -> InterviewerPublic:
    """Say that a contact took part.

    The response is 201 for a new link, 200 for an existing one. Steps 2 and 4 need only the interviewers who are not
    `optional`.
    """
    with caller.writing() as session:
        interview, contact = find(session, Interview, interview_id), find(session, Contact, contact_id)
        check_if_match(caller, lambda: interviewer(session, interview, contact.id))
        is_new = link_interviewer(session, interview, contact, body)
        new_at = f"/v1/interviews/{interview.id}/interviewers" if is_new else None
        return linked(caller, interviewer(session, interview, contact.id), new_at)


@routes.delete(f"{PEOPLE}/{{contact_id}}", scopes="applications:write", responses=DRY_RUN)
def delete_interviewer(
    caller: CallerDep, interview_id: InterviewId, contact_id: ContactId, *, dry_run: DryRun = False
) -> Response:
    """Say that a contact did not take part.

    The contact stays.
    """
    with caller.writing() as session:
        interview, contact = find(session, Interview, interview_id), find(session, Contact, contact_id)
        link = find_link(session, InterviewInterviewer, interview.id, contact.id)
        check_if_match(caller, lambda: interviewer(session, interview, contact.id))
        return deleted(
            session, unlink(session, link, interview.application_id, steps_affected_by("people")), dry_run=dry_run
        )
