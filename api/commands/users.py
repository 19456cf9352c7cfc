"""`afterword user …`: what the operator does to accounts. Each change is in the account's activity, by `operator`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from api.commands.basics import fail
from api.commands.terminal import Email, errors, now, opened, progress_bar, read_line, read_password
from api.models import User
from api.models.user import NewEmail, NewPassword, UserCreate
from api.rules.sentences import count
from api.security import hash_password
from api.services.accounts import erasure, operator, users
from api.services.steps import judge
from api.storage.database import Database
from api.storage.session import OwnedSession

UNKNOWN = "there is no account with this address: `afterword user list` shows all, `afterword user add` opens one."
HEADER = ("EMAIL", "OPENED", "STATE", "LAST USED", "APPLICATIONS")
app = typer.Typer(help="Accounts.", no_args_is_help=True)


@contextmanager
def _account(database: Database, email: str) -> Iterator[tuple[OwnedSession, User]]:
    """Open a write transaction of the account of an address, behind its running writes. Without one, fail."""
    with database.write(now()) as session:
        user = users.find_by_email(session, email)
        if user is None:
            fail(UNKNOWN)
        session.owner = user.id
        judge.lock_user(session)
        yield session, user


@app.command("add")
def add_user(
    email: Email,
    name: Annotated[str, typer.Option(help="The full name.")] = "",
    time_zone: Annotated[str, typer.Option(help="An IANA zone name.")] = "UTC",
) -> None:
    """Open an account. The password is read from standard input."""
    password = read_password()
    body = UserCreate(email=email, password=password, full_name=name or email.partition("@")[0], time_zone=time_zone)
    with opened() as database, database.write(now()) as session:
        operator.open_account(session, body, hash_password(password))
    errors.print(f"Account opened: sign in as {body.email}.", markup=False)


@app.command("list")
def list_users(
    *, disabled: Annotated[bool, typer.Option("--disabled", help="Only accounts that are disabled.")] = False
) -> None:
    """List accounts, oldest first: a line with fields separated by tabs for each."""
    with opened() as database, database.read(now()) as session:
        typer.echo("\t".join(HEADER))
        for one in operator.list_accounts(session, disabled=disabled):
            used = f"{one.last_used_at:%Y-%m-%d}" if one.last_used_at else "never"
            state = f"disabled since {one.disabled_at:%Y-%m-%d}" if one.disabled_at else "enabled"
            typer.echo("\t".join([one.email, f"{one.created_at:%Y-%m-%d}", state, used, f"{one.applications}"]))


@app.command("disable")
def disable_user(email: Email) -> None:
    """Refuse sign-ins and all tokens of an account, from now on. Its data stays."""
    with opened() as database, _account(database, email) as (session, user):
        operator.disable_account(session, user)
    errors.print("Account disabled: `afterword user enable` lets its sessions and tokens in again.")


@app.command("enable")
def enable_user(email: Email) -> None:
    """Accept sign-ins and the tokens of a disabled account again."""
    with opened() as database, _account(database, email) as (session, user):
        operator.enable_account(session, user)
    errors.print("Account enabled.")


@app.command("password")
def set_user_password(
    email: Email,
    *,
    end_tokens: Annotated[bool, typer.Option("--end-tokens", help="Revoke its personal tokens too.")] = False,
) -> None:
    """Set an account's password, which is read from standard input. All its sessions end."""
    with opened() as database, database.read(now()) as session:
        if users.find_by_email(session, email) is None:  # before a password is typed
            fail(UNKNOWN)
    hashed = hash_password(NewPassword(password=read_password()).password)
    with opened() as database, _account(database, email) as (session, user):
        ended = operator.set_password(session, user, hashed, end_tokens=end_tokens)
    errors.print(f"Password set; {count(ended.sessions, 'session')} and {count(ended.tokens, 'personal token')} ended.")


@app.command("email")
def change_user_email(
    email: Email, new: Annotated[str, typer.Argument(help="The new address.", metavar="NEW")]
) -> None:
    """Change an account's e-mail address. Links for a forgotten password end."""
    address = NewEmail(email=new).email
    with opened() as database, _account(database, email) as (session, user):
        operator.change_email(session, user, address)
    errors.print(f"Address changed: sign in as {address.lower()}.", markup=False)


@app.command("erase")
def erase_user(
    email: Email,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for the address to be typed again.")] = False,
) -> None:
    """Erase an account and all its data; this cannot be undone. Without --yes, its address must be typed once more."""
    with opened() as database:
        with _account(database, email) as (session, user):
            counts = operator.count_rows(session)
        if not yes:
            lost = f"{count(counts.applications, 'application')} and {count(counts.contacts, 'contact')}"
            question = f"This erases {lost}. Address"
            if read_line(question).lower() != user.email:
                fail("nothing was erased: type the address of the account, or use --yes.")
        with _account(database, email) as (session, user):
            rows, user_id = operator.count_all_rows(session), user.id
            erasure.begin_erasure(session, user)
        with progress_bar() as progress:
            task = progress.add_task("Erasing", total=rows)
            while deleted := erasure.erase_slice(database, user_id, now()):
                progress.update(task, advance=deleted)
        is_overwritten = database.truncate_wal()
    errors.print("Account erased.")
    if not is_overwritten:
        errors.print("The SQLite log still has its rows: stop other readers, then run `afterword sweep`.")
