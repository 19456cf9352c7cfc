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
adding tests, not after changing them. `--quick` leaves out the properties, the slowest tests, and stores only those that
were killed: it finds what the tables do not notice.

A mutant of a function runs the test files that call this function on the original; one outside of functions runs all.
Each mutant runs in a fork of a process that has imported pytest and Hypothesis but none of the rules (POSIX only).
A fork ends itself by an alarm, so none outlives the time limit, whatever happens to its parent.
"""

import ast
import builtins
import hashlib
import json
import os
import re
import resource
import signal
import sys
import textwrap
import time
from argparse import ArgumentParser, Namespace, RawDescriptionHelpFormatter
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial, singledispatch
from importlib.machinery import ModuleSpec, SourceFileLoader
from importlib.util import spec_from_file_location
from itertools import islice
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from types import CodeType
from typing import Any, NoReturn, TypeVar

import pytest
from hypothesis import Phase, settings
from hypothesis.configuration import set_hypothesis_home_dir
from rich.console import Console
from rich.progress import Progress

ROOT = Path(__file__).parents[1]
RULES, TESTS = ROOT / "api/rules", ROOT / "tests/rules"
SCENARIOS, PROPERTIES = TESTS / "test_scenarios.py", TESTS / "test_properties.py"
OUTSIDE = ("tests/documented.py", "tests/drawing.py", "tests/profiles.py", "openapi/openapi.json")  # used by the tests
OUTPUT = ROOT / "build/mutants"  # git-ignored
PYTEST = (
    *("-x", "-q", "--noconftest", "--import-mode=importlib", "--disable-plugin-autoload", "-p", "no:cacheprovider"),
    *("--capture=no", "--tb=no", "--assert=plain"),  # the output is not read, and explaining a failure is slow
)
SECONDS_AT_LEAST, TIMES_THE_ORIGINAL, MEMORY = 20.0, 5, 2 << 30
# Verdicts by exit code of a fork: that of pytest, or minus the signal; NOT_JUDGED if it gave no verdict.
VERDICTS = {0: "survived", 1: "failed", 2: "not importable", 3: "crashed", -signal.SIGALRM: "timeout"}
NOT_JUDGED = 70

CODE = re.compile(r"(?=.*[A-Za-z])\S+|")  # a code has letters and no blanks, or is empty; other strings are texts
# Keys of a dict are left out because another mutant removes the whole item.
UNTOUCHED_FIELDS = ("annotation", "returns", "decorator_list", "format_spec", "keys", "target", "targets")
UNTOUCHED_NAMES = re.compile(r"__(all|slots)__|[A-Z]\w*[a-z]\w*")  # the second pattern matches type aliases
Operator = type[ast.cmpop]
SIGNS: Mapping[Operator, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
BOUNDARIES: Mapping[Operator, Operator] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}
Change = tuple[ast.AST, str, ast.AST]  # the original node, the name of the change, the new node
Calls = Mapping[Path, frozenset[str]]  # by test file the functions that it calls, as `path:qualified name`
Task = TypeVar("Task")
Judged = Generator[tuple[Task, str, float], None, None]  # with verdict and seconds


@dataclass(frozen=True, slots=True)
class Mutant:
    """One change of one file. `put` makes it in `tree`, which all mutants of the file share: call it in a fork."""

    path: Path
    line: int
    identity: str
    function: str | None  # the qualified name of the outermost function, None outside of functions
    tree: ast.Module
    put: Callable[[], None]


def altered(node: ast.AST, **fields: object) -> ast.AST:
    """Return a copy of a node with some fields replaced."""
    return type(node)(**{**dict(ast.iter_fields(node)), **fields})


def without(items: Sequence[Any], index: int) -> list[Any]:
    return [*items[:index], *items[index + 1 :]]


def shown(node: ast.AST) -> str:
    return f"`{textwrap.shorten(ast.unparse(node), 60, placeholder=' …')}`"


@singledispatch
def changes(_node: ast.AST) -> Iterator[Change]:
    """Yield the changes of one node, apart from those of the nodes below it."""
    yield from ()


@changes.register
def _compare(node: ast.Compare) -> Iterator[Change]:
    for index, (old, right) in enumerate(zip(node.ops, node.comparators, strict=True)):
        if new := BOUNDARIES.get(type(old)):
            ops = [*node.ops[:index], new(), *node.ops[index + 1 :]]
            yield right, f"{SIGNS[type(old)]} to {SIGNS[new]}", altered(node, ops=ops)
    yield node, f"{shown(node)} negated", ast.UnaryOp(ast.Not(), node)


@changes.register
def _arithmetic(node: ast.BinOp | ast.AugAssign) -> Iterator[Change]:
    right = node.right if isinstance(node, ast.BinOp) else node.value
    is_text = isinstance(right, ast.Constant) and isinstance(right.value, str)
    if isinstance(node.op, ast.Add) and not is_text:
        yield right, "+ to -", altered(node, op=ast.Sub())
    elif isinstance(node.op, ast.Sub):
        yield right, "- to +", altered(node, op=ast.Add())


@changes.register
def _unary(node: ast.UnaryOp) -> Iterator[Change]:
    if isinstance(node.op, ast.Not | ast.USub):
        yield node, f"{shown(node)} to {shown(node.operand)}", node.operand


@changes.register
def _bool_op(node: ast.BoolOp) -> Iterator[Change]:
    is_and = isinstance(node.op, ast.And)
    yield node, "and to or" if is_and else "or to and", altered(node, op=ast.Or() if is_and else ast.And())
    for index, operand in enumerate(node.values):
        rest = without(node.values, index)
        new = altered(node, values=rest) if len(rest) > 1 else rest[0]
        yield operand, f"operand {shown(operand)} removed", new


@changes.register
def _condition(node: ast.If | ast.IfExp) -> Iterator[Change]:
    for forced in (True, False):
        yield node.test, f"if {shown(node.test)} to {forced}", altered(node, test=ast.Constant(forced))


@changes.register
def _comprehension(node: ast.comprehension) -> Iterator[Change]:
    for index, test in enumerate(node.ifs):
        yield test, f"filter {shown(test)} removed", altered(node, ifs=without(node.ifs, index))


@changes.register
def _constant(node: ast.Constant) -> Iterator[Change]:
    value: Any = node.value
    others: list[Any] = [f"{value}XX"] if isinstance(value, str) and CODE.fullmatch(value) else []
    if isinstance(value, int | float):
        others = [not value] if isinstance(value, bool) else [value + 1, value - 1]
    for other in others:
        yield node, f"{value!r} to {other!r}", ast.Constant(other)


@changes.register
def _statement(node: ast.Return | ast.Expr | ast.Raise) -> Iterator[Change]:
    if isinstance(node, ast.Raise) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        yield node, f"{shown(node)} removed", ast.Pass()
    elif isinstance(node, ast.Return) and ast.unparse(node) not in ("return", "return None"):
        yield node, f"{shown(node)} to None", altered(node, value=None)


@changes.register
def _call(node: ast.Call) -> Iterator[Change]:
    name = node.func.id if isinstance(node.func, ast.Name) else None
    if name in OPPOSITES:
        yield node, f"{name} to {OPPOSITES[name]}", altered(node, func=ast.Name(OPPOSITES[name], ast.Load()))
    if name == "sorted":
        yield node, "sorted to list", altered(node, func=ast.Name("list", ast.Load()), keywords=[])
    for index, keyword in enumerate(node.keywords):
        if keyword.arg in ("key", "default"):
            yield keyword.value, f"{keyword.arg} removed", altered(node, keywords=without(node.keywords, index))


@changes.register
def _elements(node: ast.Tuple | ast.List | ast.Set | ast.Dict) -> Iterator[Change]:
    fields = {name: items for name, items in ast.iter_fields(node) if isinstance(items, list)}
    for index, element in enumerate(node.values if isinstance(node, ast.Dict) else node.elts):
        rest = {name: without(items, index) for name, items in fields.items()}
        yield element, f"element {shown(element)} removed", altered(node, **rest)


def is_untouched(node: Any) -> bool:
    """Tell whether a node and all nodes below it are left out: docstrings, type aliases and annotations."""
    match node:
        case ast.Assign(targets=[ast.Name(id=name)]):
            return UNTOUCHED_NAMES.fullmatch(name) is not None
        case ast.Expr(value=ast.Constant()) | ast.If(test=ast.Name(id="TYPE_CHECKING")):
            return True
    return not isinstance(node, ast.AST)


def places(node: ast.AST) -> Iterator[tuple[ast.AST, Callable[[ast.AST], None]]]:
    """Yield every node that may be changed, from the top, with a function that replaces it."""
    for name, value in ast.iter_fields(node):
        children: list[tuple[Any, Callable[[ast.AST], None]]] = [(value, partial(setattr, node, name))]
        if isinstance(value, list):
            children = [(child, partial(value.__setitem__, index)) for index, child in enumerate(value)]
        for child, put in children if name not in UNTOUCHED_FIELDS else ():
            if not is_untouched(child):
                yield child, put
                yield from places(child)


def functions(body: Sequence[ast.stmt], prefix: str = "") -> Iterator[tuple[ast.FunctionDef, str]]:
    """Yield the functions and methods of a module with their qualified names, but none within a function."""
    for node in body:
        if isinstance(node, ast.ClassDef):
            yield from functions(node.body, f"{prefix}{node.name}.")
        elif isinstance(node, ast.FunctionDef):
            yield node, prefix + node.name


def mutants_of(path: Path) -> list[Mutant]:
    """Return all mutants of a file. Equal identities at one place get a number."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    within = {n: name for function, name in functions(tree.body) for line in function.body for n in ast.walk(line)}
    assigned = [node for node in ast.walk(tree) if isinstance(node, ast.Assign)]
    unpacked = {node.value for node in assigned if isinstance(node.targets[0], ast.Tuple)}  # its length is fixed
    seen, found = Counter[str](), list[Mutant]()
    for node, put in places(tree):
        for where, what, new in () if node in unpacked else changes(node):
            line, column = getattr(where, "lineno", 0), getattr(where, "col_offset", 0) + 1
            identity = f"{path.relative_to(ROOT)}:{line}:{column} {what}"
            seen[identity] += 1
            identity += f" #{seen[identity]}" if seen[identity] > 1 else ""
            found.append(Mutant(path, line, identity, within.get(node), tree, partial(put, new)))
    return found


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
        signal.setitimer(signal.ITIMER_REAL, seconds)
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
