"""Wrong values for every field of every request, and what is answered; `python -m tests.words.messages` writes them.

The page `messages.md` has one row for each answer, so that a change of a text is seen and read.
"""

import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, NamedTuple, get_args

from fastapi.dependencies.models import Dependant
from pydantic import BaseModel, TypeAdapter, ValidationError

from api.errors import FieldError
from api.http.problems import field_errors
from api.http.route_index import routes_of
from api.http.strict_route import Route
from api.main import create_app
from api.settings import Settings

PAGE = Path(__file__).parent / "messages.md"
HEAD = """# What is answered to wrong values

Written by `python -m tests.words.messages`. A row: the code, the detail, the first fields of how many, the values sent.

"""
SHOWN, MOST_SENT = 3, 5
WRONG: dict[str, Any] = {
    "null": None,
    "an empty text": "",
    "spaces": "  ",
    "a word": "abc",
    "a long text": "x" * 30_000,
    "two lines": "a\nb",
    "a control character": "a\x01b",
    "a number": 7,
    "a negative number": -1,
    "a huge number": 10**30,
    "a fraction": 1.5,
    "a number as text": "62,000",
    "true": True,
    "yes": "yes",
    "a list": ["x"],
    "an empty list": [],
    "a list of null": [None],
    "a list of numbers": [9],
    "a long list": ["x"] * 500,
    "an empty object": {},
    "an unknown name": {"x": 1},
    "a name in camel case": {"thankYouHours": 24},
    "a date": "2026-12-05",
    "no such day": "2026-02-30",
    "a German date": "5.12.2026",
    "an American date": "12/05/2026",
    "a date of 1900": "1900-01-01",
    "an instant": "2026-12-05T10:00:00Z",
    "an instant without offset": "2026-12-05T10:00:00",
    "an instant with a space": "2026-12-05 10:00",
    "no such instant": "2026-02-30T10:00:00Z",
    "an instant of 1900": "1900-01-01T00:00:00Z",
    "seconds since 1970": 1_780_000_000,
    "a clock time": "9:00",
    "no such clock time": "25:00",
    "an afternoon": "9 pm",
    "a moment with a German date": {"date": "5.12.2026"},
    "a moment with an instant": {"date": "2026-12-05T10:00:00Z"},
    "a moment at 9 am": {"date": "2026-12-05", "time": "9 am"},
    "an offset": "+05:30",
    "an abbreviated zone": "PST",
    "mailto": "mailto:n@x.example",
    "a name with an address": "Nora <n@x.example>",
    "two addresses": "a@x.example, b@x.example",
    "a link without https": "www.x.example",
    "a link of another kind": "ftp://x.example",
    "a link with a space": "https://x.example/a b",
    "a script": "javascript:alert(1)",
    "a UUID of version 4": "5b3b1a0e-7a1e-4c3f-9a55-0e8f0c1f2a3b",
    "a currency in small letters": "usd",
    "a language of POSIX": "en_US.UTF-8",
    "a template with an unknown name": "{{ salary }}",
    "a template without an end": "{% if date %}",
}
Answers = dict[tuple[str, str], dict[str, list[str]]]


class Field(NamedTuple):
    """A field of a body (`Schema.name`) or a query parameter (`?name`), its value's type, and its route."""

    label: str
    name: str
    adapter: TypeAdapter[Any]
    route: Any
    place: str


def fields() -> Iterator[Field]:
    """Yield every top field of every body, and every query parameter, once for each format of texts."""
    with tempfile.TemporaryDirectory() as folder:
        app = create_app(Settings(database_url=f"sqlite:///{folder}/none.db"))
    seen: set[tuple[str, frozenset[str]]] = set()
    for route in routes_of(app):
        if not isinstance(route, Route):
            continue
        found = [*_of_body(route), *_of_query(route)]
        yield from (field for field in found if (field.label, _formats(field)) not in seen)
        seen.update((field.label, _formats(field)) for field in found)


def _formats(field: Field) -> frozenset[str]:
    """Return the formats of a query parameter, which another route may use with another type: dates, instants."""
    return (
        frozenset(re.findall(r'"format": "([a-z-]+)"', json.dumps(field.adapter.json_schema(mode="validation"))))
        if field.place == "query"
        else frozenset()
    )


def _of_body(route: Route) -> Iterator[Field]:
    if route.body_field is None:
        return
    body: Any = route.body_field.field_info.annotation
    models = [one for one in (get_args(body) or [body]) if isinstance(one, type) and issubclass(one, BaseModel)]
    for model in models:
        for name in model.model_fields:
            yield Field(f"{model.__name__}.{name}", name, TypeAdapter(body), route, "body")


def _of_query(route: Route) -> Iterator[Field]:
    for field in _query_of(route.dependant):
        info = field.field_info
        yield Field(f"?{field.alias}", field.alias, TypeAdapter(_annotated(info)), route, "query")


def _query_of(dependant: Dependant) -> Iterator[Any]:
    yield from dependant.query_params
    for inner in dependant.dependencies:
        yield from _query_of(inner)


def _annotated(info: Any) -> Any:
    return Annotated[(info.annotation, info)]


def answers_to(field: Field, value: Any) -> list[FieldError]:
    """Return the errors of one wrong value, as a response shows them; no errors if it is accepted."""
    is_body = field.place == "body"
    try:
        field.adapter.validate_python({field.name: value} if is_body else value)
    except ValidationError as error:
        found: Any = error.errors(include_url=False)
    else:
        return []
    if is_body:
        found = [one for one in found if one["loc"][:1] == (field.name,)]
        located = [{**one, "loc": ("body", *one["loc"])} for one in found]
    else:
        located = [{**one, "loc": ("query", field.name)} for one in found]
    return field_errors(located, field.route)


def answers() -> Answers:
    """Return the fields and the wrong values that get each answer (code and detail)."""
    found: Answers = defaultdict(lambda: defaultdict(list))
    for field in fields():
        for sent, value in WRONG.items():
            if field.place == "query" and not isinstance(value, str):
                continue
            for fault in answers_to(field, value):
                inner = "".join(f"/{part}" for part in fault.name.split("/")[2:])
                found[fault.code, fault.detail][field.label + inner].append(sent)
    return found


def page() -> str:
    """Return the page of all answers."""
    lines = ["| code | detail | fields | sent |", "|---|---|---|---|"]
    for (code, detail), places in sorted(answers().items()):
        shown = ", ".join(list(places)[:SHOWN]) + (f" … ({len(places)})" if len(places) > SHOWN else "")
        sent = [one for one in WRONG if any(one in values for values in places.values())]
        some = ", ".join(sent[:MOST_SENT]) + (f" … ({len(sent)})" if len(sent) > MOST_SENT else "")
        lines.append(f"| {code} | {detail} | {shown} | {some} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
    sys.stdout.write(f"{PAGE}\n")
