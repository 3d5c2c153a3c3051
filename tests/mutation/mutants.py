"""The mutants of a module: one small change to its syntax tree each, where a test should notice."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

_SWAPPED: dict[type[ast.AST], type[ast.AST]] = {
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq, ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt,
    ast.In: ast.NotIn, ast.NotIn: ast.In, ast.Is: ast.IsNot, ast.IsNot: ast.Is, ast.And: ast.Or, ast.Or: ast.And,
    ast.Add: ast.Sub, ast.Sub: ast.Add, ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mutant:
    """A changed module: `what` is changed, `line` where, and the `lines` of its statement; none outside functions."""

    line: int
    lines: range
    what: str
    tree: ast.Module


def mutants(source: str) -> Iterator[Mutant]:
    """Every mutant of a source text, by line. Docstrings, decorators, annotations, fields and locks are left alone."""
    tree = ast.parse(source)
    lines = _lines(tree)
    skipped = {id(inner) for node in ast.walk(tree) for part in _left_alone(node) for inner in ast.walk(part)}
    sites = [(node.lineno, node) for node in ast.walk(tree) if isinstance(node, ast.expr | ast.stmt)]
    for _, node in sorted(sites, key=lambda site: site[0]):
        if id(node) not in skipped:
            yield from _changed(tree, node, lines.get(id(node), range(0)))


def _lines(tree: ast.Module) -> dict[int, range]:
    """The lines of the statement that every part of a function belongs to; of a compound one, those of its head."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    found = {id(inner): range(one.lineno, (one.end_lineno or 0) + 1) for one in functions for inner in ast.walk(one)}
    for function in functions:
        for statement in (one for line in function.body for one in ast.walk(line) if isinstance(one, ast.stmt)):
            body = getattr(statement, "body", None)
            last = body[0].lineno if body else (statement.end_lineno or 0) + 1
            found |= {id(inner): range(statement.lineno, last) for inner in ast.walk(statement)}
    return found


def _left_alone(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        yield node  # a docstring
    if isinstance(node, ast.FunctionDef):
        yield from node.decorator_list
    if isinstance(node, ast.FunctionDef):
        yield from filter(None, (node.returns, *(one.annotation for one in (*node.args.args, *node.args.kwonlyargs))))
    if isinstance(node, ast.AnnAssign):
        yield node.annotation
    if isinstance(node, ast.ClassDef):
        yield from (*node.bases, *node.keywords, *node.decorator_list)
        yield from (one for one in node.body if not isinstance(one, ast.FunctionDef))  # names and defaults
    if isinstance(node, ast.Raise | ast.Assert):
        yield from ast.iter_child_nodes(node)  # the words of an error are for people
    if isinstance(node, ast.keyword) and node.arg in ("with_for_update", "skip_locked"):
        yield node  # a lock that only PostgreSQL has
    if isinstance(node, ast.Expr) and "one_at_a_time" in ast.unparse(node):
        yield node  # as above


def _changed(tree: ast.Module, node: ast.expr | ast.stmt, lines: range) -> Iterator[Mutant]:
    for what, act in _changes(node):
        place = _place(tree, node)
        copy = deepcopy(tree)
        target = _at(copy, place)
        act(target)
        yield Mutant(node.lineno, lines, what, ast.fix_missing_locations(copy))


def _changes(node: ast.expr | ast.stmt) -> Iterator[tuple[str, "_Act"]]:
    match node:
        case ast.Compare(ops=[op]) if type(op) in _SWAPPED:
            yield f"{_name(op)} for its contrary", _Act("ops", [_SWAPPED[type(op)]()])
        case ast.BoolOp(op=op) | ast.BinOp(op=op) if type(op) in _SWAPPED:
            yield f"{_name(op)} for its contrary", _Act("op", _SWAPPED[type(op)]())
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            yield "without not", _Act("op", ast.UAdd(), value=ast.Call(ast.Name("bool", ast.Load()), [operand], []))
        case ast.Constant(value=bool() as value):
            yield f"{not value} for {value}", _Act("value", not value)
        case ast.Constant(value=int() as value):
            yield f"{value + 1} for {value}", _Act("value", value + 1)
        case ast.Constant(value=str() as value):
            yield f"another text for {value[:30]!r}", _Act("value", f"{value}XX")
        case _:
            yield from _left_out(node)


def _left_out(node: ast.expr | ast.stmt) -> Iterator[tuple[str, "_Act"]]:
    match node:
        case ast.IfExp() | ast.If() | ast.While():
            for value in (True, False):
                yield f"condition always {value}", _Act("test", ast.Constant(value))
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield "returns None", _Act("value", ast.Constant(None))
        case ast.Expr(value=ast.Call()):
            yield "without this call", _Act("value", ast.Constant(None))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript() | ast.Tuple(elts=[ast.Attribute(), *_])]):
            yield "without this assignment", _Act("", None)
        case ast.AugAssign():
            yield "without this assignment", _Act("", None)


def _name(op: ast.AST) -> str:
    return type(op).__name__.lower()


@dataclass(frozen=True, slots=True)
class _Act:
    """What is done to a node: a field of it gets another value; the whole statement or expression gives way."""

    field: str
    new: object
    value: ast.expr | None = None

    def __call__(self, node: ast.AST) -> None:
        if self.value is not None:  # an expression in the place of a `not`
            node.__class__ = ast.Call
            node.__dict__.update(func=self.value.func, args=self.value.args, keywords=[])  # type: ignore[attr-defined]
        elif not self.field:
            node.__class__ = ast.Pass
        else:
            setattr(node, self.field, self.new)


def _place(tree: ast.Module, node: ast.AST) -> int:
    return next(position for position, one in enumerate(ast.walk(tree)) if one is node)


def _at(tree: ast.Module, place: int) -> ast.AST:
    return next(one for position, one in enumerate(ast.walk(tree)) if position == place)
