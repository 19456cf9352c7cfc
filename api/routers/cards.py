"""Endpoints of the cards for an interview and for a call, as JSON, text or HTML to print."""

from typing import Any

from api.http.crud import PARENT, ApplicationId, InterviewId
from api.http.deps import CallerDep
from api.http.negotiation import CARD, CardWanted, card_response
from api.http.routes import Routes
from api.models import Application, Interview
from api.models.card import CallCard, PrepCard
from api.services.documents import cards
from api.services.facts.crud import find

routes = Routes("interviews")


@routes.get(
    "/v1/interviews/{interview_id}/prep-card",
    scopes="applications:read",
    response_model=PrepCard,
    responses=CARD.content,
)
def get_prep_card(caller: CallerDep, interview_id: InterviewId, wanted: CardWanted = None) -> Any:  # noqa: ANN401
    """Read the card for an interview.

    It lists the questions to ask at the end that are not answered yet, and what to find out about the people. `Accept`
    or `format` selects JSON, text, or HTML to print.
    """
    with caller.reading() as session:
        made = cards.prep(session, find(session, Interview, interview_id))
    return card_response(caller, wanted, *made)


@routes.get(f"{PARENT}/call-card", scopes="applications:read", response_model=CallCard, responses=CARD.content)
def get_call_card(caller: CallerDep, application_id: ApplicationId, wanted: CardWanted = None) -> Any:  # noqa: ANN401
    """Read the card for the call.

    Whom to call, what time it is there and whether it is in business hours, two sentences to begin with, two points
    from your notes, the question, what was promised, and the possible outcomes to record. `Accept` or `format` selects
    JSON, text, or HTML to print.
    """
    with caller.reading() as session:
        made = cards.call(session, find(session, Application, application_id))
    return card_response(caller, wanted, *made)
