"""The inventory of loaded modules: every function, class and method that they define, read without calling any."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from . import gaps
from .describe import fields_of
from .inventory import Definition, Parameter, Span
from .source import Document
from .standin import Absent

SIMPLE = (float, int, str, bool, type(None))
MOST_NAMES, LONGEST_DOC, MOST_DEFINITIONS, DEEPEST = 100, 2000, 1000, 3
NO_LITERAL = "is no dict of plain strings and numbers"
ALONG_AN_AXIS = ("sum", "mean", "max", "min", "argmax", "prod", "amax")
BESIDE_AXES = (
    "delete", "insert", "append", "concatenate", "stack", "split", "roll", "repeat", "expand_dims",
    "squeeze", "swapaxes", "moveaxis",
)  # fmt: skip
CLIPS = ("clip", "minimum", "maximum", "min", "max")
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


@dataclass(frozen=True)
class Found:
    """A callable as it lies in a module: its path, what it is, the Python function behind it."""

    name: str
    kind: str
    function: FunctionType | None
    value: Any
    bound: bool = False  # its first parameter is given by the object it belongs to


class Survey:
    """Reads modules with the help of their syntax trees, by file."""

    def __init__(
        self, trees: Mapping[str, ast.Module], documents: Mapping[str, Document] = {}
    ) -> None:
        self.documents = documents
        self.nodes: dict[tuple[str, int, str], Function] = {}
        self.classes: dict[tuple[str, str], ast.ClassDef] = {}
        self.files = set(trees)
        self.bound = {file: gaps.bound_in(tree) for file, tree in trees.items()}
        for file, tree in trees.items():
            for node in ast.walk(tree):
                self.remember(file, node)

    def remember(self, file: str, node: ast.AST) -> None:
        if isinstance(node, ast.Lambda):
            self.nodes[file, node.lineno, "<lambda>"] = node
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            self.nodes[file, first, node.name] = node
        elif isinstance(node, ast.ClassDef):
            self.classes.setdefault((file, node.name), node)

    def definitions(self, module: ModuleType, file: str) -> list[Definition]:
        """What the module defines itself, in the order of its names."""
        found: list[Found] = []
        for name, value in list(module.__dict__.items()):
            if type(name) is not str or name.startswith("__") or len(found) > MOST_DEFINITIONS:
                continue
            try:
                found.extend(self.look(name, value, module.__name__, file))
            except BaseException:  # an object of theirs that bites is no definition
                continue
        return [self.define(one, file) for one in found]

    def look(self, name: str, value: Any, module: str, file: str) -> Iterator[Found]:
        """The callables behind one name of the module."""
        if is_class(value):
            if module == module_of(value):
                yield from self.look_inside(name, value, file, 0)
        elif type(value) is dict:
            yield from self.look_in_table(name, value, file)
        else:
            function = python_function(value)
            if function is not None and function.__code__.co_filename == file:
                yield Found(name, "function", function, value, bound=is_object(value))
            elif is_partial_or_ufunc(value):
                yield Found(name, "function", None, value)
            elif function is None and module_of(type(value)) == module:
                yield from self.look_in_record(name, value, file)

    def look_in_table(self, name: str, table: dict[Any, Any], file: str) -> Iterator[Found]:
        """Functions that stand in a dict: ACTIVATIONS['sigmoid']."""
        for key, value in list(table.items())[:100]:
            function = python_function(value)
            if type(key) is str and function and function.__code__.co_filename == file:
                yield Found(f"{name}[{key!r}]", "function", function, value, is_object(value))

    def look_in_record(self, name: str, record: Any, file: str) -> Iterator[Found]:
        """Functions without a name of their own that are fields of an object: sigmoid.f, of Activation(f, df)."""
        for field, value in list(fields_of(record).items())[:MOST_NAMES]:
            if type(field) is not str or type(value) is not FunctionType:
                continue
            if value.__code__.co_filename == file and "<" in value.__code__.co_qualname:
                yield Found(f"{name}.{field}", "function", value, value)

    def look_inside(self, name: str, cls: type, file: str, depth: int) -> Iterator[Found]:
        """A class, its methods (inherited ones, too) and the classes within."""
        yield Found(name, "class", self.constructor(cls), cls, bound=True)
        for attribute, value in members(cls).items():
            inner = f"{name}.{attribute}"
            if is_class(value) and depth < DEEPEST and module_of(value) == module_of(cls):
                yield from self.look_inside(inner, value, file, depth + 1)
                continue
            kind, function = method(value)
            if function is not None and function.__code__.co_filename in self.files:
                bound = type(value) is classmethod or kind in ("method", "property")
                yield Found(inner, kind, function, value, bound)

    def constructor(self, cls: type) -> FunctionType | None:
        for parent in cls.__mro__:
            if "__init__" in parent.__dict__:
                return python_function(parent.__dict__["__init__"])
        return None

    def define(self, found: Found, file: str) -> Definition:
        """The definition of what was found."""
        node = self.node(found.function)
        body = self.classes.get((file, found.name.rpartition(".")[2]))
        source: ast.AST | None = body if found.kind == "class" and body else node
        inside = list(ast.walk(source)) if source else []
        return Definition(
            name=found.name,
            kind=found.kind,
            parameters=parameters_of(found),
            doc=doc_of(found.value),
            line=getattr(source, "lineno", 0),
            returns=returned(node) if node and found.kind != "class" else 1,
            stub=self.is_open(node, found) if node and found.kind != "class" else False,
            uses=tuple(mentioned(inside)),
            sets=tuple(set_on_self(inside)),
            bases=bases_of(found.value),
            gives=names_returned(node) if node and found.kind != "class" else (),
            keeps=tuple(dict.fromkeys(kept_on_self(inside)))[:MOST_NAMES],
            unset=gaps.unset(node)[:MOST_NAMES] if node and found.kind != "class" else (),
            span=self.span(found, file, source),
        )

    def is_open(self, node: Function, found: Found) -> bool:
        """Was it left as its template?"""
        file = found.function.__code__.co_filename if found.function else ""
        return gaps.is_open(node, self.bound.get(file))

    def span(self, found: Found, file: str, source: ast.AST | None) -> Span:
        """Where *source* stands; a method may be inherited from another file."""
        if found.kind != "class" and found.function:
            file = found.function.__code__.co_filename
        document = self.documents.get(file)
        if source is None or document is None:
            return Span()
        line = getattr(source, "lineno", 0)
        return document.span(file, line, getattr(source, "end_lineno", None) or line)

    def node(self, function: FunctionType | None) -> Function | None:
        if function is None:
            return None
        code = function.__code__
        return self.nodes.get((code.co_filename, code.co_firstlineno, code.co_name))


def is_class(value: Any) -> bool:
    """Is it a class? Asked of its type alone: isinstance would ask the value itself."""
    return issubclass(type(value), type)


def module_of(cls: type) -> str:
    return str(type.__dict__["__module__"].__get__(cls))


def members(cls: type) -> dict[str, Any]:
    """Attributes by name, the nearest in the order of inheritance first; no dunders but the callable ones."""
    found: dict[str, Any] = {}
    for parent in cls.__mro__[:-1]:
        for name, value in list(parent.__dict__.items()):
            if not name.startswith("__") or name == "__call__" or not name.endswith("__"):
                found.setdefault(name, value)
    return found


def method(value: Any) -> tuple[str, FunctionType | None]:
    """What an attribute of a class is, and the function behind it."""
    if type(value) is staticmethod:
        return "static", python_function(value.__func__)
    if type(value) is classmethod:
        return "static", python_function(value.__func__)
    if type(value) is property:
        return "property", python_function(value.fget)
    return "method", python_function(value)


def python_function(value: Any) -> FunctionType | None:
    """The Python function behind a callable, through decorators, partials, vectorize and `__call__`."""
    for _ in range(20):
        kind = type(value)
        if kind is FunctionType:
            function: FunctionType = value
            wrapped = function.__dict__.get("__wrapped__")
            if wrapped is None:
                return function
            value = wrapped
        elif kind is functools.partial:
            value = value.func
        elif kind is np.vectorize:
            value = value.pyfunc
        elif is_object(value):
            value = called(value)
        else:
            return None
    return None


def called(value: Any) -> Any:
    """The `__call__` that the object's class defines."""
    for parent in type(value).__mro__:
        if "__call__" in parent.__dict__:
            return parent.__dict__["__call__"]
    return None


def is_object(value: Any) -> bool:
    """An object whose class defines in Python how it is called."""
    return type(value) not in (FunctionType, np.vectorize, functools.partial) and isinstance(
        called(value), FunctionType
    )


def is_partial_or_ufunc(value: Any) -> bool:
    """A function made of others: functools.partial(np.power, 2), np.frompyfunc(...)."""
    return type(value) is functools.partial or (
        type(value) is np.ufunc and str(value.__name__).endswith("(vectorized)")
    )


def parameters_of(found: Found) -> tuple[Parameter, ...] | None:
    if found.function is None:
        return () if found.kind == "class" else None
    parameters = list(code_parameters(found.function))
    if found.bound and parameters and not parameters[0].star:
        parameters = parameters[1:]
    if type(found.value) is functools.partial:
        given = set(found.value.keywords)
        parameters = [p for p in parameters[len(found.value.args) :] if p.name not in given]
    return tuple(parameters[:MOST_NAMES])


def code_parameters(function: FunctionType) -> Iterator[Parameter]:
    """The parameters, read from the code object: no signature of the student's making is believed."""
    code = function.__code__
    count, only_named = code.co_argcount, code.co_kwonlyargcount
    defaults = function.__defaults__ or ()
    for i, name in enumerate(code.co_varnames[:count]):
        position = i - count + len(defaults)
        yield parameter(name, position >= 0, defaults[position] if position >= 0 else None)
    rest = code.co_varnames[count + only_named :]
    if code.co_flags & inspect.CO_VARARGS:
        yield Parameter("*" + rest[0], optional=True, star=True)
        rest = rest[1:]
    named = function.__kwdefaults__ or {}
    for name in code.co_varnames[count : count + only_named]:
        yield parameter(name, name in named, named.get(name))
    if code.co_flags & inspect.CO_VARKEYWORDS:
        yield Parameter("**" + rest[0], optional=True, star=True)


def parameter(name: str, optional: bool, default: Any) -> Parameter:
    simple = type(default) in SIMPLE and (type(default) is not int or abs(default) < 2**63)
    return Parameter(name, optional, default if simple else None)


def doc_of(value: Any) -> str:
    value = (
        getattr(value, "__func__", value) if type(value) in (staticmethod, classmethod) else value
    )
    try:
        doc = value.__dict__.get("__doc__") if is_class(value) else value.__doc__
        return inspect.cleandoc(doc)[:LONGEST_DOC] if type(doc) is str else ""
    except BaseException:
        return ""


def bases_of(value: Any) -> tuple[str, ...]:
    if not is_class(value):
        return ()
    return tuple(
        str(type.__dict__["__name__"].__get__(base))
        for base in value.__bases__
        if base is not object and not issubclass(base, Absent)
    )


def returned(node: Function) -> int:
    """How many values the return statements group; 0 where nothing is returned."""
    if isinstance(node, ast.Lambda):
        return width(node.body)
    return max((width(one.value) for one in own_returns(node) if one.value), default=0)


def width(value: ast.expr) -> int:
    if isinstance(value, ast.Constant) and value.value is None:
        return 0
    return len(value.elts) if isinstance(value, ast.Tuple) else 1


def names_returned(node: Function) -> tuple[str, ...]:
    """The names of the values that the last return statement with several of them groups."""
    if isinstance(node, ast.Lambda):
        return ()
    tuples = [one.value.elts for one in own_returns(node) if isinstance(one.value, ast.Tuple)]
    return tuple(getattr(v, "id", getattr(v, "attr", "")) for v in (tuples or [[]])[-1])[
        :MOST_NAMES
    ]


def own_returns(node: ast.AST) -> Iterator[ast.Return]:
    """Return statements of a function, without those of functions inside."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.Return):
            yield child
        elif not isinstance(
            child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
        ):
            yield from own_returns(child)


def mentioned(nodes: Sequence[ast.AST]) -> list[str]:
    """Names, attributes, axes and what begins with a one ("1 -", "1 /"), in the order of the source, each once."""
    found: dict[str, tuple[int, int]] = {}
    bounds = inside_bounds(nodes)
    numbers = functions_of_numbers(nodes)
    for node in nodes:
        if node in numbers:
            continue
        if isinstance(node, ast.Name):
            found.setdefault(node.id, (node.lineno, node.col_offset))
        elif isinstance(node, ast.Attribute):
            found.setdefault(node.attr, place(node))
        elif isinstance(node, ast.Call):
            found |= {word: place(node) for word in axes_of(node) if word not in found}
        elif isinstance(node, ast.BinOp) and node not in bounds and (word := begins_with_one(node)):
            found.setdefault(word, (node.lineno, node.col_offset))
    return sorted(found, key=lambda name: found[name])[:MOST_NAMES]


def place(node: ast.expr) -> tuple[int, int]:
    """Where a node ends."""
    return node.end_lineno or 0, node.end_col_offset or 0


def axes_of(call: ast.Call) -> Iterator[str]:
    """ "axis" where a call works along one, "axes" where only an array of several has what it asks for."""
    if getattr(call.func, "attr", "") in BESIDE_AXES:
        return  # puts arrays together or takes them apart, and works along none
    named = {k.arg: k.value for k in call.keywords}
    axis = named.get("axis") or axis_by_position(call)
    if axis is not None:
        yield "axis"
    if (
        axis
        and is_number(axis)
        and ast.literal_eval(axis) in (1, 2)
        or is_true(named.get("keepdims"))
    ):
        yield "axes"


def axis_by_position(call: ast.Call) -> ast.expr | None:
    """The 1 of np.sum(e, 1) and of e.sum(1)."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr not in ALONG_AN_AXIS:
        return None
    of_numpy = isinstance(call.func.value, ast.Name) and call.func.value.id in ("np", "numpy")
    given = call.args[1:2] if of_numpy else call.args[:1]
    return given[0] if given and is_number(given[0]) else None


def is_true(node: ast.AST | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


def inside_bounds(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """What stands in the bounds of a clip: the 1 - eps of np.clip(y, eps, 1 - eps)."""
    calls = (node for node in nodes if isinstance(node, ast.Call))
    clips = (c for c in calls if getattr(c.func, "attr", getattr(c.func, "id", "")) in CLIPS)
    bounds = (bound for clip in clips for bound in (*clip.args[1:], *clip.keywords))
    return {node for bound in bounds for node in ast.walk(bound)}


def functions_of_numbers(nodes: Iterable[ast.AST]) -> set[ast.AST]:
    """What is called with nothing but a number: the np.exp of np.exp(-6) makes no probabilities."""
    calls = (node for node in nodes if isinstance(node, ast.Call) and len(node.args) == 1)
    return {call.func for call in calls if is_number(call.args[0])}


def is_number(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.operand, ast.Constant)
    )


def begins_with_one(node: ast.BinOp) -> str:
    """ "1 -" for 1 - something, "1 /" for 1 / something, "" for anything else."""
    one = isinstance(node.left, ast.Constant) and node.left.value == 1
    return {ast.Sub: "1 -", ast.Div: "1 /"}.get(type(node.op), "") if one else ""


def set_on_self(nodes: Iterable[ast.AST]) -> list[str]:
    """Attributes assigned on self in the order of the source, each once."""
    found = [
        (node.lineno, node.col_offset, node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store)
        and isinstance(node.value, ast.Name)
        and node.value.id == "self"
    ]
    return list(dict.fromkeys(name for _, _, name in sorted(found)))[:MOST_NAMES]


def kept_on_self(nodes: Sequence[ast.AST]) -> Iterator[str]:
    """Places in dicts on self: those of `self.params = {"W": ...}` and `self.params["W"] = ...`."""
    for node in nodes:
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from places_in(node.value, [node.slice])
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Dict):
            for target in node.targets:
                yield from places_in(target, node.value.keys)


def places_in(table: ast.expr, keys: Sequence[ast.expr | None]) -> Iterator[str]:
    if not isinstance(table, ast.Attribute) or getattr(table.value, "id", "") != "self":
        return
    for key in keys:
        if isinstance(key, ast.Constant) and type(key.value) is str:
            yield f"{table.attr}[{key.value!r}]"


def mapping_of(tree: ast.Module) -> dict[str, str]:
    """The file's CHECKGRAD = {...} as it is written, nested entries joined with dots; nothing of it is run."""
    found: dict[str, str] = {}
    for statement in tree.body:
        if isinstance(statement, ast.Assign) and "CHECKGRAD" in map(name_of, statement.targets):
            found = dict(flat("", literal(statement.value)))
    return found


def name_of(target: ast.expr) -> str:
    return target.id if isinstance(target, ast.Name) else ""


def literal(value: ast.expr) -> dict[Any, Any]:
    try:
        table = ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return {"": NO_LITERAL}
    return table if type(table) is dict else {"": NO_LITERAL}


def flat(prefix: str, table: dict[Any, Any]) -> Iterator[tuple[str, str]]:
    for key, value in list(table.items())[:200]:
        if type(key) is not str:
            continue
        if type(value) is dict:
            yield from flat(f"{prefix}{key}.", value)
        elif type(value) in (str, int, float, bool):
            yield prefix + key, str(value)
