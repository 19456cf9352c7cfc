"""Endpoints of letter templates: the user's own texts, which are filled in when a letter is composed."""

from typing import Annotated, Literal

from fastapi import Path, Query, Response

from api.http.crud import DRY_RUN, ORDER, created, listed, read, removed, updated
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.routes import Routes
from api.models import LetterTemplate
from api.models.letter_template import LetterTemplateCreate, LetterTemplatePublic, LetterTemplateUpdate
from api.models.page import Page
from api.services.facts.letter_templates import LETTER_TEMPLATE
from api.storage.keyset import sort_orders

LetterTemplateId = Annotated[str, Path(description="The letter template's id.", max_length=64)]
LetterTemplateOrder = Annotated[Literal["created_at", "-created_at"], Query(description=ORDER)]
ORDERS = sort_orders(LetterTemplate, "created_at")
routes = Routes("letters", reports_writes=True)


class LetterTemplatePage(Page[LetterTemplatePublic]):
    """A page of letter templates."""


@routes.get("/v1/letter-templates", scopes="applications:read")
def list_letter_templates(
    caller: CallerDep, page: PageDep, sort: LetterTemplateOrder = "created_at"
) -> LetterTemplatePage:
    """List letter templates."""
    with caller.reading() as session:
        return LetterTemplatePage.model_construct(**listed(caller, session, LETTER_TEMPLATE, page, ORDERS[sort]))


@routes.post("/v1/letter-templates", status_code=201, scopes="applications:write", errors=[409])
def create_letter_template(caller: CallerDep, body: LetterTemplateCreate) -> LetterTemplatePublic:
    """Record a letter template.

    It may contain text, names in double braces and conditions on names. The problem for anything else gives the line.
    """
    with caller.writing() as session:
        return created(caller, session, LETTER_TEMPLATE, body, at="/v1/letter-templates")


@routes.get("/v1/letter-templates/{letter_template_id}", scopes="applications:read")
def get_letter_template(caller: CallerDep, letter_template_id: LetterTemplateId) -> LetterTemplatePublic:
    """Read a letter template."""
    with caller.reading() as session:
        return read(caller, session, LETTER_TEMPLATE, letter_template_id)


@routes.patch("/v1/letter-templates/{letter_template_id}", scopes="applications:write", errors=[409])
def update_letter_template(
    caller: CallerDep, letter_template_id: LetterTemplateId, body: LetterTemplateUpdate
) -> LetterTemplatePublic:
    """Change a letter template.

    A merge patch: an absent field stays as it is, null clears it. Letters that were composed with it stay as they are.
    """
    with caller.writing() as session:
        return updated(caller, session, LETTER_TEMPLATE, letter_template_id, body)


@routes.delete("/v1/letter-templates/{letter_template_id}", scopes="applications:write", responses=DRY_RUN)
def delete_letter_template(
    caller: CallerDep, letter_template_id: LetterTemplateId, *, dry_run: DryRun = False
) -> Response:
    """Delete a letter template.

    Letters that were composed with it stay as they are.
    """
    with caller.writing() as session:
        return removed(caller, session, LETTER_TEMPLATE, letter_template_id, dry_run=dry_run)
