"""A network's wrong gradients are explained by the smallest set of mistakes that gives them all again."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from checkgrad.diagnose import network_mistakes
from checkgrad.diagnose.network_mistakes import NetworkCase, blocks
from checkgrad.exercises.mlp import MISTAKES, NETWORK, RIGHT

KINDS = [
    {"hidden": "tanh", "lam": 0.1},
    {"hidden": "leaky_relu", "reduction": "sum", "lam": 0.05},
    {"hidden": "sigmoid", "output": "sigmoid_mse"},
]


def made(kind, **settings):
    """The gradients of a network that makes these mistakes, or None where they do not fit its shapes."""
    wrong = replace(RIGHT, **settings)
    probes, found = [], []
    for probe in NETWORK.probes():
        if kind.get("output", "").startswith("softmax") and probe[0][-1][0].shape[1] == 1:
            continue
        try:
            found.append(blocks(probe, kind, wrong))
            probes.append(probe)
        except ValueError:
            continue
    return probes, found


def explained(kind, probes, gradients):
    return network_mistakes.explain(NetworkCase(kind, probes, gradients))


def differ(kind, probes, found):
    """Is something wrong on a probe that tells it from what is right?"""
    return any(
        not network_mistakes._near(got, blocks(probe, kind))
        for probe, got in zip(probes, found, strict=True)
    )


@pytest.mark.parametrize("kind", KINDS, ids=str)
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_one_mistake_is_named_alone(kind, mistake):
    probes, found = made(kind, **mistake.setting)
    if len(probes) < len(NETWORK.probes()) or not differ(kind, probes, found):
        return  # this kind of network cannot make it
    assert [d.name for d in explained(kind, probes, found).diagnoses] == [mistake.name]


@pytest.mark.parametrize("layer", [0, 1, 2])
@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda m: m.name)
def test_a_mistake_in_one_layer_is_named_with_its_layer(mistake, layer):
    kind = KINDS[0]
    probes, found = made(kind, layer=layer, **mistake.setting)
    deep = [i for i, p in enumerate(probes) if len(p[0]) == 3]
    probes, found = [probes[i] for i in deep], [found[i] for i in deep]
    if len(deep) < 4 or not differ(kind, probes, found) or "error" in mistake.setting:
        return
    told = explained(kind, probes, found)
    assert [d.name for d in told.diagnoses] == [mistake.name]
    elsewhere = [network_mistakes.Suspicion((mistake,), other) for other in (None, 0, 1, 2)]
    fitting = [s.told() for s in elsewhere if NetworkCase(kind, probes, found).fits(s)]
    assert told in fitting


def test_no_right_network_makes_a_mistake():
    for kind in KINDS:
        probes, found = made(kind)
        assert explained(kind, probes, found).diagnoses == []


def test_noise_in_one_weight_is_no_mistake():
    kind = KINDS[0]
    probes, found = made(kind)
    spoilt = [(b[0] + 1e-6 * np.eye(*b[0].shape), *b[1:]) for b in found]
    assert explained(kind, probes, spoilt).diagnoses == []


def pairs():
    """Two mistakes that do not exclude each other, under kinds of network in turn."""
    every = [
        (a, b) for a, b in combinations(MISTAKES, 2) if not a.setting.keys() & b.setting.keys()
    ]
    return [(KINDS[i % 2], *pair) for i, pair in enumerate(every[::2])]


def test_two_mistakes_at_once_are_both_named():
    count = both = 0  # where a second pair gives the same numbers, only what they share is named
    for kind, a, b in pairs():
        probes, found = made(kind, **a.setting, **b.setting)
        if len(probes) < len(NETWORK.probes()) or not differ(kind, probes, found):
            continue
        told = explained(kind, probes, found)
        count += 1
        named = {d.name for d in told.diagnoses}
        both += bool(named) and named <= {a.name, b.name}
        settings = [next(m for m in MISTAKES if m.name == name).setting for name in named]
        again = made(kind, **{k: v for setting in settings for k, v in setting.items()})
        if len(named) == 2:
            assert all(map(network_mistakes._near, again[1], found))
    assert count >= 100
    assert both >= 0.85 * count
