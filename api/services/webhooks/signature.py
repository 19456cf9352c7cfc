"""The headers of a delivery: Standard Webhooks 1.0, signed with HMAC-SHA256 over id, time and body."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook as Signer


def signed_headers(event_id: str, body: bytes, secrets: Sequence[bytes], at: datetime) -> Mapping[str, str]:
    """Return the headers of an attempt at an instant: one signature for each secret, newest first."""
    instant = at.astimezone(UTC)  # the package takes the wall time for UTC
    signatures = [Signer(secret).sign(event_id, instant, body.decode()) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(instant.timestamp())),
        "webhook-signature": " ".join(signatures),
        "content-type": "application/json",
    }
