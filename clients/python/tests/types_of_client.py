"""Checked by mypy, never run: `warn_unused_ignores` fails if it accepts one of the wrong calls."""

from afterword_client import Afterword, ProblemError, models


def types(api: Afterword, error: ProblemError) -> tuple[str | None, list[str]]:
    """Right calls, then wrong ones."""
    made: models.ApplicationPublic = api.create_application({"company": "A", "role": "B"})
    deleted: models.DeletionPreview | None = api.delete_application(made["id"], dry_run=True)
    names = [one["application"]["company"] for one in api.items(api.list_queue, sort="urgency", limit=3)]
    api.get_application()  # type: ignore[call-arg]  # the path has a parameter
    api.create_application({"company": "A", "role": "B", "stage": "nearly"})  # type: ignore[typeddict-item]
    api.list_queue()["nothing"]  # type: ignore[typeddict-item]
    api.items(api.get_me)  # type: ignore[arg-type]  # this is no list
    api.items(api.list_queue, sort="nothing")  # type: ignore[arg-type]
    return error.field("/company") if deleted is None else None, names
