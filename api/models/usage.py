"""What an account uses of its quotas."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field


class QuotaUsage(BaseModel):
    """One quota. `per`: it applies to the account, or to each application or interview."""

    name: str
    used: Annotated[int, Field(description="If it applies to each application or interview: of the one with the most.")]
    limit: int
    unit: Literal["rows", "bytes"]
    per: Literal["account", "application", "interview"]


class Usage(BaseModel):
    """All quotas of an account."""

    quotas: list[QuotaUsage]
