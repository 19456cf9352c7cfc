"""People in answers: what a token without the scope `contacts:read` sees of a contact or a reference.

A model that shows a person names in `identity` the fields that every token sees; of such a token's answers
`identity_only` makes all others null. Where a person is named in a text, `shows_contacts` of the session decides.
"""

from typing import Any, TypeVar

from pydantic import BaseModel

Model = TypeVar("Model", bound=BaseModel)
IDENTITY = "identity"


def identity_only(shown: Model) -> Model:
    """Return a copy of a response in which each person, at any depth, has only the fields of its `identity`."""
    values = {name: _reduced(value) for name, value in shown}
    visible = getattr(type(shown), IDENTITY, None)
    if visible is not None:
        values |= {name: None for name in values if name not in visible}
    return shown.model_copy(update=values)


def _reduced(value: Any) -> Any:  # noqa: ANN401  # whatever a field holds
    if isinstance(value, BaseModel):
        return identity_only(value)
    if isinstance(value, list):
        return [_reduced(one) for one in value]
    return value
