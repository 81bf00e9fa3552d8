"""How large data have to be that are not there: found by trying, from NumPy's messages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

MOST_SAMPLES = 6000
MORE, MANY = 160, 1200  # samples, where the code goes by batches, or sets a thousand aside
PAIRS = tuple(
    map(
        re.compile,
        (
            r"(\d+) \(dim \d+\) != (\d+) \(dim \d+\)",
            r"\(size (\d+) is different from (\d+)\)",
            r"along dimension \d+, the array at index \d+ has size (\d+) and the array at index \d+ has size (\d+)",
        ),
    )
)
SHAPES = re.compile(r"shapes? \(([\d,]*)\)(?: and| into shape|) ?(?:requested shape )?\(([\d,]*)\)")
RESHAPED = re.compile(r"cannot reshape array of size (\d+) into shape \(([\d,]*)\)")
OUTSIDE = re.compile(r"index (\d+) is out of bounds for axis \d+ with size (\d+)")
WHOLE = ("of integer", "only integers", "as an integer", "invalid literal for int")
TOO_FEW = (
    "division by zero",
    "zero-size",
    "empty",
    "division by zero",
    "axis 0 with size 0",
    "list index out of range",
)


@dataclass(frozen=True)
class DataSizes:
    """How large the data are.

    columns: are samples in columns, where the name of a source tells nothing? whole: are the numbers of a table
    whole ones, as those of pixels are? spaced: do blanks stand between those of a text?
    """

    samples: int = 40
    features: int = 6
    classes: int = 2
    columns: bool = False
    whole: bool = False
    spaced: bool = False

    def named(self, name: str) -> DataSizes:
        """The sizes, as far as nothing was tried out yet that of data that everybody knows by name."""
        plain, found = DataSizes(), self
        for word, features, classes, whole in KNOWN:
            if word in name.lower():
                if found.features == plain.features:
                    found = replace(found, features=features)
                if found.classes == plain.classes:
                    found = replace(found, classes=classes, whole=whole or found.whole)
        return found


# Names of data, how many features and classes they have, and whether these are whole numbers.
KNOWN = (("mnist", 784, 10, True), ("digit", 784, 10, True), ("iris", 4, 3, False))


def first_sizes(tree: ast.AST) -> DataSizes:
    """What is tried first: more samples than the code sets aside, `data[1000:]`, for what is empty stops nowhere."""
    slices = (n.slice for n in ast.walk(tree) if isinstance(n, ast.Subscript))
    parts = (p for s in slices for p in (s.elts if isinstance(s, ast.Tuple) else [s]))
    lower = (p.lower for p in parts if isinstance(p, ast.Slice))
    cuts = [n.value for n in lower if isinstance(n, ast.Constant) and type(n.value) is int]
    most = max((cut for cut in cuts if cut <= MOST_SAMPLES), default=0)
    return DataSizes() if most < DataSizes.samples else DataSizes(samples=most + MANY - 1000)


def next_sizes(sizes: DataSizes, message: str) -> list[DataSizes]:
    """What to try after an error that says *message*, the likeliest first."""
    pairs = [tuple(map(int, found)) for one in PAIRS for found in one.findall(message)]
    flat = []
    for left, right in SHAPES.findall(message):
        lengths = [[int(n) for n in side.split(",") if n] for side in (left, right)]
        differing = [(a, b) for a, b in zip(*map(reversed, lengths), strict=False) if a != b]
        if all(len(side) == 1 for side in lengths):
            flat += differing  # labels beside what was counted along the wrong axis, for one
        else:
            pairs += differing
        if 0 in sum(lengths, []):  # cut off behind more rows than there are
            pairs.append((sizes.samples, MANY))
    more: list[DataSizes] = []  # samples, where they are laid out in batches
    for size, shape in RESHAPED.findall(message):
        asked = [int(n) for n in shape.split(",") if n]
        whole = int(np.prod(asked))
        if int(size) % sizes.samples == 0:
            pairs.append((int(size) // sizes.samples, max(1, whole // sizes.samples)))
            pairs.append((sizes.features, whole))
        if len(asked) > 1 and sizes.samples < 2 * asked[-1] <= MANY:
            more.append(replace(sizes, samples=2 * asked[-1]))
        if len(asked) > 1:
            pairs += [(sizes.features, asked[-1]), (sizes.features, asked[-1] * asked[-2])]
    pairs += [(int(size), int(index) + 1) for index, size in OUTSIDE.findall(message)]
    found = [new for a, b in pairs for x, y in ((a, b), (b, a)) for new in with_size(sizes, x, y)]
    found += [
        new
        for a, b in flat
        for x, y in ((a, b), (b, a))
        for new in with_size(sizes, x, y)
        if new.samples == sizes.samples
    ]
    if any(words in message for words in WHOLE):
        found.insert(0, replace(sizes, whole=True))
    if "could not convert string to float: '" in message and "," in message:
        found.insert(0, replace(sizes, spaced=True))
    if any(words in message for words in TOO_FEW):
        found = [replace(sizes, samples=n) for n in (MORE, MANY) if n > sizes.samples] + found
    found += more
    found.append(replace(sizes, columns=not sizes.columns))
    # cut at a place that the message does not tell
    found += [
        replace(sizes, features=size) for pair in (*pairs, *flat) for size in pair if 0 < size < 20
    ]
    return list(dict.fromkeys(one for one in found if one != sizes))


def with_size(sizes: DataSizes, is_now: int, due: int) -> Iterator[DataSizes]:
    """Recipes in which a number that is met as *is_now* becomes *due*; a column of ones may have been added."""
    plain = DataSizes()
    by_name = {f for _, f, *_ in KNOWN} if sizes.features == plain.features else set()
    of_classes = {k for _, _, k, _ in KNOWN} if sizes.classes == plain.classes else set()
    for more in (0, 1, -1):
        if is_now - more in {sizes.features, *by_name} and 0 < due - more < 20_000:
            yield replace(sizes, features=due - more)
        if is_now - more in {sizes.classes, *of_classes} and 1 < due - more <= 1000:
            yield replace(sizes, classes=due - more)
    if is_now == sizes.samples and 0 < due <= 2000:
        yield replace(sizes, samples=due)
