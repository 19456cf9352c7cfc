"""The filters of lists and exports of applications."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import col

from api.models import Application
from api.models.application import Stage
from api.services.facts.applications import company_key
from api.services.facts.crud import id_filter


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplicationFilter:
    """Which applications; None does not filter. `applied_from` and `applied_to` are dates, both included."""

    stage: Stage | None = None
    company: str | None = None
    archived: bool | None = None
    status_contact_id: str | None = None
    updated_since: datetime | None = None
    applied_from: date | None = None
    applied_to: date | None = None

    def conditions(self) -> list[Any]:
        """Return the SQL conditions; deleted applications are always left out. Raises InvalidError."""
        found: list[Any] = [col(Application.deleted_at).is_(None)]
        if self.stage is not None:
            found.append(Application.stage == self.stage.value)
        if self.company:
            found.append(col(Application.company_key).startswith(company_key(self.company), autoescape=True))
        if self.archived is not None:
            is_archived = col(Application.archived_at).is_not(None)
            found.append(is_archived if self.archived else ~is_archived)
        if self.status_contact_id is not None:
            found.append(Application.status_contact_id == id_filter("status_contact_id", self.status_contact_id))
        if self.updated_since is not None:
            found.append(col(Application.updated_at) >= self.updated_since)
        if self.applied_from is not None:
            found.append(col(Application.applied_on) >= self.applied_from)
        if self.applied_to is not None:
            found.append(col(Application.applied_on) <= self.applied_to)
        return found
