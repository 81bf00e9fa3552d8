"""Every way to write a network reads its example, and without it that is not read so."""

import pytest

from checkgrad.networks import candidates
from checkgrad.networks.candidates import network_candidates, read_networks
from checkgrad.networks.shapes import SHAPES
from in_process import InProcess
from network_shapes import SHAPES as WRITTEN


def readings(source):
    module = InProcess(source)
    found = network_candidates(module.inventory)
    return {one.shape: reading for one, reading in read_networks(found, module.ask).items()}


@pytest.mark.parametrize("key", SHAPES)
def test_a_shape_reads_its_example(key):
    reading = readings(SHAPES[key].accepts)[key]
    assert not isinstance(reading, str), reading
    assert reading.right_forward and reading.hidden == "tanh"


@pytest.mark.parametrize("key", SHAPES)
def test_its_example_is_not_read_where_its_parameters_are_not_held(key, monkeypatch):
    shape = SHAPES[key]
    monkeypatch.setattr("checkgrad.networks.identify.SHAPES", {**SHAPES, key: without(shape)})
    assert isinstance(readings(shape.accepts)[key], str)


def without(shape):
    return type(shape)(shape.key, lambda search, tokens: iter(()), shape.accepts)


@pytest.mark.parametrize("rule", candidates.RULES, ids=lambda rule: rule.__name__)
def test_every_rule_of_classes_is_needed(rule, monkeypatch):
    sources = [one.head + one.source for one in WRITTEN.values() if "train.csv" not in one.source]
    inventories = [InProcess(source).inventory for source in sources]

    def shapes():
        return [[one.shape for one in network_candidates(found)] for found in inventories]

    before = shapes()
    rules = tuple(one for one in candidates.RULES if one is not rule)
    monkeypatch.setattr(candidates, "RULES", rules)
    assert shapes() != before
