"""The dates that an employer named, and which of them is the newest: one answer for steps, letters and cards."""

from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import NamedTuple

from api.rules.facts import FollowUp, Interview, Moment


class Promise(NamedTuple):
    """The dates that the employer named at one time. `contact_from` and `contact_by` take precedence over `hear_by`."""

    contact_from: Moment | None = None
    contact_by: Moment | None = None
    hear_by: Moment | None = None

    def __bool__(self) -> bool:
        return any(self)

    @property
    def needed_by(self) -> date | None:
        """The date before which a letter must arrive: they answer, or you may call; None without such a date."""
        return min((moment.date for moment in (self.contact_from, self.hear_by) if moment), default=None)

    @property
    def is_theirs_only(self) -> bool:
        """Whether they only said when they will contact you, not when you may call [4]."""
        return bool(self.hear_by and not self.contact_from and not self.contact_by)


class Said(NamedTuple):
    """A promise with when it was made. `would_not_say`: they were asked, and named no date."""

    at: datetime
    id: str
    promise: Promise
    would_not_say: bool = False


def promises_since(said: Iterable[Said], since: datetime) -> list[Said]:
    """Return what was said about dates from the start of a round on, newest first.

    The promises made before a round are left out: the round itself answered them.
    """
    told = [one for one in said if (one.promise or one.would_not_say) and one.at >= since]
    return sorted(told, key=lambda one: (one.at, one.id), reverse=True)


def newest_promise(
    base: Interview, rounds: Collection[Interview], follow_ups: Iterable[FollowUp], now: datetime
) -> Promise:
    """Return the dates that the employer named last between the start of a round and the next live one.

    A contact after `now` does not count. What was named at a round that was cancelled or missed counts.
    """
    end = min((one.start for one in rounds if one.live and one.start > base.start), default=None)
    said = [Said(_learned_at(one), one.id, promise_of(one)) for one in rounds if not one.live]
    said += [Said(one.at, one.id, promise_of(one)) for one in follow_ups if one.at <= now]
    told = [one for one in said if end is None or one.at < end]
    told.append(Said(max(_learned_at(base), base.start), base.id, promise_of(base)))
    newest = promises_since(told, base.start)
    return newest[0].promise if newest else Promise()


def _learned_at(one: Interview) -> datetime:
    return one.timing_learned_at or one.start


def promise_of(source: Interview | FollowUp) -> Promise:
    """Return the dates that were named at a round or in a contact."""
    return Promise(source.contact_from, source.contact_by, source.hear_by)
