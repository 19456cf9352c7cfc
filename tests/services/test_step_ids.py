"""The id of a step is a name-based UUID of its key, so it is the same on every machine."""

from uuid import UUID, uuid4, uuid5

from hypothesis import given
from hypothesis import strategies as st

from api.models.step import step_id
from tests.drawing import drawn


@drawn(quick=100, long=1_000)
@given(st.uuids(), st.integers(1, 7), st.text(max_size=64))
def test_the_id_is_the_uuid5_of_the_key_in_the_namespace_of_the_application(
    application: UUID, number: int, scope: str
) -> None:
    assert step_id(str(application), number, scope) == str(uuid5(application, f"{number}:{scope}"))


def test_an_application_written_without_hyphens_has_the_same_steps() -> None:
    application = uuid4()
    assert step_id(application.hex, 7, "application") == step_id(str(application), 7, "application")
