"""What can be named in a function of the student's: variables, attributes, elements."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

MOST_ITEMS = 40  # elements that are not mentioned
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class NameScope:
    """What a function can name: its variables, attributes of its object, elements that it mentions."""

    first: int
    last: int
    names: frozenset[str]
    chains: frozenset[str]  # "self.a", "cache['Z1']"
    elements: frozenset[str]  # "y[i]", "self.W[i + 1].T"
    is_function: bool = True
    parameters: frozenset[str] = frozenset()
    keys: frozenset[str] = frozenset()  # by which elements are taken of attributes
    items: frozenset[str] = (
        frozenset()
    )  # elements of parameters, and of what else has some, that are not mentioned


def scopes_of(
    tree: ast.AST,
    attributes: frozenset[str],
    keys: frozenset[str] = frozenset(),
    outside: frozenset[str] = frozenset(),
) -> Iterator[NameScope]:
    """*attributes* of the object around it; *keys* that are constants, by which elements are taken of them anywhere.

    outside: variables of the module.
    """
    for one in ast.iter_child_nodes(tree):
        if isinstance(one, ast.ClassDef):
            constant = (k for k in _keys(one) if k[:1] in "'\"")
            owned = frozenset(chains_of(one, own=True))
            yield from scopes_of(one, owned, frozenset(constant), outside)
        elif isinstance(one, ast.FunctionDef | ast.AsyncFunctionDef):
            taken = {a.arg for a in (*one.args.posonlyargs, *one.args.args, *one.args.kwonlyargs)}
            names = {n.id for n in ast.walk(one) if isinstance(n, ast.Name) and not is_load(n)}
            chains = frozenset(chains_of(one, own=False))
            last = one.end_lineno or one.lineno
            used = {n.id for n in ast.walk(one) if isinstance(n, ast.Name)} & outside
            variables = frozenset((taken | names | used) - {"self"})
            elements = frozenset(elements_of(one))
            given = frozenset(taken - {"self"})
            yield NameScope(
                one.lineno,
                last,
                variables,
                chains | attributes,
                elements,
                parameters=given,
                keys=frozenset(_keys(one)) | keys,
                items=frozenset(_items(one, given)),
            )
            yield from scopes_of(one, attributes, keys, outside)
        else:
            yield from scopes_of(one, attributes, keys, outside)


def declared_outside(tree: ast.AST) -> frozenset[str]:
    """Variables of the module that functions set."""
    every = (one for one in ast.walk(tree) if isinstance(one, ast.Global))
    return frozenset(name for one in every for name in one.names)


def has_effects(one: ast.AST) -> bool:
    """Does it store into what may be seen from outside?"""
    if isinstance(one, ast.Attribute | ast.Subscript):
        return not is_load(one)
    return isinstance(one, ast.Global | ast.Nonlocal | ast.AugAssign)


def is_load(node: ast.AST) -> bool:
    return isinstance(getattr(node, "ctx", None), ast.Load)


def chains_of(tree: ast.AST, own: bool) -> Iterator[str]:
    """Attributes of names and constant elements: of the object itself only, if *own*."""
    for one in ast.walk(tree):
        if isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name):
            if one.value.id in ("np", "numpy", "math", "random") or one.attr in (
                "T",
                "shape",
                "size",
            ):
                continue
            if not own or one.value.id == "self":
                yield ast.unparse(one)
        elif not own and _is_item(one, ast.Constant):
            yield ast.unparse(one)


def elements_of(tree: ast.AST) -> Iterator[str]:
    """Elements at places that vary."""
    for one in ast.walk(tree):
        if (
            _is_item(one, ast.Name, ast.BinOp, ast.Tuple)
            and is_load(one)
            or isinstance(one, ast.Subscript)
            and is_load(one)
            and _is_item(one.value, ast.expr)
        ):
            yield ast.unparse(one)


def _keys(tree: ast.AST) -> Iterator[str]:
    """By what elements are taken of attributes."""
    items = (one for one in ast.walk(tree) if isinstance(one, ast.Subscript))
    for one in items:
        if isinstance(one.value, ast.Attribute) and not isinstance(
            one.slice, ast.Slice | ast.Tuple
        ):
            yield ast.unparse(one.slice)


def _items(function: ast.AST, parameters: frozenset[str]) -> Iterator[str]:
    """Elements by the keys that vary from turn to turn, of parameters and of what has elements, that it does not mention."""
    found = [o for o in ast.walk(function) if isinstance(o, ast.Subscript) and is_plain(o.value)]
    taken = [o for o in found if isinstance(o.slice, ast.Name | ast.BinOp | ast.JoinedStr)]
    keys = sorted({ast.unparse(o.slice) for o in taken})
    named = sorted({ast.unparse(o.value) for o in taken} | (parameters if keys else set()))
    every = {f"{name}[{key}]" for name in named for key in keys} - set(map(ast.unparse, found))
    yield from sorted(every)[:MOST_ITEMS]


def _is_item(one: ast.AST, *keys: type[ast.AST]) -> bool:
    """Is it an item of something that has a name, with a key of one of these kinds?"""
    return isinstance(one, ast.Subscript) and is_plain(one.value) and isinstance(one.slice, keys)


def is_plain(one: ast.expr) -> bool:
    return isinstance(one, ast.Name) or (
        isinstance(one, ast.Attribute) and isinstance(one.value, ast.Name)
    )
