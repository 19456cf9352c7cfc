"""Tokens of assistants: every operation is in one of two lists, and those of the second refuse such a token.

A new operation must be put into one of the lists. The second one has all that needs a scope of the account, and what is
declared with `agents=False`.
"""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from api.http import examples
from api.http.route_index import routes_of
from api.http.strict_route import Route
from api.models.token import TokenCreate
from api.services.accounts import tokens, users
from api.services.steps import judge
from tests.conftest import World
from tests.invariants.conftest import CLOSED, opened_world
from tests.invariants.failures import Failures
from tests.stores import Store

pytestmark = pytest.mark.sqlite

FOR_AGENTS = """
list_queue get_queue_summary list_steps skip_steps skip_stale_steps snooze_steps get_step complete_step
skip_step reopen_step snooze_step unsnooze_step get_current_token list_applications get_application_summary
create_application get_application update_application delete_application restore_application
get_application_policy update_application_policy list_stages create_stage get_stage update_stage delete_stage
list_application_contacts put_application_contact delete_application_contact list_all_interviews list_interviews
create_interview get_interview update_interview delete_interview debrief_interview list_application_interviewers
list_interviewers put_interviewer delete_interviewer get_prep_card get_call_card list_contacts create_contact
get_contact update_contact delete_contact restore_contact list_notes create_note get_note update_note
delete_note list_letters create_letter get_letter update_letter delete_letter compose_letter check_letter
send_letter list_letter_templates create_letter_template get_letter_template update_letter_template
delete_letter_template list_references create_reference get_reference update_reference delete_reference
list_application_references get_application_reference put_application_reference update_application_reference
delete_application_reference get_reference_briefing get_reference_thanks get_reference_sheet list_follow_ups
create_follow_up get_follow_up update_follow_up delete_follow_up list_offers create_offer get_offer update_offer
delete_offer list_search_activities create_search_activity get_search_activity update_search_activity
delete_search_activity list_writes get_write undo_write list_events get_event search_texts get_timeline get_funnel
get_response_times get_job_search_report
"""
NOT_FOR_AGENTS = """
get_me update_me put_email request_email_confirmation put_password get_policy get_usage update_policy
get_notifications update_notifications get_digest list_sessions get_current_session end_current_session
end_session create_token list_tokens revoke_token list_activity export_account delete_me erase_contact
list_calendar_feeds create_calendar_feed get_calendar_feed update_calendar_feed delete_calendar_feed
rotate_calendar_feed list_webhooks create_webhook get_webhook update_webhook delete_webhook
rotate_webhook_secret send_test_event list_deliveries get_delivery replay_delivery export_applications
export_queue export_contacts export_interviews list_imports create_import get_import update_import delete_import
list_import_rows export_import_errors run_import undo_import
"""


@pytest.fixture(scope="module")
def world(demo_database: tuple[str, str], store: Store) -> Iterator[World]:
    """The demo account; nothing here writes to it."""
    with opened_world(store, demo_database[0]) as opened:
        yield opened


@pytest.fixture(scope="module")
def assistant(world: World) -> Iterator[TestClient]:
    """A client with the token of an assistant that may do as much as one can."""
    with world.database.write(world.clock.now) as session:
        user = users.find_by_email(session, examples.EMAIL)
        assert user is not None
        session.owner = user.id
        judge.lock_user(session)
        _, secret = tokens.issue_token(session, TokenCreate.model_validate({"name": "assistant", "preset": "agent"}))
    with TestClient(world.app, headers={"Authorization": f"Bearer {secret}"}) as client:
        yield client


def test_every_operation_is_decided_to_be_for_assistants_or_not(world: World) -> None:
    routes = [route for route in routes_of(world.app) if isinstance(route, Route) and route.needs_token]
    allowed = {str(route.operation_id) for route in routes if route.access.for_agents}
    refused = {str(route.operation_id) for route in routes} - allowed
    assert allowed == {*FOR_AGENTS.split()}
    assert refused == {*NOT_FOR_AGENTS.split()}


def test_the_token_of_an_assistant_is_refused_there_and_only_there(assistant: TestClient) -> None:
    with Failures() as failures:
        for operation in CLOSED:
            with failures.of(operation):
                if operation.name in NOT_FOR_AGENTS.split():
                    answer = assistant.request(operation.method, operation.href, **operation.options())
                    assert (answer.status_code, answer.json()["code"]) == (403, "not_for_agents")
                elif operation.method == "GET":
                    # This assistant does not see what others wrote.
                    wanted = 404 if operation.name == "get_write" else 200
                    assert assistant.get(operation.href).status_code == wanted
