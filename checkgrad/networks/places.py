"""Where the parameters of a network lie, layer by layer, and where their gradients do: found by shape and by name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from checkgrad.child.request import Path
from checkgrad.conventions.bias import choice_of
from checkgrad.conventions.weights import IN_OUT, OUT_IN
from checkgrad.networks.form import FIRST, LAST, NetworkForm, shape_of_weight
from checkgrad.words.networks import AVERAGED, BIAS_NAME, GRADIENT, REMEMBERED, SLOPES, WEIGHT_NAME
from checkgrad.words.text import bare, split

PathLeaves = Sequence[tuple[Path, Any]]


@dataclass(frozen=True)
class Numbered:
    """A name with the number of the layer in it: *text* with {} for the number, which begins at *first*."""

    text: str
    first: int


@dataclass(frozen=True)
class Index:
    """A position in a list: start + stride * layer, and *lengths* times the number of layers."""

    start: int
    stride: int = 1
    lengths: int = 0


@dataclass(frozen=True)
class Listed:
    """One path for every layer: names without a system, which fix the number of layers."""

    paths: tuple[Path, ...]


PathPart = str | int | Numbered | Index | Listed
Template = tuple[PathPart, ...]


@dataclass(frozen=True)
class Places:
    """Templates of the paths to the weights and to the biases, None for a network without biases."""

    w: Template
    b: Template | None

    @property
    def depth(self) -> int | None:
        """The number of layers, where the names fix it."""
        first = self.w[0] if self.w else None
        return len(first.paths) if isinstance(first, Listed) else None


def path(template: Template, layer: int, depth: int) -> Path:
    """The path that *template* gives for a layer, counted from 0."""
    found: list[str | int] = []
    for part in template:
        if isinstance(part, Numbered):
            found.append(part.text.replace("{}", str(part.first + layer)))
        elif isinstance(part, Index):
            found.append(part.start + part.stride * layer + part.lengths * depth)
        elif isinstance(part, Listed):
            found.extend(part.paths[layer])
        else:
            found.append(part)
    return tuple(found)


MOST = 64  # of the members of a list, and of the groups of leaves, that are looked at


def leaves(tree: Any, at: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every array and number in lists, tuples and dicts, with the path to it."""
    if isinstance(tree, dict):
        for key, member in tree.items():
            if isinstance(key, str | int):
                yield from leaves(member, (*at, key))
    elif isinstance(tree, list | tuple):
        for i, member in enumerate(tree[:MOST]):
            yield from leaves(member, (*at, i))
    elif isinstance(tree, np.ndarray) or type(tree) in (int, float):
        yield at, np.asarray(tree)


@dataclass(frozen=True)
class Group:
    """Leaves whose paths differ in one number only."""

    before: Path
    text: str | None  # the name with {}, None for a position
    after: Path
    members: tuple[tuple[int, Any], ...]

    def template(self, numbers: Sequence[int]) -> Template | None:
        """The template that gives *numbers* for the layers, None where they follow no rule."""
        strides = {b - a for a, b in itertools.pairwise(numbers)} or {1}
        if len(strides) > 1 or self.text is not None and strides != {1}:
            return None
        hole: PathPart = (
            _index(numbers[0], strides.pop(), len(numbers))
            if self.text is None
            else Numbered(self.text, numbers[0])
        )
        return (*self.before, hole, *self.after)

    @property
    def names(self) -> str:
        """The names on the way, for a look at what they say."""
        texts = [p for p in (*self.before, self.text, *self.after) if isinstance(p, str)]
        return " ".join(texts)


def _index(first: int, stride: int, depth: int) -> Index:
    """The rule behind positions in a list, for any number of layers: from the end, if they run down."""
    if stride < 0:
        lengths = -(-(first + 1) // depth)
    else:
        lengths = first // depth if stride == 1 and depth > 1 else 0
    return Index(first - lengths * depth, stride, lengths)


def groups(found: PathLeaves) -> list[Group]:
    """All groups among these leaves."""
    gathered: dict[tuple[Path, str | None, Path], list[tuple[int, Any]]] = {}
    for at, leaf in found:
        for i, part in enumerate(at):
            for text, number in _holes(part):
                gathered.setdefault((at[:i], text, at[i + 1 :]), []).append((number, leaf))
    return [
        Group(before, text, after, tuple(sorted(members, key=lambda m: m[0])))
        for (before, text, after), members in gathered.items()
    ][:MOST]


def _holes(part: str | int) -> Iterator[tuple[str | None, int]]:
    if isinstance(part, int):
        yield None, part
        return
    for match in re.finditer(r"\d+", part):
        yield part[: match.start()] + "{}" + part[match.end() :], int(match.group())


def is_auxiliary(names: str) -> bool:
    """Does a name on the way say gradient, velocity or the like, so that it is no parameter?"""
    return says_gradient(names) or is_average(names)


def says_gradient(names: str) -> bool:
    return any(
        GRADIENT.fullmatch(bare(name)) or SLOPES & set(split(bare(name))) for name in names.split()
    )


def is_average(names: str) -> bool:
    """Does a name say that it is what an optimiser remembers, or an older value?"""
    return any(REMEMBERED & set(split(bare(name))) for name in names.split())


def is_running(names: str) -> bool:
    """Does a name say that it is an average over turns, of gradients or of anything else?"""
    return any(AVERAGED & set(split(bare(name))) for name in names.split())


def says(names: str, pattern: re.Pattern[str]) -> bool:
    return any(
        pattern.fullmatch(bare(name)) or any(pattern.fullmatch(word) for word in split(bare(name)))
        for name in names.split()
    )


def find_places(everything: PathLeaves, sizes: Sequence[int]) -> list[tuple[Places, NetworkForm]]:
    """Where arrays lie that can be the parameters of a network of *sizes*, the likeliest first."""
    found = [(at, leaf) for at, leaf in everything if not is_auxiliary(names_of(at))]
    together = groups(found)
    pairs = [
        (_unlikely(gw, gb, mine), Places(tw, tb), NetworkForm(weights=orientation, bias=form))
        for gw in together
        for orientation in (IN_OUT, OUT_IN)
        for tw, mine in _weights_in(gw, sizes, NetworkForm(weights=orientation))
        for gb in together
        for tb, form in _biases_in(gb, sizes)
    ]
    pairs.sort(key=lambda pair: pair[0])
    best = [(places, form) for _, places, form in pairs]
    return (
        best[:3]
        or _one_by_one(found, sizes)
        or _without_biases(found, together, sizes)
        or _with_folded_biases(together, sizes)
    )


def _with_folded_biases(
    together: Sequence[Group], sizes: Sequence[int]
) -> list[tuple[Places, NetworkForm]]:
    """Matrices with one more row of inputs: the biases."""
    return [
        (Places(tw, None), NetworkForm(weights=orientation, folded=folded))
        for orientation in (IN_OUT, OUT_IN)
        for folded in (LAST, FIRST)
        for group in together
        for tw, _ in _weights_in(group, sizes, NetworkForm(weights=orientation, folded=folded))
    ][:4]


def _without_biases(
    found: PathLeaves, together: Sequence[Group], sizes: Sequence[int]
) -> list[tuple[Places, NetworkForm]]:
    """Weights alone, where nothing is called a bias."""
    if any(says(names_of(at), BIAS_NAME) for at, _ in found):
        return []
    best = [
        (Places(tw, None), NetworkForm(weights=orientation))
        for orientation in (IN_OUT, OUT_IN)
        for group in together
        for tw, _ in _weights_in(group, sizes, NetworkForm(weights=orientation))
    ]
    for orientation in () if best else (IN_OUT, OUT_IN):
        shapes = [
            shape_of_weight(NetworkForm(weights=orientation), i, o)
            for i, o in itertools.pairwise(sizes)
        ]
        ws = [first(found, {shape}, WEIGHT_NAME) for shape in shapes]
        if all(ws):
            best.append((Places((Listed(tuple(ws)),), None), NetworkForm(weights=orientation)))  # type: ignore[arg-type]
    return best[:1]


def names_of(at: Path) -> str:
    return " ".join(part for part in at if isinstance(part, str))


def _weights_in(
    group: Group, sizes: Sequence[int], form: NetworkForm
) -> Iterator[tuple[Template, list[Any]]]:
    due = [shape_of_weight(form, i, o) for i, o in itertools.pairwise(sizes)]
    picked = _in_order(group, [{shape} for shape in due])
    template = group.template([number for number, _ in picked]) if picked else None
    if template:
        yield template, [leaf for _, leaf in picked]


def _biases_in(group: Group, sizes: Sequence[int]) -> Iterator[tuple[Template, str]]:
    picked = _in_order(group, [{(o,), (1, o), (o, 1)} for o in sizes[1:]])
    template = group.template([number for number, _ in picked]) if picked else None
    if template:
        forms = [choice_of(leaf.shape) for _, leaf in picked if leaf.size > 1] or [""]
        yield template, forms[0] or choice_of(picked[0][1].shape)


def _in_order(group: Group, due: list[set[tuple[int, ...]]]) -> list[tuple[int, Any]]:
    """The members with the due shapes, one after the other; empty if one is missing."""
    picked: list[tuple[int, Any]] = []
    for number, leaf in group.members:
        if len(picked) < len(due) and leaf.shape in due[len(picked)]:
            picked.append((number, leaf))
    return picked if len(picked) == len(due) else []


def _unlikely(w: Group, b: Group, weights: list[Any]) -> int:
    """How unlikely these are a network's weights and biases."""
    apart = w.before != b.before
    zero = not any(np.any(leaf) for leaf in weights)
    return (
        apart + 4 * zero + 2 * (not says(w.names, WEIGHT_NAME)) + 2 * (not says(b.names, BIAS_NAME))
    )


def _one_by_one(found: PathLeaves, sizes: Sequence[int]) -> list[tuple[Places, NetworkForm]]:
    """Every layer's arrays by shape alone, where their names have no system."""
    for orientation in (IN_OUT, OUT_IN):
        form = NetworkForm(weights=orientation)
        ws = [
            first(found, {shape_of_weight(form, i, o)}, WEIGHT_NAME)
            for i, o in itertools.pairwise(sizes)
        ]
        bs = [first(found, {(o,), (1, o), (o, 1)}, BIAS_NAME) for o in sizes[1:]]
        if all(ws) and all(bs):
            shape = dict(found)[bs[0]].shape  # type: ignore[index]
            places = Places((Listed(tuple(ws)),), (Listed(tuple(bs)),))  # type: ignore[arg-type]
            return [(places, NetworkForm(weights=orientation, bias=choice_of(shape)))]
    return []


def first(found: PathLeaves, shapes: set[tuple[int, ...]], pattern: re.Pattern[str]) -> Path | None:
    fitting = [at for at, leaf in found if leaf.shape in shapes]
    named = [at for at in fitting if says(names_of(at), pattern)]
    return next(iter(named or fitting), None)


def chain_of_sizes(everything: PathLeaves) -> list[tuple[int, ...]]:
    """The sizes of networks whose weights may lie here, for classes that choose their sizes themselves."""
    found = [(at, leaf) for at, leaf in everything if leaf.size and not is_auxiliary(names_of(at))]
    chains = [
        _chain(
            [leaf.shape for _, leaf in group.members if leaf.ndim == 2 and 1 not in leaf.shape[:1]]
        )
        for group in groups(found)
        if says(group.names, WEIGHT_NAME)
    ]
    chains += [
        _chain(
            [leaf.shape for at, leaf in found if leaf.ndim == 2 and says(names_of(at), WEIGHT_NAME)]
        )
    ]
    return list(dict.fromkeys(c for c in chains if len(c) > 1))


def _chain(shapes: list[tuple[int, ...]]) -> tuple[int, ...]:
    """(5, 11), (11, 3) -> 5, 11, 3, whichever way the matrices lie."""
    for turned in (False, True):
        pairs = [shape[::-1] if turned else shape for shape in shapes]
        if pairs and all(a[1] == b[0] for a, b in itertools.pairwise(pairs)):
            return (pairs[0][0], *(o for _, o in pairs))
    return ()
