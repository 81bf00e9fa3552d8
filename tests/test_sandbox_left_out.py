"""What fails while a submission is loaded costs what needs it, and never the file."""

import json

import pytest

from checkgrad.child.request import call
from checkgrad.sandbox import Worker, WorkerLimits, launch, launchers

SHORT = WorkerLimits(load=0.5, call=0.5, submission=20.0)


@pytest.fixture
def load(tmp_path):
    """A worker for files given by name; the first argument is the target, "" the folder."""
    started = []

    def start(target, files):
        home = tmp_path / "hand_in"
        for name, source in files.items():
            file = home / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(source if isinstance(source, bytes) else source.encode())
        started.append(Worker(home / target, limits=SHORT, neighbours=True))
        return started[-1]

    yield start
    for one in started:
        one.close()


@pytest.fixture
def installed(monkeypatch):
    """Says which libraries are installed beside the grader."""

    def say(*libraries):
        monkeypatch.setattr(launch, "installed", lambda: list(libraries))
        launchers.discard()

    yield say
    monkeypatch.undo()
    launchers.discard()


def names(worker):
    return {definition.name for definition in worker.inventory.definitions}


def notebook(*cells):
    code = [{"cell_type": "code", "source": cell, "metadata": {}} for cell in cells]
    return json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": code})


@pytest.mark.parametrize(
    "failing",
    [
        "X, Y = some_test_case()",
        "from public_tests import *\nX, Y = some_test_case()\nW = X.T @ Y",
        "W = np.zeros((3, 4))[7]",
        "W: float = 1 / 0",
        "W = np.zeros(3)\nW += np.ones(4)",
        "W = np.zeros((10**8, 10**8))",
        "W = [0 for _ in iter(int, 1)]",
        "grader.check('q1')",
        "get_ipython().run_line_magic('matplotlib', 'inline')",
        "1 / 0",
        "assert np.__version__ == '0'",
        "for i in range(3):\n    print(undefined)",
        "@undefined\ndef lost(x):\n    return x",
        "def lost(x, y=undefined):\n    return x",
        "class Lost(Undefined):\n    pass",
        "class Lost:\n    __slots__ = ('loss',)\n    def loss(self): pass",
        "from broken import *",
        "from broken import helper",
        "import broken",
    ],
)
def test_a_statement_that_fails_costs_what_needs_it_and_never_the_file(load, failing):
    first, last = "def first(x):\n    return x\n", "def last(x):\n    return 2 * x\n"
    w = load(
        "hw.py",
        {"hw.py": f"import numpy as np\n{first}\n{failing}\n{last}", "broken.py": "def helper(:\n"},
    )
    assert w.inventory.problem == ""
    assert names(w) == {"first", "last"}
    assert w.inventory.notes
    assert [b.value for b in w.ask([call("first", 1), call("last", 1)])] == [1, 2]


@pytest.mark.parametrize("ending", ["raise ValueError('no')", "import sys\nsys.exit(0)"])
def test_what_means_to_end_the_module_ends_it(load, ending):
    w = load("hw.py", {"hw.py": f"def first(x):\n    return x\n{ending}\n"})
    assert w.inventory.problem
    assert names(w) == set()


def test_what_needs_a_value_that_is_lost_is_told_where_it_was_lost(load):
    source = (
        "import numpy as np\nfrom public_tests import *\nX = some_test_case()\nimport broken\n"
        "W = np.zeros(3)[5]\n"
        "def f():\n    return X + 1\ndef g():\n    return some_test_case()\n"
        "def h():\n    return broken.x\ndef k(x):\n    return W * x\n"
    )
    w = load("hw.py", {"hw.py": source, "broken.py": "raise ValueError('no')\n"})
    f, g, h, k = (b.message for b in w.ask([call("f"), call("g"), call("h"), call("k", 1)]))
    missing = "some_test_case (from public_tests) is not available here; write it with NumPy"
    assert (f, g) == (missing, missing)
    assert h.startswith("broken has no value: ")
    assert h.endswith(
        "what it imports does not load: line 1: ValueError: no: raise ValueError('no')"
    )
    assert k.endswith("(IndexError: index 5 is out of bounds for axis 0 with size 3)")
    assert k.startswith("W has no value: line 5 was not run to its end")


def test_modules_and_their_names_are_told_apart(load):
    """A module inside a package, functions and classes called as their modules, a file beside a folder."""
    w = load(
        "",
        {
            "core/__init__.py": "from . import act\ndef top(x): return x\n",
            "core/act.py": "def act(x): return 2 * x\ndef helper(x): return 3 * x\n",
            "net.py": "class net:\n    def forward(self, x): return x\ndef helper(x): return 5 * x\n",
            "net/inner.py": "def deep(x): return 6 * x\ndef helper(x): return 7 * x\n",
        },
    )
    asked = ["top", "act", "core.act.helper", "net.helper", "net.inner.helper", "deep"]
    assert {*asked, "net", "net.forward"} <= names(w)
    assert [b.value for b in w.ask([call(name, 1) for name in asked])] == [1, 2, 3, 5, 7, 6]


@pytest.mark.parametrize(
    ("beside", "state"),
    [((), "is not available here"), (("scipy", "pandas"), "is blocked here on purpose")],
)
def test_a_library_out_of_reach_costs_only_the_functions_that_use_it(
    load, installed, beside, state
):
    installed(*beside)
    source = (
        "import numpy as np\nfrom scipy.special import gamma\nimport numba\n\n"
        "@numba.jit(nopython=True)\ndef f(x):\n    return 2 * x\n\ndef g(x):\n    return gamma(x)\n"
        "\ndef h(x):\n    import pandas\n    return x\n"
    )
    w = load("hw.py", {"hw.py": source})
    f, g, h = w.ask([call("f", 1), call("g", 1), call("h", 1)])
    assert f.value == 2
    assert g.message == f"scipy {state}; write it with NumPy"
    assert h.message == f"pandas {state}; write it with NumPy"
    assert f"scipy {state}; only functions that use it suffer" in w.inventory.notes
    assert "numba is not available here; only functions that use it suffer" in w.inventory.notes


def test_a_cell_that_is_no_python_costs_what_needs_it(load):
    source = notebook(
        "def f(x):\n    return x",
        "rate = 0.1\ndef lost(x:\n    return x",
        "print 'Python 2'",
        "return 5",
        "def g(x):\n    return rate * x",
    )
    w = load("hw.ipynb", {"hw.ipynb": source})
    assert names(w) == {"f", "g"}
    why = "left out, for it is no Python: cell 2, line "
    assert any(note.startswith(f"cell 2, line 1: {why}") for note in w.inventory.notes)
    python_2 = "cell 3, line 1: this is Python 2 (print without parentheses)"
    assert any(python_2 in note for note in w.inventory.notes)
    f, g = w.ask([call("f", 3), call("g", 3)])
    assert f.value == 3
    assert g.message.startswith(f"rate has no value: cell 2, line 1 was {why}")


@pytest.mark.parametrize(
    "cell",
    [
        "files = !ls\nfiles[:3]",
        "!pip install a \\\n  b",
        "x = %timeit -o 1 + 1",
        "%load_ext autoreload\n%autoreload 2\n?len\nlen??",
        "if True:\n    !echo don't\nelse:\n    %cd ..",
        "%%time\nx = 1",
        "%%bash\nls | wc",
    ],
)
def test_what_speaks_to_ipython_costs_nothing(load, cell):
    also = f"{cell}\ndef g(x):\n    return 2 * x" if "bash" not in cell else cell
    w = load("hw.ipynb", {"hw.ipynb": notebook(also, "def f(x):\n    return x")})
    assert names(w) - {"g"} == {"f"}
    assert w.ask([call("f", 3)])[0].value == 3
    assert "bash" in cell or w.ask([call("g", 3)])[0].value == 6


def test_what_only_looks_like_ipython_is_left_alone(load):
    text = "\n!not a shell\nwhat is this?\n"
    cell = f'''
def f(x):
    text = """{text}"""
    y = (x
         % 4)  # is that so?
        # or not?
    return y + len(text)
'''
    w = load("hw.ipynb", {"hw.ipynb": notebook(cell, "!ls")})
    assert w.ask([call("f", 7)])[0].value == 3 + len(text)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
@pytest.mark.parametrize("name", ["hw.py", "hw.ipynb"])
def test_marks_of_byte_order_cost_nothing(load, name, encoding):
    source = "def f(x):\n    return x\n\ufeffdef g(x):\n    return 2 * x\n"
    text = notebook(source, "\ufeffh = f") if name == "hw.ipynb" else source
    w = load(name, {name: text.encode(encoding)})
    assert {"f", "g"} <= names(w)
    assert w.ask([call("g", 3)])[0].value == 6
