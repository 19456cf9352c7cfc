"""Warnings about facts that do not fit the stage of their application, with the address that records a stage."""

from datetime import datetime

from api.models import Application
from api.rules.hints import hint


def closed_warnings(application: Application, at: datetime) -> list[dict[str, str]]:
    """Return a warning if the application was closed before `at`, when the employer is in touch again."""
    if application.closed_at is None or at < application.closed_at:
        return []
    text = (
        f"The application ended before this, with the stage `{application.closed_outcome}`, so its steps stay closed. "
        "If it goes on, record the stage that it has now."
    )
    return [_stage_hint("application_closed", text, application)]


def offer_warnings(application: Application, decision: str | None) -> list[dict[str, str]]:
    """Return a warning if the stage says nothing of an offer, or of the decision on it."""
    if application.stage not in ("offered", "accepted", "declined"):
        text = "The stage of the application is not `offered` yet: record it too, so that the call is no longer due."
        return [_stage_hint("stage_not_offered", text, application)]
    if decision is not None and application.stage == "offered":
        text = f"You have decided, but the stage is still `offered`: record `{decision}` too, which ends the steps."
        return [_stage_hint("stage_not_decided", text, application)]
    return []


def _stage_hint(code: str, text: str, application: Application) -> dict[str, str]:
    return hint(code, text, "POST", f"/v1/applications/{application.id}/stages")
