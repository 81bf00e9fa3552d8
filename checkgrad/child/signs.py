"""What speaks in a syntax tree for gradients: products, errors, slopes, steps, losses, activations."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from .inventory import ACTIVATION, FORWARD, GRADIENT, LOSS, SLOPE, UPDATE

ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.MatMult)
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


def words_of(name: str) -> list[str]:
    return [word.lower() for word in WORD.findall(name)]


def signs_in(nodes: Sequence[ast.AST], known: frozenset[str]) -> set[str]:
    """What the expressions of a piece look like."""
    found = {sign for node in nodes for sign in signs_of(node, known)}
    names = {_called(n) for n in nodes if isinstance(n, ast.Call)}
    divides = any(isinstance(n, ast.BinOp) and isinstance(n.op, ast.Div) for n in nodes)
    if "exp" in names and (divides or names & LOGARITHMS):
        found.add(ACTIVATION)
    weighs = any(isinstance(n, ast.UnaryOp | ast.BinOp) for n in nodes)
    if names & LOGARITHMS and weighs and names & SUMS:
        found.add(LOSS)
    return found


def signs_of(node: ast.AST, known: frozenset[str]) -> Iterator[str]:
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
    return any(SAYS.get(word) == GRADIENT for word in words_of(name))
