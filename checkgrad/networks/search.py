"""What is known about one candidate for a network while it is read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from checkgrad.child.inventory import Definition
from checkgrad.child.request import Ask, Path
from checkgrad.networks.match import Pilot, pilot
from checkgrad.networks.script import NetworkToken, Script
from checkgrad.networks.usage import Usage
from checkgrad.words.purposes import says

Made = tuple[Script, tuple[int, ...]]  # a script that makes an object, and the sizes it is for
N = 7
HIDDEN_SIZES = {3: (5, 11, 4), 2: (5, 11), 1: (5,)}  # by number of layers; all sizes differ
CLASSES = (3, 1, 2)


def pilot_sizes(depth: int, classes: int) -> tuple[int, ...]:
    return (*HIDDEN_SIZES[depth], classes)


@dataclass(frozen=True)
class Holder:
    """An object, or a container, with the parameters of a network of *sizes*.

    fixed: it cannot have other sizes. resized: it chose others itself, and is given these. coarse: its arrays are of single precision.
    inspected: paths of the objects within, whose attributes are looked at. rates: paths of learning rates.
    """

    script: Script
    sizes: tuple[int, ...]
    fixed: bool = False
    inspected: tuple[Path, ...] = ((),)
    rates: tuple[Path, ...] = ()
    coarse: bool = False
    resized: bool = False

    @property
    def biases(self) -> bool:
        return self.script.places.b is not None or bool(self.script.form.folded)


@dataclass
class Search:
    """What is known about one candidate so far.

    parts: methods or functions of the network. others: losses. layers: classes of layers and their methods.
    maker: the class, or the function that initialises the parameters. pinned: conventions to try first. problems: how calls failed.
    lacking: names that its functions look for in vain, as paths, and what they are given.
    usage: what the module's own work shows.
    """

    function: str
    shape: str
    parts: tuple[Definition, ...]
    others: tuple[Definition, ...]
    layers: tuple[Definition, ...]
    maker: Definition | None
    ask: Ask
    usage: Usage
    seed: int = 0
    pinned: Mapping[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    lacking: tuple[tuple[Path, NetworkToken], ...] = ()

    @property
    def has_methods(self) -> bool:
        """Are its parts methods of an object?"""
        return self.shape not in ("functions", "globals")

    @property
    def is_handed(self) -> bool:
        """Are the parameters handed over with every call?"""
        return self.shape == "functions"

    def pilot(self, sizes: tuple[int, ...], n: int = N, biases: bool = True) -> Pilot:
        return pilot(sizes, n, self.seed, biases)

    def named(self, *purposes: str) -> list[Definition]:
        """The parts that are good for one of *purposes*, those for the first of them first."""
        found = [d for purpose in purposes for d in self.parts if purpose in says(d)]
        return list(dict.fromkeys(sorted(found, key=lambda d: "predict" in d.name.lower())))

    def gives(self, name: str) -> tuple[str, ...]:
        """The names of what a part returns in a tuple."""
        return next((d.gives for d in self.parts if d.name == name), ())

    def is_forward(self, name: str) -> bool:
        """Does the name of a part say that it gives the outputs?"""
        return any(d.name == name and "forward" in says(d) for d in self.parts)
