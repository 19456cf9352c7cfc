"""`afterword token …`: personal tokens."""

from enum import StrEnum
from typing import Annotated

import typer

from api.commands.basics import fail
from api.commands.terminal import Email, now, opened
from api.models.token import TokenCreate
from api.protocol.scopes import ALL
from api.services.accounts import audit_log, tokens
from api.services.accounts.users import find_by_email
from api.services.steps import judge

app = typer.Typer(help="Personal tokens.", no_args_is_help=True)


class AgentKind(StrEnum):
    """What an assistant may do."""

    READER = "reader"
    RECORDER = "recorder"
    FULL = "full"


AGENT_PRESETS = {AgentKind.READER: "agent_reader", AgentKind.RECORDER: "agent_recorder", AgentKind.FULL: "agent"}


@app.command("issue")
def token_issue(
    email: Email,
    scopes: Annotated[
        str | None,
        typer.Option(help="A comma list: all (the default), read, or scopes such as steps:read,applications:write."),
    ] = None,
    name: Annotated[str, typer.Option(help="What the token is for.")] = "command line",
    agent: Annotated[
        AgentKind | None,
        typer.Option(help="For an assistant, instead of --scopes: what it may do. It expires in 30 days."),
    ] = None,
) -> None:
    """Create a personal token and print only its secret."""
    if agent is not None and scopes is not None:
        raise typer.BadParameter("use either --agent or --scopes.")
    rights: dict[str, object] = {"preset": AGENT_PRESETS[agent]} if agent else {"scopes": (scopes or ALL).split(",")}
    body = TokenCreate.model_validate({"name": name, **rights})
    with opened() as database, database.write(now()) as session:
        user = find_by_email(session, email)
        if user is None:
            fail("there is no account with this address: open one with `afterword user add`.")
        session.owner = user.id
        judge.lock_user(session)
        token, secret = tokens.issue_token(session, body)
        audit_log.record_operator(session, "create_token", f"/v1/tokens/{token.id}")
    print(secret)  # noqa: T201  # this is the output
