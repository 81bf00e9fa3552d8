"""Which loops of a file seem to train something: read off its syntax tree, nothing is run."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from .inventory import GIVES_GRADIENTS, ONE_STEP, TrainingLoop
from .source import Document

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
LOOPS = (ast.For, ast.AsyncFor, ast.While)
PRODUCTS = frozenset(("dot", "matmul", "multiply", "exp", "tanh", "inner", "einsum", "outer"))
IN_PLACE = frozenset(("subtract", "add"))
MOST = 60


@dataclass
class Scope:
    """A function, or the top level: what it does itself, without what stands in functions within it."""

    name: str
    node: Any
    calls: set[str] = field(default_factory=set)
    loops: list[Any] = field(default_factory=list)  # the outermost ones


def loops_of(
    tree: ast.Module,
    file: str,
    document: Document,
    gradients: Collection[str] = (),
    others: Iterable[Scope] = (),
) -> Iterator[TrainingLoop]:
    """Every outermost loop that goes forward, and changes numbers by subtracting, itself or in what it calls.

    Then functions that are one turn of such a loop, and those of *gradients* that are no turn by themselves.
    others: functions of other files that may be called.
    """
    numbers = {id(node): i for i, node in enumerate(loops_in_order(tree))}
    scopes = list(scopes_of(tree))
    by_name: dict[str, list[Scope]] = {}
    for scope in (*scopes, *others):
        by_name.setdefault(scope.name.rpartition(".")[2], []).append(scope)
    found = []
    for scope in scopes:
        for loop in scope.loops:
            reached = reach(calls_in([loop]), by_name)
            nodes = [loop, *(one.node for one in reached)]
            updates = [name for name, own in named_bodies(loop, reached) if changes(own)]
            if updates and any(map(goes_forward, nodes)):
                found.append((scope, loop, reached, updates))
    known = set(map(id, scopes))
    inside = {one.name for _, _, reached, _ in found for one in reached if id(one) in known}
    for scope, loop, reached, updates in found[:MOST]:
        if scope.name and scope.name in inside:
            continue
        inner = [numbers[id(n)] for n in loops_below(loop)]
        inner += [
            numbers[id(n)] for one in reached for n in loops_below(one.node) if id(n) in numbers
        ]
        yield TrainingLoop(
            scope.name or f"loop, {document.where(loop.lineno)}",
            file,
            numbers[id(loop)],
            document.span(file, loop.lineno, loop.end_lineno or loop.lineno),
            tuple(dict.fromkeys(inner)),
            tuple(one.name for one in reached),
            tuple(updates),
            steps=tuple(dict.fromkeys(stepped([loop, *(one.node for one in reached)]))),
        )
    apart = set(gradients) - {scope.name for scope, *_ in found}
    used = calls_in([tree])
    for step in steps_of(scopes, by_name, inside, numbers, file, document, apart):
        yield replace(step, used=step.name.rpartition(".")[2] in used)


def steps_of(
    scopes: Iterable[Scope],
    by_name: dict[str, list[Scope]],
    inside: set[str],
    numbers: dict[int, int],
    file: str,
    document: Document,
    gradients: Collection[str],
) -> Iterator[TrainingLoop]:
    """Functions that are one turn of a training that nobody runs; then those that give gradients."""
    for scope in scopes:
        if not scope.name or scope.name in inside and scope.name not in gradients:
            continue
        reached = [one for one in reach(calls_in([scope.node]), by_name) if one is not scope]
        updates = [name for name, own in named_bodies(scope.node, reached) if changes(own)]
        node = scope.node
        forward = any(map(goes_forward, [node, *(one.node for one in reached)]))
        turns = updates and forward and scope.name not in inside
        if (turns or scope.name in gradients) and not node.name.startswith("__"):
            span = document.span(file, node.lineno, node.end_lineno or node.lineno)
            names = tuple(one.name for one in reached)
            below = [n for one in (node, *(r.node for r in reached)) for n in loops_below(one)]
            inner = tuple(dict.fromkeys(numbers[id(n)] for n in below if id(n) in numbers))
            number = ONE_STEP if turns else GIVES_GRADIENTS
            yield TrainingLoop(scope.name, file, number, span, inner, names, tuple(updates))


def loops_in_order(tree: ast.AST) -> Iterator[Any]:
    """All loops, numbered as `rewrite` numbers them: an outer one before those in it, as they stand."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, LOOPS):
            yield child
        yield from loops_in_order(child)


def scopes_of(tree: ast.Module) -> Iterator[Scope]:
    def visit(node: Any, name: str) -> Iterator[Scope]:
        scope = Scope(name, node)
        inner = []
        for one, depth in own_nodes(node.body):
            if isinstance(one, (*FUNCTIONS, ast.ClassDef)):
                inner.append(one)
            elif isinstance(one, LOOPS) and depth == 0:
                scope.loops.append(one)
        if not isinstance(node, ast.ClassDef):
            yield scope
        for one in inner:
            yield from visit(one, f"{name}.{one.name}" if name else one.name)

    yield from visit(tree, "")


def named_by_line(tree: ast.Module, lines: Iterable[int]) -> Iterator[str]:
    """The name of the innermost function around each line that stands in one."""
    scopes = [scope for scope in scopes_of(tree) if scope.name]
    spans = [(s.node.end_lineno - s.node.lineno, s.node.lineno, s) for s in scopes]
    for line in lines:
        inside = (one for one in spans if one[1] <= line <= one[1] + one[0])
        if innermost := min(inside, key=lambda one: one[:2], default=None):
            yield innermost[2].name


def own_nodes(body: Iterable[Any], depth: int = 0) -> Iterator[tuple[Any, int]]:
    """What stands in *body* itself, and in how many loops; functions and classes without their insides."""
    for node in body:
        yield node, depth
        if not isinstance(node, (*FUNCTIONS, ast.ClassDef)):
            deeper = depth + isinstance(node, LOOPS)
            yield from own_nodes(ast.iter_child_nodes(node), deeper)


def loops_below(node: Any) -> list[Any]:
    """Loops in *node*, itself included, the outer ones first."""
    return [one for one in ast.walk(node) if isinstance(one, LOOPS)]


def calls_in(nodes: Iterable[Any]) -> set[str]:
    """Last names of what is called."""
    found = set()
    for node in nodes:
        for one in ast.walk(node):
            if isinstance(one, ast.Call):
                found.add(called_name(one))
    return found - {""}


def called_name(call: ast.Call) -> str:
    """The last name of what is called, "" where it has none."""
    name: str = getattr(call.func, "attr", getattr(call.func, "id", ""))
    return name


def reach(names: set[str], by_name: dict[str, list[Scope]]) -> list[Scope]:
    """The functions of the file that are called under these names, or by one of them."""
    found: dict[str, Scope] = {}
    waiting = sorted(names)
    while waiting:
        for scope in by_name.get(waiting.pop(), ()):
            if scope.name and scope.name not in found:
                found[scope.name] = scope
                waiting += sorted(calls_in([scope.node]))
    return list(found.values())


def named_bodies(loop: Any, reached: Iterable[Scope]) -> Iterator[tuple[str, list[Any]]]:
    body = loop.body if isinstance(loop, FUNCTIONS) else [loop]
    yield "", [node for node, _ in own_nodes(body)]
    for scope in reached:
        yield scope.name, [node for node, _ in own_nodes(scope.node.body)]


def changes(nodes: Iterable[Any]) -> bool:
    """Is something made smaller or larger by more than a plain number?"""
    return any(map(is_update, nodes))


def is_update(node: Any) -> bool:
    """`w -= e`, `w += e * x`, `w = w - e`, `return w - rate * g`, `[w - e for w, ...]`, `np.subtract(w, e)`."""
    if isinstance(node, ast.AugAssign):
        return isinstance(node.op, ast.Sub | ast.Add) and is_step(node.value, type(node.op))
    if isinstance(node, ast.Call):
        return getattr(node.func, "attr", "") in IN_PLACE and is_called_as_update(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub | ast.Add):
        place = isinstance(node.left, ast.Name | ast.Attribute | ast.Subscript)
        return place and is_step(node.right, type(node.op)) and is_scaled(node.right)
    return False


def stepped(nodes: Iterable[Any]) -> Iterator[str]:
    """Last names of what has a multiple of something taken away or added: `w = w - rate * g`, `self.w -= rate * g`.

    So it is of what such a step is worked out for but put into the name of the gradient: `db = b - rate * db`.
    """
    for node in (one for top in nodes for one in ast.walk(top)):
        if isinstance(node, ast.AugAssign) and is_update(node) and is_scaled(node.value):
            yield last_name(node.target)
        elif isinstance(node, ast.Assign):
            for target, value in assigned(node.targets[0], node.value):
                if not (isinstance(value, ast.BinOp) and is_update(value)):
                    continue
                name, own = last_name(target), last_name(value.left)
                if own == name or name and name in map(last_name, ast.walk(value.right)):
                    yield own


def assigned(target: Any, value: Any) -> Iterator[tuple[Any, Any]]:
    """What is assigned to what, one by one where both are groups."""
    groups = isinstance(target, ast.Tuple | ast.List) and isinstance(value, ast.Tuple | ast.List)
    if groups and len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def last_name(place: Any) -> str:
    """The last part of a name, an attribute or a key that is a text."""
    if isinstance(place, ast.Subscript):
        key = getattr(place.slice, "value", None)
        return key if isinstance(key, str) else ""
    name: str = getattr(place, "attr", getattr(place, "id", ""))
    return name


def is_called_as_update(call: ast.Call) -> bool:
    """Is one of two numbers scaled, or the result put somewhere?"""
    if any(k.arg == "out" for k in call.keywords):
        return True
    if len(call.args) != 2:
        return False
    place, step = call.args
    return isinstance(place, ast.Name | ast.Attribute | ast.Subscript) and (
        is_scaled(step) or is_product(step)
    )


def is_step(value: Any, op: type) -> bool:
    """Can *value* be a step? A counter's is a number; what is added has to be a product, or anything subtracted."""
    if isinstance(value, ast.Constant):
        return False
    if op is ast.Sub:
        return True
    return is_scaled(value) or is_product(value)


def is_scaled(value: Any) -> bool:
    """Is it a product or a quotient, or the negative of one?"""
    if isinstance(value, ast.UnaryOp):
        return is_scaled(value.operand)
    return isinstance(value, ast.BinOp) and isinstance(value.op, ast.Mult | ast.Div | ast.MatMult)


def is_product(value: Any) -> bool:
    name = getattr(
        getattr(value, "func", None), "attr", getattr(getattr(value, "func", None), "id", "")
    )
    return name in PRODUCTS or isinstance(value, ast.Name | ast.Attribute | ast.Subscript)


def goes_forward(node: Any) -> bool:
    """Does it multiply what can be weights and inputs, and subtract one thing from another?"""
    nodes = list(ast.walk(node))
    products = any(
        isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult | ast.MatMult) for n in nodes
    )
    return products or bool(calls_in([node]) & PRODUCTS)
