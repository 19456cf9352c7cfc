"""Accounts: sign-up, sign-in, tokens, the profile and the user's policy."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any, TypeVar

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from api.conditional import etag
from api.db import ANYBODY, OwnedSession
from api.errors import ConflictError, FieldError, ForbiddenError, InvalidError, NotFoundError, UnauthorizedError
from api.models import Token, User
from api.models.base import Body, new_id
from api.models.policy import PolicyOverrides
from api.models.token import TokenCreate
from api.models.user import UserCreate, UserPublic
from api.security import PERSONAL_PREFIX, SESSION_PREFIX, hash_token, looks_like_token, new_token
from api.services import steps
from api.services.policies import check_all, laid_over
from api.services.records import find, values_of

ANYBODY_OPTION: Mapping[str, Any] = {ANYBODY: True}


def authenticate(session: OwnedSession, secret: str, *, writes: bool) -> Token:
    """Make the token's user the owner of the session. Raises UnauthorizedError, or ForbiddenError by scope."""
    token = None
    if looks_like_token(secret):
        wanted = select(Token).where(Token.hash == hash_token(secret))
        token = session.exec(wanted, execution_options=ANYBODY_OPTION).one_or_none()
    if token is None or (token.expires_at is not None and token.expires_at <= session.now):
        raise UnauthorizedError
    session.owner = token.user_id
    if writes and "all" not in token.scopes:
        raise ForbiddenError("This token may only read: use one of scope `all`.", headers={})
    return token


def sign_up(session: OwnedSession, body: UserCreate, password_hash: str | None) -> User:
    """Open an account. Raises ConflictError when the address has one."""
    user = User(
        **body.model_dump(exclude={"email", "password"}),
        id=new_id(),
        email=body.email.lower(),
        password_hash=password_hash,
        created_at=session.now,
        updated_at=session.now,
    )
    session.owner = user.id
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        detail = "There is an account for this address: sign in instead."
        field = FieldError("pointer", "/email", "email_taken", detail)
        raise ConflictError(detail, errors=[field], code="email_taken") from error
    return user


def by_email(session: OwnedSession, email: str) -> User | None:
    """Return the account of an address."""
    wanted = select(User).where(User.email == email.strip().lower())
    return session.exec(wanted, execution_options=ANYBODY_OPTION).one_or_none()


def everybody(session: OwnedSession) -> Sequence[str]:
    """Return the ids of all accounts: for upkeep only."""
    return session.exec(select(User.id).order_by(User.id), execution_options=ANYBODY_OPTION).all()


def open_session(session: OwnedSession, user: User, *, days: int) -> tuple[Token, str]:
    """Sign a user in; returns the session and its secret."""
    session.owner = user.id
    return _issue(session, SESSION_PREFIX, kind="session", name="", scopes=["all"], expires_in=timedelta(days=days))


def issue_token(session: OwnedSession, body: TokenCreate) -> tuple[Token, str]:
    """Make a personal token; returns it and its secret."""
    if body.expires_at is not None and body.expires_at <= session.now:
        raise InvalidError.at("/expires_at", "in_the_past", "A token must expire in the future: send a later instant.")
    token, secret = _issue(session, PERSONAL_PREFIX, kind="personal", name=body.name, scopes=list(body.scopes))
    token.expires_at = body.expires_at
    return token, secret


def _issue(
    session: OwnedSession, prefix: str, *, kind: str, name: str, scopes: list[str], expires_in: timedelta | None = None
) -> tuple[Token, str]:
    secret = new_token(prefix)
    token = Token(
        user_id=session.user_id,
        id=new_id(),
        kind=kind,
        name=name,
        scopes=scopes,
        hash=hash_token(secret),
        expires_at=session.now + expires_in if expires_in else None,
        created_at=session.now,
        updated_at=session.now,
    )
    session.add(token)
    session.flush()
    return token, secret


Shown = TypeVar("Shown", bound=BaseModel)


def shown_token(model: type[Shown], row: Token, *, token: str | None = None) -> Shown:
    """Return a session or a personal token as it is answered; `token` is its secret when it was made just now."""
    return model.model_validate({**row.model_dump(), "etag": etag(row.version), "token": token})


def token_of(session: OwnedSession, id_: str, kind: str) -> Token:
    """Return a session or a personal token of the user. Raises NotFoundError."""
    token = find(session, Token, id_)
    if token.kind != kind:
        raise NotFoundError
    return token


def profile(user: User) -> Any:  # noqa: ANN401  # a UserPublic, made at run time
    """Return an account as it is answered."""
    values = {name: getattr(user, name) for name in UserPublic.model_fields if name != "etag"}
    return UserPublic.model_validate({**values, "etag": etag(user.version)})


def change_profile(session: OwnedSession, user: User, body: Body) -> None:
    """Lay a merge patch over the profile; another zone judges step 7 of every application anew."""
    moved = user.time_zone
    for name, value in values_of(body).items():
        setattr(user, name, value)
    _touch(session, user)
    if user.time_zone != moved:
        steps.judge_search(session)


def change_policy(session: OwnedSession, user: User, body: PolicyOverrides) -> None:
    """Lay a merge patch over the user's policy; every application is judged anew."""
    user.policy = laid_over(user.policy, body)
    check_all(session, user)
    _touch(session, user)
    session.flush()
    steps.judge_all(session)


def _touch(session: OwnedSession, user: User) -> None:
    user.version += 1
    user.updated_at = session.now
    session.flush()


def tokens(kind: str) -> Any:  # noqa: ANN401  # a statement
    """Return the statement of a user's sessions or personal tokens."""
    return select(Token).where(col(Token.kind) == kind)
