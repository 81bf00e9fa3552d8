"""The wire carries every plain value unchanged, and turns any other bytes into a clean error."""

import random
import struct
import tracemalloc
from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from checkgrad.child import wire
from checkgrad.child.behaviour import Unsendable
from checkgrad.child.inventory import Definition, Inventory, Parameter, Span, Suspect
from checkgrad.child.request import Result
from checkgrad.sandbox import answers

numbers = st.one_of(st.integers(-(2**63), 2**63 - 1), st.floats(), st.complex_numbers())
arrays = hnp.arrays(
    st.sampled_from(wire.DTYPES), hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
)
leaves = st.one_of(
    st.none(),
    st.booleans(),
    numbers,
    arrays,
    st.text(max_size=50),
    st.builds(Unsendable, st.text(max_size=20)),
    st.builds(Result, st.integers(0, 9), st.tuples(st.text(max_size=5), st.integers(0, 9))),
)
keys = st.one_of(st.text(max_size=5), st.integers(-9, 9))
values = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(keys, inner, max_size=4),
    ),
    max_leaves=12,
)


def same(a, b):
    if type(a) is not type(b):
        return False
    if isinstance(a, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    return a == b or repr(a) == repr(b)


@given(values)
def test_a_value_comes_back_as_it_went(value):
    assert same(wire.decode(wire.encode(value)), value)


@pytest.mark.parametrize(
    ("value", "arrives"),
    [
        (np.float32(0.5), np.array(0.5, np.float32)),
        (np.bool_(True), np.array(True)),
        (np.arange(3.0)[::-1], np.array([2.0, 1.0, 0.0])),
        (np.arange(6.0).reshape(2, 3).T, np.array([[0.0, 3.0], [1.0, 4.0], [2.0, 5.0]])),
        (np.array([1.0, 2.0], ">f8"), np.array([1.0, 2.0])),
        (np.dtype("f8", metadata={"a": 1}).type(3), np.array(3.0)),
        (range(3), [0, 1, 2]),
    ],
)
def test_what_is_harmless_arrives_as_a_plain_value(value, arrives):
    assert same(wire.decode(wire.encode(value)), arrives)


class Sub(list):
    pass


class Loss(float):
    pass


def generator():
    yield 1


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (np.ma.masked_array([1.0, 2.0]), "MaskedArray of shape (2,)"),
        (np.array([object()]), "array of objects"),
        (np.array(["a"]), "dtype <U1"),
        (np.zeros(2, "f8,i4"), "dtype"),
        (np.longdouble(1), "of dtype"),
        (np.zeros((1,) * 20), "20 dimensions"),
        (2**70, "beyond 64 bits"),
        (Sub([1.0]), "class Sub"),
        (Loss(1.0), "class Loss"),
        (generator(), "a generator"),
        (generator, "was it meant to be called"),
        (map(abs, [1]), "a map object"),
        ({1.0}, "a set"),
    ],
)
def test_what_does_not_travel_is_described(value, words):
    got = wire.decode(wire.encode(value))
    assert type(got) is Unsendable
    assert words in got.description


def test_a_value_that_refers_to_itself_is_described():
    endless = []
    endless.append(endless)
    assert type(wire.decode(wire.encode(endless))) is Unsendable


def test_many_numbers_travel_as_they_are_and_too_many_are_described():
    rows = [[0.5, float("nan"), -0.0]] * 1000
    assert repr(wire.decode(wire.encode(rows))) == repr(rows)
    for many in ([0.5] * (wire.MOST_ITEMS + 1), [[0.5] * 1000] * 201):
        assert "more than" in wire.decode(wire.encode(many)).description


def test_a_value_beyond_its_room_is_described():
    got = wire.decode(wire.encode(np.zeros(1000), room=1000))
    assert "more than" in got.description


def claimed(shape, code=11):
    head = struct.pack("<BBB", wire.ARRAY, code, len(shape))
    return head + struct.pack(f"<{len(shape)}Q", *shape)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        claimed([2**32] * 8),
        claimed([0, 2**31, 2**31]),
        claimed([2**62]),
        claimed([3], code=200),
        claimed([1] * 16)[:-1],
        struct.pack("<BI", wire.LIST, 2**31),
        struct.pack("<BI", wire.TEXT, 2**31) + b"x",
        struct.pack("<BI", wire.DICT, 1) + wire.encode([1]) + wire.encode(1),
        struct.pack("<BI", wire.LIST, 1) * 100,
        struct.pack("<BI", wire.FLOATS, 2**31),
        struct.pack("<BI", wire.FLOATS, 2) + bytes(8),
        wire.encode(1) + b"x",
    ],
)
def test_bytes_that_lie_are_refused_without_taking_memory(body):
    tracemalloc.start()
    try:
        with pytest.raises(wire.WireError):
            wire.decode(body)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_a_bool_of_another_byte_than_0_and_1_is_true():
    body = claimed([4], code=0) + b"\xff\x00\x02\x01"
    assert wire.decode(body).view("u1").tolist() == [1, 0, 1, 1]


def sample(draw, depth=0):
    kind = draw.randrange(10)
    if kind < 3:
        shape = tuple(draw.randrange(4) for _ in range(draw.randrange(4)))
        return np.ones(shape, draw.choice(wire.DTYPES))
    if kind < 7 or depth > 2:
        return draw.choice([None, True, 3, 0.5, 1j, "text", Unsendable("thing"), "\u202e"])
    inner = [sample(draw, depth + 1) for _ in range(draw.randrange(4))]
    return draw.choice([inner, tuple(inner), dict(zip("abcd", inner, strict=False))])


def mutated(draw, body, others):
    """*body* with a few bytes changed, left out, put in, or continued by another."""
    body = bytearray(body)
    for _ in range(draw.randrange(1, 5)):
        at = draw.randrange(len(body) + 1)
        edit = draw.randrange(5)
        if edit == 0:
            body[at : at + 1] = bytes([draw.randrange(256)])
        elif edit == 1:
            body[at : at + 8] = draw.choice([b"\xff" * 8, b"\0" * 4, struct.pack("<Q", 2**62)])
        elif edit == 2:
            del body[at : at + draw.randrange(1, 9)]
        elif edit == 3:
            body[at:at] = draw.randbytes(draw.randrange(1, 9))
        else:
            body[at:] = draw.choice(others)[at:]
    return bytes(body)


def test_100000_mutated_answers_give_a_value_or_a_clean_error():
    draw = random.Random(7)
    told = ("ValueError", "boom", "hw.py, line 1", (0,), ("a warning",), "printed", 0.1)
    bodies = [wire.encode(sample(draw)) + wire.encode(draw.choice([0.1, told])) for _ in range(300)]
    kinds = {"value": 0, "error": 0}
    for _ in range(100_000):
        try:
            answers.behaviour(mutated(draw, draw.choice(bodies), bodies))
            kinds["value"] += 1
        except wire.WireError:
            kinds["error"] += 1
    assert min(kinds.values()) > 1000


def test_mutated_inventories_give_an_inventory_or_a_clean_error():
    draw = random.Random(8)
    parameter = Parameter("x")
    span = Span("f.py", 3, 4)
    definition = Definition("f", "function", (parameter,), "doc", 3, uses=("np",), span=span)
    suspect = Suspect("loop, line 3", "loop", "training", span)
    told = Inventory((definition,) * 3, mapping=(("softmax", "f"),), suspects=(suspect,) * 2)
    body = wire.encode(astuple(told))
    assert answers.inventory(body).find("f")
    for _ in range(20_000):
        try:
            answers.inventory(mutated(draw, body, [body]))
        except wire.WireError:
            continue


NAMES = ["softmax", "Net.forward", "ACT['tanh']", "ACT[0]", "ACT['a b'].forward", 'T["it\'s"]']
NO_NAMES = [
    "", ".", "a b", "a.", "1", "T[", "T[]", "T[1", "T[1]x", "T[f()]", "T[1 ]", "T[[]]", "T[1.0]", "T['a'",
    "T[" + "(" * 300 + "]", "T[0][1]", "T['\\x']", "x]",
]  # fmt: skip


@pytest.mark.parametrize("name", [*NAMES, *NO_NAMES])
def test_of_an_inventory_only_what_code_can_call_so_is_believed(name):
    told = astuple(Inventory((Definition(name, "function"),)))
    found = answers.inventory(wire.encode(told))
    assert [d.name for d in found.definitions] == ([name] if name in NAMES else [])


@pytest.mark.parametrize(
    ("form", "value", "is_believed"),
    [
        (Result(0), [1, {}], True),
        ((Result(0), [Result(1)]), (np.ones(2), [None]), True),
        ((Result(0), [Result(1)]), (np.ones(2), []), False),
        ((Result(0), [Result(1)]), [np.ones(2), [None]], False),
        ({"y": Result(0)}, {"y": 1}, True),
        ({"y": Result(0)}, {"z": 1}, False),
        ({"y": Result(0)}, 7, False),
    ],
)
def test_an_answer_has_the_form_that_was_asked_for(form, value, is_believed):
    body = wire.encode(value) + wire.encode(0.1)
    if is_believed:
        assert same(answers.behaviour(body, form).value, value)
    else:
        with pytest.raises(wire.WireError):
            answers.behaviour(body, form)


def test_a_group_too_large_to_send_is_an_exception_of_the_call():
    body = wire.encode(Unsendable("a value of more than 1024 kB")) + wire.encode(0.1)
    assert answers.behaviour(body, [Result(0)]).raised == "ValueError"
