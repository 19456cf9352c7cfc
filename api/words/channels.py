"""The channel to suggest for a letter: by preference, recorded addresses and delivery time."""

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
    """Suggest a channel: e-mail, unless all recipients prefer another one that still arrives in time."""
    in_time = talk.post_is_in_time(today)
    prefers = {person.preferred_channel for person in recipients}
    has_post = bool(recipients) and all(person.postal_address for person in recipients)
    if prefers == {"hand"}:
        return Suggestion("hand", "They prefer a letter that is delivered by hand.")
    if prefers == {"post"} and has_post and in_time:
        return Suggestion("post", "They prefer paper, and post can still arrive in time.")
    if recipients and all(person.email for person in recipients):
        late = " Post would arrive too late." if prefers == {"post"} and not in_time else ""
        return Suggestion("email", f"There is an e-mail address, and e-mail arrives at once.{late}")
    if has_post and in_time:
        return Suggestion("post", "There is no e-mail address, and post can still arrive in time.")
    return Suggestion("hand", "No recorded address reaches them in time. Deliver it by hand, or find an address.")
