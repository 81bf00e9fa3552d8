"""What else a call could be: other arguments, another axis, another range, the same method of something else."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from checkgrad.diagnose.surgery.counterparts import PAIRS, REDUCTIONS
from checkgrad.diagnose.surgery.spot import Changes, Site

PRODUCTS = ("dot", "matmul", "multiply")
ORDERS = ((1, 0, 2), (0, 2, 1), (2, 1, 0))  # of three arguments
AXES = ("0", "1", "-1", "")
ENDS = ("[::-1]", "[1:]", "[:-1]")
ITERABLES = ("range", "zip", "enumerate")
NOT_OWNERS = ("np", "numpy", "self")  # of a method whose value is the first argument


@dataclass(frozen=True)
class Called:
    """A call as texts. name: of the function alone; owner: of whose method it is, "" if of nothing that holds a value."""

    function: str
    name: str
    owner: str
    is_method: bool
    args: Sequence[str]
    named: Mapping[str, str]

    def given(self, args: Sequence[str], named: Mapping[str, str], function: str = "") -> str:
        """The same call with other arguments."""
        every = [*args, *(f"{k}={v}" for k, v in named.items())]
        return f"{function or self.function}({', '.join(every)})"

    def taking(self, args: Sequence[str]) -> str:
        return self.given(args, self.named)


def other_calls(spot: Site, one: ast.Call) -> Changes:
    """Everything that a call could be."""
    if (called := _called(spot, one)) is not None:
        yield from _other_arguments(called)
        if called.name in REDUCTIONS:
            yield from _other_axes(called)
            if called.owner:
                yield called.owner, "dropped", 1.2
        elif called.owner and not called.args:
            yield called.owner, "dropped", 1.3
        yield from _other_iterables(called)
    yield from _other_receivers(spot, one)
    yield from _one_call_earlier(spot, one)


def _called(spot: Site, one: ast.Call) -> Called | None:
    """The call as texts; None where arguments are spread out."""
    said = spot.scene.said
    if any(k.arg is None for k in one.keywords) or any(
        isinstance(a, ast.Starred) for a in one.args
    ):
        return None
    function, owner, name = said(one.func), "", ""
    if function in ("sum", "max", "min") and function not in spot.scene.defined:
        function = f"np.{function}"  # Python's own knows no axes
    if isinstance(one.func, ast.Attribute):
        name, owner = one.func.attr, said(one.func.value)
    return Called(
        function,
        name or function.rpartition(".")[2],
        "" if owner in NOT_OWNERS else owner,
        isinstance(one.func, ast.Attribute),
        [said(a) for a in one.args],
        {k.arg: said(k.value) for k in one.keywords if k.arg},
    )


def _other_arguments(called: Called) -> Changes:
    """In another order, or one of them instead of the call."""
    args = called.args
    if len(args) == 2:
        yield called.taking(args[::-1]), "swapped", 1.0
        if called.name in PRODUCTS and not called.owner:
            yield from _other_products(*args)
    elif len(args) == 3:
        for order in ORDERS:
            yield called.taking([args[i] for i in order]), "swapped", 1.55
    yield from ((arg, "dropped", 1.25) for arg in args[:3])


def _other_products(a: str, b: str) -> Changes:
    yield f"({a}) * ({b})", "operator", 1.15
    yield f"np.dot(({a}).T, {b})", "operator", 1.3
    yield f"np.dot({a}, ({b}).T)", "operator", 1.3
    yield f"np.dot(({b}).T, ({a}).T)", "swapped", 1.3


def _other_axes(called: Called) -> Changes:
    """A reduction over another axis, or all of them, with axes kept or not; a mean for a sum."""
    args, named = called.args, called.named
    places = args if called.owner else args[1:]
    axis = named.get("axis", places[0] if places else "")
    rest = {k: v for k, v in named.items() if k not in ("axis", "keepdims")}
    lead = [] if called.owner else args[:1]
    for other in AXES:
        for keep in (False, True):
            if (other, keep) == (axis, "keepdims" in named):
                continue
            kept = {"keepdims": "True"} if keep else {}
            changed = rest | ({"axis": other} if other else {}) | kept
            cost = 0.75 + 0.1 * (other == "-1") + 0.05 * (keep != ("keepdims" in named))
            yield called.given(lead, changed), "axis", cost
            if twin := _twin(called):
                yield called.given(lead, changed, twin), "axis", cost + 0.6


def _twin(called: Called) -> str:
    """A mean for a sum, a sum for a mean."""
    if called.name in ("sum", "mean") and called.function.endswith(called.name):
        return called.function.removesuffix(called.name) + PAIRS[called.name][0]
    return ""


def _other_iterables(called: Called) -> Changes:
    """Other ends of a range, parts of what is gone through, the other order."""
    function, args = called.function, called.args
    if function == "range":
        yield f"range(1, {args[-1]})", "element", 1.1
        yield f"range({args[-1]} - 1)", "element", 1.1
        yield f"range({args[-1]} + 1)", "element", 1.1
        yield f"range(1, {args[-1]} + 1)", "element", 1.2
    elif function in ITERABLES:
        for i, arg in enumerate(args):
            for end in ENDS:
                yield called.taking([*args[:i], arg + end, *args[i + 1 :]]), "element", 1.3
    if function in ITERABLES:
        yield f"reversed(list({called.taking(args)}))", "reversed", 1.2
    if function == "reversed":
        yield args[0], "reversed", 1.0


def _other_receivers(spot: Site, one: ast.Call) -> Changes:
    """The same method of what else has one applied to what comes out, or before to what goes in: a layer left out."""
    scene = spot.scene
    if not isinstance(one.func, ast.Attribute) or len(one.args) != 1 or scene.is_plain_call(one):
        return
    text, own, given = spot.text, scene.said(one.func.value), scene.said(one.args[0])
    for other in scene.receivers(one.lineno):
        if other not in (own, "self"):
            yield f"{other}.{one.func.attr}({text})", "passed through", 1.35
            yield f"{own}.{one.func.attr}({other}.{one.func.attr}({given}))", "passed through", 1.3
    if one in scene.marks.thrown_away:
        names = (a.id for a in one.args if isinstance(a, ast.Name))
        yield from ((f"np.copyto({name}, {text})", "assigned", 0.9) for name in names)


def _one_call_earlier(spot: Site, one: ast.Call) -> Changes:
    """The same function of what its argument was made of: the slope at logits, handed the outputs."""
    scene = spot.scene
    if len(one.args) != 1 or not isinstance(one.args[0], ast.Name | ast.Attribute):
        return
    given, function = scene.said(one.args[0]), scene.said(one.func)
    for number in (k for k, target in scene.targets.items() if target == given):
        made = scene.expression(number)
        if isinstance(made, ast.Call) and len(made.args) == 1 and not scene.is_plain_call(made):
            before = made.args[0]
            if _can_be_named(spot, before):
                yield f"{function}({scene.said(before)})", "earlier", 1.05


def _can_be_named(spot: Site, made: ast.expr) -> bool:
    """Is all that an expression names known where the spot is, and does it name more than one thing?"""
    names = {n.id for n in ast.walk(made) if isinstance(n, ast.Name)}
    libraries = {"self", "np", "numpy"}
    known = {*spot.names, *spot.scene.functions, *libraries}
    return not isinstance(made, ast.Name) and names <= known
