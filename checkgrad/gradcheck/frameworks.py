"""Derivatives written by hand for torch and JAX, checked as NumPy functions. Neither is imported unless it is used."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from checkgrad.gradcheck.call import BoundCall
from checkgrad.gradcheck.checking import CheckOptions, check
from checkgrad.gradcheck.claims import Kind, joined
from checkgrad.gradcheck.result import GradientCheck
from checkgrad.gradcheck.several import merged
from checkgrad.gradcheck.trees import moves
from checkgrad.numeric.arguments import titles

ValueAndGradient = tuple[Callable[..., Any], Callable[..., Any]]


def check_vjp(
    function: Any,
    /,
    *args: Any,
    seed: int | None = None,
    rtol: float = 0.0,
    atol: float = 0.0,
    max_evaluations: int = 600,
) -> GradientCheck:
    """Check the derivative that someone wrote for function(*args), in torch or JAX.

    function: a subclass of torch.autograd.Function, or any function of tensors; or a jax.custom_vjp, a
        jax.custom_jvp (of which both products are checked) or any function of JAX arrays.
    args: tensors or JAX arrays, better of 64 bits, and what else it takes. It is differentiated by those tensors
        that require a gradient, or by all of floats where none does.

    Raise TypeError where neither library's arrays are among the arguments.
    """
    options = CheckOptions(
        kind="vjp", seed=seed, rtol=rtol, atol=atol, max_evaluations=max_evaluations
    )
    if _has(args, "torch", "Tensor"):
        return _check_torch(function, args, options)
    if _has(args, "jax", "Array") or type(function).__name__ in ("custom_vjp", "custom_jvp"):
        return _check_jax(function, args, options)
    raise TypeError(
        "no argument is a tensor of torch or an array of JAX; of NumPy functions,"
        ' check_gradient(f, vjp, *args, kind="vjp") checks the product'
    )


def _has(args: Sequence[Any], library: str, name: str) -> bool:
    """Is there one of the arrays of a library among *args*? If so, it has been imported."""
    module = sys.modules.get(library)
    return module is not None and any(isinstance(a, getattr(module, name)) for a in args)


def _wrt(args: Sequence[Any]) -> tuple[int, ...]:
    found = tuple(i for i, a in enumerate(args) if isinstance(a, np.ndarray) and moves(a))
    if not found:
        raise ValueError("no argument holds floats to differentiate by")
    return found


def _one_way(wrt: tuple[int, ...], parts: Sequence[Any]) -> Any:
    return parts[0] if len(wrt) == 1 else tuple(parts)


def _pieces(upstream: Any, outputs: Sequence[Any]) -> list[Any]:
    """*upstream*, which belongs to all outputs one after the other, taken apart."""
    if len(outputs) == 1:
        return [upstream]
    ends = np.cumsum([int(np.prod(np.shape(o))) for o in outputs])[:-1]
    parts = np.split(np.ravel(upstream), ends)
    return [part.reshape(np.shape(o)) for part, o in zip(parts, outputs, strict=True)]


# torch


def _check_torch(function: Any, args: tuple[Any, ...], options: CheckOptions) -> GradientCheck:
    import torch

    apply = getattr(function, "apply", function)
    asked = [isinstance(a, torch.Tensor) and a.requires_grad for a in args]
    arrays = tuple(a.numpy(force=True) if isinstance(a, torch.Tensor) else a for a in args)
    wrt = tuple(i for i, yes in enumerate(asked) if yes) or _wrt(arrays)
    f, vjp = _torch_pair(torch, apply, args, wrt)
    names = titles(getattr(function, "forward", function), len(args) + 1)
    names = names[1:] if names[0] in ("ctx", "self") else names[:-1]
    call = BoundCall(f, vjp, arrays, names)
    return check(call, _by(options, wrt))


def _torch_pair(
    torch: Any, apply: Callable[..., Any], args: Any, wrt: tuple[int, ...]
) -> ValueAndGradient:
    def tensors(arrays: Sequence[Any], grad: bool) -> list[Any]:
        made = list(arrays)
        for i, (old, new) in enumerate(zip(args, arrays, strict=True)):
            if isinstance(old, torch.Tensor):
                made[i] = torch.tensor(np.array(new), dtype=old.dtype, device=old.device)
                made[i].requires_grad_(grad and i in wrt)
        return made

    def outputs(made: list[Any]) -> list[Any]:
        got = apply(*made)
        found = list(got) if isinstance(got, tuple | list) else [got]
        return [o for o in found if isinstance(o, torch.Tensor) and o.is_floating_point()]

    def f(*arrays: Any) -> Any:
        return joined([o.numpy(force=True) for o in outputs(tensors(arrays, False))])

    def vjp(upstream: Any, *arrays: Any) -> Any:
        made = tensors(arrays, True)
        outs = outputs(made)
        pieces = _pieces(upstream, [o.detach() for o in outs])
        seeds = [torch.as_tensor(p).to(o) for p, o in zip(pieces, outs, strict=True)]
        inputs = [made[i] for i in wrt]
        found = torch.autograd.grad(outs, inputs, seeds, allow_unused=True)
        full = [
            np.zeros(tuple(x.shape)) if g is None else g.numpy(force=True)
            for g, x in zip(found, inputs, strict=True)
        ]
        return _one_way(wrt, full)

    return f, vjp


# JAX


def _check_jax(function: Any, args: tuple[Any, ...], options: CheckOptions) -> GradientCheck:
    import jax

    arrays = tuple(np.asarray(a) if isinstance(a, jax.Array) else a for a in args)
    wrt = _wrt(arrays)
    names = titles(getattr(function, "__wrapped__", function), len(args))
    f, vjp, jvp = _jax_functions(jax, function, wrt)
    checked = {"vjp": check(BoundCall(f, vjp, arrays, names), _by(options, wrt))}
    if type(function).__name__ == "custom_jvp":
        checked["jvp"] = check(BoundCall(f, jvp, arrays, names), _by(options, wrt, "jvp"))
    return merged(checked)


def _jax_functions(jax: Any, function: Callable[..., Any], wrt: tuple[int, ...]) -> Any:
    def of(arrays: tuple[Any, ...]) -> Callable[..., Any]:
        def by_its_own(*moved: Any) -> Any:
            full = list(arrays)
            for i, x in zip(wrt, moved, strict=True):
                full[i] = x
            return function(*full)

        return by_its_own

    def moved(arrays: tuple[Any, ...]) -> list[Any]:
        return [jax.numpy.asarray(arrays[i]) for i in wrt]

    def f(*arrays: Any) -> Any:
        return joined([np.asarray(o) for o in jax.tree.leaves(of(arrays)(*moved(arrays)))])

    def vjp(upstream: Any, *arrays: Any) -> Any:
        out, pull = jax.vjp(of(arrays), *moved(arrays))
        leaves, tree = jax.tree.flatten(out)
        pieces = _pieces(upstream, leaves)
        seeds = [np.asarray(p, o.dtype) for p, o in zip(pieces, leaves, strict=True)]
        return _one_way(wrt, [np.asarray(g) for g in pull(jax.tree.unflatten(tree, seeds))])

    def jvp(tangent: Any, *arrays: Any) -> Any:
        here = moved(arrays)
        tangents = [tangent] if len(wrt) == 1 else list(tangent)
        along = [np.asarray(t, x.dtype) for t, x in zip(tangents, here, strict=True)]
        _, out = jax.jvp(of(arrays), tuple(here), tuple(along))
        return joined([np.asarray(o) for o in jax.tree.leaves(out)])

    return f, vjp, jvp


def _by(options: CheckOptions, wrt: tuple[int, ...], kind: Kind = "vjp") -> CheckOptions:
    return replace(options, wrt=wrt if len(wrt) > 1 else wrt[0], kind=kind)
