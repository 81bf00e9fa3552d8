"""A teacher's own exercise with a forward, a backward and three results is read in every form, like any other."""

import numpy as np
import pytest

from checkgrad.assignment import AssignmentSource, loads
from checkgrad.exercises import ALL
from checkgrad.grading import grade
from checkgrad.reading.meant import exercise_of
from checkgrad.words.meaning import meaning

OWN = '''
import numpy as np
from checkgrad.exercise import Derivative, Kind, exercise

def inputs_and_parameters(rng):
    for n, d in ((7, 5), (7, 5), (4, 3)):
        yield rng.normal(size=(n, d)), rng.normal(size=d), rng.normal(size=d)

@exercise(inputs_and_parameters, latex="y", source="handout 5", kind=Kind.LAYER)
def layer_norm_forward(x, gamma, beta):
    """Every sample is shifted and scaled to mean 0 and variance 1, then by the parameters."""
    return gamma * (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True)) + beta

def upstream_inputs_and_scale(rng):
    for n, d in ((7, 5), (7, 5), (4, 3)):
        yield rng.normal(size=(n, d)), rng.normal(size=(n, d)), rng.normal(size=d)

@exercise(
    upstream_inputs_and_scale, latex="d", source="handout 5", returns=("dx", "dgamma", "dbeta"),
    derivative=Derivative(
        layer_norm_forward, at=lambda dout, x, gamma: (x, gamma, np.zeros(len(gamma))),
        wrt=(0, 1, 2), upstream=lambda dout, x, gamma: dout,
    ),
)
def layer_norm_backward(dout, x, gamma):
    """From the gradient of the outputs to those of the inputs and both parameters."""
    s = np.sqrt(x.var(1, keepdims=True))
    h = (x - x.mean(1, keepdims=True)) / s
    d = dout * gamma
    dx = (d - d.mean(1, keepdims=True) - h * (d * h).mean(1, keepdims=True)) / s
    return dx, (dout * h).sum(0), dout.sum(0)

@layer_norm_backward.misconception(hint="Does the mean of a sample move with each of its entries?")
def took_the_mean_for_a_constant(dout, x, gamma):
    """The mean of the sample is taken for a constant."""
    s = np.sqrt(x.var(1, keepdims=True))
    h = (x - x.mean(1, keepdims=True)) / s
    d = dout * gamma
    return (d - h * (d * h).mean(1, keepdims=True)) / s, (dout * h).sum(0), dout.sum(0)
'''
BODY = """
def normalised(x):
    s = np.sqrt(x.var(axis=1, keepdims=True))
    return (x - x.mean(axis=1, keepdims=True)) / s, s

def back(d, h, s):
    return (d - d.mean(axis=1, keepdims=True) - h * (d * h).mean(axis=1, keepdims=True)) / s
"""
FORMS = {
    "arguments": """
def layer_norm_forward(x, gamma, beta):
    return gamma * normalised(x)[0] + beta

def layer_norm_backward(dout, x, gamma):
    h, s = normalised(x)
    return back(dout * gamma, h, s), (dout * h).sum(axis=0), dout.sum(axis=0)
""",
    "cache": """
def layer_norm_forward(x, gamma, beta):
    h, s = normalised(x)
    return gamma * h + beta, (h, s, gamma)

def layer_norm_backward(dout, cache):
    h, s, gamma = cache
    return back(dout * gamma, h, s), (dout * h).sum(axis=0), dout.sum(axis=0)
""",
    "class": """
class LayerNorm:
    def __init__(self, gamma, beta):
        self.gamma, self.beta = gamma, beta

    def forward(self, x):
        self.h, self.s = normalised(x)
        return self.gamma * self.h + self.beta

    def backward(self, dout):
        self.dgamma = (dout * self.h).sum(axis=0)
        self.dbeta = dout.sum(axis=0)
        return back(dout * self.gamma, self.h, self.s)
""",
    "other names": """
def layernorm_forward(inputs, scale, shift):
    return scale * normalised(inputs)[0] + shift

def layernorm_backward(grad, inputs, scale):
    h, s = normalised(inputs)
    return back(grad * scale, h, s), (grad * h).sum(axis=0), grad.sum(axis=0)
""",
}
WEEK = AssignmentSource(
    "week.toml",
    b'own = "own.py"\n[exercises.layer_norm_forward]\n[exercises.layer_norm_backward]\n',
    OWN.encode(),
)
CONSTANT_MEAN = ("d - d.mean(axis=1, keepdims=True) - h", "d - h")


@pytest.fixture
def graded(tmp_path):
    def run(source):
        path = tmp_path / "homework.py"
        path.write_text("import numpy as np\n" + BODY + source)
        return grade(path, assignment=loads(WEEK))

    return run


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_right_layer_earns_everything_in_every_form(graded, form):
    report = graded(form)
    assert [o.problem for o in report.outcomes if o.verdict.failed] == []
    assert report.score == report.maximum


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_mistake_in_it_is_named_in_every_form(graded, form):
    assert CONSTANT_MEAN[0] in BODY
    report = graded(
        form.replace("back(", "wrongly_back(")
        + BODY.replace(*CONSTANT_MEAN).replace("back(", "wrongly_back(")
    )
    wrong = [o for o in report.outcomes if o.check == "matches_the_formula" and o.verdict.failed]
    assert [o.exercise for o in wrong] == ["layer_norm_backward"]
    assert [d.name for d in wrong[0].diagnoses] == ["took_the_mean_for_a_constant"]


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_the_own_name_of_an_exercise_means_it(exercise):
    said = meaning(exercise.name)
    assert said and bool(said.derivative) == bool(exercise.derivative)
    known = {e.name: e for e in ALL}
    single = exercise.derivative is not None and exercise.derivative.jacobian
    assert exercise_of(said, known, logits=False, jacobian=single) is exercise


def test_the_layer_of_the_examples_is_right():
    space = {}
    exec("import numpy as np\n" + BODY + FORMS["arguments"], space)
    rng = np.random.default_rng(0)
    x, gamma, beta, dout = (rng.normal(size=s) for s in ((4, 3), 3, 3, (4, 3)))
    dx, dgamma, dbeta = space["layer_norm_backward"](dout, x, gamma)
    v, step = rng.normal(size=x.shape), 1e-6
    up, down = (
        np.sum(dout * space["layer_norm_forward"](x + e * v, gamma, beta)) for e in (step, -step)
    )
    assert np.isclose((up - down) / (2 * step), np.sum(dx * v), rtol=1e-7)
    assert np.allclose(dbeta, dout.sum(axis=0)) and dgamma.shape == gamma.shape
