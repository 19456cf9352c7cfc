"""Steps as the API shows them: stored values, the state at an instant, and advice from other applications."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import col

from api.models import Application, Offer
from api.models.step import step_id
from api.rules.answers import NOTHING, Answer, answered
from api.rules.hints import hint, worded
from api.rules.outcome import StepRecord
from api.storage.codecs import from_db_id, from_db_instant, to_db_instant
from api.storage.raw_sql import INSTANT, CompiledStatement, RawConnection, param, select_as_text

CALL, SEARCH = 6, 7
ADD_APPLICATION = worded("add_application", NOTHING, "", NOTHING)
CHAIN_ENDED = "No further call is planned until the next interview or follow-up. To plan one, reopen this skipped call."
OPEN_STATES = ("upcoming", "open", "overdue")


@dataclass(frozen=True, slots=True)
class OtherApplications:
    """What the advice needs: the number of live applications, counted up to 2, and the open offers.

    `shows_contacts`: as of a session.
    """

    live: int
    offers: tuple[tuple[str, datetime], ...]
    shows_contacts: bool = True

    def add_advice(self, step: Answer) -> Answer:
        """Add the advice for one step of an application.

        Step 7 mentions an offer of another employer even before the first interview.
        """
        number, state = step["number"], step["state"]
        if number < CALL or (state not in OPEN_STATES and state != "not_started"):
            return step
        application_id, is_open = step["application_id"], state in OPEN_STATES
        is_rivalled = any(owner != application_id for owner, _ in self.offers)
        if is_rivalled and (is_open or number == SEARCH):
            text = "Another employer waits for your answer to an offer: tell this employer, and ask when they decide."
            step["advice"].append(
                hint("competing_offer", text, "POST", f"/v1/applications/{application_id}/follow-ups")
            )
        if is_open and number == SEARCH and self.live <= 1:
            text = "You have no other live application: do not depend on a single one."
            step["advice"].append(hint("no_other_application", text, "POST", "/v1/applications"))
        return step


_ALIVE = (col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None))
LIVE_APPLICATIONS = CompiledStatement(select_as_text(Application.id).where(*_ALIVE).limit(2))
OFFERS = CompiledStatement(
    select_as_text(Offer.application_id, Offer.respond_by)
    .join(Application, col(Application.id) == Offer.application_id)
    .where(col(Offer.respond_by) > param("now", INSTANT), col(Offer.decision).is_(None), *_ALIVE)
    .order_by(col(Offer.respond_by))
    .limit(200)
)


def load_other_applications(raw: RawConnection, now: datetime) -> OtherApplications:
    """Load live applications and open offers of the user, in two queries."""
    offers = raw.all(OFFERS, now=to_db_instant(now))
    wanting = tuple((from_db_id(owner), from_db_instant(by)) for owner, by in offers)
    return OtherApplications(len(raw.all(LIVE_APPLICATIONS)), wanting, raw.shows_contacts)


def render_step(
    application_id: str,
    step: StepRecord,
    around: OtherApplications,
    now: str,
    *,
    id_: str | None = None,
    snoozed: str | None = None,
) -> Answer:
    """Return one step as `StepPublic` describes it. `id_`: the id of the stored row, if there is one."""
    known_id = id_ or step_id(application_id, step.number, step.scope)
    answer = answered(step, now, application_id, known_id, shows_contacts=around.shows_contacts)
    answer["snoozed_until"] = snoozed
    if step.number == SEARCH and around.live <= 1 and answer["next_action"] is not None:
        answer["next_action"] = ADD_APPLICATION
    if step.number == CALL and answer["state"] == "skipped":
        href = f"/v1/steps/{answer['id']}/reopen"
        answer["warnings"].append(hint("chain_of_calls_ended", CHAIN_ENDED, "POST", href))
    return around.add_advice(answer)


def most_pressing(steps: Iterable[Answer]) -> Answer | None:
    """Return the most urgent step: overdue before open before upcoming, then by deadline."""
    waiting = [step for step in steps if step["next_action"] is not None and step["due_at"] is not None]
    order = {"overdue": 0, "open": 1, "upcoming": 2}
    return min(waiting, key=lambda s: (order.get(s["state"], 3), s["due_at"], s["number"]), default=None)
