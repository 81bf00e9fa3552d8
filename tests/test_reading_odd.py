"""Odd definitions: right code in an odd shape is right, and nothing that a submission holds makes the reading fail."""

import pytest

from checkgrad.exercises import ALL
from checkgrad.reading import candidates, read
from in_process import InProcess

RIGHT = {
    "lambda": "softmax = lambda x: {value}",
    "wrapped": (
        "import functools\n"
        "def timed(f):\n"
        "    @functools.wraps(f)\n"
        "    def inner(*args): return f(*args)\n"
        "    return inner\n"
        "@timed\n"
        "def softmax(x): return {value}"
    ),
    "hidden by its decorator": (
        "def timed(f):\n"
        "    def inner(*args): return f(*args)\n"
        "    return inner\n"
        "@timed\n"
        "def softmax(x): return {value}"
    ),
    "partial": (
        "from functools import partial\n"
        "def shifted(by, x): return {value}\n"
        "softmax = partial(shifted, 3)"
    ),
    "any arguments": "def softmax(*args):\n    x, = args\n    return {value}",
    "settings by name": "def softmax(x, *, verbose=False): return {value}",
    "by position": "def softmax(x, /): return {value}",
    "a list for a default": "def softmax(x, log=[]):\n    log.append(1)\n    return {value}",
    "an object": "class S:\n    def __call__(self, x): return {value}\nsoftmax = S()",
    "nested classes": (
        "class A:\n    class B:\n        @staticmethod\n        def softmax(x): return {value}"
    ),
    "class method": "class A:\n    @classmethod\n    def softmax(cls, x): return {value}",
    "slots": "class A:\n    __slots__ = ('y',)\n    def softmax(self, x): return {value}",
    "overloads": (
        "from typing import overload\n"
        "@overload\ndef softmax(x: int) -> int: ...\n"
        "@overload\ndef softmax(x: float) -> float: ...\n"
        "def softmax(x): return {value}"
    ),
    "a generic class": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\n"
        "class A(Generic[T]):\n    def softmax(self, x): return {value}"
    ),
}
VALUE = "np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)"

ODD = {
    "generator": "def {name}(*a):\n    yield a",
    "no arguments": "def {name}(): return 1",
    "many arguments": "def {name}(a, b, c, d, e, f, g, h, i, j): return a",
    "names only": "def {name}(*, x, y): return x",
    "dict": "def {name}(*a): return {{'value': a[0], 'more': None}}",
    "ragged": "def {name}(*a): return [[1, 2], [3]]",
    "ragged arrays": "def {name}(*a): return [np.zeros((2, 3)), np.zeros((3, 2))]",
    "nothing in a tuple": "def {name}(*a): return ()",
    "nested": "def {name}(*a): return (((a[0],),),)",
    "text": "def {name}(*a): return 'abc'",
    "object": "class R: pass\ndef {name}(*a): return R()",
    "itself": "def {name}(*a): return {name}",
    "complex": "def {name}(*a): return 1j * a[0]",
    "five axes": "def {name}(*a): return np.full((1, 2, 3, 4, 5), np.inf)",
    "objects": "def {name}(*a): return np.array([1, None, 'a'], dtype=object)",
    "truth": "def {name}(*a): return True",
    "mixed": "def {name}(*a): return [np.zeros(3), 'x', None, 1.0]",
    "recursion": "def {name}(*a): return {name}(*a)",
    "error": "def {name}(*a): raise KeyError('y')",
    "property": "class A:\n    @property\n    def {name}(self): return lambda x: x",
    "empty class": "class {name}: pass",
    "class": "class {name}:\n    def forward(self): return 1\n    def backward(self, *a): return a",
    "metaclass": (
        "class M(type):\n    def __call__(cls, *a): return a\n"
        "class {name}(metaclass=M):\n    def forward(self, x): return x"
    ),
    "wraps itself": "def {name}(x): return x\n{name}.__wrapped__ = {name}",
    "random": "def {name}(*a): return np.zeros(np.random.default_rng().integers(5))",
}
NAMES = (
    "softmax",
    "cross_entropy_derivative",
    "binary_cross_entropy",
    "affine_forward",
    "affine_backward",
    "one_hot",
    "adam_update",
)


def readings(source):
    module = InProcess("import numpy as np\n" + source)
    return read(candidates(module.inventory, ALL), module.ask)


@pytest.mark.parametrize("source", RIGHT.values(), ids=RIGHT)
def test_right_code_is_right_in_whatever_shape_it_is_defined(source):
    (reading,) = readings(source.format(value=VALUE)).values()
    assert reading.right


@pytest.mark.parametrize("source", ODD.values(), ids=ODD)
def test_nothing_odd_makes_the_reading_fail(source):
    for name in NAMES:
        assert not any(reading.right for reading in readings(source.format(name=name)).values())
