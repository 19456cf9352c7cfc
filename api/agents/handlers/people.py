"""People in interviews and debriefs: as the API takes them, and what is recorded of them already."""

from api.agents.client import checked_id, path
from api.agents.delimiters import mark
from api.agents.handlers.context import Context
from api.agents.handlers.writing import EMPTY, is_same, shown_value
from api.agents.problems import Document, Refusal

PERSONAL = ("full_name", "honorific", "job_title", "email", "phone")


async def people_of(call: Context, application_id: str) -> list[Document]:
    """Return the people of a call as the API takes them.

    What is recorded of a known person already is left out. Raises Refusal if something else is recorded of them, or if
    somebody else is the one to ask about the application.
    """
    people = [await _person(call, given, number) for number, given in enumerate(call.entries("people"))]
    asked = [number for number, person in enumerate(people) if person.get("is_status_contact")]
    if asked and not call.flag("replace"):
        await _check_asked(call, application_id, people[asked[-1]], asked[-1])
    return people


async def _check_asked(call: Context, application_id: str, person: Document, number: int) -> None:
    """Raise Refusal if somebody else is the one to ask. Of a new person, the name tells whether it is the same."""
    application = await call.api.get(path("/v1/applications/{application_id}", application_id=application_id))
    id_ = application["status_contact_id"]
    if id_ in (None, person.get("contact_id")):
        return
    recorded = await call.api.get(path("/v1/contacts/{contact_id}", contact_id=id_))
    if "contact_id" not in person and recorded["full_name"] == person.get("full_name"):
        return
    raise Refusal(
        f"people.{number}: the one to ask is recorded already, {mark(recorded['full_name'] or 'no name')}. Leave out "
        f"ask_about_application; to change that, if the user wants it, use save_contact."
    )


async def _person(call: Context, given: Document, number: int) -> Document:
    fields = {name: given[name] for name in PERSONAL if name in given}
    flags = {
        **({"optional": True} if given.get("optional") else {}),
        **({"is_status_contact": True} if given.get("ask_about_application") else {}),
    }
    id_ = given.get("contact_id")
    if id_ is None:
        if not {"full_name", "job_title"} & fields.keys():
            raise Refusal(f"people.{number} wants a contact_id, or at least full_name or job_title.")
        return {**fields, **flags}
    known = checked_id(f"people.{number}.contact_id", str(id_))
    if fields:
        fields = await _unknown_fields(call, known, fields, number)
    return {"contact_id": known, **fields, **flags}


async def _unknown_fields(call: Context, id_: str, fields: Document, number: int) -> Document:
    """Return those of the fields that are not recorded of a person."""
    recorded = await call.api.get(path("/v1/contacts/{contact_id}", contact_id=id_))
    differing = {name: value for name, value in fields.items() if not is_same(recorded[name], value)}
    standing = [name for name in differing if recorded[name] not in EMPTY]
    if standing:
        shown = "; ".join(f"{name}: {shown_value(recorded[name])}" for name in standing)
        who = mark(recorded["full_name"] or "no name")
        raise Refusal(
            f"people.{number} is {who}, recorded already with {shown}. Leave these out; to change them, if the user "
            f"wants that, use save_contact."
        )
    return differing
