"""The inventory of loaded modules: every function, class and method that they define, read without calling any."""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from . import gaps
from .describe import fields_of
from .inventory import Definition, Parameter, Span
from .mentions import (
    MOST_NAMES,
    kept_on_self,
    mentioned,
    names_returned,
    numbers_read,
    returned,
    set_on_self,
    texts_in,
)
from .source import Document
from .standin import Absent
from .syntax import FunctionNode

SIMPLE = (float, int, str, bool, type(None))
LONGEST_DOC, MOST_DEFINITIONS, DEEPEST = 2000, 1000, 3
NO_LITERAL = "is no dict of plain strings and numbers"


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
        self.nodes: dict[tuple[str, int, str], FunctionNode] = {}
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
            texts=tuple(dict.fromkeys(texts_in(inside)))[:MOST_NAMES],
            numbers=self.numbers(node, found),
            span=self.span(found, file, source),
        )

    def numbers(self, node: FunctionNode | None, found: Found) -> tuple[str, ...]:
        """What it reads of the numbers of its module."""
        if node is None or found.kind == "class" or found.function is None:
            return ()
        return tuple(numbers_read(node, found.function.__globals__))[:MOST_NAMES]

    def is_open(self, node: FunctionNode, found: Found) -> bool:
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

    def node(self, function: FunctionType | None) -> FunctionNode | None:
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
