"""What a submission defines is found at any price, its work is not run, and what fails is said with its line."""

import json

import numpy as np
import pytest

from checkgrad.child.request import call, path
from checkgrad.sandbox import Worker, WorkerLimits

SHORT = WorkerLimits(load=0.5, call=0.5, submission=20.0)


@pytest.fixture
def load(tmp_path):
    """A worker for files given by name; the first is the target, "" the folder."""
    started = []

    def start(target, **files):
        home = tmp_path / "hand_in"
        for name, source in files.items():
            file = home / name.replace("__slash__", "/").replace("__dot__", ".")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(source if isinstance(source, bytes) else source.encode())
        started.append(Worker(home / target, limits=SHORT, neighbours=True))
        return started[-1]

    yield start
    for one in started:
        one.close()


def inventory(load, source, name="hw.py"):
    return load(name, **{name: source}).inventory


def names(found):
    return [definition.name for definition in found.definitions]


TRAINING = """
import numpy as np
import matplotlib.pyplot as plt
from sklearn.datasets import make_moons
import tensorflow as tf

def sigmoid(x):
    return 1 / (1 + np.exp(-x))

W = np.zeros(3)

class Net:
    def forward(self, x):
        return sigmoid(x)
"""


@pytest.mark.parametrize(
    "work",
    [
        "X, y = make_moons(200)\nplt.plot(X[:, 0])\nplt.show()",
        "data = np.loadtxt('mnist.csv')\nX = data[:, 1:] / 255",
        "name = input('your name? ')\nprint(len(name))",
        "net = Net()\nfor i in range(10**9):\n    net.forward(W)",
        "import argparse\np = argparse.ArgumentParser()\np.add_argument('data')\nargs = p.parse_args()",
        "import sys\nif len(sys.argv) < 2:\n    sys.exit('usage: hw.py data')",
        "print(sigmoid(W) + undefined_name)",
        "assert sigmoid(0) == 1",
        "(a, b), (c, d) = tf.keras.datasets.mnist.load_data()\na = a / 255.0\nprint(a.shape)",
        "fig, ax = plt.subplots()\nwith plt.style.context('x'):\n    ax.plot(W)",
        "with open('data.bin', 'rb') as f:\n    data = f.read()\nlabels = data[0]",
        "X = np.zeros(3, dtype=np.float)",
        "import sys\nsys.exit(Net().forward(W))",
    ],
)
def test_definitions_are_loaded_whatever_the_work_around_them_does(load, work):
    w = load(
        "hw.py", **{"hw.py": TRAINING + work + "\n\ndef relu(x):\n    return np.maximum(x, 0)\n"}
    )
    assert w.inventory.problem == ""
    assert names(w.inventory) == ["sigmoid", "Net", "Net.forward", "relu"]
    (got,) = w.ask([call("relu", -1.0)])
    assert got.value == 0.0


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        ("1 / 0", "line 1: ZeroDivisionError: division by zero: 1 / 0"),
        ("x = 1\nraise ValueError('no')", "line 2: ValueError: no: raise ValueError('no')"),
        ("while True:\n    pass", "line 1: did not end: while True:"),
        ("import sys\nsys.exit(0)", "line 2: SystemExit: 0: sys.exit(0)"),
        ("import os\nos._exit(4)", "hw.py, line 2: the process ended: exit status 4"),
        ("x = [0]\nraise MemoryError", "line 2: MemoryError: raise MemoryError"),
        ("def f(:\n    pass", "line 1: invalid syntax: def f(:"),
        ("class A:\n    __slots__ = ('loss',)\n    def loss(self): pass", "line 1: ValueError: "),
        ("x = (1,\n", "line 1: '(' was never closed: x = (1,"),
        ("a = 1\0", "line 1: contains a NUL byte; is it Python?"),
        (b"x = '\xe9'\n", "line 1: not utf-8 text; save it as UTF-8"),
        (b"# -*- coding: klingon -*-\n", "line 1: unknown encoding: klingon"),
        ("x = " + "(" * 9999 + ")" * 9999, "line 1: too many nested parentheses: x = (("),
        ("x = a" + ".a" * 9999, "too deeply nested to be read (RecursionError)"),
    ],
)
def test_a_module_at_fault_does_not_load_and_the_line_is_named(load, source, problem):
    found = inventory(load, source)
    assert found.problem.startswith(problem)
    assert found.definitions == ()


@pytest.mark.parametrize(
    ("source", "what"),
    [
        ("x = 1\nprint x\n", "line 2: this is Python 2 (print without parentheses)"),
        ("print 'a' % 3\n", "line 1: this is Python 2 (print without parentheses)"),
        (
            "try:\n    pass\nexcept ValueError, e:\n    pass\n",
            "line 3: this is Python 2 (except with a comma)",
        ),
        ("raise ValueError, 'x'\n", "line 1: this is Python 2 (raise with a comma)"),
    ],
)
def test_python_2_is_recognised(load, source, what):
    assert inventory(load, source).problem == f"{what}; checkgrad reads Python 3"


@pytest.mark.parametrize(
    "source",
    [
        b"\xef\xbb\xbfdef f(x):\r\n    return x\r\n",
        b"def f(x):\r    return x\r",
        b"# caf\xe9\ndef f(x):\n    return x\n",
        b"# -*- coding: latin-1 -*-\ns = '\xe9'\ndef f(x):\n    return x\n",
        b"def f(x):\n\treturn x\n",
        b"from __future__ import annotations\ndef f(x: Nowhere):\n    return x\n",
    ],
)
def test_encodings_and_line_ends_do_not_matter(load, source):
    w = load("hw.py", **{"hw.py": source})
    assert "f" in names(w.inventory)
    assert w.ask([call("f", 5)])[0].value == 5


@pytest.mark.parametrize(
    "name", ["4-network.py", "# C-Task.py", "token.py", "numpy.py", "a.b.py", "é.py"]
)
def test_the_name_of_the_file_does_not_matter(load, name):
    w = load(name, **{name: "import numpy as np\ndef f(x):\n    return np.exp(x)\n"})
    assert names(w.inventory) == ["f"]
    assert w.ask([call("f", 0.0)])[0].value == 1.0


def test_an_empty_file_defines_nothing_and_is_no_problem(load):
    found = inventory(load, "")
    assert (found.definitions, found.problem) == ((), "")


def test_the_main_guard_is_not_entered(load):
    source = "def f(x):\n    return x\nif __name__ == '__main__':\n    raise ValueError\n"
    assert names(inventory(load, source)) == ["f"]


def test_of_scipy_and_cupy_there_is_what_homework_takes_but_not_the_homework(load):
    source = (
        "import cupy as cp\nfrom scipy.special import expit, logsumexp, softmax\n"
        "def f(x):\n    return cp.tanh(x) + expit(x)\n"
        "def g(x):\n    return logsumexp(x)\n"
        "def h(x):\n    return softmax(x, axis=1)\n"
    )
    f, g, h = load("hw.py", **{"hw.py": source}).ask(
        [call("f", np.zeros(2)), call("g", np.zeros((1, 2))), call("h", np.zeros((1, 2)))]
    )
    assert f.value.tolist() == [0.5, 0.5]
    assert np.isclose(g.value, np.log(2))
    assert h.message.startswith("scipy is ")


@pytest.mark.parametrize("line", ["from functions import *", "from .functions import *"])
def test_names_that_a_missing_module_was_to_give_are_told_as_missing(load, line):
    source = f"{line}\ndef f(x):\n    return softmax(x)\ndef g(x):\n    y = x\n    return y\n"
    w = load("hw.py", **{"hw.py": source})
    assert "line 1: functions is not here, so nothing came from it" in w.inventory.notes[0]
    f, g = w.ask([call("f", 1), call("g", 1)])
    assert f.message == "softmax (from functions) is not available here; write it with NumPy"
    assert g.value == 1


@pytest.mark.parametrize("line", ["from data import rows", "import data as d"])
def test_data_that_a_module_beside_had_no_file_for_are_no_fault_of_the_one_that_uses_them(
    load, line
):
    """The module goes on with the empty list that it began with."""
    data = "import numpy as np\nrows = []\nwith open('a.csv') as f:\n    rows += list(f)\n"
    rows = "rows" if "from" in line else "d.rows"
    source = f"{line}\nn = {rows}[1]\n"
    found = load("hw.py", **{"hw.py": source, "data.py": data}).inventory
    assert not found.problem
    whole = load("hw.py", **{"hw.py": source, "data.py": "rows = []\n"}).inventory
    assert "IndexError" in whole.problem


def test_a_number_that_is_missing_is_told_as_missing(load):
    """Where it came from data of a library that is not here, say."""
    source = "import numpy as np\nimport pandas\nk = pandas.read_csv('a.csv').max()\n"
    source += "def f(y):\n    return np.zeros((len(y), k))\n"
    (f,) = load("hw.py", **{"hw.py": source}).ask([call("f", np.zeros(2))])
    assert f.message.startswith("pandas is ")


def test_a_name_that_numpy_no_longer_has_is_told_with_what_to_write(load):
    source = "import numpy as np\ndef f(x):\n    return x.astype(np.int)\n"
    (f,) = load("hw.py", **{"hw.py": source}).ask([call("f", np.zeros(2))])
    assert f.message == "NumPy has no np.int any more; write int"


def test_names_that_a_library_no_longer_has_cost_nothing(load):
    source = (
        "from collections import Hashable\nfrom turtle import forward\ndef f(x):\n    return x\n"
    )
    assert names(inventory(load, source)) == ["f"]


def test_what_was_not_run_is_noted_with_its_line(load):
    source = "def f(x):\n    return x\n\ndata = open('x.csv').read()\nfor i in range(10**10):\n    f(i)\n"
    notes = inventory(load, source).notes
    assert notes[0].startswith("line 4: not run to its end (FileNotFoundError")
    assert notes[1] == "line 5: not run to its end (a for loop that takes too long)"


def test_definitions_carry_what_the_source_says(load):
    source = '''
import numpy as np

class Base:
    def __init__(self, n, scale=0.5):
        self.w, self.n = np.zeros(n), n

class Softmax(Base):
    """Rows of probabilities."""

    def forward(self, x, *rest, axis=1, **more):
        self.out = np.exp(x)
        return self.out, x

    def backward(self, dout):
        raise NotImplementedError("todo")

    @staticmethod
    def fn(a):
        return a

    @property
    def size(self):
        return self.n
'''
    found = inventory(load, source)
    assert names(found) == [
        "Base",
        "Softmax",
        "Softmax.forward",
        "Softmax.backward",
        "Softmax.fn",
        "Softmax.size",
    ]
    cls, forward = found.find("Softmax"), found.find("Softmax.forward")
    assert (cls.kind, cls.doc, cls.bases, cls.line) == (
        "class",
        "Rows of probabilities.",
        ("Base",),
        8,
    )
    assert [(p.name, p.optional, p.default) for p in cls.parameters] == [
        ("n", False, None),
        ("scale", True, 0.5),
    ]
    assert [(p.name, p.optional, p.star) for p in forward.parameters] == [
        ("x", False, False),
        ("*rest", True, True),
        ("axis", True, False),
        ("**more", True, True),
    ]
    assert (forward.returns, forward.sets) == (2, ("out",))
    assert forward.uses == ("self", "out", "np", "exp", "x")
    assert found.find("Softmax.backward").stub
    kinds = [found.find(f"Softmax.{name}").kind for name in ("forward", "fn", "size")]
    assert kinds == ["method", "static", "property"]


@pytest.mark.parametrize(
    ("body", "returns", "stub"),
    [
        ("pass", 0, True),
        ("...", 0, True),
        ("'''doc'''", 0, True),
        ("raise NotImplementedError", 0, True),
        ("return NotImplemented", 1, True),
        ("return None", 0, True),
        ("return x", 1, False),
        ("return x, x, x", 3, False),
        ("def g(): return 1, 2\n    return g", 1, False),
        ("x += 1", 0, False),
    ],
)
def test_what_a_function_returns_is_read_from_its_source(load, body, returns, stub):
    f = inventory(load, f"def f(x):\n    {body}\n").find("f")
    assert (f.returns, f.stub) == (returns, stub)


def test_functions_are_found_however_they_were_made(load):
    source = """
import functools
import numpy as np

relu = lambda x: np.maximum(x, 0)

def loud(f):
    @functools.wraps(f)
    def inner(*args):
        return f(*args)
    return inner

@loud
def double(x):
    return 2 * x

power = functools.partial(lambda x, n: x ** n, n=2)
step = np.vectorize(lambda x: float(x > 0))

class Callable:
    def __call__(self, x):
        return x

identity = Callable()
TABLE = {"tanh": lambda x: np.tanh(x), "relu": relu}
from numpy import exp, sum as total
pi = np.pi
"""
    w = load("hw.py", **{"hw.py": source})
    found = w.inventory
    wanted = ["relu", "double", "power", "step", "identity", "TABLE['tanh']", "TABLE['relu']"]
    assert set(wanted) <= set(names(found))
    assert not {"exp", "total", "pi"} & set(names(found))
    for name in wanted:
        assert [p.name for p in found.find(name).parameters] == ["x"], name
    got = w.ask([call(name, 2.0) for name in wanted])
    assert [float(b.value) for b in got[:5]] == [2.0, 4.0, 4.0, 1.0, 2.0]


def test_a_name_leads_to_its_place():
    assert path("Softmax.forward") == (".Softmax", ".forward")
    assert path("TABLE['a.b'].forward") == (".TABLE", "a.b", ".forward")


def test_a_module_may_say_itself_what_is_what(load):
    source = "CHECKGRAD = {'softmax': 'soft', 'cross_entropy': {'labels': 'integers'}}\ndef soft(z): return z\n"
    assert inventory(load, source).mapping == (
        ("softmax", "soft"),
        ("cross_entropy.labels", "integers"),
    )


def test_a_single_file_may_import_its_neighbours(load):
    w = load(
        "hw.py",
        **{
            "hw.py": "from layers import double\nimport tools.more as m\ndef f(x): return double(x) + m.one()\n",
            "layers.py": "def double(x): return 2 * x\n",
            "tools__slash__more.py": "def one(): return 1\n",
            "unused.py": "raise ValueError\n",
        },
    )
    assert names(w.inventory) == ["f"]
    assert w.ask([call("f", 3)])[0].value == 7
    assert not (w.staged.folder / "unused.py").exists()


def test_a_single_file_of_a_package_may_import_relatively(load):
    w = load(
        "hw.py",
        **{
            "hw.py": "from .layers import double\nfrom . import layers\ndef f(x): return double(x)\n",
            "layers.py": "def double(x): return 2 * x\n",
            "__init__.py": "",
        },
    )
    assert w.ask([call("f", 3)])[0].value == 6


def test_a_package_is_read_whole(load):
    w = load(
        "",
        **{
            "__init__.py": "from .layers import Dense\n",
            "layers.py": "import numpy as np\nfrom .core.act import relu\nclass Dense:\n    def forward(self, x): return relu(x)\n",
            "core__slash____init__.py": "",
            "core__slash__act.py": "def relu(x): return max(x, 0)\ndef helper(x): return 1\n",
            "other.py": "import hand_in.layers\nfrom hand_in.core import act\ndef helper(x): return 2\n",
            "tests__slash__test_act.py": "raise ValueError\n",
        },
    )
    assert w.inventory.problem == ""
    assert set(names(w.inventory)) == {
        "Dense",
        "Dense.forward",
        "relu",
        "core.act.helper",
        "other.helper",
    }
    got = w.ask([call("relu", -1), call("core.act.helper", 1), call("other.helper", 1)])
    assert [b.value for b in got] == [0, 1, 2]


def test_in_a_folder_one_broken_file_does_not_spoil_the_others(load):
    w = load(
        "",
        **{
            "good.py": "def f(x): return x\n",
            "bad.py": "def f(:\n",
            "dies.py": "import os\nos._exit(1)\n",
            "random.py": "raise ValueError\n",
        },
    )
    assert names(w.inventory) == ["f"]
    assert "bad.py, line 1: invalid syntax: def f(:" in w.inventory.notes
    assert "dies.py, line 2: the process ended: exit status 1" in w.inventory.notes
    assert "random.py: not read (it has the name of a library)" in w.inventory.notes


def notebook(*cells):
    code = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    text = {"cell_type": "markdown", "source": ["# Title"], "metadata": {}}
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [text, *code]})


def test_a_notebook_is_its_definitions_without_its_work(load):
    source = notebook(
        ["%matplotlib inline\n", "!pip install x\n", "import numpy as np\n", "rate = 0.5"],
        "def f(x):\n    return rate * x",
        "for i in range(10**12):\n    f(i)",
        "%%bash\nls",
        "f?",
        "W = f(np.ones(2))\ndef g():\n    return W",
    )
    w = load("hw.ipynb", **{"hw.ipynb": source})
    assert names(w.inventory) == ["f", "g"]
    assert w.ask([call("f", 3)])[0].value == 1.5
    assert w.ask([call("g")])[0].value.tolist() == [0.5, 0.5]
    assert "cell 4, line 1: not run (a for loop)" in w.inventory.notes


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (notebook("x = 1", "y = (\n"), "cell 3, line 1: '(' was never closed: y = ("),
        (notebook("def f(:", "y = (\n"), "cell 2, line 1: invalid syntax: def f(:"),
        ("{}", "not a notebook that can be read (KeyError)"),
        ("[1, 2]", "not a notebook that can be read (TypeError)"),
        ("nonsense", "not a notebook that can be read (JSONDecodeError)"),
    ],
)
def test_what_is_wrong_with_a_notebook_is_said(load, source, problem):
    assert inventory(load, source, "hw.ipynb").problem == problem


def test_prints_while_loading_are_kept(load):
    assert inventory(load, "print('hello')\ndef f(x): return x\n").printed == "hello\n"


SLOPE = "def slope(x):\n    return 1.0 - np.tanh(x) ** 2\n"
FOLDERS = {
    "by its bare name": {"src/hw.py": "from helper import slope\n", "lib/helper.py": SLOPE},
    "by its folder": {"src/hw.py": "from lib.helper import slope\n", "lib/helper.py": SLOPE},
    "from beside it": {
        "src/hw.py": "import helper\ndef slope(x): return helper.slope(x)\n",
        "src/helper.py": SLOPE,
        "lib/other.py": "",
    },
    "from beside it, where others have the same name": {
        "src/hw.py": "from helper import slope\n",
        "src/helper.py": SLOPE,
        "lib/other.py": "from helper import nothing\n",
        "lib/helper.py": "nothing = 1\n",
    },
    "a package in a folder": {
        "src/hw.py": "from maths.helper import slope\n",
        "lib/maths/__init__.py": "",
        "lib/maths/helper.py": SLOPE,
    },
    "in turn": {
        "src/hw.py": "import helper\ndef slope(x): return helper.slope(x)\n",
        "lib/helper.py": f"import hw\n{SLOPE}",
    },
    "by a path of its own": {
        "src/hw.py": "import os, sys\nsys.path.append(os.path.join(os.path.dirname(__file__), '..', 'lib'))\nfrom helper import slope\n",
        "lib/helper.py": SLOPE,
    },
}


@pytest.mark.parametrize("files", FOLDERS.values(), ids=FOLDERS)
def test_source_folders_import_from_one_another(files, tmp_path):
    for name, source in files.items():
        path = tmp_path / "handed" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"import numpy as np\n{source}")
    with Worker(tmp_path / "handed", limits=SHORT) as worker:
        assert not worker.inventory.problem
        answer = worker.ask([call("src.hw.slope", 0.3)])[0]
        assert answer.value == pytest.approx(1 - np.tanh(0.3) ** 2), (
            answer,
            worker.inventory.notes,
        )


def test_a_file_is_one_module_by_whatever_names_it_is_imported(tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "count.py").write_text("made = []\nclass Layer: pass\nmade.append(1)\n")
    (tmp_path / "src" / "hw.py").write_text(
        "import count\nimport lib.count\nfrom lib.count import Layer\n"
        "def same(): return float(len(count.made)), float(count.Layer is Layer)\n"
    )
    with Worker(tmp_path, limits=SHORT) as worker:
        assert worker.ask([call("src.hw.same")])[0].value == (1.0, 1.0)
