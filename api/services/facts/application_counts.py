"""How many applications there are, by stage: one statement, which reads only an index."""

from sqlmodel import col, func, select

from api.models import Application
from api.models.application import ApplicationSummary, Stage, StageApplications
from api.rules.facts import ENDINGS
from api.storage.session import OwnedSession


def count_applications(session: OwnedSession) -> ApplicationSummary:
    """Count the applications that are not deleted. `archived_at` counts where it is set."""
    counted = (
        select(Application.stage, func.count(), func.count(col(Application.archived_at)))
        .where(col(Application.deleted_at).is_(None))
        .group_by(Application.stage)
    )
    found = {stage: (number, archived) for stage, number, archived in session.exec(counted).all()}
    stages = [
        StageApplications(stage=stage, applications=number, archived=archived)
        for stage in Stage
        for number, archived in (found.get(stage.value, (0, 0)),)
    ]
    total, closed = (
        sum(one.applications for one in some) for some in (stages, [s for s in stages if s.stage in ENDINGS])
    )
    return ApplicationSummary(
        total=total,
        live=total - closed,
        closed=closed,
        archived=sum(one.archived for one in stages),
        stages=stages,
    )
