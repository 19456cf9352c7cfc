"""Endpoints for a forgotten password, and the page that the link in the mail opens."""

from fastapi import Response
from fastapi.responses import HTMLResponse

from api.http.deps import RequestContextDep
from api.http.routes import OPEN, Routes
from api.models.password_reset import PasswordResetConfirm, PasswordResetCreate
from api.security import hash_password
from api.services.accounts import login_throttle, password_resets
from api.workers import mailer

PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Afterword: a new password</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="stylesheet" href="/password-reset/style.css"></head>
<body><main><h1>A new password</h1>
<form id="form"><label for="password">12 to 256 characters; several words are best</label>
<input id="password" type="password" minlength="12" maxlength="256" autocomplete="new-password" required autofocus>
<label><input id="end_tokens" type="checkbox"> End the personal tokens of apps, too</label>
<button>Set the password</button></form><p id="told" role="status"></p></main>
<script src="/password-reset/script.js"></script></body></html>
"""
SCRIPT = """const form = document.getElementById("form"), told = document.getElementById("told");
const token = location.hash.slice(1);
history.replaceState(null, "", location.pathname);
form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const answer = await fetch("/v1/password-resets/confirm", {
    method: "POST", headers: {"Content-Type": "application/json"},
    body: JSON.stringify({
      token, password: document.getElementById("password").value,
      end_tokens: document.getElementById("end_tokens").checked,
    }),
  });
  form.hidden = answer.ok;
  told.textContent = answer.ok ? "Your password is set. Sign in with it." : (await answer.json()).detail;
});
"""
STYLE = """body { font: 1rem/1.5 system-ui, sans-serif; margin: 0 }
main { max-width: 26rem; margin: 4rem auto; padding: 0 1rem }
label, input { display: block; width: 100%; box-sizing: border-box; margin-bottom: .5rem }
input, button { font: inherit; padding: .5rem }
input[type=checkbox] { display: inline; width: auto }
"""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
routes = Routes("account")


@routes.post("/v1/password-resets", scopes=OPEN, errors=[409, 429], status_code=202, response_class=Response)
def create_password_reset(context: RequestContextDep, body: PasswordResetCreate) -> Response:
    """Request a link to set a new password.

    If there is an account with this address, a link is sent there that works once and for one hour; at most three an
    hour. The response is the same if there is no account.
    """
    with context.database.write(context.now) as session:
        most = context.settings.sign_ins_per_hour
        login_throttle.count_attempt(session, "reset", email=body.email, address=context.client_address, most=most)
        password_resets.request_reset(session, body.email)
    context.wake(mailer.TASK)
    return Response(status_code=202)


@routes.post("/v1/password-resets/confirm", scopes=OPEN, errors=[429], status_code=204, response_class=Response)
def confirm_password_reset(context: RequestContextDep, body: PasswordResetConfirm) -> Response:
    """Set a new password with the token from the mail.

    The token works once. All sessions of the account end. Personal tokens end with `end_tokens`, and if the address was
    not confirmed before: somebody else may have opened the account with it. The address is confirmed then.
    """
    with context.database.write(context.now) as session:
        most = context.settings.sign_ins_per_hour
        login_throttle.count_address(session, "reset-confirm", address=context.client_address, most=most)
        password_resets.find_usable_reset(session, body.token)
    hashed = hash_password(body.password)
    with context.database.write(context.now) as session:
        password_resets.confirm_reset(session, body.token, hashed, end_tokens=body.end_tokens)
    return Response(status_code=204)


@routes.get("/password-reset", include_in_schema=False, scopes=OPEN, any_query=True)
async def reset_page() -> HTMLResponse:
    """Show the page to set a new password; the link in the mail opens it if no frontend has its own page."""
    return HTMLResponse(PAGE, headers={"Content-Security-Policy": POLICY})


@routes.get("/password-reset/script.js", include_in_schema=False, scopes=OPEN)
async def reset_script() -> Response:
    """Return the script that sends the new password. The token is in the URL after `#`, so it is in no log."""
    return Response(SCRIPT, media_type="text/javascript")


@routes.get("/password-reset/style.css", include_in_schema=False, scopes=OPEN)
async def reset_style() -> Response:
    """Return the style sheet of the page."""
    return Response(STYLE, media_type="text/css")
