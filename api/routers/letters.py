"""Endpoints of letters: drafts and sent letters."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, get_args

from fastapi import Path, Query, Request, Response

from api.http.crud import (
    DRY_RUN,
    ORDER,
    PARENT,
    ApplicationId,
    InterviewId,
    changed,
    created,
    etag_of,
    listed,
    matched,
    removed,
    updated,
)
from api.http.deps import CallerDep, DryRun, PageDep
from api.http.negotiation import FORMAT_QUERY, Formats, as_pdf, format_response, json_response
from api.http.routes import Routes
from api.models import Interview, Letter
from api.models.composed_letter import ComposedLetter, ComposeLetter, FindingPublic, LetterCheck
from api.models.letter import LetterCreate, LetterPublic, LetterSend, LetterUpdate
from api.models.page import Page
from api.services.documents.compose import compose_draft, findings
from api.services.documents.letter_sheets import file_name, sheet_of
from api.services.facts.crud import find, to_public_one
from api.services.facts.letters import LETTER, send
from api.storage.keyset import sort_orders
from api.words import letter_mail, letter_sheet

LetterOrder = Annotated[Literal["created_at", "-created_at", "updated_at", "-updated_at"], Query(description=ORDER)]
ORDERS = sort_orders(Letter, "created_at", "updated_at")
LetterFormat = Literal["json", "text", "markdown", "html", "eml", "mailto", "pdf"]
Wanted = Annotated[LetterFormat | None, FORMAT_QUERY]
FORMATS = Formats(*get_args(LetterFormat))
RENDERINGS: dict[str, Callable[[letter_sheet.Sheet], str | bytes]] = {
    "text": letter_sheet.text,
    "markdown": letter_sheet.markdown,
    "html": letter_sheet.page,
    "eml": letter_mail.eml,
    "mailto": letter_mail.mailto,
    "pdf": as_pdf,
}
LetterId = Annotated[str, Path(description="The letter's id.", max_length=64)]
routes = Routes("letters", reports_writes=True)


class LetterPage(Page[LetterPublic]):
    """A page of letters."""


@routes.get(f"{PARENT}/letters", scopes="applications:read")
def list_letters(
    caller: CallerDep, page: PageDep, application_id: ApplicationId, sort: LetterOrder = "created_at"
) -> LetterPage:
    """List letters."""
    with caller.reading() as session:
        return LetterPage.model_construct(**listed(caller, session, LETTER, page, ORDERS[sort], under=application_id))


@routes.post(f"{PARENT}/letters", status_code=201, scopes="applications:write", errors=[409])
def create_letter(caller: CallerDep, application_id: ApplicationId, body: LetterCreate) -> LetterPublic:
    """Record a letter.

    It is a draft; with `sent_at`, it is the record of a letter that was already sent.
    """
    with caller.writing() as session:
        return created(caller, session, LETTER, body, at="/v1/letters", under=application_id)


@routes.get(
    "/v1/letters/{letter_id}", scopes="applications:read", response_model=LetterPublic, responses=FORMATS.content
)
def get_letter(request: Request, caller: CallerDep, letter_id: LetterId, wanted: Wanted = None) -> Any:  # noqa: ANN401
    """Read a letter.

    `Accept` or `format` selects JSON, text, Markdown, HTML to print, a message that a mail program opens as a draft
    (`eml`), a `mailto:` link, or a PDF if the server makes them. A draft shows the recipients as they are now, a sent
    letter as they were when it was sent. Each format has its own ETag; `If-Match` needs that of the JSON.
    """
    with caller.reading() as session:
        letter = find(session, Letter, letter_id)
        kind = FORMATS.negotiate(request, wanted)
        if kind == "json":
            shown = to_public_one(session, LETTER, letter)
            return json_response(caller, shown, etag_of(shown))
        written, name = sheet_of(session, letter), file_name(session, letter)
    return format_response(caller, kind, RENDERINGS[kind](written), file=name)


@routes.patch("/v1/letters/{letter_id}", scopes="applications:write", errors=[409])
def update_letter(caller: CallerDep, letter_id: LetterId, body: LetterUpdate) -> LetterPublic:
    """Change a letter.

    A merge patch: an absent field stays as it is, null clears it. Of a sent letter, only `sent_at`, `channel` and
    `delivered_at` can be corrected; other fields get 409.
    """
    with caller.writing() as session:
        return updated(caller, session, LETTER, letter_id, body)


@routes.delete("/v1/letters/{letter_id}", scopes="applications:write", responses=DRY_RUN)
def delete_letter(caller: CallerDep, letter_id: LetterId, *, dry_run: DryRun = False) -> Response:
    """Delete a letter.

    The letter counts as never recorded. If it was the only thank-you letter of an interview, step 4 reopens with its
    old deadline.
    """
    with caller.writing() as session:
        return removed(caller, session, LETTER, letter_id, dry_run=dry_run)


@routes.post("/v1/interviews/{interview_id}/letters/compose", scopes="applications:write", status_code=201)
def compose_letter(caller: CallerDep, interview_id: InterviewId, body: ComposeLetter | None = None) -> ComposedLetter:
    """Compose a letter from your notes.

    It stores a draft made of your own words – the `wording` of notes, why this job and company, what they said about
    the next stage – with standard sentences between them. Nothing is invented: a part without material is left out and
    listed in `missing`, and each paragraph names the notes that it uses. Of a concern, only its `wording` is used. With
    `template_id` your own text is filled in; a paragraph with words of it has the role `template`.

    Days and times are the employer's, and the newest dates that they named count. A thank-you letter about an interview
    that was cancelled, missed or has not begun is refused with 422, as is a `missed_appointment` about one that took
    place or is ahead; other kinds say what is true.
    """
    with caller.writing() as session:
        interview = find(session, Interview, interview_id)
        letter, draft, channel = compose_draft(session, interview, body or ComposeLetter(recipients=[]))
        shown = to_public_one(session, LETTER, letter)
        caller.created(f"/v1/letters/{letter.id}", etag_of(shown))
        named = letter.named_contacts
        composed: ComposedLetter = ComposedLetter.model_validate(
            {
                **shown.model_dump(),
                "missing": list(draft.missing),
                "gaps": draft.gaps,
                "unaddressed_concerns": list(draft.unaddressed_concerns),
                "suggested_channel": channel,
            }
        )
        return caller.remember(composed, status=201, people=lambda: named)


@routes.get("/v1/letters/{letter_id}/check", scopes="applications:read", etag=False)
def check_letter(caller: CallerDep, letter_id: LetterId) -> LetterCheck:
    """Check a letter before you send it.

    It checks names and their spelling, whether the recipients belong to this application, blanks, clichés, length,
    channel and address, the concerns that the letter should answer, whether the interview took place, and whether the
    days in the text still hold; each finding says what to do. Only a finding of severity `error` prevents sending by
    e-mail.
    """
    with caller.reading() as session:
        found = findings(session, find(session, Letter, letter_id))
        shown = [FindingPublic.model_validate(one) for one in found]
        return LetterCheck(findings=shown, may_be_emailed=all(one.severity != "error" for one in shown))


@routes.post(
    "/v1/letters/{letter_id}/send",
    scopes="applications:write",
    errors=[409],
    if_match=True,
    response_model=LetterPublic,
)
def send_letter(caller: CallerDep, letter_id: LetterId, body: LetterSend | None = None) -> object:
    """Mark a letter as sent.

    It stores name, title and address of each recipient as they are now. A thank-you letter completes step 4 of its
    interview at `sent_at`. By e-mail, every recipient needs an e-mail address. A letter that was sent before the
    interview began gets the warning `evidence_before_interview` and completes nothing.
    """
    with caller.writing() as session:
        row = matched(caller, session, LETTER, letter_id)
        send(session, row, body or LetterSend())
        return changed(caller, session, LETTER, row)
