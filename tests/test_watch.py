"""Watched code computes what plain code does, tells its values, changes them, and stops when it is told to."""

import ast
from pathlib import Path

import numpy as np
import pytest

from checkgrad.child.request import Request, Result, Step
from checkgrad.child.rewrite import rewrite
from checkgrad.child.values import EDITS
from checkgrad.child.wanted import ByTurn, Change, Latest, Named, Tell, Watch
from checkgrad.exercises import ALL
from checkgrad.networks.candidates import network_candidates, read_networks
from checkgrad.reading import candidates, read
from modules import manners, source
from network_shapes import SHAPES
from watched import Twice, image, run

MODELS = sorted((Path(__file__).parent.parent / "reference_models").glob("*.py"))
EVERYTHING = (Tell(None, groups=True),)

# Each gives a value under the name `found`.
FEATURES = {
    "nested functions": "def f(a):\n    def g(b):\n        nonlocal a\n        a += b\n        return a\n    return g(2) + a\nfound = f(1)",
    "classes": "class A:\n    n = 2\n    def __init__(self, k):\n        self.k = k\nclass B(A):\n    def __init__(self, k):\n        super().__init__(k * self.n)\nfound = B(3).k",
    "super with names": "class A:\n    def f(self): return 1\nclass B(A):\n    def f(self): return super(B, self).f() + __class__.n\n    n = 4\nfound = B().f()",
    "private names": "class A:\n    def __init__(self): self.__w = [1]\n    def step(self):\n        self.__w[0] += 2\n        for i in range(2):\n            self.__w[0] *= 3\n        return self.__w\nfound = A().step()",
    "properties": "class A:\n    reads = 0\n    @property\n    def w(self):\n        return self.v\n    @w.setter\n    def w(self, v):\n        self.v = v\na = A()\na.w = [1]\na.w[0] += 4\nfound = a.v",
    "a property that cannot be set": "class A:\n    v = [1]\n    @property\n    def w(self): return self.v\na = A()\na.w[0] = 5\nfor i in range(2):\n    a.w[0] += i\nfound = a.w",
    "counted assignments": "class A:\n    sets = []\n    def __setattr__(self, n, v):\n        self.sets.append(n)\n        object.__setattr__(self, n, v)\na = A()\na.x = 1\nfor i in range(3):\n    a.x += 1\nfound = a.sets",
    "comprehensions": "n = 3\nfound = [[i * j for j in range(i) if j] for i in range(n)], {i: -i for i in range(n)}, {i % 2 for i in range(n)}, sum(i for i in range(n))",
    "a comprehension in a class": "class A:\n    ns = [1, 2]\n    m = [n + 1 for n in ns]\nfound = A.m",
    "lambdas": "found = [(lambda x, k=2: x * k)(i) for i in range(3)], (lambda *a, **n: (a, n))(1, b=2)",
    "decorators": "def twice(f):\n    return lambda *a: 2 * f(*a)\n@twice\ndef g(x):\n    return x + 1\nfound = g(1)",
    "generators": "def g(n):\n    for i in range(n):\n        got = yield i\n        if got:\n            yield got\n    return 7\ndef h():\n    found = yield from g(2)\n    yield found\nfound = list(h())",
    "try": "found = []\nfor x in [1, 0, 'a']:\n    try:\n        found.append(1 / x)\n    except ZeroDivisionError as e:\n        found.append(str(e))\n    except (TypeError, ValueError):\n        found.append(-1)\n    else:\n        found.append(x)\n    finally:\n        found.append('f')",
    "with": "import contextlib\n@contextlib.contextmanager\ndef f(x):\n    yield x + 1\nwith f(1) as a, f(a) as (b):\n    found = a, b",
    "walrus": "found = [y for x in range(5) if (y := x * 2) > 2], y\nwhile (n := len(found)) < 1:\n    pass",
    "star targets": "a, *b = [1, 2, 3]\n(c, d), e = (4, 5), 6\n[f, *_] = 'xy'\nfound = a, b, c, d, e, f, [*b, *b], {**{'a': 1}}, print(*[], sep='')",
    "global": "n = [0]\nm = 0\ndef f():\n    global m\n    m += 1\n    n[0] += m\n    for i in range(2):\n        n[0] += 1\n    return n\nf()\nfound = f(), m",
    "global in a loop": "m = 0\ndef f():\n    for i in range(3):\n        global m\n        m = m + i\nf()\nfound = m",
    "names of outer scopes": "w = {'a': 1}\ndef f():\n    def g():\n        w['a'] += 1\n        v[0] -= 1\n    v = [5]\n    for i in range(2):\n        g()\n        v[0] += 7\n    return v\nfound = f(), w",
    "f-strings": "x = 2.5\nfound = f'{x:.{1 + 1}f} {x!r} {f\"{x}\"} {[i for i in range(2)]}'",
    "match": "def f(x):\n    match x:\n        case {'a': 1, **rest}: return rest\n        case [1, *more] if len(more) > 1: return more\n        case int(n) | float(n): return n + 1\n        case str() as s: return s * 2\n        case _: return None\nfound = [f(v) for v in ({'a': 1, 'b': 2}, [1, 2, 3], [1], 4, 'x')]",
    "slots": "class A:\n    __slots__ = ('x', 'y')\n    def __init__(self): self.x = [1]; self.y = 2\na = A()\na.y += 1\na.x[0] -= 3\nfor i in range(2):\n    a.y *= 2\nfound = a.x, a.y",
    "dataclasses": "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass A:\n    x: int = 1\n    y: list = field(default_factory=lambda: [2])\na = A()\na.y[0] += 1\nfor i in range(2):\n    a.y[0] += a.x\nfound = repr(a)",
    "enumerations": "import enum\nclass C(enum.Enum):\n    A = 1\n    B = 2\nfound = [c.value for c in C], C(1).name",
    "named tuples": "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int = 1\n    y: float = 2.0\nfound = P(3)._replace(y=4)",
    "in-place changes": "import numpy as np\na = np.zeros((3, 2))\nb = a\na[range(3), [0, 1, 0]] += 1\na[1:] -= 2\na[..., 0] *= 3\nb += a\nnp.add.at(a, 0, 5)\nfound = a, b, a is b",
    "while": "n, s = 5, []\nwhile n > 0:\n    n -= 1\n    if n == 3:\n        continue\n    s.append(n)\n    if n == 1:\n        break\nelse:\n    s.append(9)\nfound = s",
    "for and else": "found = []\nfor i in range(3):\n    found.append(i)\nelse:\n    found.append('else')",
    "enumerate and zip": "found = [(i, a, b) for i, (a, b) in enumerate(zip([1, 2], 'ab', strict=True))]\nfor i, (a, b) in enumerate(zip([1], 'a')):\n    found += [i, a, b]",
    "nditer": "import numpy as np\nx = np.arange(4.0).reshape(2, 2)\nit = np.nditer(x, flags=['multi_index'], op_flags=['readwrite'])\nwhile not it.finished:\n    i = it.multi_index\n    old = x[i]\n    x[i] = old + 1\n    it.iternext()\nfor v in np.nditer(x, op_flags=['readwrite']):\n    v[...] = 2 * v\nfound = x",
    "slices": "import numpy as np\nx = np.arange(24).reshape(2, 3, 4)\nfound = x[:, None, ::-1], x[..., 1], x[-1, 0:2], x[(0, 1)], x[np.newaxis][0], x[[0, 1], :]",
    "deletions": "d = {'a': [1, 2]}\nx = 3\ndel d['a'][0], x\nfound = d, 'x' in globals()",
    "unbound names": "def f():\n    for i in range(2):\n        if i:\n            x += 1\n        else:\n            x = 5\n    return x\nfound = f()",
    "default dictionaries": "from collections import defaultdict\nd = defaultdict(int)\nfor k in 'ab':\n    d[k] += 1\n    d[k + 'x'] = 2\nfound = dict(d)",
    "keys that are drawn once": "it = iter([0, 1, 0])\na = [0, 0]\na[next(it)] += 1\na[next(it)] += 2\nfound = a",
    "assertions and raise": "try:\n    assert 1 == 2, 'no'\nexcept AssertionError as e:\n    found = str(e)\ntry:\n    raise ValueError('x') from KeyError(1)\nexcept ValueError as e:\n    found += repr(e.__cause__)",
    "annotations": "from typing import List\nx: int = 3\ny: 'List[int]'\ndef f(a: List[int] = [1], *, b: 'x' = 2) -> 'nothing': return a, b\nfound = f(), f.__annotations__, __annotations__",
    "future": "from __future__ import annotations\ndef f(a: nowhere) -> never: return a\nfound = f(2), f.__annotations__",
    "documentation": "def f():\n    'says'\n    return f.__doc__\nclass A:\n    'more'\nfound = f(), A.__doc__",
    "chained comparisons": "x = 2\nfound = 1 < x <= 2 != 3, not x, x and 0 or -x, x if x else 0",
    "async": "import asyncio\nasync def g():\n    for i in range(2):\n        yield i\nasync def f():\n    return [i async for i in g()] + [await asyncio.sleep(0, 3)]\nfound = asyncio.run(f())",
    "locals": "def f(x):\n    y = 2\n    for i in range(2):\n        y += x\n    return sorted(locals()), eval('x + y'), sorted(vars())\nfound = f(1)",
    "metaclasses": "class M(type):\n    def __call__(cls, *a): return super().__call__(*a)\nclass A(metaclass=M):\n    def __init__(self, x): self.x = x\nfound = A(3).x",
    "matrices": "import numpy as np\na, b = np.arange(6.).reshape(2, 3), np.ones((3, 2))\na @= np.eye(3)\nfound = a @ b, a.T.dot(a), np.exp(-a).sum(axis=0, keepdims=True)",
    "a function that is an attribute": "import math\nclass A:\n    f = staticmethod(lambda x: x + 1)\n    table = {'e': math.exp}\nfound = A.f(1), A().table['e'](0.0), (lambda: A)().f(2)",
    "type identity": "import numpy as np\nx = np.float32(3)\nfound = type(x * 2).__name__, type(True), True is (1 == 1), None is None",
    "exceptions in a group": "try:\n    try:\n        raise ExceptionGroup('g', [ValueError(1), TypeError(2)])\n    except* ValueError as g:\n        found = [repr(e) for e in g.exceptions]\nexcept ExceptionGroup as rest:\n    found.append(len(rest.exceptions))",
    "a method without an object": "class A:\n    @staticmethod\n    def relu(x):\n        for i in range(2):\n            x[0] += i\n        return x\n    @classmethod\n    def make(cls): return cls.relu([1])\nfound = A.make()",
    "reading over an end": "def f(n, acc=()):\n    if not n:\n        return acc\n    return f(n - 1, (*acc, n))\nfound = f(200)",
}  # fmt: skip


@pytest.mark.parametrize("watch", [Watch(), Watch(EVERYTHING)], ids=["silent", "telling"])
@pytest.mark.parametrize("source", FEATURES.values(), ids=FEATURES)
def test_watched_code_computes_what_plain_code_does(source, watch):
    plain = {"__name__": "__main__"}
    exec(compile(source, "student.py", "exec", dont_inherit=True), plain)
    assert image(run(source, watch)[0]["found"]) == image(plain["found"])


@pytest.mark.parametrize("source", FEATURES.values(), ids=FEATURES)
def test_no_name_is_added(source):
    plain = {"__name__": "__main__"}
    exec(compile(source, "student.py", "exec", dont_inherit=True), plain)
    assert run(source)[0].keys() == plain.keys()


MODULES = {
    **{path.stem: path.read_text() for path in MODELS},
    **{
        name: shape.head + shape.source
        for name, shape in SHAPES.items()
        if ".csv" not in shape.source
    },
    **{str(manner): source(manner) for manner in list(manners())[::24]},
}


@pytest.mark.parametrize("source", MODULES.values(), ids=MODULES)
def test_a_watched_module_answers_every_question_like_the_plain_one(source):
    module = Twice(source)
    read(candidates(module.inventory, ALL), module.ask)
    read_networks(network_candidates(module.inventory), module.ask)
    assert module.asked > 0
    assert module.unlike == []


LOOP = """
import numpy as np
x = np.array([[0.0, 1.0], [1.0, 0.5]])
w = np.array([[0.3], [0.2]])
lr = 0.5
for epoch in range(1000):
    y = x @ w
    w -= lr * (x.T @ y)
end = w
"""


def node(found, text, kind="expression", at=0):
    return [n for n in found.nodes if n.text == text and n.kind == kind][at].number


def test_values_of_nodes_are_told_in_order():
    _, hook, found = run(LOOP, Watch((Tell(None),), stop=(0, 2)))
    told = hook.values()
    before, after = told[node(found, "x @ w")][0], told[node(found, "w", "after")][0]
    assert before.order < after.order
    assert np.array_equal(before.value, [[0.2], [0.4]])
    assert [one.turn for one in told[node(found, "w", "carried")]] == [0, 1, 2]
    assert np.array_equal(told[node(found, "w", "carried")][1].value, after.value)
    assert [len(turns) for turns in hook.loops.values()] == [3]


def test_a_told_value_is_a_copy():
    _, hook, found = run("import numpy as np\nw = np.zeros(2)\nv = w\nw += 1", Watch((Tell(None),)))
    assert hook.values()[node(found, "w")][0].value.tolist() == [0, 0]


def test_a_run_stops_at_the_turn_that_was_asked_for():
    space, hook, _ = run(LOOP, Watch(stop=(0, 1)))
    assert hook.stopped == "turn"
    assert "end" not in space


def test_a_loop_is_left_and_the_rest_is_run():
    space, hook, found = run(LOOP, Watch((Tell(None),), leave=((0, 3),)))
    carried = hook.values()[node(found, "w", "carried")]
    assert len(hook.loops[0]) == 3 and not hook.stopped
    assert np.array_equal(space["end"], carried[-1].value)


@pytest.mark.parametrize("swallows", ["except Exception:", "except:", "except BaseException:"])
def test_nobody_catches_the_end_of_a_run_for_good(swallows):
    text = f"n = 0\nwhile True:\n    try:\n        n += 1\n        for i in range(9):\n            n += 1\n    {swallows}\n        n = n"
    assert run(text, Watch(stop=(1, 4)))[1].stopped == "turn"


def test_turns_of_all_loops_are_bounded():
    assert run("while True:\n    pass", Watch(most=50))[1].stopped == "turns"


def test_what_does_not_fit_is_counted():
    text = "import numpy as np\nfor i in range(9):\n    x = np.zeros(100)\n    y = x"
    _, hook, found = run(text, Watch((Tell(None),), room=3000))
    place = node(found, "x")
    assert len(hook.values()[place]) + hook.untold[place] == 9


def test_only_the_first_and_the_last_values_are_told():
    text = "for i in range(9):\n    j = i + 1"
    _, hook, found = run(text, Watch((Tell((1, 2, 3, 4, 5), first=2, last=1),)))
    assert [t.turn for t in hook.values()[node(found, "i + 1")]] == [0, 1, 8]


@pytest.mark.parametrize(
    ("change", "due"),
    [
        (("plus", (1.0,)), [[1.2, 1.4], [1.6, 1.8]]),
        (("minus", (1.0,)), [[-0.8, -0.6], [-0.4, -0.2]]),
        (("times", (2.0,)), [[0.4, 0.8], [1.2, 1.6]]),
        (("over", (2.0,)), [[0.1, 0.2], [0.3, 0.4]]),
        (("negated", ()), [[-0.2, -0.4], [-0.6, -0.8]]),
        (("transposed", ()), [[0.2, 0.6], [0.4, 0.8]]),
        (("summed", (0, True)), [[0.8, 1.2]]),
        (("summed", (1,)), [0.6, 1.4]),
        (("summed", ()), 2.0),
        (("dot", (np.array([[1.0], [0.0]]),)), [[0.2], [0.6]]),
        (("replaced", (np.array([7.0]),)), [7.0]),
        (("replaced", (Named("other"),)), [[5.0]]),
        (("plus", (Named("other"),)), [[5.2, 5.4], [5.6, 5.8]]),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_edits(change, due):
    text = "import numpy as np\ndef f(x):\n    other = np.array([[5.0]])\n    return x * 2\nfound = f(np.array([[0.1, 0.2], [0.3, 0.4]]))"
    place = node(rewrite(ast.parse(text), ""), "x * 2")
    space, hook, _ = run(text, Watch(changes=(Change(place, *change),)))
    assert hook.applied == [1]
    assert np.allclose(space["found"], due)


def test_every_edit_is_tried_here():
    assert len(EDITS) == 14


def test_another_node_can_be_put_in_its_place():
    text = "a = 3.0\nb = a * 2\nc = a + 1\nfound = c"
    found = rewrite(ast.parse(text), "")
    change = Change(node(found, "a + 1"), "replaced", (Latest(node(found, "a * 2")),))
    assert run(text, Watch(changes=(change,)))[0]["found"] == 6.0


def test_an_operand_may_differ_by_turn():
    text = "found = []\nfor i in range(4):\n    found.append(i * 1.0)"
    place = node(rewrite(ast.parse(text), ""), "i * 1.0")
    change = Change(place, "replaced", (ByTurn((10.0, 20.0)),))
    assert run(text, Watch(changes=(change,)))[0]["found"] == [10.0, 20.0, 2.0, 3.0]
    only = Change(place, "plus", (1.0,), turns=(3,))
    assert run(text, Watch(changes=(only,)))[0]["found"] == [0.0, 1.0, 2.0, 4.0]


def test_changing_a_changed_value_leaves_the_operand_alone():
    text = "import numpy as np\nx = np.zeros(2)\nfor i in range(2):\n    y = x\n    y += 1\n    found = y"
    given = np.array([5.0, 6.0])
    place = node(rewrite(ast.parse(text), ""), "x")
    space, _, _ = run(text, Watch(changes=(Change(place, "replaced", (given,)),)))
    assert given.tolist() == [5.0, 6.0]
    assert space["found"].tolist() == [6.0, 7.0]


def test_what_is_carried_changes_in_place_and_for_all_its_names():
    text = "import numpy as np\nw = np.zeros(2)\nall = [w]\nfor i in range(1):\n    found = all[0] + 0\n    w = w - 1"
    place = node(rewrite(ast.parse(text), ""), "w", "carried")
    space, _, _ = run(text, Watch(changes=(Change(place, "plus", (3.0,), turns=(0,)),)))
    assert space["found"].tolist() == [3.0, 3.0]


def test_members_of_groups_are_told_and_changed():
    text = """
import numpy as np
class Net:
    def __init__(self):
        self.layers = [{"W": np.ones(2)}]
    def step(self):
        self.layers[0]["W"] = self.layers[0]["W"] * 2
net = Net()
for i in range(2):
    net.step()
found = net.layers[0]["W"]
"""
    place = node(rewrite(ast.parse(text), ""), "net", "held")
    path = (".layers", 0, "W")
    change = Change(place, "plus", (np.array([1.0, 0.0]),), turns=(0,), path=path)
    space, hook, _ = run(text, Watch((Tell((place,), groups=True),), (change,)))
    assert space["found"].tolist() == [8.0, 4.0]
    told = [one.value[".layers"][0]["W"].tolist() for one in hook.values()[place]]
    assert told == [[2.0, 1.0], [4.0, 2.0], [8.0, 4.0]]


def test_lists_of_numbers_are_arrays_and_stay_lists():
    text = "w = [[1.0, 2.0], [3.0, 4.0]]\nfor i in range(1):\n    found = w\n    w[0][1] += i"
    place = node(rewrite(ast.parse(text), ""), "w", "carried")
    change = Change(place, "times", (np.array([[1.0, 10.0]]),))
    space, hook, _ = run(text, Watch((Tell((place,)),), (change,)))
    assert space["found"] == [[1.0, 20.0], [3.0, 40.0]]
    assert hook.values()[place][0].value.shape == (2, 2)


def test_a_change_that_cannot_be_made_stops_the_run_and_is_no_fault_of_the_code():
    text = "import numpy as np\ntry:\n    x = np.ones(2)\n    found = x\nexcept Exception:\n    found = 'caught'"
    place = node(rewrite(ast.parse(text), ""), "x")
    space, hook, _ = run(text, Watch(changes=(Change(place, "plus", (np.ones(3),)),)))
    assert hook.stopped == "edit" and "broadcast" in hook.problem
    assert "found" not in space


def test_nodes_know_their_place():
    text = "class Net:\n    def back(self, d):\n        for i in range(2):\n            self.w[i] -= d.sum(axis=0) * 2\n"
    found = rewrite(ast.parse(text), "net.py")
    (whole,) = [n for n in found.nodes if n.text == "d.sum(axis=0) * 2"]
    (inner,) = [n for n in found.nodes if n.text == "d.sum(axis=0)"]
    assert (whole.line, whole.column, whole.end_column) == (4, 25, 42)
    assert (whole.scope, whole.loop, whole.statement, inner.parent) == (
        "Net.back",
        0,
        4,
        whole.number,
    )
    (loop,) = found.loops
    assert (loop.line, loop.end_line, loop.scope, loop.parent) == (3, 4, "Net.back", -1)
    assert [text for text, _ in loop.carried] == ["self.w"]
    assert [text for text, _ in loop.held] == ["d", "self"]


def test_the_tree_that_was_given_stays_as_it_is():
    tree = ast.parse(MODELS[0].read_text())
    before = ast.dump(tree, include_attributes=True)
    rewrite(tree, "")
    assert ast.dump(tree, include_attributes=True) == before


def test_a_request_on_a_watched_module_keeps_its_answers_apart():
    module = Twice(
        "class A:\n    def __init__(self): self.n = 0\n    def f(self):\n        self.n += 1\n        return self.n"
    )
    steps = (Step("call", (".A",)), Step("call", (".f",), of=0), Step("call", (".f",), of=0))
    (answer,) = module.ask([Request("A", steps, Result(2))])
    assert answer.value == 2 and module.unlike == []
