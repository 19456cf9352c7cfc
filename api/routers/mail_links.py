"""The pages behind links of mails: one confirms an address, the other ends a kind of mails.

A GET of a page changes nothing, because mail gateways open every link.

To confirm an address, the account's password is needed. A person who can only read the mailbox cannot confirm an
account that somebody else opened with its address; the person who opened it needs the mailbox. To unsubscribe, the
secret is enough: mail programs send `List-Unsubscribe=One-Click` in a POST (RFC 8058), people press the button.
"""

from html import escape
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse

from api.errors import ConflictError, ProblemError
from api.http.admission import BodyError
from api.http.deps import RequestContext, RequestContextDep
from api.http.routes import OPEN, Routes
from api.models.mail import MailKind
from api.security import verify_password
from api.services.accounts import email_changes, mails, users
from api.services.current_user import current_user
from api.services.notifications import preferences
from api.services.steps import judge
from api.workers import mailer

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Afterword: {heading}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/password-reset/style.css"></head>
<body><main><h1>{heading}</h1><p role="status">{words}</p>{form}</main></body></html>
"""
FORM = """<form method="post"><label for="password">The password of the account</label>
<input id="password" name="password" type="password" maxlength="256" autocomplete="current-password" required autofocus>
<button>Confirm the address</button></form>"""
ASK = "Enter the password of the account to confirm that its mails reach you here."
WRONG = "This is not the password of the account: check it and enter it again."
GONE = "This link was used already, or is older than a day: ask for another."
DONE = "Your address is confirmed. You can close this page."
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
}
MAX_FORM_BYTES = 4_096
UNSUBSCRIBE = "/mail/unsubscribe/{secret}"
MAX_UNSUBSCRIBE_BYTES = 1_024
KINDS = {
    MailKind.DIGEST: "the digest of what is due",
    MailKind.AFTER_INTERVIEW: "reminders after interviews",
    MailKind.LETTER_DUE: "reminders about letters",
}
BUTTON = '<form method="post"><button>Unsubscribe</button></form>'
ASK_TO_END = "No more mails of this kind: {kind}. Nothing else changes."
ENDED = "You get no more mails of this kind: {kind}. You can turn them on again in the settings of your account."
UNKNOWN = "This link does not belong to any mail of the last 90 days."
Secret = Annotated[str, Path(max_length=100)]
routes = Routes("account")


async def _password(request: Request) -> str:
    """Return the password of a submitted form; empty if there is none."""
    body = await request.body()
    fields = parse_qs(body[:MAX_FORM_BYTES].decode("utf-8", "replace"), max_num_fields=10)
    return fields.get("password", [""])[0]


@routes.get("/mail/confirm/{secret}", include_in_schema=False, scopes=OPEN, any_query=True)
def confirmation_page(context: RequestContextDep, secret: Secret) -> HTMLResponse:
    """Show the form, or say that the link does not work."""
    with context.database.read(context.now) as session:
        link = mails.find_link(session, secret, *email_changes.LINKS)
    return _page("Confirm your address", ASK, form=FORM) if link else _page("No such link", GONE, status=404)


@routes.post("/mail/confirm/{secret}", include_in_schema=False, scopes=OPEN, any_query=True)
def confirm_address(
    context: RequestContextDep, secret: Secret, password: Annotated[str, Depends(_password)]
) -> HTMLResponse:
    """Confirm the address if the password is right."""
    try:
        heading, words, status = _confirmed(context, secret, password)
    except ConflictError as error:
        return _page("Not confirmed", error.detail, status=409)
    except ProblemError as error:
        heading, words, status = "Not confirmed", error.detail, 429 if error.problem == "too_many_requests" else 503
    return _page(heading, words, status=status, form=FORM if status == 422 else "")


def _confirmed(context: RequestContext, secret: str, password: str) -> tuple[str, str, int]:
    """Confirm the address behind a link; return heading, text and status of the page."""
    with context.database.write(context.now) as session:
        if mails.find_link(session, secret, *email_changes.LINKS) is None:
            return "No such link", GONE, 404
        user = current_user(session)
        context.count_sign_in(session, user.email)
    if not verify_password(password, user.password_hash):
        return "Confirm your address", WRONG, 422
    with context.database.write(context.now) as session:
        mail = mails.find_link(session, secret, *email_changes.LINKS, lock=True)
        if mail is None:
            return "No such link", GONE, 404
        users.check_password_unchanged(session, user.password_hash)
        email_changes.confirm(session, mail)
    context.wake(mailer.TASK)
    return "Confirmed", DONE, 200


async def _check_size(request: Request) -> None:
    """Take any body, of any content type, that is short. Raises BodyError."""
    if len(await request.body()) > MAX_UNSUBSCRIBE_BYTES:
        raise BodyError("payload_too_large")


@routes.get(UNSUBSCRIBE, include_in_schema=False, scopes=OPEN, any_query=True)
def unsubscribe_page(context: RequestContextDep, secret: Secret) -> HTMLResponse:
    """Show the button, or say that the link does not work."""
    with context.database.read(context.now) as session:
        mail = mails.find_unsubscribe(session, secret)
    if mail is None:
        return _page("No such link", UNKNOWN, status=404)
    return _page("Unsubscribe", ASK_TO_END.format(kind=KINDS[MailKind(mail.kind)]), form=BUTTON)


@routes.post(UNSUBSCRIBE, include_in_schema=False, scopes=OPEN, any_query=True, dependencies=[Depends(_check_size)])
def unsubscribe(context: RequestContextDep, secret: Secret) -> HTMLResponse:
    """Switch off the kind of mails to which the mail of a link belongs, as often as the link is used."""
    with context.database.read(context.now) as session:
        mail = mails.find_unsubscribe(session, secret)
    if mail is None:
        return _page("No such link", UNKNOWN, status=404)
    with context.database.write(context.now) as session:
        session.owner = mail.user_id
        judge.lock_user(session)
        preferences.switch_off(session, [mail.kind])
    return _page("Unsubscribed", ENDED.format(kind=KINDS[MailKind(mail.kind)]))


def _page(heading: str, words: str, *, status: int = 200, form: str = "") -> HTMLResponse:
    content = PAGE.format(heading=escape(heading), words=escape(words), form=form)
    return HTMLResponse(content, status, headers=HEADERS)
