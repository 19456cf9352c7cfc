"""The error of a response."""

import httpx

from afterword_client.generated.models import ProblemDocument, ProblemField


class ProblemError(Exception):
    """A response of 400 or more. One without a problem document, as from a proxy, has the code `unknown`."""

    problem: ProblemDocument | None = None
    code: str = "unknown"
    errors: list[ProblemField] = []  # noqa: RUF012  # read only

    def __init__(self, response: httpx.Response) -> None:
        self.response, self.status, detail = response, response.status_code, response.reason_phrase
        if "problem+json" in response.headers.get("Content-Type", ""):
            self.problem = problem = response.json()
            self.code, self.errors, detail = problem["code"], problem["errors"], problem["detail"]
        super().__init__(f"{self.status} {detail}")

    def field(self, pointer: str) -> str | None:
        """Return the text for one field of the body, by its JSON Pointer such as `/company`."""
        return next((error["detail"] for error in self.errors if error.get("pointer") == pointer), None)
