"""Addresses of postings in the form in which two of them are compared."""

import re
from urllib.parse import parse_qsl, urlencode, urlsplit

MAX_LENGTH = 600
DROPPED = re.compile(r"utm_.*|gclid|fbclid|msclkid|refid|trk|trackingid", re.IGNORECASE)
LINKEDIN_JOB = re.compile(r"/jobs/view/(?:[^/?]*-)?(\d+)/?")


def posting_key(address: str | None) -> str | None:
    """Return an address without its fragment and without what only counts visitors; None if it names no page.

    The host is in lower case, without `www.`; of LinkedIn, the number of the job counts alone.
    """
    if not address:
        return None
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        return None
    if not host:
        return None
    if host == "linkedin.com" or host.endswith(".linkedin.com"):
        job = LINKEDIN_JOB.fullmatch(parts.path) or re.fullmatch(r".*\bcurrentJobId=(\d+).*", parts.query)
        if job:
            return f"linkedin.com/jobs/view/{job[1]}"
    found = parse_qsl(parts.query, keep_blank_values=True)  # the query can be the number of the posting alone
    query = [(name, value) for name, value in found if not DROPPED.fullmatch(name)]
    path = parts.path.rstrip("/")
    if not path and not query:
        return None  # the front page of a site is no posting
    return f"{host}{path}{'?' if query else ''}{urlencode(query)}"[:MAX_LENGTH]
