"""Networks are read as one pure function, whatever the shape they are written in."""

import numpy as np
import pytest

from checkgrad.exercises import mlp
from checkgrad.reading.networks import network_candidates, read_networks
from checkgrad.sandbox import Worker
from tests.network_shapes import SHAPES


def worker(tmp_path, source):
    path = tmp_path / "student.py"
    path.write_text(source)
    return Worker(path)


def only_reading(w):
    """The one network of a submission."""
    (candidate,) = network_candidates(w.inventory)
    return read_networks([candidate], w.ask)[candidate]


def wrong_blocks(reading, ask, sizes, n=7):
    """Names of the gradients that are not those of the reference network of the kind that was read."""
    probe = mlp.draw(np.random.default_rng(3), sizes, n)
    got = reading.network(ask)(*probe)
    due = mlp.network(*probe, **reading.kind)
    assert np.allclose(got.y, due.y) if reading.right_forward else True
    return " ".join(
        f"d{name}{i}"
        for i, (mine, right) in enumerate(zip(got.gradients, due.gradients, strict=True), 1)
        for name, g, d in zip("Wb", mine, right, strict=True)
        if np.shape(g) != d.shape or not np.allclose(g, d, rtol=1e-6, atol=1e-9)
    )


@pytest.mark.parametrize("name", SHAPES)
def test_right_network_is_read_with_right_gradients(tmp_path, name):
    shape = SHAPES[name]
    with worker(tmp_path, shape.head + shape.source) as w:
        reading = only_reading(w)
        assert not isinstance(reading, str), reading
        assert (reading.hidden, reading.output, reading.reduction) == shape.kind
        assert reading.right_forward
        assert reading.fits(shape.sizes)
        assert wrong_blocks(reading, w.ask, shape.sizes) == ""
        if reading.accepts(mlp.draw(np.random.default_rng(3), shape.sizes, 1)):
            assert wrong_blocks(reading, w.ask, shape.sizes, n=1) == ""


@pytest.mark.parametrize("name", SHAPES)
def test_mistake_is_not_absorbed_by_the_reading(tmp_path, name):
    shape = SHAPES[name]
    assert shape.mistake[0] in shape.source
    with worker(tmp_path, shape.head + shape.source.replace(*shape.mistake)) as w:
        reading = only_reading(w)
        assert not isinstance(reading, str), reading
        assert (reading.hidden, reading.output, reading.reduction) == shape.kind
        assert wrong_blocks(reading, w.ask, shape.sizes) == shape.wrong
