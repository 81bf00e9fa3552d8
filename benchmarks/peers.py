"""Other gradient checkers, each made to judge the same NumPy f and gradient: True where it calls it wrong."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
from tasks import Task


class Counted:
    """A task as a function of one flat vector, counting its evaluations."""

    def __init__(self, task: Task, bug: str = "", error: float = 1e-2) -> None:
        self.task, self.bug, self.error, self.count = task, bug, error, 0
        self.shapes = [p.shape for p in task.parameters]
        self.x = np.concatenate([p.ravel() for p in task.parameters])

    def unflat(self, x: Any) -> list[Any]:
        ends = np.cumsum([int(np.prod(s)) for s in self.shapes])[:-1]
        return [
            a.reshape(s) for a, s in zip(np.split(np.asarray(x), ends), self.shapes, strict=True)
        ]

    def f(self, x: Any) -> float:
        self.count += 1
        return self.task.f(self.unflat(x))

    def g(self, x: Any) -> Any:
        found = self.task.gradient(self.unflat(x), self.bug, self.error)
        return np.concatenate([a.ravel() for a in found])


class Few(Counted):
    """A task of which only a few entries move."""

    def __init__(self, problem: Task, count: int) -> None:
        super().__init__(problem)
        self.whole, self.at = self.x.copy(), np.linspace(0, self.x.size - 1, count).astype(int)
        self.x = self.whole[self.at]

    def filled(self, few: Any) -> Any:
        self.whole[self.at] = few
        return self.whole

    def f(self, x: Any) -> float:
        return super().f(self.filled(x))

    def g(self, x: Any) -> Any:
        return super().g(self.filled(x))[self.at]


Peer = Callable[[Counted, int], bool]

# Those that measure every entry.
FULL = ("cs231n", "torch slow", "scipy all", "scipy.differentiate", "numdifftools", "statsmodels")


def peers() -> dict[str, Peer]:
    """Those that are installed, at their defaults."""
    return {name: peer for make in MAKERS for name, peer in _installed(make).items()}


def adjustable() -> dict[str, Callable[[float], Peer]]:
    """Those with a tolerance to set."""
    found = {"cs231n": lambda t: lambda c, seed: cs231n(c, seed, t)}
    return found | _installed(
        lambda: {
            "torch fast": torch_check(True),
            "torch slow": torch_check(False),
            "jax": jax_check(),
            "scipy random": scipy_check("random"),
            "scipy all": scipy_check("all"),
        }
    )


def _installed(make: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return make()
    except ImportError as missing:
        print(f"not measured: {missing}")
        return {}


def cs231n(c: Counted, seed: int, threshold: float = 1e-4) -> bool:
    """The loop of the course: central differences with 1e-5, largest relative error."""
    x, n = c.x.copy(), np.empty_like(c.x)
    for i in range(x.size):
        old = x[i]
        x[i] = old + 1e-5
        up = c.f(x)
        x[i] = old - 1e-5
        n[i] = (up - c.f(x)) / 2e-5
        x[i] = old
    g = c.g(c.x)
    return bool(np.max(np.abs(g - n) / np.maximum(1e-8, np.abs(g) + np.abs(n))) > threshold)


def torch_peers() -> dict[str, Peer]:
    return {"torch slow": torch_check(False)(None), "torch fast": torch_check(True)(None)}


def torch_check(fast: bool) -> Callable[[float | None], Peer]:
    """gradcheck of a Function that calls f and its gradient; atol and rtol alike, or the defaults."""
    import torch

    torch.set_num_threads(1)
    if fast:
        # On failure it measures every entry for its message, which does not change the verdict.
        sys.modules["torch.autograd.gradcheck"]._run_slow_mode_and_get_error = lambda *_: ""

    def check(tolerance: float | None) -> Peer:
        options = {} if tolerance is None else {"atol": tolerance, "rtol": tolerance}

        def peer(c: Counted, seed: int) -> bool:
            class Function(torch.autograd.Function):
                @staticmethod
                def forward(ctx: Any, x: Any) -> Any:
                    ctx.save_for_backward(x)
                    with torch.enable_grad():  # f may be one of torch's own
                        return torch.tensor(c.f(x.detach().numpy()), dtype=torch.float64)

                @staticmethod
                def backward(ctx: Any, upstream: Any) -> Any:
                    (x,) = ctx.saved_tensors
                    with torch.enable_grad():
                        slopes = torch.from_numpy(c.g(x.detach().numpy()))
                    return upstream * slopes

            x = torch.tensor(c.x, requires_grad=True)
            try:
                return not torch.autograd.gradcheck(Function.apply, (x,), fast_mode=fast, **options)
            except RuntimeError:
                return True

        return peer

    return check


def jax_peers() -> dict[str, Peer]:
    from jax.test_util import check_vjp

    def direct(c: Counted, seed: int) -> bool:
        def vjp(x: Any) -> Any:
            return np.float64(c.f(x)), lambda upstream: (upstream * c.g(x),)

        return _fails(check_vjp, lambda x: np.float64(c.f(x)), vjp, (c.x,))

    return {"jax": jax_check()(None), "jax check_vjp": direct}


def jax_check() -> Callable[[float | None], Peer]:
    """check_grads, which needs a JAX function and so a callback; atol and rtol alike, or the defaults."""
    import jax
    from jax.test_util import check_grads

    jax.config.update("jax_enable_x64", True)

    def check(tolerance: float | None) -> Peer:
        options = {} if tolerance is None else {"atol": tolerance, "rtol": tolerance}

        def peer(c: Counted, seed: int) -> bool:
            number = jax.ShapeDtypeStruct((), np.float64)
            vector = jax.ShapeDtypeStruct(c.x.shape, np.float64)

            @jax.custom_vjp
            def f(x: Any) -> Any:
                return jax.pure_callback(lambda x: np.float64(c.f(np.asarray(x))), number, x)

            def backward(x: Any, upstream: Any) -> Any:
                g = jax.pure_callback(lambda x: c.g(np.asarray(x)), vector, x)
                return (upstream * g,)

            f.defvjp(lambda x: (f(x), x), backward)
            return _fails(check_grads, f, (c.x,), order=1, modes=["rev"], **options)

        return peer

    return check


def _fails(check: Callable[..., Any], *args: Any, **options: Any) -> bool:
    try:
        check(*args, **options)
    except AssertionError:
        return True
    return False


def autograd_peers() -> dict[str, Peer]:
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def peer(c: Counted, seed: int) -> bool:
        np.random.seed(seed)
        f = primitive(lambda x: c.f(x))
        defvjp(f, lambda answer, x: lambda upstream: upstream * c.g(x))
        return _fails(check_grads(f, modes=["rev"], order=1), c.x)

    return {"autograd": peer}


def scipy_peers() -> dict[str, Peer]:
    from scipy.differentiate import derivative

    def differentiate(c: Counted, seed: int) -> bool:
        n = np.empty_like(c.x)
        for i in range(c.x.size):
            n[i] = derivative(_along(c, i), c.x[i]).df
        g = c.g(c.x)
        return bool(np.any(np.abs(g - n) > 1e-8 + 1e-6 * np.abs(n)))

    every, one = scipy_check("all")(1e-6), scipy_check("random")(1e-6)
    return {"scipy all": every, "scipy random": one, "scipy.differentiate": differentiate}


def scipy_check(direction: str) -> Callable[[float], Peer]:
    """check_grad, which returns a difference and leaves it to the reader what is too much."""
    from scipy.optimize import check_grad

    def check(tolerance: float) -> Peer:
        def peer(c: Counted, seed: int) -> bool:
            return bool(check_grad(c.f, c.g, c.x, direction=direction, rng=seed) > tolerance)

        return peer

    return check


def _along(c: Counted, i: int) -> Callable[[Any], Any]:
    def f(values: Any) -> Any:
        out, x = np.empty(np.shape(values)), c.x.copy()
        for j in np.ndindex(out.shape):
            x[i] = values[j]
            out[j] = c.f(x)
        return out

    return f


def numdifftools_peers() -> dict[str, Peer]:
    import numdifftools

    def peer(c: Counted, seed: int) -> bool:
        n, g = numdifftools.Gradient(c.f)(c.x), c.g(c.x)
        return bool(np.any(np.abs(g - n) > 1e-8 + 1e-6 * np.abs(n)))

    return {"numdifftools": peer}


def statsmodels_peers() -> dict[str, Peer]:
    from statsmodels.tools.numdiff import approx_fprime

    def peer(c: Counted, seed: int) -> bool:
        n, g = approx_fprime(c.x, c.f, centered=True), c.g(c.x)
        return bool(np.any(np.abs(g - n) > 1e-8 + 1e-6 * np.abs(n)))

    return {"statsmodels": peer}


MAKERS = (
    lambda: {"cs231n": cs231n},
    torch_peers,
    jax_peers,
    autograd_peers,
    scipy_peers,
    numdifftools_peers,
    statsmodels_peers,
)
