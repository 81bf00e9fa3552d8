"""What travels between grader and worker: tagged binary values in frames. Nothing in it is ever executed.

Every length is checked against a cap before anything is allocated, so any bytes decode to a value or to
a WireError. Neither pickle nor JSON: both sides agree on a closed set of types.
"""

from __future__ import annotations

import marshal
import math
import struct
from collections.abc import Callable
from typing import Any

import numpy as np

from .behaviour import Unsendable, are_floats
from .describe import substitute
from .request import ArraySlot, Request, Result, Step

MAGIC = 0x64615267
HEADER = struct.Struct("<IB3xII")  # magic, kind, sequence number, length of the body
READY, LOAD, PROBE, LINE, LOADED, ASK, ANSWER, FAULT = range(1, 9)

DEEPEST, MOST_ITEMS, LONGEST_TEXT, MOST_AXES = 12, 200_000, 20_000, 16
MOST_PLANS, MOST_BESIDE = 1000, 255
OUTLINED = frozenset((str, int, float, bool, type(None)))
KEYS = (str, int, float, bool, tuple, type(None))

KINDS = ("?", "<i1", "<i2", "<i4", "<i8", "<u1", "<u2", "<u4", "<u8", "<f2", "<f4", "<f8", "<c8", "<c16")  # fmt: skip
DTYPES = tuple(map(np.dtype, KINDS))
CODES = {dtype: code for code, dtype in enumerate(DTYPES)}

(ARRAY, FLOAT, INT, FALSE, TRUE, NONE, COMPLEX, TEXT, LIST, TUPLE, DICT, UNSENDABLE, RESULT, SLOT, FLOATS) = range(15)  # fmt: skip

BYTE = struct.Struct("<B")
LENGTH = struct.Struct("<BI")
DOUBLE = struct.Struct("<Bd")
INTEGER = struct.Struct("<Bq")
TWO_DOUBLES = struct.Struct("<Bdd")
ARRAY_HEAD = struct.Struct("<BBB")
SHAPES = tuple(struct.Struct(f"<{axes}Q") for axes in range(MOST_AXES + 1))


class WireError(Exception):
    """These bytes are not what was agreed on."""


class Full(Exception):
    """The value does not fit in the room that is left for it."""


def frame(kind: int, seq: int, body: bytes) -> bytes:
    """One message."""
    return HEADER.pack(MAGIC, kind, seq, len(body)) + body


def encode(value: Any, room: int = 1 << 30) -> bytes:
    """The bytes of *value*; what cannot be sent, or does not fit in *room*, becomes its description."""
    try:
        return write(value, room)
    except Full:
        return write(Unsendable(f"a value of more than {room >> 10} kB"), 1 << 20)


def write(value: Any, room: int) -> bytes:
    """The bytes of *value*, or Full."""
    writer = Writer(room)
    writer.value(value, 0)
    return b"".join(writer.chunks)


def decode(body: bytes) -> Any:
    """The value that *body* holds, or a WireError."""
    reader = Reader(body)
    value = reader.value(0)
    if reader.position != len(body):
        raise WireError("bytes left over")
    return value


def encode_request(request: Request) -> bytes:
    """The bytes of a request: what is done, then the arrays it is done with."""
    beside: list[bytes] = []
    try:
        key = _key(request, beside)
        plan = _plans.get(key) or _known(key, _plan(request, []))
    except ValueError:
        plan = _plan(request, beside := [])
    return b"".join([LENGTH.pack(len(beside), len(plan)), plan, *beside])


_plans: dict[bytes, bytes] = {}  # by outline: most requests are like an earlier one but for arrays


def _known(key: bytes, plan: bytes) -> bytes:
    if len(_plans) >= MOST_PLANS:
        _plans.clear()
    _plans[key] = plan
    return plan


def _plan(request: Request, beside: list[bytes]) -> bytes:
    """The bytes of a request without its arrays, which are added to *beside*."""
    steps = tuple((s.do, s.path, s.of, s.args, s.named) for s in request.steps)
    writer = Writer(1 << 30)
    writer.beside = beside
    watch = () if request.watch is None else (request.watch,)
    writer.value((request.function, steps, request.answer, *watch), 0)
    return b"".join(writer.chunks)


def _key(request: Request, beside: list[bytes]) -> bytes:
    """What tells one plan from another; the arrays are added to *beside*. ValueError for rarer types."""
    steps = [
        (s.do, s.path, s.of, _outline(s.args, beside), _outline(s.named, beside))
        for s in request.steps
    ]
    rest = _outline(request.answer, beside), _outline(request.watch, beside)
    return marshal.dumps((request.function, steps, rest))


def _outline(value: Any, beside: list[bytes]) -> Any:
    kind = type(value)
    if kind is tuple or kind is list:
        return (kind is tuple, [_outline(item, beside) for item in value])
    if kind is dict:
        return (b"dict", [_outline(item, beside) for item in value.items()])
    if kind is np.ndarray and value.dtype in CODES and len(beside) < MOST_BESIDE:
        beside.append(_head(value) + value.tobytes())
        return b"array"
    if kind is Result:
        return (b"result", value.step, value.path)
    if kind in OUTLINED:
        return value
    raise ValueError


def _head(array: np.ndarray) -> bytes:
    head = ARRAY_HEAD.pack(ARRAY, CODES[array.dtype], array.ndim)
    return head + SHAPES[array.ndim].pack(*array.shape)


class Requests:
    """Decodes requests; what is done, most often the same as before, only once."""

    def __init__(self) -> None:
        self.known: dict[bytes, Request] = {}

    def decode(self, body: bytes) -> tuple[Request, list[np.ndarray]]:
        """A request and the arrays that fill its slots."""
        reader = Reader(body)
        count, length = reader.take(LENGTH)
        start = reader.position
        plan = body[start : start + length]
        reader.position += length
        if plan not in self.known:
            if len(self.known) >= MOST_PLANS:
                self.known.clear()
            function, steps, *rest = decode(plan)
            self.known[plan] = Request(function, tuple(Step(*s) for s in steps), *rest)
        return self.known[plan], [reader.array(0) for _ in range(count)]


class Writer:
    """Gathers the bytes of a value and counts how much room is left."""

    __slots__ = ("chunks", "beside", "room", "items")

    def __init__(self, room: int) -> None:
        self.chunks: list[bytes] = []
        self.beside: list[bytes] | None = None
        self.room = room
        self.items = 0

    def put(self, chunk: bytes) -> None:
        self.room -= len(chunk)
        if self.room < 0:
            raise Full
        self.chunks.append(chunk)

    def value(self, value: Any, depth: int) -> None:
        """Write *value*, or what stands for it."""
        self.items += 1
        if depth > DEEPEST or self.items > MOST_ITEMS:
            raise Full
        encoder = ENCODERS.get(type(value))
        if encoder is None:
            value = substitute(value)
            encoder = ENCODERS[type(value)]
        encoder(self, value, depth)

    def text(self, tag: int, text: str) -> None:
        raw = text[:LONGEST_TEXT].encode("utf-8", "replace")[:LONGEST_TEXT]
        self.put(LENGTH.pack(tag, len(raw)) + raw)

    def array(self, array: np.ndarray, depth: int) -> None:
        if array.dtype not in CODES or array.ndim > MOST_AXES:
            self.value(substitute(array), depth + 1)
            return
        if array.nbytes > self.room:
            raise Full
        head = _head(array)
        if self.beside is None or len(self.beside) == MOST_BESIDE:
            self.put(head)
            self.put(array.tobytes())
        else:
            self.put(INTEGER.pack(SLOT, len(self.beside)))
            self.beside.append(head + array.tobytes())

    def integer(self, number: int, depth: int) -> None:
        if -(2**63) <= number < 2**63:
            self.put(INTEGER.pack(INT, number))
        else:
            self.value(Unsendable("an integer beyond 64 bits"), depth)

    def sequence(self, items: list[Any] | tuple[Any, ...], depth: int) -> None:
        if len(items) > MOST_ITEMS:
            raise Full
        if type(items) is list and are_floats(items):
            return self.floats(items)
        self.put(LENGTH.pack(TUPLE if type(items) is tuple else LIST, len(items)))
        for item in tuple(items):
            self.value(item, depth + 1)

    def floats(self, items: list[float]) -> None:
        """A list of nothing but these, as whoever writes without NumPy gives by the thousand, all at once."""
        self.items += len(items)
        if self.items > MOST_ITEMS:
            raise Full
        self.put(LENGTH.pack(FLOATS, len(items)))
        self.put(struct.pack(f"<{len(items)}d", *items))

    def mapping(self, mapping: dict[Any, Any], depth: int) -> None:
        if len(mapping) > MOST_ITEMS:
            raise Full
        items = tuple(mapping.items())
        self.put(LENGTH.pack(DICT, len(items)))
        for key, item in items:
            self.value(key if type(key) in KEYS else substitute(key).description, depth + 1)
            self.value(item, depth + 1)

    def result(self, result: Result, depth: int) -> None:
        self.put(INTEGER.pack(RESULT, result.step))
        self.value(result.path, depth + 1)


ENCODERS: dict[type, Callable[[Writer, Any, int], None]] = {
    np.ndarray: Writer.array,
    float: lambda writer, value, depth: writer.put(DOUBLE.pack(FLOAT, value)),
    int: Writer.integer,
    bool: lambda writer, value, depth: writer.put(BYTE.pack(TRUE if value else FALSE)),
    type(None): lambda writer, value, depth: writer.put(BYTE.pack(NONE)),
    complex: lambda writer, value, depth: writer.put(
        TWO_DOUBLES.pack(COMPLEX, value.real, value.imag)
    ),
    str: lambda writer, value, depth: writer.text(TEXT, value),
    list: Writer.sequence,
    tuple: Writer.sequence,
    dict: Writer.mapping,
    Unsendable: lambda writer, value, depth: writer.text(UNSENDABLE, value.description),
    Result: Writer.result,
}


class Reader:
    """Takes a value apart; believes nothing."""

    __slots__ = ("body", "position", "items")

    def __init__(self, body: bytes) -> None:
        self.body = body
        self.position = 0
        self.items = 0

    def take(self, form: struct.Struct) -> tuple[Any, ...]:
        start = self.position
        self.position += form.size
        if self.position > len(self.body):
            raise WireError("a value is cut off")
        return form.unpack_from(self.body, start)

    def value(self, depth: int) -> Any:
        """The next value."""
        self.items += 1
        if depth > DEEPEST or self.items > 2 * MOST_ITEMS:
            raise WireError("a value is too complex")
        if self.position >= len(self.body):
            raise WireError("a value is cut off")
        tag = self.body[self.position]
        if tag >= len(DECODERS):
            raise WireError("unknown tag")
        return DECODERS[tag](self, depth)

    def count(self) -> int:
        """The length that follows a tag; each item takes a byte, so a longer one is a lie."""
        count: int = self.take(LENGTH)[1]
        if count > len(self.body) - self.position:
            raise WireError("a length is beyond the end")
        return count

    def array(self, depth: int) -> np.ndarray:
        _, code, axes = self.take(ARRAY_HEAD)
        if code >= len(DTYPES) or axes > MOST_AXES:
            raise WireError("unknown dtype or too many axes")
        shape = self.take(SHAPES[axes])
        size = math.prod(shape)
        if size == 0 and math.prod(n or 1 for n in shape) > 1 << 40:
            raise WireError("an empty array of absurd shape")
        dtype = DTYPES[code]
        start = self.position
        self.position += size * dtype.itemsize
        if self.position > len(self.body):
            raise WireError("an array is cut off")
        array: np.ndarray
        if dtype.kind == "b":  # a bool byte may be anything on the wire, and must be 0 or 1 here
            array = np.frombuffer(self.body, "u1", size, start) != 0
        else:
            array = np.frombuffer(self.body, dtype, size, start).copy()
        return array.reshape(shape)

    def text(self, depth: int = 0) -> str:
        count = self.count()
        if count > LONGEST_TEXT:
            raise WireError("a text is too long")
        start = self.position
        self.position += count
        return self.body[start : self.position].decode("utf-8", "replace")

    def constant(self, value: bool | None) -> bool | None:
        self.position += 1
        return value

    def sequence(self, depth: int) -> list[Any]:
        return [self.value(depth + 1) for _ in range(self.count())]

    def floats(self, depth: int) -> list[float]:
        count = self.count()
        self.items += count
        if self.items > 2 * MOST_ITEMS:
            raise WireError("a value is too complex")
        start = self.position
        self.position += 8 * count
        if self.position > len(self.body):
            raise WireError("numbers are cut off")
        return list(struct.unpack_from(f"<{count}d", self.body, start))

    def mapping(self, depth: int) -> dict[Any, Any]:
        return {self.key(depth + 1): self.value(depth + 1) for _ in range(self.count())}

    def key(self, depth: int) -> Any:
        key = self.value(depth)
        if type(key) not in KEYS:
            raise WireError("a key is neither text nor a number")
        try:
            hash(key)
        except TypeError:
            raise WireError("a key cannot be hashed") from None
        return key

    def result(self, depth: int) -> Result:
        step: int = self.take(INTEGER)[1]
        path = self.value(depth + 1)
        if type(path) is not tuple:
            raise WireError("a path is not a tuple")
        return Result(step, path)


DECODERS: tuple[Callable[[Reader, int], Any], ...] = (
    Reader.array,
    lambda reader, depth: reader.take(DOUBLE)[1],
    lambda reader, depth: reader.take(INTEGER)[1],
    lambda reader, depth: reader.constant(False),
    lambda reader, depth: reader.constant(True),
    lambda reader, depth: reader.constant(None),
    lambda reader, depth: complex(*reader.take(TWO_DOUBLES)[1:]),
    Reader.text,
    Reader.sequence,
    lambda reader, depth: tuple(reader.sequence(depth)),
    Reader.mapping,
    lambda reader, depth: Unsendable(reader.text()),
    Reader.result,
    lambda reader, depth: ArraySlot(reader.take(INTEGER)[1]),
    Reader.floats,
)
