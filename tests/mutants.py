"""Mutation tests of the rules: change one thing in a file of `api/rules` and see whether `tests/rules` fail.

    python -m tests.mutants                                all files of the rules but `guide.py`, which holds texts only
    python -m tests.mutants api/rules/judge.py --jobs 2    one file, two mutants at a time
    python -m tests.mutants --sample 0.5 --seed 1          a reproducible half of all; add --list to see which

A mutant is killed when a test fails, when the file cannot be imported or when the tests do not end in time. A mutant
that survives passes all tests: either a test is missing, or the change has no effect that a caller can see. Those of
the second kind are described in docs/testing.md. Exits with 1 when fewer than `--at-least` percent were killed.

Verdicts are appended to the state file as they come, and a later run with the same state skips the mutants that have
one. They are bound to a hash of the rules and of their tests: after a change of either, all mutants run again. With
`--trust-killed`, those that earlier tests killed count as killed as long as their own file is unchanged: use it after
adding tests, not after changing them. `--quick` leaves out the properties, the slowest tests, and stores only those
that were killed: it finds what the tables do not notice.

A mutant of a function runs the test files that call this function on the original; one outside of functions runs all.
Each mutant runs in a fork of a process that has imported pytest and Hypothesis but none of the rules (POSIX only).
A fork ends itself by a timer of its processor time, so none outlives the limit, whatever happens to its parent, and a
busy machine does not kill mutants.
"""

import ast
import builtins
import hashlib
import json
import os
import resource
import signal
import sys
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from functools import partial
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import CodeType
from typing import NoReturn, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir
from rich.console import Console
from rich.progress import Progress

from tests.mutations import ROOT, Mutant, functions, mutants_of

RULES, TESTS = ROOT / "api/rules", ROOT / "tests/rules"
SCENARIOS, PROPERTIES = TESTS / "test_scenarios.py", TESTS / "test_properties.py"
OUTSIDE = (
    "tests/documented.py",
    "tests/drawing.py",
    "tests/profile_variables.py",
    "tests/profiles.py",
    "openapi/openapi.json",
)  # used by the tests
OUTPUT = ROOT / "build/mutants"  # git-ignored
PYTEST = (
    *("-x", "-q", "--noconftest", "--import-mode=importlib", "--disable-plugin-autoload", "-p", "no:cacheprovider"),
    *("--capture=no", "--tb=no", "--assert=plain"),  # the output is not read, and explaining a failure is slow
)
SECONDS_AT_LEAST, TIMES_THE_ORIGINAL, MEMORY = 20.0, 5, 2 << 30
# Verdicts by exit code of a fork: that of pytest, or minus the signal; NOT_JUDGED if it gave no verdict.
VERDICTS = {0: "survived", 1: "failed", 2: "not importable", 3: "crashed", -signal.SIGPROF: "timeout"}
NOT_JUDGED = 70

Calls = Mapping[Path, frozenset[str]]  # by test file the functions that it calls, as `path:qualified name`
Task = TypeVar("Task")
Judged = Generator[tuple[Task, str, float], None, None]  # with verdict and seconds


class Changed(SourceFileLoader):
    """Import finder and loader that compiles a changed tree instead of the file."""

    def __init__(self, path: Path, tree: ast.Module) -> None:
        super().__init__(".".join(path.relative_to(ROOT).with_suffix("").parts), str(path))
        self.code = compile(ast.fix_missing_locations(tree), self.path, "exec")
        self.was_asked = False
        sys.meta_path.insert(0, self)

    def find_spec(self, fullname: str, *_: object) -> ModuleSpec | None:
        return spec_from_file_location(fullname, self.path, loader=self) if fullname == self.name else None

    def get_code(self, _fullname: str) -> CodeType:
        self.was_asked = True
        return self.code


def steps_for(mutant: Mutant, calls: Calls) -> list[list[str]]:
    """Return the test files that can fail in three steps: the most likely first, the slowest last."""
    nearest = [SCENARIOS, TESTS / f"test_{mutant.path.stem}.py"]
    name = f"{mutant.path}:{mutant.function}"
    files = [file for file, called in calls.items() if mutant.function is None or name in called]
    steps = (
        [str(file) for file in files if file in nearest and file != PROPERTIES],
        [str(file) for file in files if file not in (*nearest, PROPERTIES)],
        [str(file) for file in files if file == PROPERTIES],
    )
    return [step for step in steps if step]


def judge(mutant: Mutant, calls: Calls) -> int:
    """Run the tests on a mutant; return the exit code of the first step that fails."""
    mutant.put()
    mutated, steps = Changed(mutant.path, mutant.tree), steps_for(mutant, calls)
    code = next((code for files in steps if (code := int(pytest.main([*PYTEST, *files])))), 0)
    return code if mutated.was_asked or not steps else NOT_JUDGED


def judge_original(file: Path, output: Path) -> int:
    """Run a test file on the original, and write the names of the functions of the rules that it called."""
    called = set[str]()
    vars(builtins)["note_call"] = called.add
    for path in RULES.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for function, name in functions(tree.body):
            function.body.insert(0, ast.parse(f"note_call({f'{path}:{name}'!r})").body[0])
        if path.stem != "__init__":
            Changed(path, tree)
    code = int(pytest.main([*PYTEST, str(file)]))
    output.write_text(json.dumps(sorted(called)), encoding="utf-8")
    return code


def in_fork(judge_one: Callable[[], int], seconds: float) -> NoReturn:
    """Run tests and exit with their code, without output, with limits of time and memory; ignore interrupts."""
    code = NOT_JUDGED
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, seconds)
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        nowhere = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nowhere, descriptor)
        code = judge_one()
    finally:
        os._exit(code)


def judged(tasks: Mapping[Task, Callable[[], int]], jobs: int, seconds: float) -> Judged[Task]:
    """Yield each task with its verdict and seconds as it finishes; kill the forks that are left at the end."""
    waiting, running = iter(tasks.items()), dict[int, tuple[Task, float]]()
    try:
        while True:
            for task, judge_one in islice(waiting, jobs - len(running)):
                running[os.fork() or in_fork(judge_one, seconds)] = task, time.monotonic()
            if not running:
                return
            pid, status = os.wait()
            task, since = running.pop(pid)
            code = os.waitstatus_to_exitcode(status)
            if code not in VERDICTS and code >= 0:
                sys.exit(f"The tests did not run on {task}: exit code {code}.")
            yield task, VERDICTS.get(code, "crashed"), time.monotonic() - since
    finally:
        for pid in running:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)


def calls_of_tests(jobs: int, *, quick: bool) -> tuple[Calls, float]:
    """Run the test files on the original; return which functions of the rules each one calls, and the seconds."""
    files = [file for file in sorted(TESTS.glob("test_*.py"), reverse=True) if file != PROPERTIES or not quick]
    with TemporaryDirectory() as folder:
        outputs = {file: Path(folder, f"{file.stem}.json") for file in files}
        tasks = {str(file): partial(judge_original, file, output) for file, output in outputs.items()}
        took = 0.0
        for file, verdict, seconds in judged(tasks, jobs, 600):
            if verdict != "survived":
                sys.exit(f"The tests fail without a mutant: run `pytest {Path(file).relative_to(ROOT)}`.")
            took += seconds
        return {file: frozenset(json.loads(output.read_text("utf-8"))) for file, output in outputs.items()}, took


def digest() -> str:
    """Return a hash of all files that a verdict depends on: the rules, their tests, and the files that these use."""
    files = [*RULES.rglob("*.py"), *TESTS.rglob("*.py"), *TESTS.rglob("*.json"), *(ROOT / name for name in OUTSIDE)]
    parts = sorted(f"{name} {value}" for name, value in os.environ.items() if name.startswith("AFTERWORD_TEST_"))
    parts += (f"{file.relative_to(ROOT)} {hash_of(file)}" for file in sorted(files))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def hash_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def known_verdicts(mutants: Sequence[Mutant], sources: str, words: Namespace) -> dict[str, str]:
    """Read the verdicts that count for these sources from the state file; skip incomplete lines."""
    text = words.state.read_text(encoding="utf-8") if words.state.exists() else ""
    rows = [json.loads(line) for line in text.splitlines() if line.startswith("{") and line.endswith("}")]
    files = {path: hash_of(path) for path in {mutant.path for mutant in mutants}}
    current = {mutant.identity: files[mutant.path] for mutant in mutants} if words.trust_killed else {}
    known = {
        row["mutant"]: row["verdict"]
        for row in rows
        if row["verdict"] != "survived" and row.get("file", "") == current.get(row["mutant"])
    }
    return known | {row["mutant"]: row["verdict"] for row in rows if row["sources"] == sources}


def run(mutants: Sequence[Mutant], words: Namespace) -> dict[str, str]:
    """Run the tests on the mutants without a verdict; return the verdicts of all mutants."""
    sources = digest()
    known = known_verdicts(mutants, sources, words)
    left = [mutant for mutant in mutants if mutant.identity not in known]
    if not left:
        return known
    set_hypothesis_home_dir(OUTPUT / "hypothesis")
    # One failing example is enough, so hypothesis neither shrinks it nor looks for others.
    settings.register_profile("mutants", phases=(Phase.explicit, Phase.generate), report_multiple_bugs=False)
    settings.load_profile("mutants")
    calls, took = calls_of_tests(words.jobs, quick=words.quick)
    tasks = {mutant: partial(judge, mutant, calls) for mutant in left}
    files = {mutant.path: hash_of(mutant.path) for mutant in left}
    words.state.parent.mkdir(parents=True, exist_ok=True)
    notice, limit = Console(stderr=True), max(SECONDS_AT_LEAST, TIMES_THE_ORIGINAL * took)
    with (
        words.state.open("a", encoding="utf-8") as state,
        closing(judged(tasks, words.jobs, limit)) as verdicts,
        # It refreshes only on a verdict: a refresh thread must not run in a process that forks.
        Progress(console=notice, disable=not notice.is_terminal, auto_refresh=False) as progress,
    ):
        task = progress.add_task("mutants", total=len(left))
        for mutant, verdict, seconds in verdicts:
            if digest() != sources:
                sys.exit("The rules or their tests were changed during the run: start it again.")
            known[mutant.identity] = verdict
            row = {"mutant": mutant.identity, "verdict": verdict, "seconds": round(seconds, 2)}
            row |= {"file": files[mutant.path], "sources": sources}
            if verdict != "survived" or not words.quick:
                state.write("\n" + json.dumps(row, ensure_ascii=False))  # the last line may be incomplete
                state.flush()
            progress.update(task, advance=1, refresh=True)
    return known


def report(mutants: Sequence[Mutant], verdicts: Mapping[str, str]) -> float:
    """Print the survivors and the counts of each file; return the percentage that was killed."""
    counts: dict[str, Counter[str]] = {}
    for mutant in mutants:
        verdict = verdicts[mutant.identity]
        counts.setdefault(mutant.identity.partition(":")[0], Counter())[verdict] += 1
        if verdict == "survived":
            source = mutant.path.read_text(encoding="utf-8").splitlines()[mutant.line - 1].strip()
            sys.stdout.write(f"{mutant.identity}  |  {source}\n")
    total = sum(counts.values(), Counter[str]())
    sys.stdout.write(f"\n{'file':36} {'mutants':>14} {' '.join(f'{kind:>14}' for kind in VERDICTS.values())}\n")
    for name, count in (*counts.items(), ("all", total)):
        figures = (count.total(), *(count[kind] for kind in VERDICTS.values()))
        sys.stdout.write(f"{name:36} {' '.join(f'{figure:14}' for figure in figures)}\n")
    killed = 100 * (1 - total["survived"] / max(total.total(), 1))
    sys.stdout.write(f"{killed:.2f} % were killed.\n")
    return killed


def main() -> None:
    parser = ArgumentParser("tests.mutants", description=__doc__, formatter_class=RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="files of api/rules (default: all)")
    parser.add_argument("--exclude", nargs="*", type=Path, default=[RULES / "guide.py"], help="files to leave out")
    parser.add_argument("--sample", type=float, default=1.0, help="share of the mutants, from 0 to 1")
    parser.add_argument("--seed", type=int, default=1, help="seed of the sample")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="number of mutants that run at a time")
    parser.add_argument("--state", type=Path, default=OUTPUT / "verdicts.jsonl", help="file with the verdicts")
    parser.add_argument("--trust-killed", action="store_true", help="run those again only that no earlier test killed")
    parser.add_argument("--quick", action="store_true", help="leave out the properties; store only what was killed")
    parser.add_argument("--at-least", type=float, default=97.0, help="exit with 1 if fewer percent are killed")
    parser.add_argument("--list", action="store_true", help="print the mutants and run nothing")
    words = parser.parse_args()
    excluded = {path.resolve() for path in words.exclude}
    files = [path.resolve() for path in words.files or sorted(RULES.rglob("*.py"))]
    mutants = [one for path in files if words.files or path not in excluded for one in mutants_of(path)]
    # The sample depends on each mutant's identity, so a change of one file does not change the sample of others.
    mutants = [one for one in mutants if Random(f"{words.seed} {one.identity}").random() < words.sample]
    if words.list:
        sys.stdout.writelines(f"{mutant.identity}\n" for mutant in mutants)
        return
    if any(name.startswith("api.rules") for name in sys.modules):
        sys.exit("The rules are imported already, so mutants of them would have no effect.")
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        verdicts = run(mutants, words)
    except KeyboardInterrupt:
        sys.exit("Interrupted: the same command goes on from here.")
    sys.exit(0 if report(mutants, verdicts) >= words.at_least else 1)


if __name__ == "__main__":
    main()
