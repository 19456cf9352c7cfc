"""Links to the pages of a frontend, of which AFTERWORD_APP_URL is the pattern."""


def app_link(pattern: str, kind: str, id_: str) -> str | None:
    """Return the address of a page: of an application, interview, step, letter or contact; None without a pattern."""
    return pattern.replace("{kind}", kind).replace("{id}", id_) if pattern else None
