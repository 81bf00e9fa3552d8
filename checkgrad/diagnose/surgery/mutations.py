"""What else could stand in the place of an expression, in the student's own names: the simplest first by its cost."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, TypeGuard

import numpy as np

from checkgrad.diagnose.surgery.scene import Scene

PAIRS = {
    "sum": ("mean",),
    "mean": ("sum",),
    "nansum": ("sum",),
    "average": ("sum",),
    "dot": ("multiply", "outer"),
    "matmul": ("multiply",),
    "multiply": ("dot",),
    "outer": ("multiply", "dot"),
    "max": ("sum", "min"),
    "min": ("max",),
    "maximum": ("minimum",),
    "minimum": ("maximum",),
    "exp": ("log",),
    "log": ("exp", "log1p"),
    "log10": ("log",),
    "log2": ("log",),
    "argmax": ("argmin",),
    "argmin": ("argmax",),
    "abs": ("square",),
    "square": ("abs",),
    "sqrt": ("square",),
    "ones": ("zeros",),
    "zeros": ("ones",),
    "ones_like": ("zeros_like",),
    "zeros_like": ("ones_like",),
    "tanh": ("cosh",),
    "sinh": ("tanh",),
    "cosh": ("tanh",),
    "sin": ("cos",),
    "prod": ("sum",),
    "std": ("var",),
    "greater": ("less",),
    "less": ("greater",),
    "subtract": ("add",),
    "add": ("subtract",),
    "divide": ("multiply",),
}
REDUCTIONS = ("sum", "mean", "max", "min", "argmax", "argmin", "prod", "average", "std", "var")
OPERATORS: dict[type[ast.operator], tuple[str, ...]] = {
    ast.Add: ("-", "*"),
    ast.Sub: ("+", "*"),
    ast.Mult: ("/", "+", "@", "**"),
    ast.Div: ("*",),
    ast.Pow: ("*",),
    ast.MatMult: ("*",),
    ast.FloorDiv: ("/",),
    ast.Mod: ("/",),
}
COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Gt: ("<", ">=", "!=", "=="),
    ast.Lt: (">", "<=", "!=", "=="),
    ast.GtE: ("<", ">", "=="),
    ast.LtE: (">", "<", "=="),
    ast.Eq: ("!=", "<", ">"),
    ast.NotEq: ("==", ">", "<"),
}
VALUES = (ast.Name, ast.Attribute, ast.Subscript, ast.Call, ast.BinOp, ast.UnaryOp)


@dataclass(frozen=True)
class Mutation:
    """Other text for a part of an expression. *at*: the part; *uses*: the due quantity in it, "" if none."""

    at: ast.expr
    new: str
    code: str
    cost: float
    uses: str = ""


Value = Callable[
    [ast.expr | str], Any
]  # what an expression, or a text, gave in the first turn; None if unknown


def mutations(scene: Scene, root: ast.expr, value: Value, fits: bool = True) -> Iterator[Mutation]:
    """Every single change of *root*. fits: only names whose values have the shape of what they replace."""
    scope = scene.scope_at(root.lineno)
    names = sorted(scope.names | scope.chains)
    items = sorted(i for i in scope.items if value(i) is not None)
    for one in ast.walk(root):
        if isinstance(one, ast.Subscript) and isinstance(one.ctx, ast.Load):
            for new, code, cost in _other_names(scene, one, items, value, fits):
                yield Mutation(one, new, code, cost + 0.1 + min(len(scene.said(one)), 80) / 300)
        if not isinstance(one, ast.expr) or not hasattr(one, "lineno"):
            continue
        if isinstance(getattr(one, "ctx", None), ast.Store):
            continue
        bare = isinstance(one, ast.Name | ast.Attribute) and scene.is_whole(one)
        size = 0.0 if bare else min(len(scene.said(one)), 80) / 300
        for new, code, cost in _changes(scene, one, names, value, fits):
            yield Mutation(one, new, code, cost + size)
    yield from _everywhere(scene, root, names, value)


def _everywhere(scene: Scene, root: ast.expr, names: list[str], value: Value) -> Iterator[Mutation]:
    """What is mentioned several times in *root*, all of it replaced by another name or element."""
    mentions: dict[str, list[ast.expr]] = {}
    for one in ast.walk(root):
        if isinstance(one, ast.Name | ast.Attribute | ast.Subscript):
            mentions.setdefault(scene.said(one), []).append(one)
    for places in mentions.values():
        if len(places) < 2:
            continue
        spans = [scene.span(one) for one in places]
        around = [one for one in ast.walk(root) if isinstance(one, VALUES)]
        within = [one for one in around if _covers(scene.span(one), spans)]
        whole = min(within, key=lambda one: len(scene.said(one)), default=root)
        for new, code, cost in _changes(scene, places[0], names, value, True):
            if code in ("replaced", "element"):
                text = scene.replaced(whole, [(span, new) for span in spans])
                yield Mutation(whole, text, code, cost + 0.2 + min(len(text), 80) / 300)


def _covers(span: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return all(span[0] <= a and b <= span[1] for a, b in others) and span not in others


def extensions(scene: Scene, root: ast.expr, value: Value) -> Iterator[Mutation]:
    """*root*, or one of its parts, with something in scope in its place, multiplied, divided, added or subtracted."""
    scope = scene.scope_at(root.lineno)
    owned = {c for c in scope.chains if c.startswith("self.")}
    elements = scope.elements | {f"{c}[{k}]" for c in owned for k in scope.keys}
    atoms = [(a, value(a)) for a in sorted(scope.names | scope.chains | elements)]
    atoms = [(a, v) for a, v in atoms if v is not None and np.asarray(v).dtype.kind in "fiub"]
    joined = dict.fromkeys([root, *_joined(root)])
    factors = set(_factors(root)) - set(joined)
    for one in dict.fromkeys([*joined, *(n for n in ast.walk(root) if isinstance(n, VALUES))]):
        got, text = value(one), scene.said(one)
        if got is None or np.asarray(got).dtype.kind not in "fiub":
            continue
        size = min(len(text), 80) / 400
        if not np.ndim(got):
            yield from (Mutation(one, number, "constant", 1.5 + size) for number in ("1.0", "0.0"))
        for atom, held in atoms:
            if one in joined and np.ndim(held) and np.size(held) > 1:
                yield Mutation(one, f"({text}) / {atom}.size", "over", 1.75)
            if one in joined and np.ndim(held) == np.ndim(got) == 2:
                new = _products(text, got, atom, held)
                yield from (Mutation(one, product, "dotted", 1.9) for product in new)
            if one in joined and one is not root and not np.ndim(got) and np.ndim(held):
                yield Mutation(one, f"({text}) * {atom}", "times", 1.7)
            if not _meets(held, got):
                if one in joined and np.ndim(held) == np.ndim(got) and _meets(got, held):
                    yield Mutation(one, f"({text}) + {atom}", "plus", 1.85)
                    yield Mutation(one, f"{atom} - ({text})", "minus", 1.85)
                continue
            derived = list(_derived(scene, root, atom, held))
            if np.shape(held) == np.shape(got):
                used = 0.25 * (isinstance(one, ast.Name) and not scene.is_whole(one))
                yield from (Mutation(one, d, "replaced", 1.45 + size + used) for d in derived)
            if one in joined or one in factors:
                yield Mutation(one, f"({text}) + {atom}", "plus", 1.8)
                yield Mutation(one, f"({text}) - {atom}", "minus", 1.8)
                yield Mutation(one, f"{atom} - ({text})", "minus", 1.85)
            if one not in joined:
                continue
            # better where it is made than where it is used
            late = 1.6 + 0.1 * (isinstance(one, ast.Name) and not scene.is_whole(one))
            yield Mutation(one, f"({text}) * {atom}", "times", late)
            yield from (Mutation(one, f"({text}) * {d}", "times", late) for d in derived)
            if np.any(np.asarray(held)):
                yield Mutation(one, f"({text}) / {atom}", "over", 1.8)
                slopes = (d for d in derived if d.startswith(f"({atom} *"))
                yield from (Mutation(one, f"({text}) / {d}", "over", 1.85) for d in slopes)


def _products(text: str, got: Any, atom: str, held: Any) -> Iterator[str]:
    """Products of matrices in which a factor was forgotten."""
    forms = (
        (f"{atom} @ ({text})", np.shape(held)[1], np.shape(got)[0]),
        (f"{atom}.T @ ({text})", np.shape(held)[0], np.shape(got)[0]),
        (f"({text}) @ {atom}", np.shape(got)[1], np.shape(held)[0]),
        (f"({text}) @ {atom}.T", np.shape(got)[1], np.shape(held)[1]),
    )
    yield from (new for new, one, other in forms if one == other)


def _joined(root: ast.expr) -> Iterator[ast.expr]:
    """The parts that are added up or meet in a product of matrices: elsewhere a factor could as well stand outside."""
    for one in ast.walk(root):
        if isinstance(one, ast.BinOp) and isinstance(one.op, ast.MatMult | ast.Add | ast.Sub):
            yield from (one.left, one.right)
        elif isinstance(one, ast.Call):
            yield from (a for a in one.args if not isinstance(a, ast.Starred))
            if isinstance(one.func, ast.Attribute):
                yield one.func.value
        elif isinstance(one, ast.Attribute) and one.attr == "T":
            yield one.value
        elif isinstance(one, ast.IfExp):
            yield from (one.body, one.orelse)


def _factors(root: ast.expr) -> Iterator[ast.expr]:
    """What is multiplied and divided entry by entry: a term may be lacking there."""
    for one in ast.walk(root):
        if isinstance(one, ast.expr) and _is_product(one):
            yield from (o for o in (one.left, one.right) if isinstance(o, VALUES))


def _meets(held: Any, got: Any) -> bool:
    """Can it be multiplied with it, without changing its shape?"""
    try:
        return bool(np.broadcast_shapes(np.shape(held), np.shape(got)) == np.shape(got))
    except ValueError:
        return False


def _derived(scene: Scene, root: ast.expr, atom: str, held: Any) -> Iterator[str]:
    """Slopes and the like of a value in scope, as they are usually written."""
    held = np.asarray(held, float)
    yield from (f"{f}({atom})" for f in scene.unary(root.lineno))
    if held.ndim == 0 and held == np.round(held):
        return
    labels = np.all((held == 0) | (held == 1))
    yield f"(1 - {atom})"
    if np.all((held >= 0) & (held <= 1)) and not labels:
        yield f"({atom} * (1 - {atom}))"
    if np.all(np.abs(held) <= 1) and not labels:
        yield f"(1 - {atom} ** 2)"
    yield f"({atom} > 0)"


def _changes(
    scene: Scene, one: ast.expr, names: list[str], value: Value, fits: bool
) -> Iterator[tuple[str, str, float]]:
    said = scene.said
    text = said(one)
    if isinstance(one, ast.Name | ast.Attribute | ast.Subscript):
        yield from _other_names(scene, one, names, value, fits)
    if one in scene.tests:
        yield f"not ({text})", "negated", 1.1
        yield "True", "dropped", 1.2
    if isinstance(one, ast.Name) and one in scene.counting:
        yield from _other_counts(one, names, value)
    if isinstance(one, ast.Name) and one.id in scene.functions:
        others = scene.functions.keys() - scene.leading_back(one.lineno) - {one.id}
        yield from ((f, "function", 1.0) for f in scene.functions if f in others)
        return
    if isinstance(one, ast.Attribute):
        if one.attr == "T":
            yield said(one.value), "not transposed", 0.9
        if one.attr in PAIRS:
            for other in PAIRS[one.attr]:
                yield f"{said(one.value)}.{other}", "function", 1.0
            return
        if text in scene.methods:
            back = {f"self.{name}" for name in scene.leading_back(one.lineno)}
            methods = sorted(scene.methods - back - {text})
            yield from ((m, "function", 1.1) for m in methods)
            return
        if isinstance(one.value, ast.Name) and one.value.id in ("np", "numpy"):
            return
    if isinstance(one, ast.Subscript):
        yield from _other_elements(scene, one)
        if np.ndim(value(one)) == 0 and value(one) is not None:
            yield from ((number, "constant", 1.35) for number in ("1", "0"))
    if isinstance(one, ast.BinOp):
        yield from _other_operators(scene, one)
    if isinstance(one, ast.UnaryOp) and isinstance(one.op, ast.USub | ast.Not | ast.Invert):
        of_a_number = isinstance(one.operand, ast.Constant)
        kind = "sign" if isinstance(one.op, ast.USub) else "negated"
        yield said(one.operand), kind, 1.0 - 0.1 * of_a_number
    if isinstance(one, ast.Compare) and len(one.ops) == 1:
        for op in COMPARISONS.get(type(one.ops[0]), ()):
            yield f"{said(one.left)} {op} {said(one.comparators[0])}", "compared", 1.0
    if isinstance(one, ast.BoolOp):
        other = "or" if isinstance(one.op, ast.And) else "and"
        yield f" {other} ".join(map(said, one.values)), "operator", 1.1
        yield from ((said(v), "dropped", 1.3) for v in one.values)
    if isinstance(one, ast.IfExp):
        yield f"{said(one.orelse)} if {said(one.test)} else {said(one.body)}", "swapped", 1.1
        yield from ((said(b), "dropped", 1.3) for b in (one.body, one.orelse))
    if isinstance(one, ast.Constant):
        yield from _other_constants(one)
        if type(one.value) in (int, float):
            yield from ((n, "replaced", 1.45) for n in names if np.ndim(value(n)))
        return
    if isinstance(one, ast.Call):
        yield from _other_calls(scene, one)
        yield from _other_receivers(scene, one)
    if isinstance(one, ast.Call | ast.BinOp) and np.ndim(got := value(one)):
        shape = np.shape(got)
        yield from ((n, "replaced", 1.15) for n in names if np.shape(value(n)) == shape)
    yield from _around(scene, one, text, names, value)


def _around(
    scene: Scene, one: ast.expr, text: str, names: list[str], value: Value
) -> Iterator[tuple[str, str, float]]:
    """The same expression with something done to it."""
    got = value(one)
    if got is None or isinstance(got, bool):
        return
    if isinstance(one, ast.Name) and np.ndim(got):
        yield from ((number, "constant", 1.4) for number in ("1", "0"))
    small = isinstance(one, ast.Name | ast.Attribute | ast.Subscript) or not np.ndim(got)
    forgotten = one in scene.steps or one in scene.exponents and not _has_its_sign(scene, one)
    yield f"-({text})", "sign", 0.9 if forgotten else 1.1 + 0.3 * small
    if np.ndim(got) == 2 and not (isinstance(one, ast.Attribute) and one.attr == "T"):
        yield f"({text}).T", "transposed", 0.9 + 0.15 * isinstance(one, ast.Name)
    if not np.ndim(got) and isinstance(one, ast.Name | ast.Attribute | ast.Subscript):
        counts = (n for n in names if n != text and type(value(n)) is int)
        yield from ((f"({text}) ** {n}", "raised", 1.45) for n in counts)
    yield f"1 - ({text})", "one minus", 1.4
    yield f"1 + ({text})", "plus", 1.5
    yield f"({text}) ** 2", "squared", 1.4
    used = isinstance(one, ast.Name) and not scene.is_whole(one)  # better where it is made
    for f in scene.unary(one.lineno):
        yield f"{f}({text})", "passed through", 1.4 + 0.25 * used
    if np.ndim(got) == 1 and np.size(got) > 1:
        yield f"({text}) / np.sum({text})", "normalised", 1.4
    if np.ndim(got) == 2:
        for axis in (1, 0):
            yield f"({text}) / np.sum({text}, axis={axis}, keepdims=True)", "normalised", 1.4
        for axis in (0, 1):
            yield f"np.sum({text}, axis={axis})", "summed", 1.5
            yield f"np.sum({text}, axis={axis}, keepdims=True)", "summed", 1.5
    if np.ndim(got) == 1:
        yield f"({text})[:, None]", "upright", 1.5
    if np.ndim(got):
        yield f"np.sum({text})", "summed", 1.5
        yield f"({text}) > 0", "compared", 1.6
    for f in ("exp", "log", "sqrt"):
        yield f"np.{f}({text})", "passed through", 1.6


def _other_names(
    scene: Scene, one: ast.expr, names: list[str], value: Value, fits: bool
) -> Iterator[tuple[str, str, float]]:
    text = scene.said(one)
    got = value(one)
    if isinstance(one, ast.Attribute) and (one.attr in ("T", "shape", "size") or one.attr in PAIRS):
        return
    for name in names:
        if name == text or name == f"{text}.T":
            continue
        other = value(name)
        if got is not None and other is not None and fits:
            if np.shape(other) == np.shape(got):
                yield name, "replaced", 1.0
            elif np.ndim(got) == 2 and np.shape(np.transpose(other)) == np.shape(got):
                yield f"{name}.T", "replaced", 1.2
        elif (got is None) == (other is None) or not fits:
            yield name, "replaced", 1.1 + 0.2 * (got is None)


def _other_elements(scene: Scene, one: ast.Subscript) -> Iterator[tuple[str, str, float]]:
    base, index = scene.said(one.value), one.slice
    if isinstance(index, ast.Constant) and isinstance(index.value, int):
        others = {index.value + 1, index.value - 1, -index.value, 0, -1, -2, 1} - {index.value}
        yield from (
            (f"{base}[{k}]", "element", 1.0 + 0.02 * abs(k - index.value)) for k in sorted(others)
        )
    elif isinstance(index, ast.UnaryOp) and isinstance(index.operand, ast.Constant):
        yield from ((f"{base}[{k}]", "element", 1.0) for k in (0, 1, -1, -2, -3))
    elif isinstance(index, ast.Slice):
        yield base, "dropped", 1.2
        for other in ("[1:]", "[:-1]", "[::-1]", "[:]"):
            yield base + other, "element", 1.1
    elif not isinstance(index, ast.Tuple):
        text = scene.said(index)
        for other in (
            f"{text} + 1",
            f"{text} - 1",
            f"-({text})",
            f"-({text}) - 1",
            f"{text} + 2",
            f"{text} - 2",
        ):
            yield f"{base}[{other}]", "element", 1.0
        if isinstance(index, ast.BinOp):
            yield f"{base}[{scene.said(index.left)}]", "element", 0.95
    else:
        if len(index.elts) == 2:
            a, b = map(scene.said, index.elts)
            yield f"{base}[{b}, {a}]", "swapped", 1.1
        yield base, "dropped", 1.4


def _other_operators(scene: Scene, one: ast.BinOp) -> Iterator[tuple[str, str, float]]:
    left, right = scene.said(one.left), scene.said(one.right)
    for op in OPERATORS.get(type(one.op), ()):
        yield f"({left}) {op} ({right})", "operator", 1.05
    if isinstance(one.op, ast.Mult):
        yield f"({left}) @ ({right}).T", "operator", 1.4
        yield f"({left}).T @ ({right})", "operator", 1.4
        for factor, other in ((left, one.right), (right, one.left)):
            if isinstance(other, ast.Constant):
                yield f"({factor}) * (1 - ({factor}))", "times", 1.45
    sign = _sign(one.op)
    if not isinstance(one.op, ast.Add | ast.Mult):
        yield (
            f"({right}) {sign} ({left})",
            "swapped",
            0.95 + 0.35 * isinstance(one.left, ast.Constant),
        )
    if isinstance(one.op, ast.MatMult):
        yield f"({right}).T {sign} ({left}).T", "swapped", 1.2
    yield left, "dropped", 1.2
    yield right, "dropped", 1.2
    if isinstance(one.op, ast.Mult) and _is_product(one.left):
        yield scene.said(one.left.left), "dropped", 1.4
    if isinstance(one.op, ast.Pow) and isinstance(one.right, ast.Constant):
        yield f"({left}) ** 3", "constant", 1.3


def _has_its_sign(scene: Scene, one: ast.expr) -> bool:
    """Is it a difference, or was it made in the same function?"""
    if isinstance(one, ast.Name):
        return one.id not in scene.scope_at(one.lineno).parameters
    return isinstance(one, ast.BinOp) and isinstance(one.op, ast.Sub)


def _is_product(one: ast.expr) -> TypeGuard[ast.BinOp]:
    return isinstance(one, ast.BinOp) and isinstance(one.op, ast.Mult | ast.Div)


def _sign(op: ast.operator) -> str:
    return {
        ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**", ast.MatMult: "@",
        ast.FloorDiv: "//", ast.Mod: "%",
    }.get(type(op), "+")  # fmt: skip


def _other_counts(
    one: ast.Name, names: list[str], value: Value
) -> Iterator[tuple[str, str, float]]:
    """What a number could be that counts or takes an element."""
    held = value(one)
    if held is not None and type(held) is not int:
        return
    for other, cost in (("+ 1", 1.05), ("- 1", 1.05), ("+ 2", 1.3), ("- 2", 1.3)):
        yield f"{one.id} {other}", "element", cost
    yield f"-{one.id}", "element", 1.1
    whole = (n for n in names if n != one.id and type(value(n)) is int and n.isidentifier())
    yield from ((f"{n} + {one.id}", "plus", 1.5) for n in whole)


def _other_receivers(scene: Scene, one: ast.Call) -> Iterator[tuple[str, str, float]]:
    """The same method of what else has one applied to what comes out, or before to what goes in: a layer left out."""
    if not isinstance(one.func, ast.Attribute) or len(one.args) != 1 or scene.is_plain_call(one):
        return
    text, own, given = scene.said(one), scene.said(one.func.value), scene.said(one.args[0])
    for other in scene.receivers(one.lineno):
        if other not in (own, "self"):
            yield f"{other}.{one.func.attr}({text})", "passed through", 1.35
            yield f"{own}.{one.func.attr}({other}.{one.func.attr}({given}))", "passed through", 1.3
    if one in scene.thrown_away:
        names = (a.id for a in one.args if isinstance(a, ast.Name))
        yield from ((f"np.copyto({name}, {text})", "assigned", 0.9) for name in names)


def _other_constants(one: ast.Constant) -> Iterator[tuple[str, str, float]]:
    if isinstance(one.value, bool):
        yield str(not one.value), "constant", 1.0
    elif isinstance(one.value, int | float):
        v = one.value
        for other in dict.fromkeys((v + 1, v - 1, -v, 2 * v, v / 2, 0, 1, 2, 0.5)):
            if other != v:
                yield repr(other), "constant", 1.1


def _other_calls(scene: Scene, one: ast.Call) -> Iterator[tuple[str, str, float]]:
    said = scene.said
    function, args = said(one.func), [said(a) for a in one.args]
    named = {k.arg: said(k.value) for k in one.keywords if k.arg}
    if any(k.arg is None for k in one.keywords) or any(
        isinstance(a, ast.Starred) for a in one.args
    ):
        return

    def call(args: list[str], named: dict[str, str]) -> str:
        return f"{function}({', '.join([*args, *(f'{k}={v}' for k, v in named.items())])})"

    if function in ("sum", "max", "min") and function not in scene.defined:
        function = f"np.{function}"  # Python's own knows no axes
    method = isinstance(one.func, ast.Attribute)
    name = function.rpartition(".")[2] if not method else one.func.attr  # type: ignore[attr-defined]
    own = isinstance(one.func, ast.Attribute) and said(one.func.value) not in (
        "np",
        "numpy",
        "self",
    )
    if len(args) == 2:
        yield call(args[::-1], named), "swapped", 1.0
        if name in ("dot", "matmul", "multiply") and not own:
            yield f"({args[0]}) * ({args[1]})", "operator", 1.15
            for a, b in ((f"({args[0]}).T", args[1]), (args[0], f"({args[1]}).T")):
                yield f"np.dot({a}, {b})", "operator", 1.3
            yield f"np.dot(({args[1]}).T, ({args[0]}).T)", "swapped", 1.3
    elif len(args) == 3:
        for order in ((1, 0, 2), (0, 2, 1), (2, 1, 0)):
            yield call([args[i] for i in order], named), "swapped", 1.55
    for arg in args[:3]:
        yield arg, "dropped", 1.25
    if name in REDUCTIONS:
        axis = named.get(
            "axis", args[0] if own and args else args[1] if not own and len(args) > 1 else ""
        )
        rest = {k: v for k, v in named.items() if k not in ("axis", "keepdims")}
        lead = [] if own else args[:1]
        for other in ("0", "1", "-1", ""):
            for keep in (False, True):
                changed = (
                    rest
                    | ({"axis": other} if other else {})
                    | ({"keepdims": "True"} if keep else {})
                )
                if (other, keep) == (axis, "keepdims" in named):
                    continue
                cost = 0.75 + 0.1 * (other == "-1") + 0.05 * (keep != ("keepdims" in named))
                yield call(lead, changed), "axis", cost
                if name in ("sum", "mean") and function.endswith(name):
                    whole = function
                    function = f"{function.removesuffix(name)}{PAIRS[name][0]}"
                    yield call(lead, changed), "axis", cost + 0.6
                    function = whole
        if own:
            yield said(one.func.value), "dropped", 1.2  # type: ignore[attr-defined]
    elif method and own and not args:
        yield said(one.func.value), "dropped", 1.3  # type: ignore[attr-defined]
    if function == "range":
        yield f"range(1, {args[-1]})", "element", 1.1
        yield f"range({args[-1]} - 1)", "element", 1.1
        yield f"range({args[-1]} + 1)", "element", 1.1
        yield f"range(1, {args[-1]} + 1)", "element", 1.2
    if function in ("zip", "enumerate"):
        for i, arg in enumerate(args):
            for part in ("[::-1]", "[1:]", "[:-1]"):
                yield call([*args[:i], arg + part, *args[i + 1 :]], named), "element", 1.3
    if function in ("range", "zip", "enumerate"):
        yield f"reversed(list({call(args, named)}))", "reversed", 1.2
    if function == "reversed":
        yield args[0], "reversed", 1.0
