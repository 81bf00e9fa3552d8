"""What the report works out by hand is right, for every exercise and every entry."""

import numpy as np
import pytest

from checkgrad.exercises import ALL, worked_network
from checkgrad.exercises.mlp import NETWORK, NetworkKind, network
from checkgrad.exercises.worked import by_hand
from checkgrad.render.formulas import mathml

BY_NAME = {e.name: e for e in ALL}


def entries(value):
    """Every index of a result with the number there; of several results the member comes first."""
    if isinstance(value, tuple):
        found = [((k, *at), v) for k, member in enumerate(value) for at, v in entries(member)]
        return found
    return [(at, float(v)) for at, v in np.ndenumerate(value)]


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_every_entry_of_every_probe_can_be_worked_out(exercise):
    for probe in exercise.probes():
        for at, due in entries(exercise(*probe))[:40]:
            lines = by_hand(exercise, probe, at, due)
            assert lines, (probe, at)
            assert lines[-1].value == pytest.approx(due, rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_every_line_is_readable_mathematics(exercise):
    probe = min(exercise.probes(), key=lambda p: sum(map(np.size, p)))
    at, due = entries(exercise(*probe))[0]
    for line in by_hand(exercise, probe, at, due):
        assert "<code>" not in mathml(f"{line.name} = {line.numbers}")


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_nothing_is_worked_out_to_another_number(exercise):
    probe = exercise.probes()[0]
    at, due = entries(exercise(*probe))[0]
    assert by_hand(exercise, probe, at, due + 0.123) == []


@pytest.mark.parametrize("factor", [1.0, 7.0])
def test_only_a_mean_is_divided_by_the_number_of_samples(factor):
    exercise = BY_NAME["cross_entropy_derivative"]
    probe = next(p for p in exercise.probes() if len(p[0]) == 7)
    at = tuple(np.argwhere(probe[1] > 0)[0])
    due = factor * exercise(*probe)[at]
    (line,) = by_hand(exercise, probe, at, due)
    assert (r"\frac{1}{7}" in line.numbers) == (factor == 1)


@pytest.mark.parametrize("hidden", ["leaky_relu", "tanh"])
@pytest.mark.parametrize("details", [{}, {"reduction": "sum"}, {"lam": 0.1}])
def test_every_gradient_of_a_network_can_be_worked_out(hidden, details):
    kind = NetworkKind(hidden=hidden, **details)
    for probe in NETWORK.probes()[:4]:
        gradients = network(*probe, hidden=hidden, **details).gradients
        for layer, (dw, db) in enumerate(gradients, 1):
            i, j = np.unravel_index(np.abs(dw).argmax(), dw.shape)
            for where, due in ((f"dW{layer}[{i}, {j}]", dw[i, j]), (f"db{layer}[{j}]", db[j])):
                lines = worked_network.by_hand(probe, kind, where, due)
                assert lines[-1].value == pytest.approx(due)
                assert worked_network.by_hand(probe, kind, where, due + 1) == []
