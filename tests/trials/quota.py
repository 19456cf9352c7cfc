"""One client fills its account as fast as it can: the account ends at its quota, and nobody else notices."""

import time
from collections import Counter

import httpx

from tests.trials.server_process import Trial, options, run

MB = 1_000_000
QUOTA = 20  # MB
TEXT = "x" * 20_000
TOKENS = 200


def quota(trial: Trial) -> None:
    """Hold the trial."""
    server, verdict = trial.here.server({"AFTERWORD_ACCOUNT_MEGABYTES": str(QUOTA)}), trial.verdict
    server.start()
    hostile, normal = (
        httpx.Client(base_url=server.url, headers={"Authorization": f"Bearer {trial.here.account()}"}, timeout=30)
        for _ in range(2)
    )
    with hostile, normal:
        made = hostile.post("/v1/applications", json={"company": "Acme", "role": "Editor"}).raise_for_status().json()
        notes = f"/v1/applications/{made['id']}/notes"
        tokens = Counter(hostile.post("/v1/tokens", json={"name": str(number)}).status_code for number in range(TOKENS))
        statuses, seconds = _fill(trial, hostile, notes)
        usage = {quota["name"]: quota for quota in hostile.get("/v1/me/usage").raise_for_status().json()["quotas"]}
        refusal = hostile.post(notes, json={"kind": "general", "text": TEXT}).json()
        first = hostile.get(f"/v1/applications/{made['id']}/notes?limit=1").json()["items"][0]["id"]
        deleted = hostile.delete(f"/v1/notes/{first}", headers={"If-Match": "*"}).status_code
        other = normal.post("/v1/applications", json={"company": "Other", "role": "Editor"}).status_code
    server.stop()
    verdict.note("notes of 20 kB at full speed", f"{dict(statuses)} in {seconds:.1f} s")
    verdict.note(f"{TOKENS} tokens asked for", dict(tokens))
    for name in ("stored_bytes", "tokens"):
        used, limit = usage[name]["used"], usage[name]["limit"]
        verdict.promise(f"{name}: at most the quota", f"{used:,} of {limit:,}", kept=0 < used <= limit)
    verdict.promise("a further note", refusal.get("code"), kept=refusal.get("code") == "quota_exceeded")
    verdict.promise("deleting a note", deleted, kept=deleted == 204)
    verdict.promise("somebody else's write", other, kept=other == 201)


def _fill(trial: Trial, client: httpx.Client, notes: str) -> tuple[Counter[int], float]:
    """Store notes until they are refused; return the statuses and the seconds."""
    statuses, began = Counter[int](), time.monotonic()
    for _ in trial.progress.track(range(2 * QUOTA * MB // len(TEXT)), description="notes"):
        statuses[client.post(notes, json={"kind": "general", "text": TEXT}).status_code] += 1
        if statuses[409] >= 20:
            break
    return statuses, time.monotonic() - began


if __name__ == "__main__":
    run(options(__doc__), quota)
