"""The metrics for Prometheus. The route exists only if the operator has set a token, and is not in the document."""

from hmac import compare_digest

from anyio import to_thread
from fastapi import Request, Response
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from api.errors import UnauthorizedError
from api.http.credentials import bearer_token
from api.http.routes import OPEN, Routes
from api.metrics import Metrics

routes = Routes("about")


@routes.get("/metrics", include_in_schema=False, scopes=OPEN)
async def read_metrics(request: Request) -> Response:
    """Read all metrics, in a thread of its own, so that it does not wait for other requests."""
    metrics: Metrics = request.app.state.metrics
    token: str = request.app.state.settings.metrics_token.get_secret_value()
    if not compare_digest(bearer_token(request).encode(), token.encode()):
        raise UnauthorizedError("Send the token of AFTERWORD_METRICS_TOKEN: Authorization: Bearer <token>.")
    text = await to_thread.run_sync(metrics.exposition, limiter=metrics.limiter)
    return Response(text, media_type=CONTENT_TYPE_PLAIN_0_0_4)
