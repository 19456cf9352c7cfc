"""The five operations that every kind of fact has, written once: list, create, read, change, delete.

A router says what is particular – kind, addresses, order, words – and adds the operations of its own.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, create_model
from pydantic_core import to_json
from sqlalchemy import Select
from sqlmodel import select

from api.http.deps import Caller, CallerDep, DryRun, PageDep
from api.http.strict_route import JSON, Route
from api.models import Application
from api.models.base import Body, Shown, Stored
from api.models.step import ReopenedSteps
from api.rules.answers import to_record
from api.rules.words import rfc3339
from api.services.facts.crud import (
    FactKind,
    FactRow,
    change,
    create,
    find,
    find_application_id,
    remove,
    select_existing,
    to_public,
    to_public_one,
)
from api.services.steps.judge import Reopened
from api.services.steps.render import load_other_applications, render_step
from api.storage.keyset import Key, PageQuery
from api.storage.raw_sql import RawConnection
from api.storage.session import OwnedSession

PARENT = "/v1/applications/{application_id}"
InterviewId = Annotated[str, Path(description="The interview's id.", max_length=64)]
ApplicationId = Annotated[str, Path(description="The application's id.", max_length=64)]
DRY_RUN: dict[int | str, dict[str, Any]] = {200: {"model": ReopenedSteps, "description": "What would be re-opened."}}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A kind of fact at its addresses. `words` add to the descriptions: by operation, what the caller should know."""

    kind: FactKind[Any]
    name: str
    plural: str
    sorts: Mapping[str, tuple[Key, ...]]
    words: Mapping[str, str]

    @property
    def noun(self) -> str:
        """The noun in sentences."""
        return self.kind.noun

    @property
    def path(self) -> str:
        """The plural in addresses."""
        return self.plural.replace("_", "-")

    @property
    def article(self) -> str:
        """The noun with its article."""
        return f"{'an' if self.noun[0] in 'aeio' else 'a'} {self.noun}"

    def address(self, id_: str) -> str:
        """Return where one object is read, changed and deleted."""
        return f"/v1/{self.path}/{id_}"

    def parameter(self) -> Any:  # noqa: ANN401  # an annotation
        """Return the path parameter of one object."""
        description = f"The {self.noun}'s id."
        return Annotated[str, Path(alias=f"{self.name}_id", description=description, max_length=64)]

    def page(self) -> type[BaseModel]:
        """Return the model of a page."""
        title = "".join(word.capitalize() for word in self.name.split("_"))
        model: type[BaseModel] = create_model(
            f"{title}Page",
            __doc__=f"A page of {self.noun} objects.",
            items=(list[self.kind.public], ...),  # type: ignore[name-defined]  # made at run time
            next_cursor=(str | None, ...),
        )
        return model

    def sort(self) -> Any:  # noqa: ANN401  # an annotation
        """Return the query parameter for the order."""
        names = Literal[tuple(self.sorts)]  # type: ignore[valid-type]  # made at run time
        return Annotated[names, Query(description="The order; equal ones are ordered by id.")]


def router(*tags: str | Enum) -> APIRouter:
    """Return an empty router that reads strictly."""
    return APIRouter(route_class=Route, tags=list(tags))


def typed(endpoint: Callable[..., Any], **annotations: object) -> Callable[..., Any]:
    """Give an endpoint the annotations that are known at run time only."""
    endpoint.__annotations__.update(annotations)
    return endpoint


def add_list(to: APIRouter, resource: Resource, *, nested: bool) -> None:
    """Add the list, under the application or at the top."""
    kind, default = resource.kind, next(iter(resource.sorts))
    page_model = resource.page()

    def under(caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: str = default) -> object:
        with caller.reading() as session:
            find_application_id(session, Application, application_id)
            mine = select(kind.table).where(kind.table.application_id == application_id.lower())
            return listed(session, caller, resource, page, sort, mine, page_model)

    def top(caller: CallerDep, page: PageDep, sort: str = default) -> object:
        with caller.reading() as session:
            return listed(session, caller, resource, page, sort, select_existing(kind.table), page_model)

    to.add_api_route(
        f"{PARENT}/{resource.path}" if nested else f"/v1/{resource.path}",
        typed(under if nested else top, sort=resource.sort()),
        methods=["GET"],
        response_model=page_model,
        operation_id=f"list_{resource.plural}",
        summary=f"List {resource.plural.replace('_', ' ')}",
        description=_describe(f"Answers a page of {resource.plural.replace('_', ' ')}.", resource, "list"),
    )


def listed(
    session: OwnedSession,
    caller: Caller,
    resource: Resource,
    page: PageQuery,
    sort: str,
    statement: Select[Any],
    model: type[BaseModel],
) -> BaseModel:
    """Return a page of rows of a statement."""
    rows, cursor = paged(session, caller, page, resource.sorts[sort], statement)
    return model.model_construct(items=to_public(session, resource.kind, rows), next_cursor=cursor)


def paged(
    session: OwnedSession, caller: Caller, page: PageQuery, keys: Sequence[Key], statement: Select[Any]
) -> tuple[list[Any], str | None]:
    """Return the rows of a page and the cursor of the next one, and link to that."""
    rows, cursor = page.read_cursor(session.user_id, keys, caller.now).rows(session, statement)
    caller.link_next_page(cursor)
    return [row for (row,) in rows], cursor


def add_create(to: APIRouter, resource: Resource, *, nested: bool) -> None:
    """Add the creation, under the application or at the top."""
    kind = resource.kind

    def under(caller: CallerDep, application_id: ApplicationId, body: Body) -> object:
        with caller.writing() as session:
            find_application_id(session, Application, application_id)
            within = {"application_id": application_id.lower()}
            return created(caller, session, resource, create(session, kind, body, within=within))

    def top(caller: CallerDep, body: Body) -> object:
        with caller.writing() as session:
            return created(caller, session, resource, create(session, kind, body))

    to.add_api_route(
        f"{PARENT}/{resource.path}" if nested else f"/v1/{resource.path}",
        typed(under if nested else top, body=kind.create),
        methods=["POST"],
        status_code=201,
        response_model=kind.public,
        operation_id=f"create_{resource.name}",
        summary=f"Record {resource.article}",
        description=_describe(f"Records {resource.article} and judges what it touches.", resource, "create"),
    )


def created(caller: Caller, session: OwnedSession, resource: Resource, row: Stored) -> Shown:
    """Return a new object with its address and version."""
    shown = to_public_one(session, resource.kind, row)
    caller.created(resource.address(row.id), etag_of(shown))
    return caller.remember(shown, status=201)


def etag_of(shown: object) -> str:
    """Return the entity tag that an answer shows."""
    tag: str = shown.etag  # type: ignore[attr-defined]  # every answer about an object has one
    return tag


def add_item(to: APIRouter, resource: Resource, *, without: Collection[str] = ()) -> None:
    """Add reading, changing and deleting one object at its own address."""
    if "get" not in without:
        _add_get(to, resource)
    _add_change(to, resource)
    _add_delete(to, resource)


def _add_get(to: APIRouter, resource: Resource) -> None:
    kind = resource.kind

    def get(caller: CallerDep, item_id: str) -> object:
        with caller.reading() as session:
            shown = to_public_one(session, kind, find(session, kind.table, item_id))
            caller.set_etag(etag_of(shown))
            return shown

    to.add_api_route(
        f"/v1/{resource.path}/{{{resource.name}_id}}",
        typed(get, item_id=resource.parameter()),
        methods=["GET"],
        response_model=kind.public,
        operation_id=f"get_{resource.name}",
        summary=f"Read {resource.article}",
        description=_describe(f"Answers one {resource.noun} with its version as ETag.", resource, "get"),
    )


def _add_change(to: APIRouter, resource: Resource) -> None:
    kind = resource.kind

    def patch(caller: CallerDep, item_id: str, body: Body) -> object:
        with caller.writing() as session:
            row = matched(caller, session, kind, item_id)
            return changed(caller, session, kind, change(session, kind, row, body))

    to.add_api_route(
        f"/v1/{resource.path}/{{{resource.name}_id}}",
        typed(patch, item_id=resource.parameter(), body=kind.update),
        methods=["PATCH"],
        response_model=kind.public,
        operation_id=f"update_{resource.name}",
        summary=f"Change {resource.article}",
        description=_describe(
            f"Lays a merge patch over the {resource.noun} and judges what it touches: absent stays, null clears.",
            resource,
            "update",
        ),
    )


def _add_delete(to: APIRouter, resource: Resource) -> None:
    kind = resource.kind

    def delete(caller: CallerDep, item_id: str, *, dry_run: DryRun = False) -> Response:
        with caller.writing() as session:
            row = matched(caller, session, kind, item_id)
            return deleted(session, remove(session, kind, row), dry_run=dry_run)

    to.add_api_route(
        f"/v1/{resource.path}/{{{resource.name}_id}}",
        typed(delete, item_id=resource.parameter()),
        methods=["DELETE"],
        status_code=204,
        response_class=Response,
        responses=DRY_RUN,
        operation_id=f"delete_{resource.name}",
        summary=f"Delete {resource.article}",
        description=_describe(
            f"Takes the {resource.noun} back as if it had never been recorded; steps that it completed may re-open.",
            resource,
            "delete",
        ),
    )


def check_if_match(caller: Caller, show: Callable[[], BaseModel]) -> None:
    """Raise PreconditionFailedError where the caller's If-Match names another version than the one to be shown."""
    if caller.preconditions.if_match is not None:
        shown = show()
        caller.check_if_match(shown, etag_of(shown))


def linked(caller: Caller, shown: BaseModel, new_at: str | None) -> None:
    """Say the version of a link, and where it is when it is new."""
    if new_at is not None:
        caller.response.status_code = 201
        caller.headers["Location"] = new_at
    caller.headers["ETag"] = etag_of(shown)


def matched(
    caller: Caller, session: OwnedSession, kind: FactKind[FactRow], id_: str, *, deleted: bool = False
) -> FactRow:
    """Return the row of an id, if the caller's If-Match allows to change it."""
    row = find(session, kind.table, id_, deleted=deleted)
    check_if_match(caller, lambda: to_public_one(session, kind, row))
    return row


def changed(caller: Caller, session: OwnedSession, kind: FactKind[FactRow], row: FactRow) -> Shown:
    """Return a changed object with its new version."""
    session.flush()
    shown = to_public_one(session, kind, row)
    caller.headers["ETag"] = etag_of(shown)
    return caller.remember(shown)


def deleted(session: OwnedSession, reopened: list[Reopened], *, dry_run: bool) -> Response:
    """Answer a deletion; a dry run undoes it and tells what it would have re-opened."""
    if not dry_run:
        return Response(status_code=204)
    session.dry_run = True
    around, now = load_other_applications(RawConnection.of(session), session.now), rfc3339(session.now)
    steps = [render_step(one.application_id, to_record(one.instance), around, now) for one in reopened]
    return Response(to_json({"reopened_steps": steps}), media_type=JSON)


def _describe(first: str, resource: Resource, operation: str) -> str:
    return " ".join(filter(None, (first, resource.words.get(operation))))
