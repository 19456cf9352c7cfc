"""The small changes that mutation tests make in a file: each one of one place, found in the syntax tree."""

import ast
import re
import textwrap
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, singledispatch
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CODE = re.compile(r"(?=.*[A-Za-z])\S+|")  # a code has letters and no blanks, or is empty; other strings are texts
# Keys of a dict are left out because another mutant removes the whole item.
UNTOUCHED_FIELDS = ("annotation", "returns", "decorator_list", "format_spec", "keys", "target", "targets")
UNTOUCHED_NAMES = re.compile(r"__(all|slots)__|[A-Z]\w*[a-z]\w*")  # the second pattern matches type aliases
Operator = type[ast.cmpop]
SIGNS: Mapping[Operator, str] = {ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">="}
BOUNDARIES: Mapping[Operator, Operator] = {ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt}
OPPOSITES = {"min": "max", "max": "min", "any": "all", "all": "any"}
Change = tuple[ast.AST, str, ast.AST]  # the original node, the name of the change, the new node


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
