"""Accounts: sign-up, sign-in, the profile, the password and the user's policy."""

from collections.abc import Sequence

from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select, update

from api.errors import ConflictError, FieldError, UnauthorizedError
from api.models import User
from api.models.base import Body, new_id
from api.models.mail import MailKind
from api.models.policy import PolicyOverrides
from api.models.user import UserCreate, UserPublic
from api.protocol.email_address import account_address
from api.services.accounts import mails, tokens
from api.services.accounts.wanted_mails import plan_digest_again
from api.services.current_user import current_user
from api.services.facts.crud import sent_values
from api.services.policies import check_all_policies, merge_overrides
from api.services.row_etags import row_etag
from api.services.steps import judge, recompute
from api.storage.session import ANY_OWNER, OwnedSession


def sign_up(session: OwnedSession, body: UserCreate, password_hash: str | None) -> User:
    """Open an account. Raises ConflictError if the address already has one."""
    user = User(
        **body.model_dump(exclude={"email", "password"}),
        id=new_id(),
        email=account_address(body.email),
        password_hash=password_hash,
        created_at=session.now,
        updated_at=session.now,
    )
    session.owner, session.epoch, session.write_count = user.id, user.epoch, user.write_counter
    session.add(user)
    try:
        session.flush()
    except IntegrityError as error:
        detail = "There is already an account with this address: sign in instead."
        field = FieldError("pointer", "/email", "email_taken", detail)
        raise ConflictError(detail, errors=[field], code="email_taken") from error
    return user


def find_by_email(session: OwnedSession, email: str) -> User | None:
    """Return the account of an address."""
    plain = email.strip().lower()
    wanted = select(User).where(col(User.email).in_({plain, account_address(email)}))
    found = session.exec(wanted, execution_options=ANY_OWNER).all()
    return next((user for user in found if user.email == plain), found[0] if found else None)


def all_user_ids(session: OwnedSession) -> Sequence[str]:
    """Return the ids of all accounts, for maintenance."""
    return session.exec(select(User.id).order_by(User.id), execution_options=ANY_OWNER).all()


def user_to_public(session: OwnedSession, user: User) -> UserPublic:
    """Return an account as the API shows it."""
    values = {name: getattr(user, name) for name in UserPublic.model_fields if name != "etag"}
    return UserPublic.model_validate({**values, "etag": row_etag(session, user)})


def change_profile(session: OwnedSession, user: User, body: Body) -> None:
    """Apply a merge patch to the profile. A new zone judges step 7 of every application again, and moves digests."""
    moved = user.time_zone
    for name, value in sent_values(body).items():
        setattr(user, name, value)
    touch(session, user)
    if user.time_zone != moved:
        plan_digest_again(session, user)
        recompute.begin(session)


def set_password(session: OwnedSession, user: User, password_hash: str, *, keep: str | None = None) -> None:
    """Set a password, however much the account stores. All sessions except `keep` end, and all reset links."""
    session.max_bytes = None  # an account that is full must not keep a password that somebody else knows
    user.password_hash = password_hash
    tokens.end_sessions(session, but=keep)
    mails.void_mails(session, MailKind.RESET)
    touch(session, user)


def lock_with_password(session: OwnedSession, user: User, password_hash: str | None) -> User:
    """Lock an account whose password was compared, and return its row.

    From then on, a session that is opened with this password cannot outlive a new one. Raises UnauthorizedError if the
    password was changed, or the account erased, while the hashes were compared.
    """
    session.owner = user.id
    judge.lock_user(session)
    check_password_unchanged(session, password_hash)
    return current_user(session)


def check_password_unchanged(session: OwnedSession, password_hash: str | None) -> None:
    """Raise UnauthorizedError if the password was changed while the hashes were compared. The account is locked."""
    if current_user(session).password_hash != password_hash:
        raise UnauthorizedError("The password was changed a moment ago: sign in with the new one.")


def rehash(session: OwnedSession, user: User, password_hash: str) -> None:
    """Store a new hash of the same password, made with the current parameters."""
    wanted = update(User).where(col(User.id) == user.id).values(password_hash=password_hash)
    session.change(wanted)


def change_policy(session: OwnedSession, user: User, body: PolicyOverrides) -> None:
    """Apply a merge patch to the user's policy, and judge all applications again, many in the background."""
    user.policy = merge_overrides(user.policy, body)
    check_all_policies(session, user)
    touch(session, user)
    plan_digest_again(session, user)
    recompute.begin(session)


def touch(session: OwnedSession, user: User) -> None:
    """Count a new version of the account, and write it."""
    user.version += 1
    user.updated_at = session.now
    session.flush()
