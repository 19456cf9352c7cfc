"""One call of a tool: its arguments, the API as its token sees it, and the time."""

from collections.abc import Mapping
from dataclasses import dataclass

from api.agents import confirmations, times
from api.agents.client import Api, Current, checked_id
from api.agents.confirmations import NeedsYes
from api.agents.problems import Document, Refusal


@dataclass
class Context:
    """One call of a tool. `agreed`: what the user answered when a client asked them, if it did."""

    tool: str
    arguments: Mapping[str, object]
    api: Api
    current: Current
    agreed: bool | None = None

    def text(self, name: str) -> str | None:
        """Return an argument that is a text."""
        value = self.arguments.get(name)
        return value if isinstance(value, str) else None

    def required(self, name: str) -> str:
        """Return an argument that the schema requires."""
        return str(self.arguments[name])

    def flag(self, name: str) -> bool:
        """Return an argument that is true or false, by default false."""
        return self.arguments.get(name) is True

    def number(self, name: str, default: int) -> int:
        """Return an argument that is a whole number."""
        value = self.arguments.get(name, default)
        return int(value) if isinstance(value, int | float) else default

    def entries(self, name: str) -> list[Document]:
        """Return an argument that is a list of objects."""
        value = self.arguments.get(name)
        return [dict(one) for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []

    def texts(self, name: str) -> list[str]:
        """Return an argument that is a list of texts."""
        value = self.arguments.get(name)
        return [str(one) for one in value] if isinstance(value, list) else []

    def id(self, name: str) -> str | None:
        """Return an argument that is an id. Raises Refusal for anything else."""
        value = self.text(name)
        return None if value is None else checked_id(name, value)

    def given(self, *names: str) -> Document:
        """Return those of the arguments that were given."""
        return {name: self.arguments[name] for name in names if name in self.arguments}

    @property
    def zone(self) -> str:
        """The user's zone."""
        return self.current.time_zone

    @property
    def dry_run(self) -> bool:
        """Whether nothing is to be written."""
        return self.flag("dry_run")

    def now(self) -> str:
        """Return the time in the user's zone, in words."""
        return times.spoken(self.current.now, self.zone)

    def past(self, name: str) -> str | None:
        """Return an argument that says when something happened, as the API takes it."""
        value = self.text(name)
        return None if value is None else times.rfc3339(times.past(value, self.zone, name, self.current.now))

    def moments(self, *names: str) -> Document:
        """Return the given arguments that are dates which an employer named, as the API takes them."""
        return {name: times.moment(str(self.arguments[name]), name) for name in names if name in self.arguments}

    def has_yes(self, act: str) -> bool:
        """Tell whether the user agreed to an act. Raises Refusal if they did not."""
        if self.agreed is False:
            raise Refusal(confirmations.DECLINED)
        code = self.text("confirm")
        if self.agreed or code is None:
            return self.agreed is True
        if not confirmations.is_valid(
            code,
            act,
            self.arguments,
            token_id=self.current.id,
            secret=self.api.secret,
            now=self.current.now,
        ):
            raise Refusal(
                "That code is not valid: it is for other arguments, or older than ten minutes. Call without confirm, "
                "and ask the user."
            )
        return True

    def question(self, act: str, message: str, effects: list[Document]) -> NeedsYes:
        """Return the question whether the user agrees to an act."""
        code = confirmations.code_for(
            act, self.arguments, token_id=self.current.id, secret=self.api.secret, now=self.current.now
        )
        return NeedsYes(act, message, code, effects)
