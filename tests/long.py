"""Run tests with drawn cases for a given time: `python -m tests.long --minutes 10 --seed 7`.

A round runs all tests marked `drawn` with the profile `long` on one database. Rounds alternate between SQLite and
PostgreSQL; every second round takes the next seed. The first failure ends the run, and so does the end of the time,
which interrupts the current round.
"""

import argparse
import signal
import subprocess
import sys
import time
from collections import Counter
from random import Random

COMMAND = (sys.executable, "-m", "pytest", "-q", "-x", "-n", "2", "--dist", "worksteal", "-m", "drawn")
DATABASES = ("sqlite", "postgresql")


def main() -> int:
    """Run rounds until one fails or the time is up; return 1 if one failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.long", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long to run (default 10)")
    parser.add_argument(
        "--seed", type=int, default=Random().randrange(2**32), help="seed of the first round (default: random)"
    )
    parser.add_argument("--rounds", type=int, default=sys.maxsize, help="maximum number of rounds")
    wanted = parser.parse_args()
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs and their children ignore it
    end = time.monotonic() + wanted.minutes * 60
    ended: Counter[str] = Counter()
    for number in range(wanted.rounds):
        left = end - time.monotonic()
        if left <= 0 or ended["failed"]:
            break
        ended[run(DATABASES[number % 2], wanted.seed + number // 2, left)] += 1
    say(f"rounds: {ended['passed']} passed, {ended['failed']} failed, {ended['skipped']} skipped")
    return min(ended["failed"], 1)


def run(database: str, seed: int, seconds: float) -> str:
    """Run one round; return `passed`, `failed`, or `skipped` if the time ended it."""
    options = ("--profile", "long", "--database", database, "--seed", str(seed))
    say(f"test-long: drawn cases on {database} with seed {seed}, for {seconds / 60:.1f} minutes at most")
    with subprocess.Popen([*COMMAND, *options]) as process:
        try:
            how = "failed" if process.wait(seconds) else "passed"
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGINT)  # so that pytest stops PostgreSQL
            process.wait()
            how = "skipped"
    say(f"test-long: {how} on {database} with seed {seed}")
    return how


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
