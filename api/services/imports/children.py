"""The tables of what an import makes, and what hangs on it."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import col, select

from api.models import (
    Application,
    ApplicationContact,
    ApplicationReference,
    Contact,
    FollowUp,
    Interview,
    InterviewInterviewer,
    Letter,
    LetterTemplate,
    Note,
    Offer,
    Reference,
    SearchActivity,
    StageChange,
    StepOverride,
    User,
)
from api.services.facts.letters import letters_with
from api.services.imports.restored_columns import BY_NAME
from api.storage.session import OwnedSession

# By name, each table whose rows an import makes, and the account, whose choices it may change.
NOUNS: Mapping[str, Any] = {**BY_NAME, str(User.__tablename__): User}
# Tables whose rows hang on an application, each with the column that an import notes of them.
CHILDREN: tuple[tuple[Any, str], ...] = (
    (StageChange, "id"),
    (Interview, "id"),
    (Note, "id"),
    (Letter, "id"),
    (FollowUp, "id"),
    (Offer, "id"),
    (SearchActivity, "id"),
    (StepOverride, "id"),
    (ApplicationContact, "application_id"),
    (ApplicationReference, "application_id"),
    (InterviewInterviewer, "interview_id"),
)
# What points at other objects; a row that is pointed at by something that stays is kept.
POINTERS: Mapping[Any, tuple[tuple[Any, str], ...]] = {
    Contact: (
        (Application, "status_contact_id"),
        (ApplicationContact, "contact_id"),
        (InterviewInterviewer, "contact_id"),
        (Interview, "told_by"),
        (FollowUp, "contact_id"),
    ),
    Reference: ((ApplicationReference, "reference_id"),),
    Interview: (
        (Note, "interview_id"),
        (Letter, "interview_id"),
    ),
    LetterTemplate: (),
}


def is_pointed_at(session: OwnedSession, thing: Any) -> bool:  # noqa: ANN401  # a row of any table
    """Tell whether something of an application that is not deleted points at a row."""
    pointing = [(table, col(getattr(table, name)) == thing.id) for table, name in POINTERS.get(type(thing), ())]
    if (named := letters_with(type(thing), getattr(thing, "id", ""))) is not None:
        pointing.append((Letter, named))
    return any(
        session.exec(_of_live_application(select(col(table.user_id)).where(condition), table).limit(1)).first()
        for table, condition in pointing
    )


def _of_live_application(wanted: Any, table: Any) -> Any:  # noqa: ANN401  # a statement, a table
    if table is InterviewInterviewer:
        wanted = wanted.join(Interview, col(Interview.id) == col(table.interview_id))
        return wanted.join(Application, col(Application.id) == col(Interview.application_id)).where(
            col(Application.deleted_at).is_(None)
        )
    if table is not Application:
        wanted = wanted.join(Application, col(Application.id) == col(table.application_id))
    return wanted.where(col(Application.deleted_at).is_(None))
