"""Step 7: continue the job search until the application is closed [31–34]."""

from datetime import datetime, timedelta

from api.rules.calendar import day_end, local_date
from api.rules.facts import Elsewhere
from api.rules.outcome import APPLICATION, BY_TIME, NOTHING_YET, Applied, Cue, Draft, Evidence, Timed, Window
from api.rules.situation import Situation
from api.rules.words import rfc3339


def keep_looking(at: Situation) -> Draft | None:
    """Draft step 7: a search activity elsewhere every `search_days` days [31]. None without a live round.

    Opens at the end of the first round [34]. Due at the end of the user's local day `search_days` days after the latest
    of: that end, a search activity, the end of an interview elsewhere. A future interview elsewhere counts already,
    because it is another option [32]. Only the end of the application closes the step.
    """
    opens = at.first_end
    if opens is None:
        return None
    zone, days = at.facts.user_zone, at.policy.search_days
    known = [other for other in at.facts.elsewhere if _counts(at, other)]
    latest = max(known, key=BY_TIME, default=None)
    basis = max(opens, latest.at) if latest else opens
    due = day_end(local_date(basis, zone) + timedelta(days=days), zone)
    return Draft(
        number=7,
        scope=APPLICATION,
        window=Window(opens, due, zone, "rolling"),
        asks="keep_looking",
        data={"since": rfc3339(basis), "zone": zone, "days": days, "elsewhere": basis != opens},
        actions=(NOTHING_YET, Timed(opens, Cue("log_search"))),
        evidence=(Evidence(latest.type, latest.id, latest.at),) if latest and basis == latest.at else (),
        trace=at.explained(
            lambda: (
                Applied("opens_at_first_end", {}, rfc3339(opens)),
                Applied(
                    "end_of_day_after_search_days",
                    {"since": rfc3339(basis), "zone": zone, "search_days": days},
                    rfc3339(due),
                ),
            )
        ),
    )


def _counts(at: Situation, other: Elsewhere) -> bool:
    """Tell whether an activity is not after now, or an interview elsewhere ends before its application closes."""
    if other.type == "interview":
        closed: datetime | None = other.closed_at
        return closed is None or closed >= other.at
    return at.known(other.at) is not None
