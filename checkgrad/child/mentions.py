"""What the syntax tree of a function mentions, returns and keeps."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from .syntax import FunctionNode

ALONG_AN_AXIS = ("sum", "mean", "max", "min", "argmax", "prod", "amax")
BESIDE_AXES = (
    "delete", "insert", "append", "concatenate", "stack", "split", "roll", "repeat", "expand_dims",
    "squeeze", "swapaxes", "moveaxis",
)  # fmt: skip
CLIPS = ("clip", "minimum", "maximum", "min", "max")
NEAR = 1e-3  # what keeps a logarithm finite is no other number
MOST_NAMES, LONGEST_KEY = 100, 20


def returned(node: FunctionNode) -> int:
    """How many values the return statements group; 0 where nothing is returned."""
    if isinstance(node, ast.Lambda):
        return width(node.body)
    return max((width(one.value) for one in own_returns(node) if one.value), default=0)


def width(value: ast.expr) -> int:
    if isinstance(value, ast.Constant) and value.value is None:
        return 0
    return len(value.elts) if isinstance(value, ast.Tuple) else 1


def names_returned(node: FunctionNode) -> tuple[str, ...]:
    """The names of the values that the last return statement with several of them groups."""
    if isinstance(node, ast.Lambda):
        return ()
    tuples = [one.value.elts for one in own_returns(node) if isinstance(one.value, ast.Tuple)]
    return tuple(getattr(v, "id", getattr(v, "attr", "")) for v in (tuples or [[]])[-1])[
        :MOST_NAMES
    ]


def numbers_read(node: FunctionNode, space: dict[str, Any]) -> Iterator[str]:
    """Names that a function reads and never binds, which stand for a number in its module or for nothing yet."""
    names = [n for n in ast.walk(node) if isinstance(n, ast.Name)]
    bound = {n.id for n in names if not isinstance(n.ctx, ast.Load)}
    bound |= {n.arg for n in ast.walk(node) if isinstance(n, ast.arg)}
    for name in dict.fromkeys(n.id for n in names if n.id not in bound):
        known = space.get(name, getattr(builtins, name, None))
        if known is None or type(known) in (int, float):
            yield name


def own_returns(node: ast.AST) -> Iterator[ast.Return]:
    """Return statements of a function, without those of functions inside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            yield child
        elif not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
        ):
            yield from own_returns(child)


def mentioned(nodes: Sequence[ast.AST]) -> list[str]:
    """Names, attributes, axes and what is done with a number ("1 -", "1 /", "** 2"), in the order of the source, each once."""
    found: dict[str, tuple[int, int]] = {}
    bounds = inside_bounds(nodes)
    numbers = functions_of_numbers(nodes)
    for node in nodes:
        if node in numbers:
            continue
        if isinstance(node, ast.Name):
            found.setdefault(node.id, (node.lineno, node.col_offset))
        elif isinstance(node, ast.Attribute):
            found.setdefault(node.attr, place(node))
        elif isinstance(node, ast.Call):
            found |= {word: place(node) for word in axes_of(node) if word not in found}
        elif isinstance(node, ast.BinOp) and node not in bounds and (word := with_a_number(node)):
            found.setdefault(word, (node.lineno, node.col_offset))
    return sorted(found, key=lambda name: found[name])[:MOST_NAMES]


def texts_in(nodes: Iterable[ast.AST]) -> Iterator[str]:
    """Texts that are words, as keys of dicts are."""
    for node in nodes:
        text = node.value if isinstance(node, ast.Constant) else None
        if type(text) is str and len(text) <= LONGEST_KEY and text.isidentifier():
            yield text


def place(node: ast.expr) -> tuple[int, int]:
    """Where a node ends."""
    return node.end_lineno or 0, node.end_col_offset or 0


def axes_of(call: ast.Call) -> Iterator[str]:
    """ "axis" where a call works along one, "axes" where only an array of several has what it asks for."""
    if getattr(call.func, "attr", "") in BESIDE_AXES:
        return  # puts arrays together or takes them apart, and works along none
    named = {k.arg: k.value for k in call.keywords}
    axis = named.get("axis") or axis_by_position(call)
    if axis is not None:
        yield "axis"
    if (
        axis
        and is_number(axis)
        and ast.literal_eval(axis) in (1, 2)
        or is_true(named.get("keepdims"))
    ):
        yield "axes"


def axis_by_position(call: ast.Call) -> ast.expr | None:
    """The 1 of np.sum(e, 1) and of e.sum(1)."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ALONG_AN_AXIS:
        return None
    of_numpy = isinstance(call.func.value, ast.Name) and call.func.value.id in ("np", "numpy")
    given = call.args[1:2] if of_numpy else call.args[:1]
    return given[0] if given and is_number(given[0]) else None


def is_true(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def inside_bounds(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """What stands in the bounds of a clip: the 1 - eps of np.clip(y, eps, 1 - eps)."""
    calls = (node for node in nodes if isinstance(node, ast.Call))
    clips = (c for c in calls if getattr(c.func, "attr", getattr(c.func, "id", "")) in CLIPS)
    bounds = (bound for clip in clips for bound in (*clip.args[1:], *clip.keywords))
    return {node for bound in bounds for node in ast.walk(bound)}


def functions_of_numbers(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """What is called with nothing but a number: the np.exp of np.exp(-6) makes no probabilities."""
    calls = (node for node in nodes if isinstance(node, ast.Call) and len(node.args) == 1)
    return {call.func for call in calls if is_number(call.args[0])}


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    )


def with_a_number(node: ast.BinOp) -> str:
    """ "1 -" and "1 /" for what begins with a one, give or take a small number, "** 2" for a square, else ""."""
    if isinstance(node.op, ast.Pow):
        return "** 2" if _is_near(node.right, 2) else ""
    return {ast.Sub: "1 -", ast.Div: "1 /"}.get(type(node.op), "") if _is_near(node.left, 1) else ""


def _is_near(node: ast.expr, number: int) -> bool:
    value = node.value if isinstance(node, ast.Constant) else None
    return isinstance(value, int | float) and abs(value - number) <= NEAR


def set_on_self(nodes: Iterable[ast.AST]) -> list[str]:
    """Attributes assigned on self in the order of the source, each once."""
    found = [
        (node.lineno, node.col_offset, node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
    return list(dict.fromkeys(name for _, _, name in sorted(found)))[:MOST_NAMES]


def kept_on_self(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Places in dicts on self: those of `self.params = {"W": ...}` and `self.params["W"] = ...`."""
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from places_in(node.value, [node.slice])
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for target in node.targets:
                yield from places_in(target, node.value.keys)


def places_in(table: ast.expr, keys: Sequence[ast.expr | None]) -> Iterator[str]:
    if not isinstance(table, ast.Attribute) or getattr(table.value, "id", "") != "self":
        return
    for key in keys:
        if isinstance(key, ast.Constant) and type(key.value) is str:
            yield f"{table.attr}[{key.value!r}]"
