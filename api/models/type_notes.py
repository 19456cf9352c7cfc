"""Notes on types of fields: keywords for the published schema, and what messages say that a field takes."""

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema


class Says:
    """Adds keywords to the JSON Schema of a type, for what only its validators check."""

    def __init__(self, **keywords: object) -> None:
        self.keywords = keywords

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Return the schema with these keywords."""
        return {**handler(core), **self.keywords}


class Expects:
    """What a type takes, for messages about invalid fields: a noun, and an example that follows “such as”.

    Without an example, `what` says it all. `is_free`: a field of this type may have an example of its own.
    """

    def __init__(self, what: str, example: object = None, *, is_free: bool = False) -> None:
        self.what = what
        self.example = example
        self.is_free = is_free
