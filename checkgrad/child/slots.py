"""The numbers that code can reach at one moment: where they are, how to put others there, the way back."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import CellType, FunctionType
from typing import Any

import numpy as np

MOST_LEAVES, MOST_ITEMS, DEEPEST = 600, 128, 8
MOST_NUMBERS = 4000  # of a list that counts as one array
NUMBERS = (int, float, np.floating, np.integer)

Setter = Callable[[Any], None]


@dataclass
class Leaf:
    """An array, a number, or a list of numbers, at every place that holds it.

    path: how the source would write the first of the places. saved: what it held when it was found.
    original: of a list, its members, by which whole numbers are told from others. aliases: how the source would write
    the other places.
    """

    path: str
    value: Any
    setters: list[Setter]
    saved: np.ndarray
    original: Any = None
    aliases: list[str] = field(default_factory=list)

    @cached_property
    def fixed(self) -> np.ndarray | None:
        """Which numbers of a list of both kinds are whole: labels and places, which stay as they are."""
        if self.original is None or self.whole:
            return None
        kinds = np.array(wholes(self.original))
        return kinds if kinds.any() else None

    @property
    def whole(self) -> bool:
        """Does it hold whole numbers only?"""
        return self.saved.dtype.kind in "iub"

    def put(self, new: np.ndarray) -> np.ndarray:
        """Let it hold *new*, of the same shape, and return what it holds; in place where that keeps every digit, or where a
        place cannot change."""
        value = self.value
        array = isinstance(value, np.ndarray) and value.dtype.kind == "f" and value.flags.writeable
        array = array or isinstance(value, np.ndarray) and new.dtype == value.dtype
        if type(value) is list:
            fill(value, new)
        elif array and value.dtype == np.float64:
            value[...] = new
        elif not self._everywhere(like(value, new)) and array:
            value[...] = new
            self._everywhere(value)
            return np.array(value)
        return new

    def _everywhere(self, value: Any) -> bool:
        """Put a value in every place that can change; are that all of them?"""
        fixed = False
        for setter in self.setters:
            try:
                setter(value)
            except (TypeError, AttributeError):
                fixed = True
        return not fixed

    def as_data(self) -> tuple[str, bool, np.ndarray]:
        """It as it travels."""
        return self.path, self.whole, self.saved

    def now(self) -> np.ndarray | None:
        """What it holds now, where it is changed in place."""
        return numbers_of(self.value) if isinstance(self.value, np.ndarray | list) else None


def wholes(value: Any) -> Any:
    if type(value) in (list, tuple):
        return [wholes(item) for item in value]
    return isinstance(value, int | np.integer)


def like(value: Any, new: np.ndarray) -> Any:
    """*new* as the kind of thing that *value* is."""
    if isinstance(value, np.ndarray):
        other = np.array(new) if new.dtype == value.dtype else np.array(new, float)
        return other if type(value) is np.ndarray else other.view(type(value))
    if type(value) is tuple:
        return in_tuples(new.tolist())
    return new.item() if type(value) in (int, float) else np.float64(new.item())


def in_tuples(value: Any) -> Any:
    return tuple(map(in_tuples, value)) if type(value) is list else value


def fill(old: list[Any], new: Any) -> None:
    """Write *new* into nested lists; what stays the same keeps its type."""
    for i, item in enumerate(old):
        if type(item) is list:
            fill(item, new[i])
        elif type(item) is tuple:
            old[i] = in_tuples(new[i].tolist())
        elif item != new[i]:
            old[i] = new[i].item()


def numbers_of(value: Any) -> np.ndarray | None:
    """A copy of *value* as an array of numbers; None where it is none."""
    if isinstance(value, np.ndarray):
        return np.array(value) if value.dtype.kind in "fiub" and value.size else None
    if isinstance(value, NUMBERS) and type(value) is not bool:
        return np.array(value) if type(value) is not int or abs(value) < 1 << 63 else None
    if type(value) in (list, tuple) and value and is_rectangular(value):
        try:
            found = np.array(value)
        except (ValueError, TypeError, OverflowError):
            return None
        return found if found.dtype.kind in "fiu" and 0 < found.size <= MOST_NUMBERS else None
    return None


def roots_of(space: Mapping[str, Any]) -> dict[str, Any]:
    """What a module holds by names of its own."""
    return {name: value for name, value in space.items() if not name.startswith("__")}


def differs(a: np.ndarray, b: np.ndarray) -> bool:
    return not np.array_equal(a, b, equal_nan=True)


def is_rectangular(value: Any) -> bool:
    """Are these nested lists of plain numbers?"""
    first = value
    while type(first) in (list, tuple):
        if not first or len(first) > MOST_NUMBERS:
            return False
        first = first[0]
    return isinstance(first, NUMBERS) and is_plain(value)


def is_plain(value: Any) -> bool:
    """Are all members numbers, or lists of them?"""
    if type(value[0]) in (list, tuple):
        return all(type(item) in (list, tuple) and item and is_plain(item) for item in value)
    return all(isinstance(item, NUMBERS) and type(item) is not bool for item in value)


class State:
    """Everything that can be reached from *roots* when it is made, and the way back to it.

    put: binds a root anew. own: the modules whose objects and classes are looked into.
    """

    def __init__(
        self, roots: Mapping[str, Any], put: Callable[[str, Any], None], own: Collection[str]
    ) -> None:
        self.leaves: dict[str, Leaf] = {}
        self.own = own
        self._seen: dict[int, Leaf | None] = {}
        self._kept: list[Any] = []  # alive, so that nothing else gets its id
        self._undo: list[Callable[[], Any]] = []
        for name, value in list(roots.items()):
            self._visit(name, value, _bound(put, name), 0)

    def restore(self) -> None:
        """Bring back what could be reached, values and containers alike; the roots' own names are the caller's."""
        for undo in self._undo:
            undo()

    def _visit(self, path: str, value: Any, setter: Setter, depth: int) -> None:
        if len(self.leaves) >= MOST_LEAVES or depth > DEEPEST:
            return
        known = self._seen.get(id(value))
        if known is not None:
            known.setters.append(setter)
            known.aliases.append(path)
            return
        numbers = numbers_of(value)
        if numbers is not None:
            members = copied(value) if type(value) in (list, tuple) else None
            leaf = self.leaves[path] = Leaf(path, value, [setter], numbers, members)
            if isinstance(value, np.ndarray | list):
                self._remember(value, leaf)
                self._undo.append(way_back(value, numbers))
        elif id(value) not in self._seen:
            self._remember(value, None)
            for key, item, put in self._inside(value):
                self._visit(path + key, item, put, depth + 1)

    def _remember(self, value: Any, leaf: Leaf | None) -> None:
        self._seen[id(value)] = leaf
        self._kept.append(value)

    def _inside(self, value: Any) -> Iterator[tuple[str, Any, Setter]]:
        kind = type(value)
        if kind in (list, tuple) or isinstance(value, dict) or is_of_objects(value):
            yield from self._members(value)
        elif kind is np.random.Generator:
            generator, was = value.bit_generator, value.bit_generator.state
            self._undo.append(lambda: setattr(generator, "state", was))
        elif kind is np.random.RandomState:
            state = value.get_state()
            self._undo.append(lambda: value.set_state(state))
        elif kind is FunctionType:
            yield from cells_of(value)
        elif isinstance(value, type):
            if getattr(value, "__module__", "") in self.own:
                yield from self._of_class(value)
        elif getattr(kind, "__module__", "") in self.own:
            yield from self._attributes(value)

    def _members(self, value: Any) -> Iterator[tuple[str, Any, Setter]]:
        if len(value) > MOST_ITEMS:
            return
        if isinstance(value, dict):
            was = dict(value)
            self._undo.append(lambda: filled(value, was))
            pairs = [(f"[{key!r}]", key, item) for key, item in was.items()]
        else:
            members = list(value)
            if type(value) is list:
                self._undo.append(lambda: value.__setitem__(slice(None), members))
            pairs = [(f"[{i}]", i, item) for i, item in enumerate(members)]
        for text, key, item in pairs:
            yield text, item, lambda new, key=key: value.__setitem__(key, new)  # type: ignore[misc]

    def _of_class(self, cls: type) -> Iterator[tuple[str, Any, Setter]]:
        for name, item in list(vars(cls).items()):
            if not name.startswith("__") and numbers_of(item) is not None:
                self._undo.append(lambda name=name, item=item: setattr(cls, name, item))  # type: ignore[misc]
                yield f".{name}", item, _attribute(cls, name)

    def _attributes(self, value: Any) -> Iterator[tuple[str, Any, Setter]]:
        table = getattr(value, "__dict__", None)
        names: list[str] = []
        if type(table) is dict:
            was = dict(table)
            names = list(was)
            self._undo.append(lambda: filled(table, was))
        slotted = [vars(cls).get("__slots__", ()) for cls in type(value).__mro__]
        for slots in slotted:
            names += [slots] if type(slots) is str else list(slots)
        for name in names:
            try:
                item = getattr(value, name)
            except AttributeError:
                continue
            if type(table) is not dict or name not in table:
                self._undo.append(lambda name=name, item=item: setattr(value, name, item))  # type: ignore[misc]
            yield f".{name}", item, _attribute(value, name)


def _bound(put: Callable[[str, Any], None], name: str) -> Setter:
    return lambda new: put(name, new)


def _attribute(owner: Any, name: str) -> Setter:
    return lambda new: setattr(owner, name, new)


def filled(table: dict[Any, Any], was: dict[Any, Any]) -> None:
    table.clear()
    table.update(was)


def is_of_objects(value: Any) -> bool:
    return type(value) is np.ndarray and value.dtype == object and value.ndim == 1


def way_back(value: Any, was: np.ndarray) -> Callable[[], Any]:
    """Brings back the contents of an array or of a list of numbers."""
    if isinstance(value, np.ndarray):
        return lambda: value.__setitem__(..., was) if value.flags.writeable else None
    members = copied(value)
    return lambda: value.__setitem__(slice(None), copied(members))


def copied(value: Any) -> Any:
    return type(value)(map(copied, value)) if type(value) in (list, tuple) else value


def cells_of(function: FunctionType) -> Iterator[tuple[str, Any, Setter]]:
    """What a function keeps of the scope around it."""
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=False):
        if type(cell) is CellType:
            with contextlib.suppress(ValueError):
                yield f".{name}", cell.cell_contents, _attribute(cell, "cell_contents")
