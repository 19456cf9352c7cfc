"""Letters: drafts and what was sent."""

from typing import Annotated

from fastapi import Path

from api.deps import CallerDep
from api.models import Letter
from api.models.letter import LetterPublic, LetterSend
from api.pagination import by
from api.resources import Resource, add_create, add_item, add_list, changed, matched, router
from api.services.letters import LETTER, send

LETTERS = Resource(
    kind=LETTER,
    name="letter",
    plural="letters",
    sorts=by(Letter, "created_at", "updated_at"),
    words={
        "create": "A draft; with `sent_at` the record of one that has gone out already.",
        "update": "A sent letter stays as it is: `sent_at`, `channel` and `delivered_at` can be corrected, else 409.",
        "delete": "With the thank-you letter of an interview gone, step 4 re-opens with its old deadline.",
    },
)
LetterId = Annotated[str, Path(description="The letter's id.", max_length=64)]
routes = router("letters")
add_list(routes, LETTERS, nested=True)
add_create(routes, LETTERS, nested=True)
add_item(routes, LETTERS)


@routes.post("/v1/letters/{letter_id}/send", operation_id="send_letter", response_model=LetterPublic)
def send_letter(caller: CallerDep, letter_id: LetterId, body: LetterSend | None = None) -> object:
    """Mark a letter as sent.

    Keeps name, title and address of each recipient as they are now, and completes step 4 of a thank-you letter's
    interview at `sent_at`. By e-mail, every recipient needs an address. Sent before the interview began, it is kept
    with the warning `evidence_before_interview` and does not count.
    """
    with caller.writing() as session:
        row = matched(caller, session, LETTER, letter_id)
        send(session, row, body or LetterSend())
        return changed(caller, session, LETTER, row)
