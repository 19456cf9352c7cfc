"""Nothing that an account holds ends a background task: addresses without mail, and a quarter of a million dead rows.

A real mail server refuses some addresses; a person takes back an account that somebody opened with their address; the
sweep deletes 250,100 contacts of one account while another one writes; SIGTERM ends all of it.
"""

import time
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
from sqlalchemy import Engine, create_engine, func, insert, select, text

from api.models import Contact
from api.models.base import new_id
from tests.mail_server import MailServer, mail_server
from tests.trials.server_process import Server, Trial, milliseconds, options, percentile, run, wait_until

USABLE = [
    "u1@example.com",
    "o'brien@example.com",
    '"a b"@example.com',
    '"c,d"@example.com',
    "e@bücher.example",
    "f@host",
]
REFUSED, FULL, INTERNATIONAL, BROKEN = "gone@example.com", "full@example.com", "kím@example.com", "a@[b"
UNUSABLE = [BROKEN, REFUSED, FULL, INTERNATIONAL]
PASSWORD, OTHER = "three tall lanterns", "seven quiet umbrellas"  # of accounts that are deleted with the database
DEAD_CONTACTS, AT_ONCE = 250_100, 20_000


class Background:
    """A trial on one server, with a mail server that refuses some recipients."""

    def __init__(self, trial: Trial, post: MailServer) -> None:
        self.trial, self.post, self.verdict = trial, post, trial.verdict
        settings = {
            "AFTERWORD_SMTP_URL": post.url,
            "AFTERWORD_MAIL_FROM": "afterword@example.com",
            "AFTERWORD_PUBLIC_URL": "http://localhost:8000",
        }
        self.server: Server = trial.here.server(settings)
        self.engine: Engine = create_engine(trial.here.url.replace("postgresql://", "postgresql+psycopg://"))

    def hold(self) -> None:
        self.server.start()
        for phase in self.trial.progress.track([self._mails, self._victim, self._sweep, self._stop]):
            phase()
        self.engine.dispose()

    def _client(self, token: str = "") -> httpx.Client:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.Client(base_url=self.server.url, headers=headers, timeout=60)

    def _open(self, client: httpx.Client, email: str) -> None:
        body = {"email": email, "password": PASSWORD, "full_name": "x", "time_zone": "UTC"}
        client.post("/v1/users", json=body).raise_for_status()

    def _sign_in(self, client: httpx.Client, email: str, password: str = PASSWORD) -> httpx.Client:
        answer = client.post("/v1/sessions", json={"email": email, "password": password}).raise_for_status()
        return self._client(answer.json()["token"])

    def _task(self, client: httpx.Client, name: str) -> dict[str, Any]:
        tasks = client.get("/readyz").raise_for_status().json()["tasks"]
        return next(task for task in tasks if task["name"] == name)

    def _outcomes(self) -> list[str | None]:
        with self.engine.connect() as connection:
            return list(connection.execute(text("SELECT outcome FROM mail_out")).scalars())

    def _mails(self) -> None:
        """Ask for resets of ten addresses, of which four cannot get mail."""
        with self._client() as client:
            answer = client.post(
                "/v1/users", json={"email": BROKEN, "password": PASSWORD, "full_name": "x", "time_zone": "UTC"}
            )
            self.verdict.promise(f"sign-up as {BROKEN} is refused", answer.status_code, kept=answer.status_code == 422)
            for email in (*USABLE, *(one for one in UNUSABLE if one != BROKEN), "old@example.com"):
                self._open(client, email)
            with self.engine.begin() as connection:  # as an older version let people sign up
                connection.execute(text("UPDATE user_account SET email = 'a@[b' WHERE email = 'old@example.com'"))
            for email in (*UNUSABLE, *USABLE):
                client.post("/v1/password-resets", json={"email": email}).raise_for_status()
            wait_until(lambda: None not in self._outcomes(), "all mails have an outcome")
            outcomes = self._outcomes()
            words = f"{len(self.post.received)} delivered, {outcomes.count('failed')} marked as failed"
            kept = (len(self.post.received), outcomes.count("failed")) == (6, 4)
            self.verdict.promise("of 10 addresses, 4 unusable, 6 get their mail", words, kept=kept)
            told = self.server.words().count("refused for good")
            self.verdict.promise("  the log tells of 4, without an address", told, kept=told == 4)
            client.post("/v1/password-resets", json={"email": USABLE[0]}).raise_for_status()
            wait_until(lambda: len(self.post.received) == 7, "another mail is sent")
            failures = self._task(client, "mails")["failures"]
            self.verdict.promise("  the task goes on and is healthy", f"{failures} failures", kept=failures == 0)

    def _victim(self) -> None:
        """Open an account with somebody else's address; they reset its password."""
        email = "victim@example.com"
        with self._client() as client:
            self._open(client, email)
            attacker = self._sign_in(client, email)
            token = attacker.post("/v1/tokens", json={"name": "for ever"}).raise_for_status().json()["token"]
            client.post("/v1/password-resets", json={"email": email}).raise_for_status()
            wait_until(lambda: self.post.received[-1][0] == email, "the mail is sent")
            words = self.post.received[-1][1].get_content()
            secret = next(line for line in words.split() if "#" in line).partition("#")[2]
            sent = {"token": secret, "password": OTHER}
            client.post("/v1/password-resets/confirm", json=sent).raise_for_status()
            clients = [attacker, self._client(token), self._sign_in(client, email, OTHER)]
            seen = [one.get("/v1/me").status_code for one in clients]
            for one in clients:
                one.close()
        self.verdict.promise("session, token, owner after the reset", seen, kept=seen == [401, 401, 200])

    def _sweep(self) -> None:
        """Let the sweep find 250,100 contacts of one account, and write in another one meanwhile."""
        count = 5_000 if self.trial.words.quick else DEAD_CONTACTS
        self._bury(USABLE[0], count)
        self._bury(USABLE[1], 3)
        with self._client() as client:
            sent = {"email": USABLE[4], "password": PASSWORD}
            token = client.post("/v1/sessions", json=sent).raise_for_status().json()["token"]
        self.server.stop()
        took: list[float] = []
        began = time.monotonic()
        self.server.start()
        with self._client() as client, self._client(token) as writer:
            while self._left() or not took:
                at = time.monotonic()
                writer.post("/v1/contacts", json={"full_name": "x"}).raise_for_status()
                took.append(time.monotonic() - at)
                if at - began > 300:
                    break
            seconds = time.monotonic() - began
            wait_until(lambda: self._task(client, "retention")["last_success_at"] is not None, "the sweep succeeds")
            task = self._task(client, "retention")
        self.verdict.promise(f"{count:,} expired contacts are deleted", f"in {seconds:.1f} s", kept=not self._left())
        self.verdict.promise("  the sweep succeeds", f"{task['failures']} failures", kept=task["failures"] == 0)
        words = (
            f"{len(took)} writes, p50 {milliseconds(percentile(took, 0.5))}, p99 {milliseconds(percentile(took, 0.99))}"
        )
        self.verdict.promise(
            "  another account writes meanwhile, p99 within 0.5 s", words, kept=percentile(took, 0.99) < 0.5
        )

    def _bury(self, email: str, count: int) -> None:
        ago = datetime.now(UTC).replace(microsecond=0) - timedelta(days=40)
        times = {"created_at": ago, "updated_at": ago, "deleted_at": ago}
        with self.engine.begin() as connection:
            wanted = select(text("id")).select_from(text("user_account")).where(text("email = :email"))
            user_id = str(connection.execute(wanted, {"email": email}).scalar_one())
            for first in range(0, count, AT_ONCE):
                rows = [
                    {
                        "user_id": user_id,
                        "id": new_id(),
                        "version": 1,
                        "full_name": "x",
                        "name_verified": False,
                        **times,
                    }
                    for _ in range(min(AT_ONCE, count - first))
                ]
                connection.execute(insert(Contact.__table__), rows)

    def _left(self) -> int:
        dead = Contact.__table__.c.deleted_at.is_not(None)
        with self.engine.connect() as connection:
            return int(connection.execute(select(func.count()).select_from(Contact.__table__).where(dead)).scalar_one())

    def _stop(self) -> None:
        self.server.terminate()
        status = self.server.ended_within(10)
        failed = "shutdown failed" in self.server.words()
        self.verdict.promise(
            "SIGTERM ends the server cleanly", f"exit {status}", kept=status in (0, -15) and not failed
        )


def background(trial: Trial) -> None:
    refusing = MailServer({REFUSED: "550 5.1.1 no such user"}, {FULL: "554 5.7.1 refused"})
    with mail_server(refusing) as post:
        Background(trial, post).hold()


if __name__ == "__main__":
    run(options(__doc__), background)
