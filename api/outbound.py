"""Stand-in until the outgoing client is merged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

import httpx

from api.models.delivery import AttemptError


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a request."""

    status: int | None
    error: AttemptError | None
    retry_after: float | None
    duration_ms: int


async def post(
    url: str,
    *,
    content: bytes,
    headers: Mapping[str, str],
    networks: Sequence[IPv4Network | IPv6Network] = (),
    deadline_seconds: float = 15.0,
) -> Attempt:
    """Send a request."""
    async with httpx.AsyncClient(trust_env=False) as client:
        answer = await client.post(url, content=content, headers=headers, timeout=deadline_seconds)
    return Attempt(answer.status_code, None if answer.is_success else AttemptError.STATUS, None, 0)
