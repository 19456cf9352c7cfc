"""Recipients who are recorded only with another application or another company than that of the letter."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlmodel import col, select, union_all

from api.models import Application, ApplicationContact, Contact, FollowUp, Interview, InterviewInterviewer
from api.services.facts.crud import by_id
from api.storage.session import OwnedSession
from api.words.names import same_firm


def elsewhere(session: OwnedSession, application: Application, ids: Sequence[str]) -> set[str]:
    """Return the ids of the contacts who belong only elsewhere.

    A contact belongs to an application as interviewer, as the person to ask, by a link or by a follow-up. One of the
    same company belongs to it too; without a recorded company, it is that of the applications to which they belong.
    """
    links: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for contact_id, application_id, company in session.exec(_links(ids)).all() if ids else ():
        links[contact_id][application_id] = company
    found = set()
    for id_, contact in by_id(session, Contact, ids).items():
        firms = [contact.company] if contact.company else list(links[id_].values())
        is_of_firm = not firms or any(same_firm(firm, application.company) for firm in firms)
        if application.id not in links[id_] and not is_of_firm:
            found.add(id_)
    return found


def _links(ids: Sequence[str]) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of contact, application and company for each link of some contacts."""
    asked, linked, called, met = (
        col(column)
        for column in (
            Application.status_contact_id,
            ApplicationContact.contact_id,
            FollowUp.contact_id,
            InterviewInterviewer.contact_id,
        )
    )
    of = col(Application.id), col(Application.company)
    round_ = col(Interview.id) == InterviewInterviewer.interview_id
    return union_all(
        select(asked, *of).where(asked.in_(ids)),
        select(linked, *of).join(Application, of[0] == ApplicationContact.application_id).where(linked.in_(ids)),
        select(called, *of).join(Application, of[0] == FollowUp.application_id).where(called.in_(ids)),
        select(met, *of)
        .join(Interview, round_)
        .join(Application, of[0] == Interview.application_id)
        .where(met.in_(ids)),
    )
