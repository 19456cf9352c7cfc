"""Cards for the pocket: before the interview and for the call, as data, as text or as a page to print."""

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
    """Read the card for before an interview.

    The closing questions that are not answered yet, and what to find out about the people. As JSON, text, or a page to
    print: by `Accept` or `format`.
    """
    with caller.reading() as session:
        made = cards.prep(session, find(session, Interview, interview_id))
    return card_response(caller, wanted, *made)


@routes.get(f"{PARENT}/call-card", scopes="applications:read", response_model=CallCard, responses=CARD.content)
def get_call_card(caller: CallerDep, application_id: ApplicationId, wanted: CardWanted = None) -> Any:  # noqa: ANN401
    """Read the card for the call.

    Whom to ring, what time it is there and whether they are at work, two sentences to begin with, two points from your
    notes, the question, what was promised, and the choices to record what came of it.
    """
    with caller.reading() as session:
        made = cards.call(session, find(session, Application, application_id))
    return card_response(caller, wanted, *made)
