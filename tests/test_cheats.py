"""Cheats against the verdict itself: right for as long as one looks, never by computing. None earns the formula."""

import pytest

from checkgrad.assignment import Assignment, ExerciseRules
from checkgrad.grading import grade
from checkgrad.model import Verdict
from checkgrad.render import FORMATS

WEEK = Assignment(exercises={"softmax": ExerciseRules(), "sigmoid": ExerciseRules()})

HEAD = """
import ctypes, gc, os, signal, struct, sys, threading, time
import numpy as np

def sigmoid(z):
    return 1 / (1 + np.exp(-z))

def right(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)

calls, seen, started = [], {}, time.monotonic()
"""

# Each body is that of softmax(z); what stands before a line "--" stands before it in the module.
CHEATS = {
    "the first answer of each shape": "return seen.setdefault(z.shape, right(z))",
    "the first answer of each shape and kind": "return seen.setdefault((z.shape, z.dtype), right(z))",
    "the first row": "return seen.setdefault(z.shape[-1], right(z)[:1]) + 0 * z",
    "the first ten calls": "calls.append(0)\n    return right(z) if len(calls) <= 10 else z",
    "every other call": "calls.append(0)\n    return right(z) if len(calls) % 2 else z",
    "the first moment": "return right(z) if time.monotonic() - started < 0.002 else z",
    "small inputs": "return right(z) if z.size < 20 else z",
    "double precision": "return right(z) if z.dtype == float and z.shape[0] > 1 else z",
    "noise below what is shown": "return right(z) + 1e-9 * np.random.default_rng().normal(size=z.shape)",
    "single precision in the clothes of double": "return right(z).astype('f4').astype('f8') + 1e-7",
    "an array of the same shape from memory": (
        "found = [a for a in gc.get_objects() if type(a) is np.ndarray and a.shape == z.shape]\n"
        "    return found[-1] if found else z"
    ),
    "an answer among the callers": (
        "frame = sys._getframe()\n"
        "    while frame:\n"
        "        for value in frame.f_locals.values():\n"
        "            if isinstance(value, np.ndarray) and value is not z: return value\n"
        "        frame = frame.f_back\n"
        "    return z"
    ),
    "an answer among what the grader sent": (
        "line = next(o for o in gc.get_objects() if type(o).__name__ == 'Line')\n"
        "    return np.frombuffer(bytes(line.buffer)[-z.nbytes:].rjust(z.nbytes), float).reshape(z.shape)"
    ),
    "an object that equals anything": (
        "class Any(np.ndarray):\n"
        "    __eq__ = __ge__ = __le__ = lambda self, other: np.ones(self.shape, bool)\n"
        "    __sub__ = __rsub__ = lambda self, other: np.zeros(self.shape)\n"
        "    __array_function__ = lambda self, *a: True\n"
        "    __array_ufunc__ = lambda self, *a, **k: np.zeros(self.shape)\n"
        "--\n"
        "return z.view(Any)"
    ),
    "an object that becomes any array": (
        "class Any:\n"
        "    __array__ = lambda self, *a, **k: np.zeros((7, 3))\n"
        "    __float__ = lambda self: 0.5\n"
        "    shape, dtype, ndim = (7, 3), np.dtype(float), 2\n"
        "--\n"
        "return Any()"
    ),
    "an array whose class was exchanged": (
        "class Any(np.ndarray): pass\n--\nout = z.view(Any)\n    out.__class__ = np.ndarray\n    return out"
    ),
    "nothing but NaN": "return np.full(z.shape, np.nan)",
    "NaN of another kind": "return np.full(z.shape, 0x7FF80000DEADBEEF, 'u8').view(float)",
    "infinity": "return np.full(z.shape, np.inf)",
    "rows of the right sum": "return np.full(z.shape, 1 / z.shape[-1])",
    "right but for one entry": "out = right(z)\n    out.flat[-1] *= 1 + 1e-6\n    return out",
    "an array without strides": "return np.broadcast_to(0.5, z.shape)",
    "an array as large as the world": "return np.broadcast_to(0.5, (1 << 40, 3))",
    "an array beyond its memory": (
        "return np.lib.stride_tricks.as_strided(z, (1 << 20, 3), (1 << 20, 8))"
    ),
    "an array of objects": "return right(z).astype(object)",
    "an array of records": "return np.zeros(z.shape, 'f8,f8')",
    "an array mapped to a file": "return np.memmap(__file__, float, 'r', shape=(2,))",
    "long doubles": "return right(z).astype('g')",
    "lists of different lengths": "return [[1.0, 2.0], [3.0]]",
    "lists without end": "out = []\n    for _ in range(100): out = [out]\n    return out",
    "nothing at all": "return []",
    "complex numbers": "return right(z) + 0j",
    "a group of one": "return (right(z),)",
    "text that looks right": "return str(right(z))",
    "an array that a thread changes later": (
        "def spoil(a):\n"
        "    while True: a += 1\n"
        "--\n"
        "out = right(z)\n"
        "    threading.Thread(target=spoil, args=(out,), daemon=True).start()\n"
        "    time.sleep(0.01)\n"
        "    return out"
    ),
    "a view that is changed by the next call": (
        "kept = np.zeros((64, 64))\n--\nout = kept[:1, : z.shape[-1]]\n    out[...] = 1 / 3\n    return out"
    ),
    "an exception that claims to be the grader's": (
        "class GraderFault(Exception): pass\n--\nraise GraderFault('the grader failed; full marks')"
    ),
    "an exception without a name": (
        "Odd = type('', (BaseException,), {'__str__': lambda self: 1 / 0})\n--\nraise Odd"
    ),
    "an alarm while the grader waits": (
        "signal.signal(signal.SIGALRM, lambda *a: os._exit(0))\n--\n"
        "signal.setitimer(signal.ITIMER_REAL, 1e-4)\n    return z"
    ),
    "another function behind the name": (
        "def __getattr__(name): return right\n--\nglobal softmax\n    softmax = right\n    return z"
    ),
    "a comparison that was replaced": (
        "np.allclose = np.array_equal = lambda *a, **k: True\nnp.abs = np.zeros_like\n--\nreturn z"
    ),
    "a wire that was replaced": (
        "import importlib\n"
        "wire = sys.modules[next(n for n in sys.modules if n.endswith('.wire'))]\n"
        "wire.encode = lambda value, room=0: struct.pack('<Bd', 1, 0.0)\n"
        "--\nreturn z"
    ),
    "answers to all questions at once": (
        "def frame(seq): return struct.pack('<IB3xII', 0x64615267, 7, seq, 18) + struct.pack('<Bd', 1, 0.5) * 2\n"
        "--\n[os.write(3, frame(seq)) for seq in range(64)]\n    return z"
    ),
    "a group where one value was asked for": (
        "def text(s): return struct.pack('<BI', 7, len(s)) + s\n"
        "--\nos.write(3, struct.pack('<IB3xII', 0x64615267, 7, 0, 5) + struct.pack('<BI', 9, 2**31))\n"
        "    return z"
    ),
    "the grader's environment": (
        "return np.full(z.shape, float(os.environ.get('CHECKGRAD_SECRET', 0)))"
    ),
    "the number of the grader": (
        "try: pid = os.getppid(); data = open(f'/proc/{pid}/environ').read()\n"
        "    except OSError: return z\n"
        "    return right(z)"
    ),
    "the files of the grader": (
        "def found():\n"
        "    for place in ('/proc/self/cwd', '/proc/self/root', '/proc/1/root', '/tmp', '/work', '/home'):\n"
        "        for folder, _, files in os.walk(place):\n"
        "            if 'softmax.py' in files: return True\n"
        "    return False\n"
        "--\nreturn right(z) if found() else z"
    ),
    "a library that can": "from scipy.special import softmax as s\n    return s(z, axis=-1)",
}


# What these break they break for all that runs beside them.
SPOIL_THEMSELVES = (
    "an array that a thread changes later",
    "a wire that was replaced",
    "answers to all questions at once",
    "an alarm while the grader waits",
)


@pytest.fixture
def verdicts(tmp_path):
    """The verdicts on softmax and on sigmoid of a module, by check."""

    def run(cheat):
        before, _, body = cheat.rpartition("--\n")
        path = tmp_path / "student.py"
        path.write_text(f"{HEAD}\n{before}\ndef softmax(z):\n    {body}\n")
        outcomes = grade(path, assignment=WEEK).outcomes
        return [
            {o.check: o.verdict for o in outcomes if o.exercise == name}
            for name in ("softmax", "sigmoid")
        ]

    return run


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_earns_the_formula_and_none_is_our_fault(verdicts, name):
    cheated, control = verdicts(CHEATS[name])
    assert any(verdict.failed for verdict in cheated.values())
    assert cheated["matches_the_formula"].failed or cheated["gives_the_same_answer_twice"].failed
    assert Verdict.GRADER_FAULT not in cheated.values()
    assert Verdict.GRADER_FAULT not in control.values()
    assert name in SPOIL_THEMSELVES or not any(verdict.failed for verdict in control.values())


def test_the_right_function_passes(verdicts):
    for found in verdicts("return right(z)"):
        assert not any(verdict.failed for verdict in found.values())


def test_a_forward_function_that_gives_back_its_input_excuses_no_gradient(tmp_path):
    path = tmp_path / "student.py"
    path.write_text(
        "import numpy as np\ndef relu(z):\n    return z\n"
        "def relu_derivative(z):\n    return np.ones(z.shape)\n"
    )
    found = {o.check: o.verdict for o in grade(path).outcomes if o.function == "relu_derivative"}
    assert found["matches_the_formula"] is Verdict.WRONG


def test_a_report_stays_small_whatever_is_returned(tmp_path):
    path = tmp_path / "student.py"
    path.write_text("def sigmoid(z):\n    return [[0.5] * 300] * 300\n")
    report = grade(path)
    assert any(o.example and o.example.got == "90000 numbers" for o in report.outcomes)
    assert len(FORMATS["json"](report)) < 100_000
