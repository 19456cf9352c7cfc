"""Which way a letter should go, and why: what they prefer, what is on file, and what arrives in time."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from api.words.material import Conversation, Person


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A channel with its reason."""

    channel: str
    reason: str


def suggest(talk: Conversation, recipients: Sequence[Person], today: date) -> Suggestion:
    """Return the channel to take: e-mail unless they prefer another that can still arrive."""
    in_time = talk.post_is_in_time(today)
    prefers = {person.preferred_channel for person in recipients}
    has_post = bool(recipients) and all(person.postal_address for person in recipients)
    if prefers == {"hand"}:
        return Suggestion("hand", "They prefer it handed over.")
    if prefers == {"post"} and has_post and in_time:
        return Suggestion("post", "They prefer paper, and it can still arrive in time.")
    if recipients and all(person.email for person in recipients):
        late = " Post would arrive too late." if prefers == {"post"} and not in_time else ""
        return Suggestion("email", f"There is an e-mail address, and it arrives at once.{late}")
    if has_post and in_time:
        return Suggestion("post", "There is no e-mail address on file, and post can still arrive in time.")
    return Suggestion("hand", "There is no address on file that reaches them in time: hand it in, or find one out.")
