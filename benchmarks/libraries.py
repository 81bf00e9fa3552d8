"""Gradients that public libraries compute, right ones and planted wrong ones: f of one vector, and its gradient.

Libraries are optional; what is not installed is left out. Values are weighted with random numbers and summed up,
so that every function gives one number and every checker can be asked about it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass
class Pair:
    """A function of a vector with a gradient that may be wrong, counting its evaluations."""

    name: str
    function: Callable[[Any], float]
    gradient: Callable[[Any], Any]
    x: Any
    count: int = 0

    def f(self, x: Any) -> float:
        self.count += 1
        return float(self.function(np.asarray(x, float)))

    def g(self, x: Any) -> Any:
        return np.asarray(self.gradient(np.asarray(x, float)), float)


def pairs() -> list[Pair]:
    """All right gradients of the libraries that are installed."""
    found = []
    for make in (scipy_pairs, sklearn_pairs, statsmodels_pairs, torch_pairs, jax_pairs):
        try:
            found += list(make())
        except ImportError as missing:
            print(f"left out: {missing}")
    return found


def planted(pair: Pair, seed: int) -> Iterator[tuple[str, Pair]]:
    """Nine mistakes, without those that change next to nothing at this point."""
    right = pair.g(pair.x)
    rng = np.random.default_rng(seed)
    top, some = int(np.argmax(np.abs(right))), rng.random(right.size) < 0.5
    size = np.sqrt(np.mean(right**2))
    mistakes: dict[str, Callable[[Any, Any], Any]] = {
        "x 1.5": lambda g, x: 1.5 * g,
        "x 1.001": lambda g, x: 1.001 * g,
        "wrong sign": lambda g, x: -g,
        "zero": lambda g, x: 0 * g,
        "one entry x 1.1": lambda g, x: np.where(np.arange(g.size) == top, 1.1 * g, g),
        "half of the entries 0": lambda g, x: np.where(some, 0, g),
        "in reverse order": lambda g, x: g[::-1],
        "too large by a constant": lambda g, x: g + 0.1 * size,
        "a penalty too much": lambda g, x: g + 0.1 * size / np.max(np.abs(x)) * x,
    }
    for name, change in mistakes.items():
        wrong = change(right, pair.x)
        if np.max(np.abs(wrong - right)) > 1e-4 * size:
            yield name, Pair(pair.name, pair.function, _changed(pair.gradient, change), pair.x)


def _changed(gradient: Any, change: Any) -> Callable[[Any], Any]:
    return lambda x: change(np.asarray(gradient(x), float), x)


def _weighted(name: str, value: Any, slopes: Any, x: Any) -> Pair:
    """An elementwise function and its derivative as a number and its gradient."""
    w = np.random.default_rng(len(name)).uniform(0.5, 1.5, x.size)
    return Pair(name, lambda x: float(w @ value(x)), lambda x: w * slopes(x), x)


def scipy_pairs() -> Iterator[Pair]:
    from scipy import interpolate, optimize, special, stats

    rng = np.random.default_rng(0)
    x, p = rng.standard_normal(8), rng.uniform(0.1, 0.9, 8)
    positive = rng.uniform(0.5, 4, 8)
    for n in (2, 5, 12):
        at = rng.standard_normal(n)
        yield Pair(f"scipy rosen {n}", optimize.rosen, optimize.rosen_der, at)
    for name, value, slopes, at in (
        ("expit", special.expit, lambda x: special.expit(x) * special.expit(-x), x),
        ("logit", special.logit, lambda p: 1 / p / (1 - p), p),
        ("log_ndtr", special.log_ndtr, lambda x: np.exp(stats.norm.logpdf(x) - special.log_ndtr(x)), x),
        ("ndtr", special.ndtr, stats.norm.pdf, x),
        ("ndtri", special.ndtri, lambda p: 1 / stats.norm.pdf(special.ndtri(p)), p),
        ("erf", special.erf, lambda x: 2 / np.sqrt(np.pi) * np.exp(-x * x), x),
        ("erfc", special.erfc, lambda x: -2 / np.sqrt(np.pi) * np.exp(-x * x), x),
        ("erfcx", special.erfcx, lambda x: 2 * x * special.erfcx(x) - 2 / np.sqrt(np.pi), x),
        ("dawsn", special.dawsn, lambda x: 1 - 2 * x * special.dawsn(x), x),
        ("gammaln", special.gammaln, special.digamma, positive),
        ("digamma", special.digamma, lambda x: special.polygamma(1, x), positive),
        ("loggamma", lambda x: special.loggamma(x).real, special.digamma, positive),
        ("j0", special.j0, lambda x: -special.j1(x), positive),
        ("j1", special.j1, lambda x: special.j0(x) - special.j1(x) / x, positive),
        ("y0", special.y0, lambda x: -special.y1(x), positive),
        ("i0", special.i0, special.i1, positive),
        ("i0e", special.i0e, lambda x: special.i1e(x) - special.i0e(x), positive),
        ("k0", special.k0, lambda x: -special.k1(x), positive),
        ("jv 2.5", lambda x: special.jv(2.5, x), lambda x: special.jvp(2.5, x), positive),
        ("kv 1.5", lambda x: special.kv(1.5, x), lambda x: special.kvp(1.5, x), positive),
        ("exp1", special.exp1, lambda x: -np.exp(-x) / x, positive),
        ("expi", special.expi, lambda x: np.exp(x) / x, positive),
        ("sici", lambda x: special.sici(x)[0], lambda x: np.sin(x) / x, positive),
        ("fresnel", lambda x: special.fresnel(x)[0], lambda x: np.sin(np.pi * x * x / 2), x),
        ("airy", lambda x: special.airy(x)[0], lambda x: special.airy(x)[1], x),
        ("gammainc", lambda x: special.gammainc(1.7, x), lambda x: stats.gamma.pdf(x, 1.7), positive),
        ("betainc", lambda p: special.betainc(2, 3.5, p), lambda p: stats.beta.pdf(p, 2, 3.5), p),
        ("chdtr", lambda x: special.chdtr(3, x), lambda x: stats.chi2.pdf(x, 3), positive),
        ("stdtr", lambda x: special.stdtr(4, x), lambda x: stats.t.pdf(x, 4), x),
        ("lambertw", lambda x: special.lambertw(x).real, lambda x: special.lambertw(x).real / x / (1 + special.lambertw(x).real), positive),
        ("ellipk", special.ellipk, lambda m: (special.ellipe(m) / (1 - m) - special.ellipk(m)) / 2 / m, p),
        ("ellipe", special.ellipe, lambda m: (special.ellipe(m) - special.ellipk(m)) / 2 / m, p),
        ("entr", special.entr, lambda p: -np.log(p) - 1, p),
        ("rel_entr", lambda p: special.rel_entr(p, 0.3), lambda p: np.log(p / 0.3) + 1, p),
        ("huber", lambda x: special.huber(0.7, x), lambda x: np.clip(x, -0.7, 0.7), x),
        ("pseudo_huber", lambda x: special.pseudo_huber(0.7, x), lambda x: x / np.sqrt(1 + (x / 0.7) ** 2), x),
        ("boxcox", lambda x: special.boxcox(x, 0.4), lambda x: x**-0.6, positive),
        ("xlogy", lambda x: special.xlogy(x, x), lambda x: np.log(x) + 1, positive),
        ("log1p", np.log1p, lambda x: 1 / (1 + x), positive),
        ("exprel", special.exprel, lambda x: (np.exp(x) * (x - 1) + 1) / x**2, x),
        ("logsumexp", lambda x: special.logsumexp(x) * np.ones(8), lambda x: 8 * special.softmax(x), x),
        ("spence", special.spence, lambda x: -np.log(x) / (x - 1), positive),
    ):  # fmt: skip
        if name == "logsumexp":
            yield Pair("scipy logsumexp", special.logsumexp, special.softmax, at)
        else:
            yield _weighted(f"scipy {name}", value, slopes, at)
    for name in ("norm", "logistic", "gumbel_r", "gumbel_l", "expon", "cauchy", "laplace", "maxwell",
                 "rayleigh", "hypsecant", "halfnorm", "moyal"):  # fmt: skip
        d = getattr(stats, name)
        yield _weighted(f"scipy {name}.cdf", d.cdf, d.pdf, positive)
    knots, heights = np.linspace(-3, 3, 9), rng.standard_normal(9)
    for make in (
        interpolate.CubicSpline,
        interpolate.PchipInterpolator,
        interpolate.Akima1DInterpolator,
    ):
        curve = make(knots, heights)
        yield _weighted(f"scipy {make.__name__}", curve, curve.derivative(), np.clip(x, -2.9, 2.9))
    for degree in (3, 7):
        c = rng.standard_normal(degree + 1)
        yield _weighted(f"polyval {degree}", lambda x, c=c: np.polyval(c, x), lambda x, c=c: np.polyval(np.polyder(c), x), x)  # fmt: skip


def sklearn_pairs() -> Iterator[Pair]:
    from sklearn._loss import loss as losses
    from sklearn.gaussian_process import GaussianProcessRegressor, kernels
    from sklearn.linear_model import _linear_loss

    rng = np.random.default_rng(1)
    data = {
        "HalfSquaredError": rng.standard_normal(9),
        "AbsoluteError": rng.standard_normal(9),
        "PinballLoss": rng.standard_normal(9),
        "HuberLoss": rng.standard_normal(9),
        "HalfPoissonLoss": rng.poisson(2.0, 9) * 1.0,
        "HalfGammaLoss": rng.uniform(0.5, 3, 9),
        "HalfTweedieLoss": rng.uniform(0.5, 3, 9),
        "HalfTweedieLossIdentity": rng.uniform(0.5, 3, 9),
        "HalfBinomialLoss": (rng.random(9) > 0.5) * 1.0,
        "ExponentialLoss": (rng.random(9) > 0.5) * 1.0,
    }
    for name, y in data.items():
        cls = getattr(losses, name, None)
        if cls is None:
            continue
        one = cls()
        raw = rng.uniform(0.5, 2, 9) if "Identity" in name else rng.standard_normal(9)
        yield Pair(f"sklearn {name}", lambda z, m=one, y=y: np.sum(m.loss(y, np.ascontiguousarray(z))), lambda z, m=one, y=y: m.gradient(y, np.ascontiguousarray(z)), raw)  # fmt: skip
    x = rng.standard_normal((20, 4))
    for name, y in data.items():
        if "Identity" in name or not hasattr(losses, name):
            continue
        y = np.resize(y, 20)
        for penalty in (0.0, 0.3):
            linear = _linear_loss.LinearModelLoss(
                base_loss=getattr(losses, name)(), fit_intercept=True
            )
            yield Pair(f"sklearn linear {name} {penalty}", lambda w, m=linear, y=y, a=penalty: m.loss(w, x, y, l2_reg_strength=a), lambda w, m=linear, y=y, a=penalty: m.gradient(w, x, y, l2_reg_strength=a), 0.5 * rng.standard_normal(5))  # fmt: skip
    made = {
        "RBF": kernels.RBF(1.3),
        "RBF + white": kernels.RBF(0.7) + kernels.WhiteKernel(0.2),
        "Matern 1.5": kernels.Matern(1.1, nu=1.5),
        "Matern 2.5": kernels.Matern(0.8, nu=2.5),
        "RationalQuadratic": kernels.RationalQuadratic(1.2, 0.8),
        "constant * RBF": kernels.ConstantKernel(1.7) * kernels.RBF([1.0, 2.0, 0.5, 1.5]),
        "DotProduct": kernels.DotProduct(0.6),
    }
    t = np.sin(x[:, 0]) + 0.1 * rng.standard_normal(20)
    for name, kernel in made.items():
        model = GaussianProcessRegressor(kernel, alpha=0.1, optimizer=None).fit(x, t)
        theta = model.kernel_.theta
        yield Pair(f"sklearn GP {name}", lambda h, m=model: m.log_marginal_likelihood(h), lambda h, m=model: m.log_marginal_likelihood(h, eval_gradient=True)[1], theta)  # fmt: skip


def statsmodels_pairs() -> Iterator[Pair]:
    import statsmodels.api as sm

    rng = np.random.default_rng(2)
    x = sm.add_constant(rng.standard_normal((40, 3)))
    beta = np.array([0.3, -0.5, 0.4, 0.2])
    count = rng.poisson(np.exp(x @ beta)).astype(float)
    binary = (rng.random(40) < 1 / (1 + np.exp(-x @ beta))) * 1.0
    three = rng.integers(0, 3, 40)
    models = {
        "Logit": sm.Logit(binary, x),
        "Probit": sm.Probit(binary, x),
        "Poisson": sm.Poisson(count, x),
        "MNLogit": sm.MNLogit(three, x),
        "OLS": sm.OLS(x @ beta + rng.standard_normal(40), x),
    }
    for name, model in models.items():
        size = 8 if name == "MNLogit" else 4
        for k in range(3):
            at = 0.3 * rng.standard_normal(size)
            if name == "MNLogit":
                yield Pair(f"statsmodels {name} {k}", model.loglike, lambda p, m=model: np.ravel(m.score(p), "F"), at)  # fmt: skip
            else:
                yield Pair(f"statsmodels {name} {k}", model.loglike, model.score, at)
    positive = rng.gamma(2.0, 1.0, 40)
    families = {
        "Gaussian": (sm.families.Gaussian(), x @ beta + rng.standard_normal(40)),
        "Poisson": (sm.families.Poisson(), count),
        "Binomial": (sm.families.Binomial(), binary),
        "Gamma log": (sm.families.Gamma(sm.families.links.Log()), positive),
        "InverseGaussian log": (sm.families.InverseGaussian(sm.families.links.Log()), positive),
        "Binomial probit": (sm.families.Binomial(sm.families.links.Probit()), binary),
        "Binomial cloglog": (sm.families.Binomial(sm.families.links.CLogLog()), binary),
        "Poisson sqrt": (sm.families.Poisson(sm.families.links.Sqrt()), count),
    }
    for name, (family, y) in families.items():
        model = sm.GLM(y, x, family=family)
        at = beta + 0.1 * rng.standard_normal(4)
        if "sqrt" in name:
            at = at + [2, 0, 0, 0]
        yield Pair(f"statsmodels GLM {name}", lambda p, m=model: m.loglike(p, scale=1.0), lambda p, m=model: m.score(p, scale=1.0), at)  # fmt: skip


def torch_pairs() -> Iterator[Pair]:
    import torch
    from torch.nn import functional as F  # noqa: N812

    torch.manual_seed(0)
    rng = np.random.default_rng(3)
    x = rng.standard_normal(12)
    positive = rng.uniform(0.2, 3, 12)
    unit = rng.uniform(-0.9, 0.9, 12)
    w = torch.tensor(rng.standard_normal((4, 3)))
    target = torch.tensor([0, 2, 1, 1])
    names = ["sin", "cos", "tan", "tanh", "sinh", "cosh", "atan", "asinh", "exp", "expm1", "sigmoid", "square", "erf", "erfc", "sinc", "logsigmoid", "softplus", "gelu", "silu", "elu", "selu", "celu", "relu", "leaky_relu", "hardtanh", "hardswish", "relu6", "tanhshrink", "softsign", "mish", "abs"]  # fmt: skip
    alone = [(n, getattr(torch, n, None) or getattr(F, n), x) for n in names]
    alone += [(n, getattr(torch, n, None) or getattr(F, n), positive) for n in
              ["log", "log2", "log10", "log1p", "sqrt", "rsqrt", "reciprocal", "lgamma", "digamma", "i0"]]  # fmt: skip
    alone += [(n, getattr(torch, n), unit) for n in ["asin", "acos", "atanh", "erfinv"]]
    special = torch.special
    alone += [(n, getattr(special, n), positive) for n in
              ["bessel_j0", "bessel_j1", "i0e", "i1", "i1e", "log_ndtr", "ndtr", "entr", "erfcx"]]  # fmt: skip
    for name, function, at in alone:
        weight = torch.tensor(rng.uniform(0.5, 1.5, 12))
        pair = _of_torch(
            torch, f"torch {name}", lambda z, f=function, v=weight: (f(z) * v).sum(), at
        )
        if pair:
            yield pair
    t43 = torch.tensor(rng.standard_normal((4, 3)))
    hard = torch.tensor((rng.random((4, 3)) > 0.5) * 1.0)
    many: dict[str, Any] = {
        "softmax": lambda z: (F.softmax(z, 1) * w).sum(),
        "log_softmax": lambda z: (F.log_softmax(z, 1) * w).sum(),
        "softmin": lambda z: (F.softmin(z, 1) * w).sum(),
        "cross_entropy": lambda z: F.cross_entropy(z, target),
        "label smoothing": lambda z: F.cross_entropy(z, target, label_smoothing=0.1),
        "nll_loss": lambda z: F.nll_loss(F.log_softmax(z, 1), target),
        "mse_loss": lambda z: F.mse_loss(z, t43),
        "l1_loss": lambda z: F.l1_loss(z, t43),
        "smooth_l1_loss": lambda z: F.smooth_l1_loss(z, t43),
        "huber_loss": lambda z: F.huber_loss(z, t43, delta=0.7),
        "bce with logits": lambda z: F.binary_cross_entropy_with_logits(z, hard),
        "poisson_nll_loss": lambda z: F.poisson_nll_loss(z, hard),
        "gaussian_nll_loss": lambda z: F.gaussian_nll_loss(z, t43, torch.full((4, 3), 0.7).double()),
        "kl_div": lambda z: F.kl_div(F.log_softmax(z, 1), F.softmax(t43, 1), reduction="batchmean"),
        "multi_margin_loss": lambda z: F.multi_margin_loss(z, target),
        "multilabel_soft_margin_loss": lambda z: F.multilabel_soft_margin_loss(z, hard),
        "soft_margin_loss": lambda z: F.soft_margin_loss(z, 2 * hard - 1),
        "hinge_embedding_loss": lambda z: F.hinge_embedding_loss(z, 2 * hard - 1),
        "cosine_embedding_loss": lambda z: F.cosine_embedding_loss(z, t43, 2 * hard[:, 0] - 1),
        "triplet_margin_loss": lambda z: F.triplet_margin_loss(z, t43, w),
        "cosine_similarity": lambda z: F.cosine_similarity(z, t43).sum(),
        "pairwise_distance": lambda z: F.pairwise_distance(z, t43).sum(),
        "layer_norm": lambda z: (F.layer_norm(z, (3,)) * w).sum(),
        "group_norm": lambda z: (F.group_norm(z.reshape(2, 2, 3), 1) * w.reshape(2, 2, 3)).sum(),
        "instance_norm": lambda z: (F.instance_norm(z[None]) * w).sum(),
        "batch_norm": lambda z: (F.batch_norm(z, None, None, training=True) * w).sum(),
        "normalize": lambda z: (F.normalize(z, dim=1) * w).sum(),
        "glu": lambda z: (F.glu(z, 0) * w[:2]).sum(),
        "logsumexp": lambda z: torch.logsumexp(z, 1).sum(),
        "cumsum": lambda z: (torch.cumsum(z, 1) * w).sum(),
        "cumprod": lambda z: (torch.cumprod(z, 1) * w).sum(),
        "logcumsumexp": lambda z: (torch.logcumsumexp(z, 1) * w).sum(),
        "prod": lambda z: z.prod(1).sum(),
        "var": lambda z: z.var(1).sum(),
        "std": lambda z: z.std(1).sum(),
        "norm": lambda z: torch.linalg.norm(z),
        "p-norm 3": lambda z: torch.linalg.vector_norm(z, 3),
        "max": lambda z: z.max(1).values.sum(),
        "amax": lambda z: z.amax(1).sum(),
        "median": lambda z: z.median(1).values.sum(),
        "sort": lambda z: (z.sort(1).values * w).sum(),
        "topk": lambda z: z.topk(2, 1).values.sum(),
        "clamp": lambda z: (z.clamp(-1, 1) * w).sum(),
        "where": lambda z: torch.where(z > 0, z**2, torch.sin(z)).sum(),
        "einsum": lambda z: torch.einsum("ij,kj,ik->", z, z, z @ z.T),
        "matrix_exp": lambda z: torch.matrix_exp(z.T @ z / 5).sum(),
        "inv": lambda z: torch.linalg.inv(z.T @ z + torch.eye(3).double()).sum(),
        "det": lambda z: torch.linalg.det(z.T @ z),
        "slogdet": lambda z: torch.linalg.slogdet(z.T @ z)[1],
        "cholesky": lambda z: torch.linalg.cholesky(z.T @ z + torch.eye(3).double()).sum(),
        "solve": lambda z: torch.linalg.solve(z.T @ z + torch.eye(3).double(), w.T).sum(),
        "svdvals": lambda z: (torch.linalg.svdvals(z) * torch.arange(1.0, 4.0)).sum(),
        "eigvalsh": lambda z: (torch.linalg.eigvalsh(z.T @ z) * torch.arange(1.0, 4.0)).sum(),
        "qr": lambda z: torch.linalg.qr(z)[1].triu().sum(),
        "pinv": lambda z: torch.linalg.pinv(z).sum(),
        "cross": lambda z: (torch.linalg.cross(z, t43) * w).sum(),
        "cdist": lambda z: torch.cdist(z, t43).sum(),
        "fft": lambda z: torch.fft.rfft(z, dim=1).abs().square().sum(),
        "conv1d": lambda z: (F.conv1d(z.reshape(1, 2, 6), w.reshape(2, 2, 3)) ** 2).sum(),
        "conv2d": lambda z: torch.tanh(F.conv2d(z.reshape(1, 1, 4, 3), w.reshape(3, 1, 2, 2))).sum(),
        "avg_pool2d": lambda z: (F.avg_pool2d(z.reshape(1, 1, 4, 3), 2) ** 2).sum(),
        "max_pool2d": lambda z: F.max_pool2d(z.reshape(1, 1, 4, 3), 2).sum(),
        "lp_pool1d": lambda z: F.lp_pool1d(z.abs().reshape(1, 2, 6), 2.0, 2).sum(),
        "interpolate": lambda z: (F.interpolate(z.reshape(1, 1, 4, 3), scale_factor=2.0, mode="bilinear") ** 2).sum(),
        "grid_sample": lambda z: F.grid_sample(w.reshape(1, 1, 4, 3), torch.tanh(z[:, :2]).reshape(1, 2, 2, 2), align_corners=False).sum(),
        "attention": lambda z: (F.scaled_dot_product_attention(z[None], w[None], t43[None]) * w).sum(),
        "embedding": lambda z: (F.embedding(target, z) ** 2).sum(),
        "gru cell": lambda z: torch.gru_cell(z, z, torch.cat([w[:3]] * 3), torch.cat([t43[:3]] * 3)).sum(),
        "bilinear": lambda z: F.bilinear(z, z, torch.ones(2, 3, 3).double()).sum(),
        "log_det of dirichlet": lambda z: torch.distributions.Dirichlet(z.exp()).entropy().sum(),
        "kl of normals": lambda z: torch.distributions.kl_divergence(torch.distributions.Normal(z, 1.0), torch.distributions.Normal(0.0, z.exp())).sum(),
        "log_prob of gamma": lambda z: torch.distributions.Gamma(z.exp(), 1.3).log_prob(t43.abs() + 0.1).sum(),
        "log_prob of beta": lambda z: torch.distributions.Beta(z.exp(), 1.3).log_prob(torch.sigmoid(t43)).sum(),
        "log_prob of student": lambda z: torch.distributions.StudentT(z.exp() + 1).log_prob(t43).sum(),
    }  # fmt: skip
    for name, function in many.items():
        pair = _of_torch(torch, f"torch {name}", lambda z, f=function: f(z.reshape(4, 3)), x)
        if pair:
            yield pair


def _of_torch(torch: Any, name: str, function: Any, x: Any) -> Pair | None:
    def value(x: Any) -> float:
        with torch.no_grad():
            return float(function(torch.tensor(x)))

    def gradient(x: Any) -> Any:
        z = torch.tensor(x, requires_grad=True)
        (g,) = torch.autograd.grad(function(z), z)
        return g.numpy()

    try:
        gradient(x)
    except (RuntimeError, AttributeError, TypeError) as unusable:
        print(f"left out: {name}: {str(unusable).splitlines()[0]}")
        return None
    return Pair(name, value, gradient, x)


def jax_pairs() -> Iterator[Pair]:
    import jax
    from jax import numpy as jnp
    from jax import scipy as jsp

    jax.config.update("jax_enable_x64", True)
    rng = np.random.default_rng(4)
    x, positive, unit = (
        rng.standard_normal(9),
        rng.uniform(0.3, 3, 9),
        rng.uniform(0.1, 0.9, 9),
    )
    w = rng.standard_normal(9)
    nn, stats, special = jax.nn, jsp.stats, jsp.special
    made: dict[str, tuple[Any, Any]] = {
        **{f"nn.{n}": (getattr(nn, n), x) for n in ["relu", "relu6", "sigmoid", "softplus", "silu", "gelu", "elu", "celu", "selu", "swish", "log_sigmoid", "soft_sign", "hard_tanh", "hard_swish", "hard_sigmoid", "leaky_relu", "softmax", "log_softmax", "standardize", "squareplus", "mish"] if hasattr(nn, n)},
        **{f"special.{n}": (getattr(special, n), x) for n in ["erf", "erfc", "expit", "ndtr", "log_ndtr", "exprel"] if hasattr(special, n)},
        **{f"special.{n}": (getattr(special, n), positive) for n in
           ["gammaln", "digamma", "i0", "i0e", "i1", "i1e", "entr", "xlogy", "exp1", "expi", "zeta"] if hasattr(special, n) and n not in ("xlogy", "zeta")},
        **{f"special.{n}": (getattr(special, n), unit) for n in ["logit", "ndtri", "erfinv"]},
        **{f"{n}.logpdf": (getattr(stats, n).logpdf, x) for n in ["norm", "logistic", "laplace", "cauchy", "gumbel_r", "gumbel_l"] if hasattr(stats, n)},
        **{f"{n}.cdf": (getattr(stats, n).cdf, x) for n in ["norm", "logistic", "laplace", "cauchy"]},
        "gamma.logpdf": (lambda z: stats.gamma.logpdf(z, 1.7), positive),
        "beta.logpdf": (lambda z: stats.beta.logpdf(z, 1.7, 2.2), unit),
        "t.logpdf": (lambda z: stats.t.logpdf(z, 3.3), x),
        "chi2.logpdf": (lambda z: stats.chi2.logpdf(z, 3.0), positive),
        "pareto.logpdf": (lambda z: stats.pareto.logpdf(z + 1, 1.3), positive),
        "logsumexp": (lambda z: special.logsumexp(z) * jnp.ones(9), x),
        "interp": (lambda z: jnp.interp(z, jnp.linspace(-3, 3, 7), jnp.sin(jnp.arange(7.0))), x),
        "convolve": (lambda z: jnp.convolve(z, z, "same"), x),
        "cumprod": (jnp.cumprod, x),
        "sort": (jnp.sort, x),
        "logaddexp": (lambda z: jnp.logaddexp(z, z[::-1]), x),
        "arctan2": (lambda z: jnp.arctan2(z, z[::-1] + 0.1), x),
        "hypot": (lambda z: jnp.hypot(z, z[::-1]), x),
        "sinc": (jnp.sinc, x),
        "power": (lambda z: z**z, positive),
        "det": (lambda z: jnp.linalg.det(z.reshape(3, 3)) * jnp.ones(9), x),
        "inv": (lambda z: jnp.linalg.inv(z.reshape(3, 3) + 3 * jnp.eye(3)).ravel(), x),
        "expm": (lambda z: jsp.linalg.expm(z.reshape(3, 3)).ravel(), x),
        "eigh": (lambda z: jnp.linalg.eigvalsh(z.reshape(3, 3) + z.reshape(3, 3).T)[jnp.arange(9) % 3], x),
        "scan": (lambda z: jax.lax.scan(lambda h, v: (jnp.tanh(h + v), h * v), 0.3, z)[1], x),
    }  # fmt: skip
    for name, (function, at) in made.items():
        total = jax.jit(lambda z, f=function: jnp.sum(jnp.asarray(w) * f(z)))
        slopes = jax.jit(jax.grad(total))
        yield Pair(
            f"jax {name}",
            lambda x, t=total: float(t(x)),
            lambda x, g=slopes: np.asarray(g(x)),
            at,
        )
