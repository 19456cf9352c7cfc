"""The query parameters `effects` and `dry_run` of the writes of facts, and the response to a request with them.

`api/http/routes.py` adds them to the operations of a router that `reports_writes`.
"""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel
from pydantic_core import to_json

from api.http.compression import JSON
from api.models.write import LoggedWrite, StepEffect, WriteReport

SCOPE = "write_options"  # the key in the scope of a request
Effects = Annotated[
    bool, Query(description="Return 200 with what the write does to the steps of all your applications: `WriteReport`.")
]
Trial = Annotated[
    bool,
    Query(
        description="Write nothing; return 200 with what would be returned and what would change: `WriteReport`. An "
        "`Idempotency-Key` is then ignored."
    ),
]


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """What a request wants of a write. `dry_run`: nothing is written."""

    effects: bool = False
    dry_run: bool = False

    @property
    def wants_report(self) -> bool:
        """Whether the response is a report."""
        return self.effects or self.dry_run


@dataclass(frozen=True, slots=True)
class Told:
    """What a transaction did, as far as the token may see it. `effects`: None without `steps:read`."""

    dry_run: bool
    effects: list[StepEffect] | None = None
    more_effects: int = 0
    recomputing: bool = False
    write: LoggedWrite | None = None

    def report(self, body: BaseModel | None, *, status: int, location: str | None, etag: str | None) -> WriteReport:
        """Return the report on a write with this response."""
        return WriteReport(
            dry_run=self.dry_run,
            status=status,
            location=location,
            etag=etag,
            body=None if body is None else body.model_dump(mode="json"),
            effects=self.effects,
            more_effects=self.more_effects,
            recomputing=self.recomputing,
            write=self.write,
        )


async def _both(request: Request, *, effects: Effects = False, dry_run: Trial = False) -> None:
    request.scope[SCOPE] = WriteOptions(effects, dry_run)


async def _effects_only(request: Request, *, effects: Effects = False) -> None:
    request.scope[SCOPE] = WriteOptions(effects)


def write_options(*, has_dry_run: bool) -> list[Any]:
    """Return the dependencies that declare the parameters. `has_dry_run`: the endpoint has one, of another form."""
    return [Depends(_effects_only if has_dry_run else _both)]


def options_of(request: Request) -> WriteOptions:
    """Return what a request wants of its write; an operation without the parameters has none."""
    found: WriteOptions = request.scope.get(SCOPE, WriteOptions())
    return found


def report_response(report: WriteReport) -> Response:
    """Return a report. It has neither `Location` nor `ETag`, which are those of another response."""
    return Response(to_json(report), media_type=JSON)
