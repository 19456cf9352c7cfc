"""Statistics over the applications of a user, as a whole and in groups."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.models.statistics import (
    FunnelFigures,
    FunnelGroup,
    FunnelPublic,
    GroupBy,
    ResponseFigures,
    ResponseGroup,
    ResponseTimesPublic,
)
from api.rules.progress import Funnel, Group, History, ResponseTimes, funnel, grouped, response_times, selected
from api.services.reports.histories import load_histories
from api.storage.session import OwnedSession
from api.words.pictures.sentences import funnel_summary, notes, response_summary


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """Which applications are counted: those of some days, both included, and by what they are grouped."""

    first: date | None
    last: date | None
    by: GroupBy


@dataclass(frozen=True, slots=True, kw_only=True)
class FunnelReport:
    """How far the applications came: all of them, and each group."""

    whole: Funnel
    groups: Sequence[tuple[Group, Funnel]]
    undated: int
    is_complete: bool

    @property
    def notes(self) -> list[str]:
        """What the figures leave out, as sentences."""
        return notes(undated=self.undated, is_complete=self.is_complete)

    def public(self, period: Period) -> FunnelPublic:
        """Return the figures as the API shows them."""
        return FunnelPublic(
            **_funnel(self.whole).model_dump(),
            applied_from=period.first,
            applied_to=period.last,
            by=period.by,
            undated=self.undated,
            is_complete=self.is_complete,
            groups=[
                FunnelGroup(**_funnel(part).model_dump(), value=group.value, is_other=group.is_other)
                for group, part in self.groups
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ResponseReport:
    """How long the answers took: all of them, and each group."""

    whole: ResponseTimes
    groups: Sequence[tuple[Group, ResponseTimes]]
    is_complete: bool

    @property
    def notes(self) -> list[str]:
        """What the figures leave out, as sentences."""
        return notes(undated=self.whole.undated, is_complete=self.is_complete)

    def public(self, period: Period) -> ResponseTimesPublic:
        """Return the figures as the API shows them."""
        return ResponseTimesPublic(
            **_response(self.whole).model_dump(),
            applied_from=period.first,
            applied_to=period.last,
            by=period.by,
            is_complete=self.is_complete,
            groups=[
                ResponseGroup(**_response(part).model_dump(), value=group.value, is_other=group.is_other)
                for group, part in self.groups
            ],
        )


def _funnel(part: Funnel) -> FunnelFigures:
    return FunnelFigures.model_validate({**_fields(part, FunnelFigures), "summary": funnel_summary(part)})


def _response(part: ResponseTimes) -> ResponseFigures:
    return ResponseFigures.model_validate({**_fields(part, ResponseFigures), "summary": response_summary(part)})


def _fields(part: object, model: type[FunnelFigures] | type[ResponseFigures]) -> dict[str, object]:
    return {name: getattr(part, name) for name in model.model_fields if name != "summary"}


def _value(by: GroupBy, one: History) -> str | None:
    return one.source if by is GroupBy.SOURCE else one.work_mode


def _groups(histories: Sequence[History], by: GroupBy) -> list[Group]:
    return [] if by is GroupBy.NONE else grouped(histories, lambda one: _value(by, one))


def report_funnel(session: OwnedSession, period: Period) -> FunnelReport:
    """Return how far the applications of a period came."""
    loaded, is_complete = load_histories(session)
    found, undated = selected(loaded, period.first, period.last)
    median = response_times(found, session.now).median_days
    return FunnelReport(
        whole=funnel(found, session.now, median),
        groups=[(group, funnel(group.members, session.now, median)) for group in _groups(found, period.by)],
        undated=undated,
        is_complete=is_complete,
    )


def report_response_times(session: OwnedSession, period: Period) -> ResponseReport:
    """Return how long the answers to the applications of a period took."""
    loaded, is_complete = load_histories(session)
    found, undated = selected(loaded, period.first, period.last)
    return ResponseReport(
        whole=response_times(found, session.now, left_out=undated),
        groups=[(group, response_times(group.members, session.now)) for group in _groups(found, period.by)],
        is_complete=is_complete,
    )
