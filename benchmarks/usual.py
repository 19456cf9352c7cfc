"""The usual way: the queue as the tutorials of FastAPI and SQLModel write it, with the same answers as our service.

A generator dependency opens the session, and the token is a dependency too. Plain functions build the answer from
entities; FastAPI validates it against the response model and serialises it. One statement joins steps and applications,
as somebody who knows SQLAlchemy would write it. Steps are rendered by the same functions as in our service. A note is
only inserted into our table and committed.

    AFTERWORD_DATABASE_URL=… uvicorn benchmarks.usual:create_app --factory
"""

import hashlib
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Query, Request, status
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlmodel import Session, col, func, or_, select

from api.models import Application, Note, Offer, StepInstance, Token
from api.rules.answers import answered
from api.rules.outcome import StepRecord
from api.rules.words import rfc3339, wall
from api.settings import Settings
from api.storage.engine import WRITE, make_engine
from benchmarks.facts import USER_ZONE


class Reason(BaseModel):
    code: str
    text: str
    data: dict[str, str | int | bool | None]


class Subject(BaseModel):
    type: str
    id: str


class Gap(BaseModel):
    code: str
    subject: Subject | None


class Progress(BaseModel):
    done: int
    total: int
    missing: list[str]
    gaps: list[Gap]


class Evidence(BaseModel):
    type: str
    id: str
    at: datetime


class HintPublic(BaseModel):
    code: str
    text: str
    method: str | None
    href: str | None
    action: str
    subject: Subject | None


class ApplicationPublic(BaseModel):
    id: str
    company: str
    role: str


class StepPublic(BaseModel):
    id: str
    application_id: str
    number: int
    step: str
    title: str
    scope: str
    state: str
    opens_at: datetime
    due_at: datetime
    due_zone: str
    due_on_local: date
    due_text: str
    due_basis: str
    completed_at: datetime | None
    reason: Reason
    progress: Progress
    evidence: list[Evidence]
    next_action: HintPublic | None
    warnings: list[HintPublic]
    advice: list[HintPublic]
    changes_at: datetime | None
    helps_until: datetime | None
    stale: bool
    snoozed_until: datetime | None
    trace: None = None
    application: ApplicationPublic


class NoteCreate(BaseModel):
    interview_id: str | None = None
    kind: str
    text: str


class NotePublic(NoteCreate):
    model_config = ConfigDict(from_attributes=True)

    id: str
    application_id: str
    noted_at: datetime


class QueuePage(BaseModel):
    as_of: datetime | None = None
    items: list[StepPublic]
    next_cursor: str | None = None


def hint(code: str, text: str, href: str) -> HintPublic:
    return HintPublic(code=code, text=text, method="POST", href=href, action=code, subject=None)


def advice_of(application: Application, row: StepInstance, live: int, offers: Sequence[Offer]) -> list[HintPublic]:
    """Return the hints from the user's other applications: an undecided offer, or no other open application."""
    found = []
    rival = next((offer for offer in offers if offer.application_id != application.id), None)
    if row.number in (6, 7) and rival is not None and rival.respond_by is not None:
        text = (
            "Another employer waits for your answer to an offer until "
            f"{wall(rival.respond_by, USER_ZONE)}: tell this employer, and ask when they decide."
        )
        found.append(hint("competing_offer", text, f"/v1/applications/{application.id}/follow-ups"))
    if row.number == 7 and live <= 1:
        text = "You have no other live application: do not depend on a single one."
        found.append(hint("no_other_application", text, "/v1/applications"))
    return found


def record_of(row: StepInstance) -> StepRecord:
    """Return the record of a step from its row."""
    completed = rfc3339(row.completed_at) if row.completed_at else None
    dates = (rfc3339(row.opens_at), rfc3339(row.due_at), row.closed_state, completed)
    helps_until = rfc3339(row.helps_until) if row.helps_until else None
    return StepRecord(row.number, row.scope, *dates, row.reason, row.missing, row.detail, helps_until)


def public(
    row: StepInstance, application: Application, now: datetime, live: int, offers: Sequence[Offer]
) -> StepPublic:
    step = answered(record_of(row), rfc3339(now), application.id, row.id)
    step["snoozed_until"] = row.snoozed_until
    step["advice"] += advice_of(application, row, live, offers)
    step["application"] = ApplicationPublic(id=application.id, company=application.company, role=application.role)
    return StepPublic.model_validate(step)


def live_and_offers(session: Session, user_id: str, now: datetime) -> tuple[int, Sequence[Offer]]:
    """Return the number of open applications and the undecided offers."""
    alive = (col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None))
    live = session.exec(
        select(func.count()).select_from(Application).where(Application.user_id == user_id, *alive)
    ).one()
    offers = (
        select(Offer)
        .join(Application, col(Application.id) == Offer.application_id)
        .where(Application.user_id == user_id, Offer.user_id == user_id, *alive)
        .where(col(Offer.respond_by) > now, col(Offer.decision).is_(None))
        .order_by(col(Offer.respond_by))
    )
    return live, session.exec(offers).all()


def get_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine) as session:
        yield session


SessionDep = Annotated[Session, Depends(get_session)]


def get_writing_session(request: Request) -> Iterator[Session]:
    with Session(request.app.state.engine.execution_options(**{WRITE: True})) as session:
        yield session


WritingDep = Annotated[Session, Depends(get_writing_session)]
CredentialsDep = Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())]


def current_token(session: SessionDep, credentials: CredentialsDep) -> Token:
    return token_of(session, credentials.credentials)


def writing_token(session: WritingDep, credentials: CredentialsDep) -> Token:
    return token_of(session, credentials.credentials)


def token_of(session: Session, secret: str) -> Token:
    hashed = hashlib.sha256(secret.encode()).hexdigest()
    token = session.exec(select(Token).where(Token.hash == hashed)).first()
    if token is None or (token.expires_at is not None and token.expires_at <= datetime.now(UTC)):
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return token


routes = APIRouter()


@routes.get("/livez")
def livez() -> dict[str, str]:
    return {"status": "ok"}


@routes.get("/v1/queue", response_model=QueuePage)
def read_queue(
    session: SessionDep,
    token: Annotated[Token, Depends(current_token)],
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> QueuePage:
    now = datetime.now(UTC).replace(microsecond=0)
    wanted = (
        select(StepInstance, Application)
        .join(Application, col(Application.id) == StepInstance.application_id)
        .where(StepInstance.user_id == token.user_id, Application.user_id == token.user_id)
        .where(col(StepInstance.closed_state).is_(None), StepInstance.due_at <= now)
        .where(or_(col(StepInstance.snoozed_until).is_(None), col(StepInstance.snoozed_until) <= now))
        .order_by(col(StepInstance.due_at), col(StepInstance.id))
        .limit(limit + 1)
    )
    found = session.exec(wanted).all()
    live, offers = live_and_offers(session, token.user_id, now)
    items = [public(row, application, now, live, offers) for row, application in found[:limit]]
    return QueuePage(items=items, next_cursor=items[-1].id if len(found) > limit else None)


@routes.post("/v1/applications/{application_id}/notes", status_code=status.HTTP_201_CREATED)
def add_note(
    session: WritingDep, token: Annotated[Token, Depends(writing_token)], application_id: str, body: NoteCreate
) -> NotePublic:
    """Insert a note and commit it, without evaluation, lock or activity log."""
    now = datetime.now(UTC).replace(microsecond=0)
    times = {"created_at": now, "updated_at": now, "noted_at": now}
    row = Note(user_id=token.user_id, application_id=application_id, **body.model_dump(), **times)
    session.add(row)
    session.commit()
    session.refresh(row)
    return NotePublic.model_validate(row)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    app.state.engine.dispose()


def create_app(url: str | None = None) -> FastAPI:
    app = FastAPI(lifespan=lifespan)
    app.state.engine = make_engine(Settings(database_url=url) if url else Settings())
    app.include_router(routes)
    return app
