"""Details of invalid fields: what to send instead, with an example, from the type of the field.

pydantic's own texts name patterns and types of Python. Only its type of error is used here, together with the type of
the field (`Expects` of `api.models.base`). The texts of our own validators are kept.
"""

import json
import re
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from functools import cache
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from annotated_types import Ge, Le
from fastapi.dependencies.models import Dependant
from pydantic import MISSING, BaseModel
from pydantic.fields import FieldInfo
from pydantic_core.core_schema import ErrorType
from typing_extensions import TypeAliasType

from api.http.examples import BODIES, FIXED
from api.models.base import AN_ID, DAY
from api.models.type_notes import Expects

MANY_FIELDS, LONG_EXAMPLE = 12, 120
KNOWN_BODIES = {**FIXED, **BODIES}
SOME_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
KEY = "[key]"  # pydantic's name for the name in an object
IS_BLANK = ("blank", "string_too_short")
NOT_FORMAT = ("read_only",)
BY_TYPE = ("not_a_text", "not_a_date", "not_hours_and_minutes", "not_a_wall_time", "unknown_zone", "int_parsing")
OF_PYDANTIC = frozenset(get_args(ErrorType))
OUTSIDE = "outside expected range"
NO_SUCH_NAME = "There is no field of this name: "
Hint = tuple[Any, tuple[object, ...]]


@dataclass(frozen=True, slots=True)
class Expected:
    """What a field takes: its types without null, and whether it may be null or left out."""

    hints: tuple[Hint, ...] = ()
    is_nullable: bool = False
    is_required: bool = True
    in_body: bool = True
    example: object = None

    def phrase(self) -> str:
        """Return what to send, with an example, as the words after “send”."""
        phrases = [_phrase(hint, self.example, in_body=self.in_body) for hint in self.hints]
        return " or ".join(dict.fromkeys(phrases)) or "another value"

    @property
    def names(self) -> list[str]:
        """The names of the fields, if it takes an object."""
        return [name for hint, _ in self.hints if _is_model(hint) for name in hint.model_fields]


def expected_in(body: FieldInfo | None, query: Mapping[str, FieldInfo], place: str, path: Sequence[object]) -> Expected:
    """Return what the field at a path takes; `place` is `body` or `query`."""
    if place == "body" and body is not None:
        if path and path[-1] == KEY:
            return Expected(tuple(_keys(_at(_of_field(body), path[:-2]))))
        return _at(_of_field(body), path)
    field = query.get(str(path[0])) if place == "query" and path else None
    return _of_field(field, in_body=False) if field is not None else Expected()


def query_fields(dependant: Dependant) -> dict[str, FieldInfo]:
    """Return the query parameters of a route and its dependencies, by name."""
    found = {field.alias: field.field_info for field in dependant.query_params}
    for inner in dependant.dependencies:
        found |= query_fields(inner)
    return found


def detail_of(error: Mapping[str, Any], field: Expected, parent: Expected, name: object) -> str:
    """Return the detail of one of pydantic's errors. `parent`: the object in which the field `name` is."""
    kind = error["type"]
    if kind == "json_invalid":
        return f"Fix the JSON in the body: {error['ctx']['error'].rstrip('.')}."
    if kind == "extra_forbidden":
        return _unknown_name(str(name), parent.names)
    return _about_value(kind, error, field)


def _about_value(kind: str, error: Mapping[str, Any], field: Expected) -> str:
    if kind == "missing":
        return f"This is required: send {field.phrase()}."
    if error.get("input") is None and kind not in NOT_FORMAT:
        leave_out = "" if field.is_required else ", or leave it out"
        return f"It cannot be null: send {field.phrase()}{leave_out}."
    if kind in SENTENCES:
        return SENTENCES[kind](error, field)
    if kind in IS_BLANK and error.get("ctx", {}).get("min_length", 1) == 1:
        return f"Send {field.phrase()}{', or null to leave it empty' if field.is_nullable else ''}."
    is_ours = kind not in (*OF_PYDANTIC, *IS_BLANK, *BY_TYPE)
    return f"{str(error['msg']).rstrip('.')}." if is_ours else f"Send {field.phrase()}."


def _too_long(error: Mapping[str, Any], _field: Expected) -> str:
    return f"Shorten it to at most {error['ctx']['max_length']:,} characters."


def _too_many(error: Mapping[str, Any], _field: Expected) -> str:
    return f"Send at most {error['ctx']['max_length']:,} entries in this list."


def _too_few(_error: Mapping[str, Any], field: Expected) -> str:
    return f"Send at least one entry: {field.phrase()}."


def _without_offset(error: Mapping[str, Any], field: Expected) -> str:
    if DAY.fullmatch(str(error.get("input"))):
        return f"A date alone is not enough: send {field.phrase()}."
    return f"Add the offset from UTC: send {field.phrase()}."


def _no_time(error: Mapping[str, Any], field: Expected) -> str:
    exists = OUTSIDE not in str(error.get("ctx", {}).get("error"))
    return f"{'Send' if exists else 'There is no such day or time: send'} {field.phrase()}."


SENTENCES: Mapping[str, Callable[[Mapping[str, Any], Expected], str]] = {
    "string_too_long": _too_long,
    "too_long": _too_many,
    "too_short": _too_few,
    "timezone_aware": _without_offset,
    **dict.fromkeys(
        ("datetime_from_date_parsing", "datetime_parsing", "date_from_datetime_parsing", "date_parsing"), _no_time
    ),
}


def _unknown_name(name: str, names: Sequence[str]) -> str:
    meant = {_squeezed(one): one for one in names}.get(_squeezed(name[:100]))
    if meant is not None:
        return f"{NO_SUCH_NAME}write {meant}."
    if 0 < len(names) <= MANY_FIELDS:
        return f"{NO_SUCH_NAME}remove it, or use one of {', '.join(names)}."
    return f"{NO_SUCH_NAME}remove it, or check its spelling."


def _squeezed(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _of_field(field: FieldInfo, *, in_body: bool = True) -> Expected:
    hints = tuple(_hints(field.annotation, tuple(field.metadata)))
    is_nullable = any(hint is type(None) for hint, _ in hints)
    useful = tuple(one for one in hints if one[0] not in (type(None), MISSING))
    return Expected(useful, is_nullable, field.is_required(), in_body)


def _keys(field: Expected) -> Iterator[Hint]:
    """Yield the types of the names in an object."""
    for hint, _ in field.hints:
        if _origin(hint) is dict:
            yield from _hints(get_args(hint)[0], ())


def _at(field: Expected, path: Sequence[object]) -> Expected:
    """Follow a path of names and indexes into the types of a body."""
    for part in path:
        inner = [one for hint, _ in field.hints if (one := _inside(hint, part)) is not None]
        if not inner:
            return Expected()
        field = inner[0]
    return field


def _inside(hint: Any, part: object) -> Expected | None:  # noqa: ANN401  # a type
    if _is_model(hint):
        field = hint.model_fields.get(part)
        return replace(_of_field(field), example=_published_example(hint, str(part))) if field is not None else None
    arguments = get_args(hint)
    if _origin(hint) is list:
        return Expected(tuple(_hints(arguments[0], ()))) if isinstance(part, int) else None
    if _origin(hint) is dict:
        return Expected(tuple(_hints(arguments[1], ())))
    return None


def _hints(hint: Any, metadata: tuple[object, ...]) -> Iterator[Hint]:  # noqa: ANN401  # a type
    """Yield the types of a union, each with its metadata; an alias that has a name is the type that it names."""
    if isinstance(hint, TypeAliasType):
        yield from _hints(hint.__value__, metadata)
    elif _origin(hint) is Annotated:
        inner, *more = get_args(hint)
        yield from _hints(inner, (*_flat(more), *metadata))
    elif _origin(hint) in (Union, types.UnionType):
        for one in get_args(hint):
            yield from _hints(one, metadata)
    else:
        yield hint, metadata


def _flat(metadata: Sequence[object]) -> Iterator[object]:
    for one in metadata:
        yield from one.metadata if isinstance(one, FieldInfo) else [one]


def _origin(hint: Any) -> object:  # noqa: ANN401  # a type
    return get_origin(hint)


def _is_model(hint: Any) -> bool:  # noqa: ANN401  # a type
    return isinstance(hint, type) and issubclass(hint, BaseModel)


def _phrase(hint: Hint, example: object, *, in_body: bool) -> str:
    """Return what a type takes. `example`: a better one than that of the type."""
    of, metadata = hint
    told = _told(metadata)
    if told is not None and told.example is None:
        return told.what
    if choices := _choices(of):
        all_of = [_shown(choice, in_body=in_body) for choice in choices]
        listed = " or ".join(filter(None, (", ".join(all_of[:-1]), all_of[-1])))
        return f"one of {listed}" if len(all_of) > 2 else listed
    if of in (int, float) and told is None:
        return _number(of, metadata)
    kind, noun = (str, "a text") if of is str else (list, "a list") if _origin(of) is list else (dict, "an object")
    fits = isinstance(example, kind) and not _is_model(of) and (told is None or told.is_free)
    shown = _shown(example if fits else example_of(of, metadata), in_body=in_body)
    return f"{noun if told is None else told.what} such as {shown}"


def _number(of: type, metadata: Sequence[object]) -> str:
    low = next((one.ge for one in metadata if isinstance(one, Ge)), None)
    high = next((one.le for one in metadata if isinstance(one, Le)), None)
    bounds = "" if low is None else f" of at least {low}" if high is None else f" from {low} to {high:,}"
    return f"a {'whole ' if of is int else ''}number{bounds}"


def _told(metadata: Sequence[object]) -> Expects | None:
    """Return what the outermost type tells."""
    return next((one for one in reversed(metadata) if isinstance(one, Expects)), None)


def _choices(of: Any) -> list[object]:  # noqa: ANN401  # a type
    if of is bool:
        return [True, False]
    if _origin(of) is Literal:
        return list(get_args(of))
    return [one.value for one in of] if isinstance(of, type) and issubclass(of, Enum) else []


def example_of(of: Any, metadata: Sequence[object]) -> object:  # noqa: ANN401  # a type
    """Return a value that a type accepts."""
    told = _told(metadata)
    if told is not None and told.example is not None:
        return told.example
    if choices := _choices(of):
        return choices[0]
    if _is_model(of):
        known = KNOWN_BODIES.get(of.__name__)
        return known if known and len(str(known)) <= LONG_EXAMPLE else dict(_example_fields(of))
    if _origin(of) is list:
        return [example_of(*next(_hints(get_args(of)[0], ())))]
    if _origin(of) is dict:
        key, value = get_args(of)
        return {str(example_of(*next(_hints(key, ())))): example_of(*next(_hints(value, ())))}
    return next((one.ge for one in metadata if isinstance(one, Ge)), 1) if of is int else "Any text"


def _published_example(model: type[BaseModel], name: str) -> object:
    """Return the example of a field in the published document; that of the creation serves for a change too."""
    noun = model.__name__.removesuffix("Create").removesuffix("Update")
    bodies = (BODIES.get(known, {}) for known in (model.__name__, f"{noun}Create", f"{noun}Update"))
    found = next((body[name] for body in bodies if body.get(name) is not None), None)
    return None if len(str(found)) > LONG_EXAMPLE else found


@cache
def _example_fields(model: type[BaseModel]) -> tuple[tuple[str, object], ...]:
    """Return the required fields of an object with examples; if there are none, the first field."""
    fields = model.model_fields
    wanted = [name for name, field in fields.items() if field.is_required()] or list(fields)[:1]
    return tuple(
        (name, _published_example(model, name) or example_of(*_of_field(fields[name]).hints[0])) for name in wanted
    )


def _shown(value: object, *, in_body: bool) -> str:
    """Write an example. Its ids are replaced, because those of the published examples exist in the demo account."""
    if isinstance(value, str):
        return f'"{value.rstrip(".")}"' if in_body else value
    return SOME_ID.sub(AN_ID, json.dumps(value, ensure_ascii=False))
