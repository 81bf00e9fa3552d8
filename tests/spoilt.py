"""Modules with one function made worse, each of which must not score more than it did: `python tests/spoilt.py [EVERY]`."""

import ast
import multiprocessing
import sys
import tempfile
from functools import cache
from pathlib import Path

from checkgrad.assignment import AssignmentSource, loads
from checkgrad.grading import grade

WEEK = """
name = "week"
exercises.sigmoid.points = 1
exercises.sigmoid_derivative.points = 1
exercises.softmax.points = 2
exercises.softmax_jacobian.points = 2
exercises.softmax_cross_entropy.points = 1
exercises.softmax_cross_entropy_gradient.points = 2
exercises.affine_forward.points = 1
exercises.affine_backward.points = 2
"""
PINNED = f'{WEEK}[conventions]\nreduction = "mean"\nlayout = "rows"\nlabels = "one-hot"\n'

RIGHT = {
    "sigmoid(z)": "return 1 / (1 + np.exp(-np.asarray(z, float)))",
    "sigmoid_derivative(z)": "y = sigmoid(z)\nreturn y * (1 - y)",
    "softmax(z)": "e = np.exp(z - z.max(axis=1, keepdims=True))\nreturn e / e.sum(axis=1, keepdims=True)",
    "softmax_jacobian(z)": "y = softmax(z)\nreturn np.einsum('ni,ij->nij', y, np.eye(y.shape[1])) - np.einsum('ni,nj->nij', y, y)",
    "softmax_cross_entropy(z, t)": "return -np.mean(np.sum(t * np.log(softmax(z)), axis=1))",
    "softmax_cross_entropy_gradient(z, t)": "return (softmax(z) - t) / len(z)",
    "affine_forward(x, w, b)": "return x @ w + b",
    "affine_backward(dout, x, w)": "return dout @ w.T, x.T @ dout, dout.sum(axis=0)",
}
SLIPS = {
    "sigmoid_derivative(z)": "y = sigmoid(z)\nreturn y * (1 + y)",
    "softmax_jacobian(z)": "y = softmax(z)\nreturn np.einsum('ni,ij->nij', y * (1 - y), np.eye(y.shape[1]))",
    "softmax_cross_entropy_gradient(z, t)": "return softmax(z) - t",
    "affine_backward(dout, x, w)": "return dout @ w.T, x.T @ dout, dout.mean(axis=0)",
}
GARBAGE = {
    "sigmoid_derivative(z)": "return 0.1 + 0 * np.asarray(z, float)",
    "softmax_jacobian(z)": "n, c = z.shape\nreturn np.zeros((n, c, c)) + (np.eye(c) - 1 / c) / c",
    "softmax_cross_entropy_gradient(z, t)": "return 0 * z - t / len(z)",
    "affine_backward(dout, x, w)": "return 0 * x, 0 * w, dout.sum(axis=0)",
}
FORWARD_SLIPS = {
    "sigmoid(z)": "return 1 / (1 + np.exp(z))",
    "softmax(z)": "e = np.exp(z - z.max())\nreturn e / e.sum()",
    "softmax_cross_entropy(z, t)": "return -np.sum(t * np.log(softmax(z)))",
}
MODULES = {
    "right": RIGHT,
    "slips": RIGHT | SLIPS,
    "garbage": RIGHT | GARBAGE,
    "wrong forward": RIGHT | FORWARD_SLIPS,
    "slips on wrong forward": RIGHT | FORWARD_SLIPS | SLIPS,
}
# What becomes of a function: of its value y, which every member of several is, and its first argument a.
SPOILS = {
    "huge": "1e300 * y",
    "rough": "y + 1e-3 * np.sign(np.sin(1e9 * y))",
    "constant": "0 * y + 0.5",
    "small constant": "0 * y + 0.1",
    "nothing": "0 * y",
    "moved": "y + 0.1",
    "negative": "-y",
    "three times": "3 * y",
    "of its first argument": "0.5 * np.asarray(a, float)",
    "mixed": "y / np.sum(y)",
    "random": "np.random.rand(*np.shape(y))",
    "not a number": "np.nan * y",
    "text": "'a right one'",
    "another shape": "np.asarray(y)[..., None]",
    "an error": "1 / 0 * y",
    "no process": "os.abort()",
    "our exit": "os._exit(77)",
}


def source(functions):
    written = [
        f"def {head}:\n" + "".join(f"    {line}\n" for line in body.split("\n"))
        for head, body in functions.items()
    ]
    return "import os\nimport numpy as np\n\n" + "\n".join(written)


def spoilt(functions, head, spoil):
    """The module with one function spoilt, as all others that use it see it."""
    name, _, rest = head.partition("(")
    first = ast.parse(f"def f({rest}: pass").body[0].args.args[0].arg
    body = functions[head].split("\n")
    inner = "".join(f"        {line}\n" for line in body)
    worse = f"lambda y, a: {SPOILS[spoil]}"
    text = (
        f"    def kept():\n{inner}    worse, y = {worse}, kept()\n"
        f"    return tuple(worse(m, {first}) for m in y) if isinstance(y, tuple) else worse(y, {first})\n"
    )
    others = {h: b for h, b in functions.items() if h != head}
    return f"{source(others)}\n\ndef {name}({rest}:\n{text}"


@cache
def score(text, week):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "hw.py")
        path.write_text(text)
        return grade(path, assignment=loads(AssignmentSource("week.toml", week.encode()))).score


def cases():
    return [
        (module, head, spoil, week)
        for module, functions in MODULES.items()
        for head in functions
        for spoil in SPOILS
        for week in (WEEK, PINNED)
    ]


def gain(case):
    """How much more the module scores with its function spoilt; no score at all is no gain."""
    module, head, spoil, week = case
    after = score(spoilt(MODULES[module], head, spoil), week)
    return case, score(source(MODULES[module]), week), after


def main(words):
    """Grade every case, or one of so many; print the gains and how many there are."""
    chosen = cases()[:: int(words[0]) if words else 1]
    gained = 0
    with multiprocessing.get_context("spawn").Pool(2) as pool:
        for (module, head, spoil, week), before, after in pool.imap_unordered(gain, chosen):
            if after is not None and after > before + 1e-9:
                gained += 1
                pinned = "pinned" if week == PINNED else "free"
                print(f"{module}, {head} {spoil}, {pinned}: {before:g} -> {after:g}", flush=True)
    print(f"{len(chosen)} modules with one function spoilt, {gained} of them score more")
    return gained > 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
