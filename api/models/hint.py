"""The shape of what an answer adds about itself: warnings, advice and next actions alike."""

from pydantic import BaseModel, ConfigDict


class HintPublic(BaseModel):
    """Something to do or to know. `href` may hold a `{…}` where you choose whom."""

    model_config = ConfigDict(
        from_attributes=True,
        title="Hint",
        json_schema_extra={
            "examples": [
                {
                    "code": "draft_letter",
                    "text": "Write the thank-you letter: it is composed from your notes, and yours to change.",
                    "method": "POST",
                    "href": "/v1/interviews/019577a0-0000-7000-8000-000000000001/letters/compose",
                }
            ]
        },
    )

    code: str
    text: str
    method: str | None
    href: str | None
