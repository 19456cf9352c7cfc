"""Endpoints of webhooks: the addresses to which events are sent."""

import time
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.errors import ForbiddenError, InvalidError, TooManyRequestsError
from api.http.crud import ORDER, changed, etag_of, listed, matched, paged, read, removed, updated
from api.http.deps import Caller, CallerDep, PageDep
from api.http.routes import Routes
from api.models import Delivery, Webhook
from api.models.base import Instant
from api.models.delivery import DeliveryDetail, DeliveryPublic, DeliveryState
from api.models.event import EventType
from api.models.page import Page
from api.models.webhook import SecretRotate, WebhookCreate, WebhookPublic, WebhookTest, WebhookUpdate
from api.protocol.public_addresses import UnusableUrlError, check_url
from api.protocol.rate_limit import RateLimiter
from api.services.facts.crud import create, find, to_public_one
from api.services.webhooks import deliveries, webhooks
from api.services.webhooks.webhooks import WEBHOOK
from api.storage.keyset import sort_orders

WebhookId = Annotated[str, Path(description="The webhook's id.", max_length=64)]
WebhookOrder = Annotated[Literal["created_at", "-created_at"], Query(description=ORDER)]
OfState = Annotated[DeliveryState | None, Query(description="Only deliveries in this state.")]
OfType = Annotated[EventType | None, Query(description="Only events of this type.")]
Since = Annotated[Instant | None, Query(description="Only deliveries queued at or after this instant.")]
Until = Annotated[Instant | None, Query(description="Only deliveries queued before this instant.")]
ORDERS = sort_orders(Webhook, "created_at")
NEWEST = sort_orders(Delivery, "created_at")["-created_at"]
WEBHOOKS = "/v1/webhooks"
ONE = f"{WEBHOOKS}/{{webhook_id}}"
SENT = (
    "account:write",
    "applications:read",
    "steps:read",
)  # what a webhook hands on, the token must have
LOG = ("account:read", "applications:read", "steps:read")
routes = Routes("webhooks")


class WebhookPage(Page[WebhookPublic]):
    """A page of webhooks."""


class DeliveryPage(Page[DeliveryPublic]):
    """A page of deliveries."""


@routes.get(WEBHOOKS, scopes="account:read")
def list_webhooks(caller: CallerDep, page: PageDep, sort: WebhookOrder = "-created_at") -> WebhookPage:
    """List your webhooks.

    Their secrets are not shown.
    """
    with caller.reading() as session:
        return WebhookPage.model_construct(**listed(caller, session, WEBHOOK, page, ORDERS[sort]))


@routes.post(WEBHOOKS, status_code=201, scopes=SENT, errors=[409], idempotent=False)
def create_webhook(caller: CallerDep, body: WebhookCreate) -> WebhookPublic:
    """Create a webhook.

    From now on every event of the types that it takes is sent to its address, at least once and signed as Standard
    Webhooks 1.0 says. `secret` is the key of the signatures and is shown only once. The address is not asked now: send
    a test. An Idempotency-Key is ignored here.
    """
    _check_address(caller, body)
    with caller.writing(returns_secret=True) as session:
        webhook = create(session, WEBHOOK, body)
        shown = to_public_one(session, WEBHOOK, webhook)
        caller.created(f"{WEBHOOKS}/{webhook.id}", etag_of(shown))
        return shown.model_copy(update={"secret": webhooks.shown_secret(webhook)})


@routes.get(ONE, scopes="account:read")
def get_webhook(caller: CallerDep, webhook_id: WebhookId) -> WebhookPublic:
    """Read a webhook.

    `last_delivered_at`, `last_error` and `pending` show whether it works.
    """
    with caller.reading() as session:
        return read(caller, session, WEBHOOK, webhook_id)


@routes.patch(ONE, scopes=SENT)
def update_webhook(caller: CallerDep, webhook_id: WebhookId, body: WebhookUpdate) -> WebhookPublic:
    """Change a webhook.

    A merge patch: an absent field stays as it is. `enabled: true` also lifts that it was switched off because of
    failures: what waits is sent, oldest first.
    """
    _check_address(caller, body)
    with caller.writing() as session:
        return updated(caller, session, WEBHOOK, webhook_id, body)


@routes.delete(ONE, scopes="account:write")
def delete_webhook(caller: CallerDep, webhook_id: WebhookId) -> Response:
    """Delete a webhook.

    Nothing is sent to it any more, and its deliveries are deleted.
    """
    with caller.writing() as session:
        return removed(caller, session, WEBHOOK, webhook_id, dry_run=False)


@routes.post(f"{ONE}/rotate-secret", scopes=SENT, if_match=True, idempotent=False)
def rotate_webhook_secret(caller: CallerDep, webhook_id: WebhookId, body: SecretRotate | None = None) -> WebhookPublic:
    """Give a webhook a new secret.

    It is shown only once. For 24 hours each delivery is also signed with the old one, so that the receiver can change;
    `revoke_old` ends it at once. An Idempotency-Key is ignored here.
    """
    with caller.writing(returns_secret=True) as session:
        webhook = matched(caller, session, WEBHOOK, webhook_id)
        webhooks.rotate(session, webhook, revoke_old=body is not None and body.revoke_old)
        shown = changed(caller, session, WEBHOOK, webhook)
        return shown.model_copy(update={"secret": webhooks.shown_secret(webhook)})


@routes.post(f"{ONE}/test", status_code=201, scopes=SENT, errors=[409], etag=False)
def send_test_event(caller: CallerDep, webhook_id: WebhookId, body: WebhookTest | None = None) -> DeliveryDetail:
    """Send an example of an event to a webhook.

    It is marked with `test: true` and sent within seconds, not during this request: read the delivery to see the
    attempts. At most ten a minute.
    """
    with caller.writing() as session:
        _count_test(caller, session.user_id)
        type_ = EventType(body.type) if body is not None else EventType.PING
        webhook = find(session, Webhook, webhook_id)
        delivery = find(session, Delivery, webhooks.send_test(session, webhook, type_))
        caller.headers["Location"] = f"/v1/deliveries/{delivery.id}"
        return caller.remember(deliveries.delivery_detail(session, delivery), status=201)


@routes.get(f"{ONE}/deliveries", scopes=LOG, etag=False)
def list_deliveries(
    caller: CallerDep,
    webhook_id: WebhookId,
    page: PageDep,
    state: OfState = None,
    type: OfType = None,  # noqa: A002  # the name in the query
    since: Since = None,
    until: Until = None,
) -> DeliveryPage:
    """List the deliveries of a webhook.

    Newest first, of the last 30 days.
    """
    with caller.reading() as session:
        webhook = find(session, Webhook, webhook_id)
        wanted = deliveries.deliveries_of(webhook.id, state=state, type_=type, since=since, until=until)
        rows, cursor = paged(caller, session, page, NEWEST, wanted)
        shown = deliveries.deliveries_to_public(rows)
        return DeliveryPage.model_construct(items=shown, next_cursor=cursor)


def _check_address(caller: Caller, body: WebhookCreate | WebhookUpdate) -> None:
    """Raise ForbiddenError for a new webhook if the server sends none, InvalidError for an unusable address."""
    if caller.settings.webhooks == "off" and isinstance(body, WebhookCreate):
        detail = "This server sends no webhooks: ask its operator to set AFTERWORD_WEBHOOKS=on."
        raise ForbiddenError(detail, code="webhooks_off")
    if "url" in body.model_fields_set:
        try:
            check_url(str(body.url), caller.settings.webhook_networks)
        except UnusableUrlError as error:
            raise InvalidError.at("/url", "unusable_url", str(error)) from error


def _count_test(caller: Caller, user_id: str) -> None:
    tests: RateLimiter | None = caller.request.app.state.webhook_tests
    wait = tests.take(user_id, time.monotonic()).wait if tests is not None else None
    if wait is not None:
        raise TooManyRequestsError(timedelta(seconds=wait))
