"""The mail about a webhook that was switched off: to whom it is sent, and when it is not."""

from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient

from tests.conftest import World
from tests.http.api_client import alter, application, read
from tests.services.delivering import OTHER, WEBHOOKS, Receivers, deliver, hook
from tests.wanted_mails import WANTS, confirm, delivered, outbox, parts

Worlds = Callable[..., World]


@pytest.fixture
def world(make_world: Worlds) -> World:
    return make_world(**WANTS)


def switched_off(world: World, client: TestClient) -> str:
    """Make a webhook whose receiver is gone, and another one that is told of it; return the address of the first."""
    id_ = hook(client)
    hook(client, OTHER, event_types=["webhook.disabled"])
    application(client)
    receivers = Receivers(answer=lambda url, _event: 200 if url == OTHER else 410)
    deliver(world, receivers)
    href = f"{WEBHOOKS}/{id_}"
    shown = read(client, href)
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    assert len(receivers.sequences(OTHER)) == 1
    return href


def test_the_owner_of_a_confirmed_address_gets_one_mail(world: World, client: TestClient, stranger: TestClient) -> None:
    confirm(world)
    switched_off(world, client)
    (row,) = outbox(world)
    assert (row["kind"], row["address"]) == ("webhook_disabled", read(client, "/v1/me")["email"])
    (message,) = delivered(world)
    assert message["To"] == read(client, "/v1/me")["email"]
    words, _ = parts(message)
    assert "hooks.example.com" in words
    assert "410" in words
    assert delivered(world) == []
    assert [one["outcome"] for one in outbox(world)] == ["sent"]


def test_an_address_that_is_not_confirmed_gets_no_mail(world: World, client: TestClient) -> None:
    switched_off(world, client)
    assert outbox(world) == []


@pytest.mark.sqlite(profile="quick")
def test_without_a_mail_server_no_mail_is_queued(make_world: Worlds) -> None:
    world = make_world()
    client = world.sign_up()
    confirm(world)
    switched_off(world, client)
    assert outbox(world) == []


@pytest.mark.sqlite(profile="quick")
@pytest.mark.parametrize("why", ["deleted", "on again", "off by its owner", "account erased", "other address"])
def test_a_mail_that_is_no_longer_true_is_not_sent(world: World, client: TestClient, why: str) -> None:
    confirm(world)
    href = switched_off(world, client)
    if why == "deleted":
        assert client.delete(href).status_code == 204
    elif why in ("on again", "off by its owner"):
        alter(client, href, enabled=True)
        if why == "off by its owner":
            alter(client, href, enabled=False)
    elif why == "account erased":
        world.execute("UPDATE user_account SET erased_at = created_at")
    else:
        world.execute("UPDATE user_account SET email = 'other@example.com'")
    assert delivered(world) == []
    assert [row["outcome"] for row in outbox(world)] == ["empty"]
