"""What computes gradients, or looks as if it might: found in syntax trees alone, nothing is run.

A piece is a function with what it holds but for functions within, a lambda, a loop at the top of a file, or the
statements of a script that follow each other. What it looks like follows from signs in its expressions and from
words in its name; the signs lead, and a name counts only where there is something to compute.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from .inventory import (
    ACTIVATION,
    FORWARD,
    GRADIENT,
    LOOKS,
    LOSS,
    SLOPE,
    TRAINING,
    UPDATE,
    Suspect,
)
from .source import Document

Function = ast.FunctionDef | ast.AsyncFunctionDef
DEFINES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
LOOPS = (ast.For, ast.While, ast.AsyncFor)
BLOCKS = (ast.If, ast.With, ast.Try)
ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)
MOST_SUSPECTS = 500

IN_STEPS = (TRAINING, UPDATE, GRADIENT, SLOPE, LOSS, ACTIVATION)  # using a network is no network

PRODUCTS = {"dot", "matmul", "outer", "einsum", "tensordot", "inner", "kron", "mm"}
TRANSPOSES = {"T", "transpose", "swapaxes", "mT", "t"}
SUMS = {"sum", "mean", "average", "nansum"}
SQUASHES = {"tanh", "expit", "sigmoid", "softmax", "relu", "log_softmax"}
LOGARITHMS = {"log", "log2", "log1p", "log10", "logsumexp"}
POWERS = {"square", "power", "pow"}

WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
NAMED = {
    GRADIENT: "grad grads gradient gradients backward backwards backprop backpropagate backpropagation bprop bwd"
    " delta deltas jacobian jac vjp nabla error errors propagate",
    SLOPE: "deriv derivs derivative derivatives prime dsigmoid drelu dtanh dsoftmax diff slope",
    LOSS: "loss losses cost costs crossentropy entropy bce mse nll sse cce ce xent logloss"
    " hinge criterion likelihood objective",
    ACTIVATION: "sigmoid sigm softmax relu tanh elu selu gelu softplus swish activation"
    " activate hypothesis",
    FORWARD: "forward fwd fprop feedforward propagation hypothesis",
    UPDATE: "update updates sgd adam momentum rmsprop adagrad nesterov descent optimizer optimiser"
    " optimize optimise",
}
SAYS = {word: looks for looks, words in NAMED.items() for word in words.split()}
D_NAME = re.compile(
    r"_*d_?(?:[A-Z]\w{0,2}|[wbzahxy]\d?|[LJ]_?\w*)$|_*(?:d|grad|delta|nabla|g)_\w+$|_*delta\w*$"
)
TARGETS = re.compile(
    r"_*(?:t|y|d|targets?|labels?|truth|y_?true|y_?train|one_?hot\w*|y_?hot|expected|desired|actual|ground_?truth|"
    r"[ty]s|T|Y|y_?(?:batch|data|i)|[tyTY]_?\w?|target_?\w*|label_?\w*|true_?\w*|answers?)$"
)
ERRORS = re.compile(r"_*(?:err|error|errors|residuals?|diff|loss_?grad|delta\w*)$")
RATES = re.compile(r"\w*(?:lr|rate|eta|alpha|step_?size|learning\w*|epsilon|gamma)$", re.IGNORECASE)
DRAWN = {"plot", "plots", "graph", "curve", "figure", "history", "animation"}
IDLE = (
    "plot draw show print display visualize visualise load read save download write animate main"
    " test init generate make create"
)


@dataclass(frozen=True)
class Piece:
    """A part of a source that may be told of: its name, what it stands for, its syntax, its own nodes."""

    name: str
    kind: str  # one of inventory.PIECES
    first: ast.AST
    last: ast.AST
    nodes: tuple[ast.AST, ...]


def suspects(file: str, tree: ast.Module, document: Document) -> list[Suspect]:
    """Everything in one file that may compute gradients, in the order of its lines."""
    pieces = list(_pieces(tree.body, "", document))
    found = {piece: looks for piece in pieces if (looks := _looks(piece, frozenset()))}
    known = frozenset(p.name.rpartition(".")[2] for p in found if p.kind != "loop")
    found |= {p: looks for p in pieces if p not in found and (looks := _looks(p, known))}
    for piece, looks in list(found.items()):
        if looks == TRAINING:
            found |= dict.fromkeys(_losses_within(piece, document), LOSS)
    told = [_suspect(piece, looks, file, document) for piece, looks in found.items()]
    return sorted(told, key=lambda s: (s.span.cell, s.span.line))[:MOST_SUSPECTS]


def _losses_within(piece: Piece, document: Document) -> Iterator[Piece]:
    """The statements of a training loop that work out a loss, which the steps may not go down."""
    for node in piece.nodes:
        if isinstance(node, ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr):
            nodes = tuple(ast.walk(node))
            if LOSS in _signs(nodes, frozenset()) and not _changes_parameters(node):
                name = f"loss, {document.where(node.lineno)}"
                yield Piece(name, "inline", node, node, nodes)


def _changes_parameters(node: ast.stmt) -> bool:
    return UPDATE in set(_signs_of(node, frozenset()))


def _suspect(piece: Piece, looks: str, file: str, document: Document) -> Suspect:
    line = getattr(piece.first, "lineno", 1)
    end = getattr(piece.last, "end_lineno", None) or line
    return Suspect(piece.name, piece.kind, looks, document.span(file, line, end))


def _pieces(body: Sequence[ast.stmt], owner: str, document: Document) -> Iterator[Piece]:
    """The pieces of a body at the top of a file or of a class."""
    steps: list[ast.stmt] = []
    for statement in body:
        if steps and not _goes_on(steps[-1], statement, document):
            yield from _steps(steps, document)
            steps = []
        if isinstance(statement, DEFINES):
            yield from _defined(statement, owner, document, "function")
        elif isinstance(statement, LOOPS):
            where = document.where(statement.lineno)
            nodes = tuple(_own_nodes([statement]))
            yield Piece(f"loop, {where}", "loop", statement, statement, nodes)
            yield from _within([statement], owner, document)
        elif isinstance(statement, BLOCKS):
            for inner in _bodies(statement):
                yield from _pieces(inner, owner, document)
        elif bound := _bound_lambda(statement):
            name = f"{owner}{bound[0]}"
            nodes = tuple(ast.walk(bound[1]))
            yield Piece(name, "lambda", statement, statement, nodes)
        elif not owner:
            steps.append(statement)
    yield from _steps(steps, document)


def _goes_on(before: ast.stmt, after: ast.stmt, document: Document) -> bool:
    """Do two steps of a script belong together: in one cell, with nothing defined between them?"""
    same = document.cell(before.lineno) == document.cell(after.lineno)
    return same and not isinstance(after, (*DEFINES, *LOOPS, *BLOCKS))


def _steps(steps: Sequence[ast.stmt], document: Document) -> Iterator[Piece]:
    """The steps of a script, from the first that shows a sign to the last."""
    telling = [s for s in steps if _signs(tuple(ast.walk(s)), frozenset()) & set(IN_STEPS)]
    if telling:
        nodes = tuple(node for s in telling for node in ast.walk(s))
        where = document.where(telling[0].lineno)
        yield Piece(f"steps, {where}", "steps", telling[0], telling[-1], nodes)


def _defined(
    node: Function | ast.ClassDef, owner: str, document: Document, kind: str
) -> Iterator[Piece]:
    name = f"{owner}{node.name}"
    if isinstance(node, ast.ClassDef):
        yield from _pieces(node.body, f"{name}.", document)
        return
    yield Piece(name, kind, node, node, tuple(_own_nodes(node.body)))
    yield from _within(node.body, f"{name}.", document)


def _within(body: Iterable[ast.stmt], owner: str, document: Document) -> Iterator[Piece]:
    """The functions that are defined within a body, at any depth."""
    for statement in body:
        if isinstance(statement, DEFINES):
            yield from _defined(statement, owner, document, "nested")
        else:
            yield from _within(_statements(statement), owner, document)


def _statements(node: ast.stmt) -> Iterator[ast.stmt]:
    for body in _bodies(node):
        yield from body


def _bodies(node: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The bodies of a compound statement."""
    for field in ("body", "orelse", "finalbody"):
        if body := getattr(node, field, None):
            yield body
    for handler in getattr(node, "handlers", ()):
        yield handler.body


def _own_nodes(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes of a body but for those of functions and classes that it defines."""
    for node in body:
        if isinstance(node, DEFINES):
            continue
        yield node
        yield from _own_nodes(ast.iter_child_nodes(node))


def _bound_lambda(statement: ast.stmt) -> tuple[str, ast.AST] | None:
    """The name and the lambda of `f = lambda z: ...`."""
    value = getattr(statement, "value", None)
    if not isinstance(statement, ast.Assign | ast.AnnAssign) or not isinstance(value, ast.Lambda):
        return None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
    return (target.id, value) if isinstance(target, ast.Name) else None


def _looks(piece: Piece, known: frozenset[str]) -> str:
    """What a piece looks like, "" where it shows no sign; *known*: names of pieces that look like something."""
    said = _said(piece.name) if piece.kind not in ("loop", "steps") else ""
    signs = _signs(piece.nodes, known)
    if _is_idle(piece.name):
        said, signs = "", signs & {UPDATE, GRADIENT}
    loops = any(isinstance(node, LOOPS) for node in piece.nodes)
    if UPDATE in signs and loops:
        return TRAINING
    if piece.kind in ("loop", "steps"):
        return next((s for s in IN_STEPS if s in signs), "")
    # An update or a loss is often one of something else: there has to be something to compute.
    if said and (said not in (UPDATE, LOSS) or signs or _computes(piece.nodes)):
        return said
    owner = _said(piece.name.rpartition(".")[0])
    if (
        owner in (SLOPE, LOSS, ACTIVATION)
        and not _is_idle(piece.name)
        and _computes(piece.nodes)
        and _gives(piece.nodes)
    ):
        return next((s for s in LOOKS if s in signs), owner)
    return next((s for s in LOOKS if s in signs), "")


def _said(name: str) -> str:
    """What the words of a name say."""
    last = name.rpartition(".")[2]
    words = _words(last)
    if D_NAME.fullmatch(last):
        return SLOPE
    whole = "".join(words)
    told = {SAYS[w] for w in (*words, whole) if w in SAYS}
    told |= {looks for stem, looks in SAYS.items() if len(stem) > 3 and stem in whole}
    return next((looks for looks in LOOKS if looks in told), "")


def _is_idle(name: str) -> bool:
    """Does it draw, read or make something, by its name?"""
    last = name.rpartition(".")[2]
    special = last.startswith("__") and last != "__call__"
    words = _words(last)
    return special or bool(set(words[:1]) & set(IDLE.split()) | set(words) & DRAWN)


def _words(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]


def _gives(nodes: Iterable[ast.AST]) -> bool:
    """Does it return anything, or keep anything?"""
    return any(
        isinstance(n, ast.Return)
        and n.value is not None
        or isinstance(n, ast.Attribute | ast.Subscript)
        and isinstance(n.ctx, ast.Store)
        for n in nodes
    )


def _computes(nodes: Iterable[ast.AST]) -> bool:
    """Is there any arithmetic, or a call that may stand for some?"""
    return any(
        isinstance(n, ast.BinOp) and isinstance(n.op, ARITHMETIC)
        or isinstance(n, ast.UnaryOp) and isinstance(n.op, ast.USub)
        or isinstance(n, ast.AugAssign)
        or isinstance(n, ast.Call) and isinstance(n.func, ast.Attribute)
        or isinstance(n, ast.Compare)
        for n in nodes
    )  # fmt: skip


def _signs(nodes: Sequence[ast.AST], known: frozenset[str]) -> set[str]:
    """What the expressions of a piece look like."""
    found = {sign for node in nodes for sign in _signs_of(node, known)}
    names = {_called(n) for n in nodes if isinstance(n, ast.Call)}
    divides = any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) for n in nodes)
    if "exp" in names and (divides or names & LOGARITHMS):
        found.add(ACTIVATION)
    weighs = any(isinstance(n, ast.UnaryOp | ast.BinOp) for n in nodes)
    if names & LOGARITHMS and weighs and names & SUMS:
        found.add(LOSS)
    return found


def _signs_of(node: ast.AST, known: frozenset[str]) -> Iterator[str]:
    if isinstance(node, ast.AugAssign):
        yield from _signs_of_change(node.target, node.op, node.value)
    elif isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp):
        changed = {ast.dump(t).replace("Store", "Load") for t in node.targets}
        if ast.dump(node.value.left) in changed:
            yield from _signs_of_change(node.targets[0], node.value.op, node.value.right)
        elif isinstance(node.value.op, ast.Sub) and _is_decayed(node.value, changed):
            yield UPDATE
    elif isinstance(node, ast.BinOp):
        yield from _signs_of_operation(node, known)
    elif isinstance(node, ast.Call):
        yield from _signs_of_call(node, known)


def _signs_of_change(target: ast.expr, op: ast.operator, value: ast.expr) -> Iterator[str]:
    """A step of gradient descent: W -= rate * dW, W = W - dW, W += rate * error * x."""
    names = {_last(n) for n in ast.walk(value)} - {""}
    if not names or not isinstance(op, ast.Sub | ast.Add):
        return
    rates, slopes = (
        any(map(RATES.match, names)),
        any(D_NAME.match(n) or _says_gradient(n) for n in names),
    )
    scaled = any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Mult) for n in ast.walk(value))
    if (
        isinstance(op, ast.Sub)
        and (scaled and not _is_number(target) or slopes)
        or rates
        and scaled
    ):
        yield UPDATE
    elif slopes and scaled:
        yield GRADIENT


def _is_decayed(value: ast.BinOp, changed: set[str]) -> bool:
    """Is it v = mu * v - rate * g?"""
    left = {ast.dump(n) for n in ast.walk(value.left)}
    return bool(left & changed) and any(_is_times(n) for n in ast.walk(value.right))


def _signs_of_operation(node: ast.BinOp, known: frozenset[str]) -> Iterator[str]:
    if isinstance(node.op, ast.Mult):
        factors = list(_factors(node))
        if _is_slope(factors):
            yield SLOPE
        elif any(isinstance(f, ast.Call) and _called(f) in known for f in factors) or any(
            map(_is_error, factors)
        ):
            yield GRADIENT
        elif any(isinstance(f, ast.Compare) for f in factors):
            yield SLOPE
    elif isinstance(node.op, ast.MatMult):
        yield from _signs_of_product([node.left, node.right])
    elif isinstance(node.op, ast.Sub):
        if _is_one(node.left) and any(map(_is_power, [node.right])):
            yield SLOPE
    elif isinstance(node.op, ast.Add) and any(map(_is_product, [node.left, node.right])):
        yield FORWARD
    elif isinstance(node.op, ast.Pow) and _is_difference(node.left):
        yield LOSS


def _signs_of_call(node: ast.Call, known: frozenset[str]) -> Iterator[str]:
    name = _called(node)
    operands = list(node.args)
    if isinstance(node.func, ast.Attribute) and _last(node.func.value) not in (
        "np",
        "numpy",
        "jnp",
    ):
        operands.insert(0, node.func.value)
    if name in PRODUCTS:
        yield from _signs_of_product(operands)
    elif (
        name in SQUASHES
        and isinstance(node.func, ast.Attribute)
        or name == "maximum"
        and any(map(_is_number, node.args))
    ):
        yield ACTIVATION
    elif name == "where" and node.args and isinstance(node.args[0], ast.Compare):
        compared = ast.dump(node.args[0].left)
        if any(_is_number(arg) or compared in ast.dump(arg) for arg in node.args[1:]):
            yield ACTIVATION
    elif name == "square" and operands and _is_difference(operands[-1]):
        yield LOSS
    elif name in known and any(map(_holds_product, node.args)):
        yield FORWARD
    elif name in known and any(isinstance(a, ast.Call) and _called(a) in known for a in node.args):
        yield ACTIVATION


def _signs_of_product(operands: Sequence[ast.expr]) -> Iterator[str]:
    """The gradient of weights is x.T @ dz, that of what came before dz @ W.T."""
    inside = [n for operand in operands for n in ast.walk(operand)]
    names = {_last(n) for n in inside} - {""}
    slopes = any(D_NAME.match(name) or ERRORS.match(name) or _says_gradient(name) for name in names)
    if slopes or any(map(_is_error, operands)) or any(map(_is_transposed, operands)):
        yield GRADIENT


def _is_transposed(node: ast.expr) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr in TRANSPOSES
    return isinstance(node, ast.Call) and _called(node) in TRANSPOSES


def _is_error(node: ast.expr) -> bool:
    """Is it y - t, or a name that says so?"""
    if ERRORS.match(_last(node)):
        return True
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub):
        return any(TARGETS.match(_last(side)) for side in (node.left, node.right))
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Div) and _is_error(node.left)


def _is_slope(factors: Sequence[ast.expr]) -> bool:
    """Is it a * (1 - a)?"""
    told = {ast.dump(factor) for factor in factors}
    return any(
        isinstance(f, ast.BinOp)
        and isinstance(f.op, ast.Sub)
        and _is_one(f.left)
        and (ast.dump(f.right) in told or isinstance(f.right, ast.Call) or _is_power(f.right))
        for f in factors
    )


def _is_power(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) in POWERS
    if not isinstance(node, ast.BinOp):
        return False
    squared = isinstance(node.op, ast.Mult) and ast.dump(node.left) == ast.dump(node.right)
    return isinstance(node.op, ast.Pow) or squared


def _is_product(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        return _called(node) in PRODUCTS
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult)


def _holds_product(node: ast.expr) -> bool:
    return any(isinstance(n, ast.expr) and _is_product(n) for n in ast.walk(node))


def _is_difference(node: ast.expr) -> bool:
    return (
        isinstance(node, ast.BinOp) and isinstance(node.op, ast.Sub) and not _is_number(node.right)
    )


def _is_times(node: ast.AST) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult)


def _factors(node: ast.expr) -> Iterator[ast.expr]:
    """The factors of a product, however it is bracketed."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        yield from _factors(node.left)
        yield from _factors(node.right)
    else:
        yield node


def _is_one(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value == 1


def _is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, int | float)


def _called(call: ast.AST) -> str:
    """The last name of what is called."""
    return _last(call.func) if isinstance(call, ast.Call) else ""


def _last(node: ast.AST) -> str:
    """The last name of an expression: of self.W[0] it is W."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return getattr(node, "id", "") or getattr(node, "attr", "")


def _says_gradient(name: str) -> bool:
    return any(SAYS.get(word) == GRADIENT for word in _words(name))
