"""check_vjp on hand-written torch.autograd.Functions. Run by its own environment: tox -e frameworks."""

import numpy as np
import pytest
import torch

from checkgrad import check_vjp


class Softplus(torch.autograd.Function):
    @staticmethod
    def forward(ctx, z):
        ctx.save_for_backward(z)
        return torch.nn.functional.softplus(z)

    @staticmethod
    def backward(ctx, upstream):
        (z,) = ctx.saved_tensors
        return upstream * torch.sigmoid(z)


class Affine(torch.autograd.Function):
    """x @ w + b, with a factor that its backward may get wrong."""

    @staticmethod
    def forward(ctx, x, w, b, factor):
        ctx.save_for_backward(x, w)
        ctx.factor = factor
        return x @ w + b

    @staticmethod
    def backward(ctx, upstream):
        x, w = ctx.saved_tensors
        return upstream @ w.T, ctx.factor * x.T @ upstream, upstream.sum(0), None


class Both(torch.autograd.Function):
    """Two outputs: the sine and the square."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.sin(x), x * x

    @staticmethod
    def backward(ctx, first, second):
        (x,) = ctx.saved_tensors
        return first * torch.cos(x) + 2 * second * x


class New(torch.autograd.Function):
    """The newer style, with a setup_context, and the wrong sign."""

    @staticmethod
    def forward(angle):
        return torch.cos(angle)

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, upstream):
        (angle,) = ctx.saved_tensors
        return upstream * torch.sin(angle)


def tensor(*shape, dtype=torch.float64):
    torch.manual_seed(0)
    return torch.randn(*shape, dtype=dtype)


@pytest.mark.parametrize("seed", range(5))
def test_right_functions_are_right(seed):
    assert check_vjp(Softplus, tensor(4, 3), seed=seed).verdict == "right"
    assert check_vjp(Both, tensor(5), seed=seed).verdict == "right"
    affine = tensor(5, 3), tensor(3, 2), tensor(2), 1.0
    assert check_vjp(Affine, *affine, seed=seed).verdict == "right"


def test_a_wrong_array_is_named_as_forward_calls_it():
    answer = check_vjp(Affine, tensor(5, 3), tensor(3, 2), tensor(2), 2.0, seed=0)
    assert answer.verdict == "wrong"
    assert [block.name for block in answer.wrong] == ["dw"]
    assert "2 times too large" in answer.wrong[0].structure


def test_a_setup_context_makes_no_difference():
    answer = check_vjp(New, tensor(6), seed=0)
    assert [block.name for block in answer.wrong] == ["dangle"]
    assert "sign" in answer.wrong[0].structure


def test_only_what_requires_a_gradient_is_looked_at():
    x, w, b = tensor(5, 3), tensor(3, 2), tensor(2)
    assert check_vjp(Affine, x.requires_grad_(), w, b, 2.0, seed=0).ok
    assert not check_vjp(Affine, x, w.requires_grad_(), b, 2.0, seed=0).ok


def test_single_precision_shows_gross_mistakes():
    single = tensor(40, dtype=torch.float32)
    assert check_vjp(Softplus, single, seed=0).ok
    assert check_vjp(New, single, seed=0).verdict == "wrong"


def test_any_function_of_tensors_will_do():
    assert check_vjp(torch.nn.functional.gelu, tensor(7), seed=0)
    assert check_vjp(lambda x, w: torch.tanh(x @ w).sum(), tensor(4, 3), tensor(3, 2), seed=0)


def test_the_tensors_that_were_handed_over_are_left_alone():
    x = tensor(4).requires_grad_()
    before = x.detach().clone()
    check_vjp(Both, x, seed=0)
    assert x.grad is None
    assert torch.equal(x.detach(), before)


def test_without_floats_there_is_nothing_to_differentiate_by():
    with pytest.raises(ValueError, match="no argument holds floats"):
        check_vjp(lambda n: n + 1, torch.arange(3))


def test_numpy_arrays_are_for_check_gradient():
    with pytest.raises(TypeError, match="check_gradient"):
        check_vjp(np.tanh, np.ones(3))
