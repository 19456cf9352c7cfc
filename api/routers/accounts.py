"""Endpoints of the account: sign-up, profile, password and policy."""

from typing import Any

from fastapi import Response

from api.errors import ForbiddenError
from api.http.deps import CallerDep, RequestContextDep
from api.http.own_password import check_own_password, writing_as_checked
from api.http.routes import OPEN, Routes
from api.models.mail import EmailConfirmation
from api.models.policy import PolicyOverrides, PolicyPublic
from api.models.usage import Usage
from api.models.user import EmailPut, PasswordPut, UserCreate, UserPublic, UserUpdate
from api.security import hash_password
from api.services.accounts import email_changes, login_throttle, users
from api.services.accounts.usage import usage
from api.services.current_user import current_user
from api.services.policies import policy_with_origins
from api.services.row_etags import row_etag
from api.services.steps.recompute import is_recomputing
from api.storage.session import OwnedSession
from api.workers import mailer

CONFIRMED: dict[int | str, dict[str, Any]] = {
    200: {"model": EmailConfirmation, "description": "It was confirmed before."}
}
routes = Routes("account")


@routes.post("/v1/users", scopes=OPEN, errors=[403, 409, 429], status_code=201, response_model=UserPublic)
def create_user(context: RequestContextDep, body: UserCreate) -> object:
    """Open an account.

    Then sign in with POST /v1/sessions. `time_zone` is the zone of step 7 and the default of new applications. If only
    the operator opens accounts, the response is 403. An Idempotency-Key is ignored here.
    """
    if context.settings.sign_up == "closed":
        raise ForbiddenError(
            "Only the operator opens accounts on this server: ask the operator for one.", code="sign_up_closed"
        )
    with context.database.write(context.now) as session:
        most = context.settings.sign_ups_per_hour
        login_throttle.count_address(session, "sign-up", address=context.client_address, most=most)
    hashed = hash_password(body.password)
    with context.database.write(context.now) as session:
        user = users.sign_up(session, body, hashed)
        context.created("/v1/me", row_etag(session, user))
        return users.user_to_public(session, user)


@routes.get("/v1/me", scopes="account:read")
def get_me(caller: CallerDep) -> UserPublic:
    """Read your profile."""
    with caller.reading() as session:
        user = current_user(session)
        caller.set_etag(row_etag(session, user))
        return users.user_to_public(session, user)


@routes.patch("/v1/me", scopes="account:write")
def update_me(caller: CallerDep, body: UserUpdate) -> UserPublic:
    """Change your profile.

    Another `time_zone` changes the deadlines of step 7 and the default of new applications, and nothing else.
    """
    with caller.writing() as session:
        user = current_user(session)
        caller.check_if_match(users.user_to_public(session, user), row_etag(session, user))
        users.change_profile(session, user, body)
        caller.headers["ETag"] = row_etag(session, user)
        return users.user_to_public(session, user)


@routes.put("/v1/me/email", scopes="account:write", errors=[409, 429])
def put_email(caller: CallerDep, body: EmailPut) -> UserPublic:
    """Change your e-mail address.

    Until a link that is mailed to the new address is opened, with your password, it is `pending_email` and nothing else
    changes; the old address gets a mail about it. Send your present address to end a pending change. At most three
    mails an hour.
    """
    email_changes.require_mail(caller.settings)
    checked = check_own_password(caller, body.password, "/password")
    with writing_as_checked(caller, checked) as session:
        user = current_user(session)
        email_changes.request_change(session, user, body.email, client_address=caller.client_address)
        caller.headers["ETag"] = row_etag(session, user)
        shown = users.user_to_public(session, user)
    caller.wake(mailer.TASK)
    return shown


@routes.post(
    "/v1/me/email-confirmation", scopes="account:write", errors=[409, 429], status_code=202, responses=CONFIRMED
)
def request_email_confirmation(caller: CallerDep) -> EmailConfirmation:
    """Ask for a mail that confirms your address.

    Its link works once, for a day; the page behind it asks for your password. If the address is confirmed already, the
    response is 200 and no mail is sent, unless the mail server refused it since. Three mails an hour.
    """
    with caller.writing() as session:
        user = current_user(session)
        shown = EmailConfirmation(
            sent_to_own_address=email_changes.needs_confirmation(session, user),
            email_confirmed_at=user.email_confirmed_at,
        )
        if shown.sent_to_own_address:
            email_changes.require_mail(caller.settings)
            email_changes.request_confirmation(session, user, client_address=caller.client_address)
        caller.headers["ETag"] = row_etag(session, user)
        caller.response.status_code = 202 if shown.sent_to_own_address else 200
        caller.remember(shown, status=caller.response.status_code)
    caller.wake(mailer.TASK)
    return shown


@routes.put("/v1/me/password", scopes="account:write", status_code=204, response_class=Response)
def put_password(caller: CallerDep, body: PasswordPut) -> Response:
    """Change your password.

    Send the current one too. All other sessions end at once. Personal tokens stay valid; revoke them at /v1/tokens.
    Attempts count towards the limit of sign-ins.
    """
    user = check_own_password(caller, body.current_password, "/current_password")
    hashed = hash_password(body.password)
    with writing_as_checked(caller, user) as session:
        users.set_password(session, current_user(session), hashed, keep=caller.token.id)
        return Response(status_code=204)


@routes.get("/v1/me/policy", scopes="account:read")
def get_policy(caller: CallerDep) -> PolicyPublic:
    """Read your policy.

    Each setting of the rules as it applies to you, and whether it is the default or yours. GET /v1/meta has the bounds
    and presets.
    """
    with caller.reading() as session:
        shown, tag = _policy(session)
        caller.set_etag(tag)
        return shown


@routes.get("/v1/me/usage", scopes="account:read", etag=False)
def get_usage(caller: CallerDep) -> Usage:
    """Read what you use of your quotas.

    At a quota, what would add to it gets 409 `quota_exceeded`; reading, shortening and deleting always work. One
    session too many ends the one that was unused for longest. The `RateLimit` header of each response has your
    requests.
    """
    with caller.reading() as session:
        return usage(session, max_bytes=caller.settings.account_bytes)


@routes.patch("/v1/me/policy", scopes="account:write")
def update_policy(caller: CallerDep, body: PolicyOverrides) -> PolicyPublic:
    """Change your policy.

    A merge patch: null restores the default, and a list replaces the old one. All steps of all applications are
    recomputed. If there are many, this goes on in the background, and `recomputing` is true until it is done.
    """
    with caller.writing() as session:
        caller.check_if_match(*_policy(session))
        users.change_policy(session, current_user(session), body)
        shown, caller.headers["ETag"] = _policy(session)
        return shown


def _policy(session: OwnedSession) -> tuple[PolicyPublic, str]:
    user, recomputing = current_user(session), is_recomputing(session)
    tag = row_etag(session, user, [True] * recomputing)
    return policy_with_origins(user.policy, {}, recomputing=recomputing), tag
