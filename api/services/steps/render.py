"""Steps as the API shows them: stored values, the state at an instant, and advice from other applications."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import aliased
from sqlmodel import col, exists, literal_column, or_

from api.models import Application, Offer, User
from api.models.step import step_id
from api.rules.answers import NOTHING, Answer, answered
from api.rules.hints import hint, worded
from api.rules.outcome import StepRecord
from api.rules.words import wall
from api.storage.codecs import from_db_id, from_db_instant, to_db_instant
from api.storage.raw_sql import INSTANT, OWNER, CompiledStatement, RawConnection, param, select_as_text

CALL, SEARCH = 6, 7
ADD_APPLICATION = worded("add_application", NOTHING, "", NOTHING)
ACCEPTED_ELSEWHERE = (
    "You accepted the offer of another employer: withdraw here with a letter of the kind `withdrawal`, and record the "
    "stage `withdrawn`. Archive the accepted application if it is no longer of interest."
)
CHAIN_ENDED = "No further call is planned until the next interview or follow-up. To plan one, reopen this skipped call."
OPEN_STATES = ("upcoming", "open", "overdue")


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """An offer of a live application whose answer date lies ahead. `zone` is the user's."""

    application_id: str
    respond_by: datetime
    zone: str
    is_accepted: bool


@dataclass(frozen=True, slots=True)
class OtherApplications:
    """What the advice needs: the number of live applications, counted up to 2, and the open offers.

    `has_accepted`: an application that is not archived was closed as `accepted`. Its own steps are closed, so for an
    open step it is another one. `shows_contacts`: as of a session.
    """

    live: int
    offers: tuple["OpenOffer", ...]
    has_accepted: bool = False
    shows_contacts: bool = True

    def add_advice(self, step: Answer) -> Answer:
        """Add the advice for one step of an application.

        Step 7 mentions an offer of another employer even before the first interview.
        """
        number, state = step["number"], step["state"]
        if number < CALL or (state not in OPEN_STATES and state != "not_started"):
            return step
        is_open = state in OPEN_STATES
        if is_open or number == SEARCH:
            step["advice"].extend(self._advice_about_offers(step["application_id"]))
        if is_open and number == SEARCH and self.is_only_one:
            text = "You have no other live application: do not depend on a single one."
            step["advice"].append(hint("no_other_application", text, "POST", "/v1/applications"))
        return step

    @property
    def is_only_one(self) -> bool:
        """Whether there is no other application, neither a live one nor one that was accepted."""
        return self.live <= 1 and not self.has_accepted

    def _advice_about_offers(self, application_id: str) -> Iterator[dict[str, str]]:
        others = [offer for offer in self.offers if offer.application_id != application_id]
        if self.has_accepted or any(offer.is_accepted for offer in others):
            yield hint("accepted_elsewhere", ACCEPTED_ELSEWHERE, "POST", f"/v1/applications/{application_id}/stages")
            return
        rival = next(iter(others), None)
        if rival is not None:
            text = (
                "Another employer waits for your answer to an offer until "
                f"{wall(rival.respond_by, rival.zone)}: tell this employer, and ask when they decide."
            )
            yield hint("competing_offer", text, "POST", f"/v1/applications/{application_id}/follow-ups")


_ALIVE = (col(Application.closed_at).is_(None), col(Application.deleted_at).is_(None))
_ACCEPTED = aliased(Application)
_HAS_ACCEPTED = exists().where(  # the conditions of ix_application_accepted, as constants
    col(_ACCEPTED.user_id) == OWNER,
    col(_ACCEPTED.closed_outcome) == literal_column("'accepted'"),
    col(_ACCEPTED.archived_at).is_(None),
    col(_ACCEPTED.deleted_at).is_(None),
    col(_ACCEPTED.closed_at) <= param("now", INSTANT),
)
LIVE_APPLICATIONS = CompiledStatement(select_as_text(Application.id, _HAS_ACCEPTED).where(*_ALIVE).limit(2))
OFFERS = CompiledStatement(
    select_as_text(Offer.application_id, Offer.respond_by, Offer.decision, User.time_zone)
    .join(Application, col(Application.id) == Offer.application_id)
    .join(User, col(User.id) == Offer.user_id)
    .where(
        col(Offer.respond_by) > param("now", INSTANT),
        or_(col(Offer.decision).is_(None), col(Offer.decision) == "accepted"),
        *_ALIVE,
    )
    .order_by(col(Offer.respond_by))
    .limit(200)
)


def load_other_applications(raw: RawConnection, now: datetime) -> OtherApplications:
    """Load live applications and open offers of the user, in two queries."""
    at = to_db_instant(now)
    offers = tuple(
        OpenOffer(from_db_id(owner), from_db_instant(by), zone, decision is not None)
        for owner, by, decision, zone in raw.all(OFFERS, now=at)
    )
    live = raw.all(LIVE_APPLICATIONS, now=at)
    return OtherApplications(len(live), offers, any(accepted for _, accepted in live), raw.shows_contacts)


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
    if step.number == SEARCH and around.is_only_one and answer["next_action"] is not None:
        answer["next_action"] = ADD_APPLICATION
    if step.number == CALL and answer["state"] == "skipped":
        href = f"/v1/steps/{answer['id']}/reopen"
        answer["warnings"].append(hint("chain_of_calls_ended", CHAIN_ENDED, "POST", href))
    return around.add_advice(answer)


def most_pressing(steps: Iterable[Answer]) -> Answer | None:
    """Return the most urgent step with a next action: overdue before open before upcoming, then by deadline.

    Steps that wait for an interview come last; they have no deadline.
    """
    waiting = [step for step in steps if step["next_action"] is not None]
    order = {"overdue": 0, "open": 1, "upcoming": 2}
    return min(waiting, key=lambda s: (order.get(s["state"], 3), s["due_at"] or "", s["number"]), default=None)
