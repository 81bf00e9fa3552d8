"""Which function of a submission answers which exercise: decided by the inventory alone, nothing is called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercise import Exercise
from checkgrad.reading.names import (
    ACTIVATIONS,
    BACKWARD,
    CONCEPTS,
    JACOBIAN,
    LOSSES,
    Meaning,
    meaning,
    nearest,
    split,
)
from checkgrad.reading.signature import (
    UPSTREAM,
    Earlier,
    Fill,
    Token,
    Tokens,
    assignments,
    is_flag,
    option,
    positional,
    required,
)

FUSED = {"cross_entropy": "softmax", "binary_cross_entropy": "sigmoid"}
ELEMENTWISE = {"sigmoid", "tanh", "relu", "leaky_relu"}
GRADIENT_VARIABLE = re.compile(
    r"d_?(w|b|x|z|y|a|scores?|logits?|out|h|l|loss|output|s|p|probs?|input|f)\d?|\w*grad\w*|delta\w*|nabla\w*",
    re.I,
)


@dataclass(frozen=True)
class Call:
    """One call of a recipe: what *path* leads to, from the module or from the result of call number *of*.

    takes: what it may be given by position, the most natural first.
    always: it is made even if no later call takes its result, for what it leaves behind in an object.
    do: "call", or "get" for an attribute that an earlier call has set.
    """

    path: tuple[str, ...]
    takes: tuple[Tokens, ...] = ((),)
    of: int | None = None
    named: tuple[tuple[str, Token], ...] = ()
    always: bool = False
    do: str = "call"


Recipe = tuple[Call, ...]


@dataclass(frozen=True)
class Candidate:
    """A function of the submission that answers an exercise, and how it is reached.

    recipes: sequences of calls, the last of which gives the answer; the most natural first.
    item: which member of the answer is meant, where the function returns several.
    """

    exercise: Exercise
    function: str
    recipes: tuple[Recipe, ...]
    item: int | None = None
    stub: bool = False
    hints: tuple[str, ...] = field(default=(), compare=False)  # names of its parameters


def candidates(
    inventory: Inventory, exercises: Sequence[Exercise], mapping: Mapping[str, str] = {}
) -> tuple[Candidate, ...]:
    """Return every function that answers one of *exercises*, in their order; stubs included."""
    mapping = {**dict(inventory.mapping), **mapping}
    found = [c for c in _recognised(inventory, exercises) if c.exercise.name not in mapping]
    found += _mapped(inventory, exercises, mapping)
    unique: dict[tuple[str, str], Candidate] = {}
    for candidate in found:
        unique.setdefault((candidate.exercise.name, candidate.function), candidate)
    order = [exercise.name for exercise in exercises]
    return tuple(sorted(unique.values(), key=lambda c: order.index(c.exercise.name)))


def nearest_names(inventory: Inventory, exercises: Sequence[Exercise]) -> list[str]:
    """Say what names that mean nothing to us may have been meant to be."""
    names = {d.name: d.name.rpartition(".")[2] for d in inventory.definitions}
    near = ((full, nearest(last)) for full, last in names.items() if meaning(last) is None)
    return [f"did you mean {CONCEPTS[alias]} for {name}?" for name, alias in near if alias]


def _recognised(inventory: Inventory, exercises: Sequence[Exercise]) -> Iterator[Candidate]:
    known = {exercise.name: exercise for exercise in exercises}
    for definition in inventory.definitions:
        if definition.kind == "function":
            yield from of_function(definition, known, inventory)


def _mapped(
    inventory: Inventory, exercises: Sequence[Exercise], mapping: Mapping[str, str]
) -> Iterator[Candidate]:
    for exercise in exercises:
        target = mapping.get(exercise.name)
        definition = target and _look_up(inventory, target)
        if definition:
            yield plain(exercise, definition, inventory)


def _look_up(inventory: Inventory, target: str) -> Definition | None:
    """Find "model.Softmax.forward" as well as "Softmax.forward"."""
    return inventory.find(target) or inventory.find(target.partition(".")[2])


def of_function(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in one function: for its value, for a second value, for what its flag switches on."""
    said = meaning(definition.name.rsplit(".", 1)[-1])
    if said is None:
        return
    for exercise, item, flag in _answers(said, definition, known):
        yield plain(exercise, definition, inventory, item=item, flag=flag)


def _answers(
    said: Meaning, definition: Definition, known: Mapping[str, Exercise]
) -> Iterator[tuple[Exercise, int | None, bool | None]]:
    """Which exercises the function answers, with which item of its result, under which flag."""
    flagged = any(is_flag(p) for p in positional(definition.parameters))
    several = definition.returns >= 2
    name = exercise_name(said, definition, known)
    if name and _plausible(said, definition, known[name]):
        yield (
            known[name],
            0 if several and said.concept != "affine" else None,
            (False if flagged else None),
        )
    if said.derivative or not (flagged or _returns_gradient(said, definition)):
        return
    slope = exercise_name(replace(said, derivative="derivative"), definition, known)
    if slope:
        yield known[slope], None if flagged else 1, (True if flagged else None)


def exercise_name(said: Meaning, definition: Definition, known: Mapping[str, Exercise]) -> str:
    """The exercise that a name means for a function of these parameters and this source; "" if none."""
    concept = said.concept
    if concept in FUSED and (said.logits or _softens(definition, FUSED[concept])):
        concept = f"{FUSED[concept]}_{concept}"
    if concept == "softmax" and said.derivative:
        single = _count(definition) < 2 and said.derivative not in BACKWARD
        options = [
            "softmax_jacobian" if single or said.derivative in JACOBIAN else "softmax_backward"
        ]
    elif concept == "affine":
        options = ["affine_backward" if said.derivative else "affine_forward"]
    elif said.derivative:
        stems = (concept, f"{concept}_loss")
        options = [f"{stem}_{end}" for stem in stems for end in ("derivative", "gradient")]
    else:
        options = [concept, f"{concept}_loss"]
    return next((name for name in options if name in known), "")


def _softens(definition: Definition, squashing: str) -> bool:
    """Does the source itself turn logits into probabilities?"""
    words = {"".join(split(use)) for use in definition.uses}
    return bool({"exp", "expit", "logsumexp", "logaddexp"} & words) or any(
        squashing in w for w in words
    )


def _count(definition: Definition) -> int:
    """How many parameters await a value that is no mere setting."""
    mine = required(definition.parameters) or positional(definition.parameters)[:1]
    return len([p for p in mine if not is_flag(p) and not _is_setting(p)])


def _is_setting(parameter: Parameter) -> bool:
    return isinstance(option(parameter.name), Fill) and parameter.name not in ("delta",)


def _plausible(said: Meaning, definition: Definition, exercise: Exercise) -> bool:
    """Could a function of these parameters answer the exercise? A train loop called sgd could not."""
    if definition.parameters is None or any(p.star for p in definition.parameters):
        return True
    count, roles = _count(definition), len(exercise.roles)
    if said.concept in ACTIVATIONS:
        return 1 <= count <= roles + 2
    if said.concept in LOSSES:
        return len(positional(definition.parameters)) >= 2 and count <= roles + 1
    if said.concept == "one_hot":
        return 1 <= count <= roles
    return min(roles, 2) <= len(positional(definition.parameters)) and count <= roles


def _returns_gradient(said: Meaning, definition: Definition) -> bool:
    """Is the second value of a loss function its gradient, and not a cache or the probabilities?"""
    if definition.returns < 2 or said.concept not in LOSSES or "forward" in said.decorations:
        return False
    named = {"grad", "gradient", "and", "backward"} & set(said.decorations)
    return bool(named) or any(GRADIENT_VARIABLE.fullmatch(use) for use in definition.uses)


def plain(
    exercise: Exercise,
    definition: Definition,
    inventory: Inventory,
    *,
    item: int | None = None,
    flag: bool | None = None,
) -> Candidate:
    """A function called by its name with the roles of *exercise*, or with what its forward function cached."""
    path = tuple("." + part for part in definition.name.split("."))
    parameters, named = without_flag(definition.parameters, flag)
    takes = assignments(parameters, exercise.roles, spare(exercise))
    recipes: list[Recipe] = [(Call(path, takes, named=named),)]
    if cached := _after_forward(exercise, definition, inventory):
        recipes.append((cached, Call(path, _from_cache(parameters, exercise), named=named)))
        if any("cache" in p.name.lower() for p in parameters or ()):
            recipes.reverse()
    hints = tuple(p.name for p in parameters or ())
    return Candidate(exercise, definition.name, tuple(recipes), item, definition.stub, hints)


def spare(exercise: Exercise) -> tuple[str, ...]:
    """What may be handed over besides the roles: upstream weights for an elementwise derivative."""
    return (UPSTREAM,) if exercise.name.removesuffix("_derivative") in ELEMENTWISE else ()


def without_flag(
    parameters: tuple[Parameter, ...] | None, flag: bool | None
) -> tuple[tuple[Parameter, ...] | None, tuple[tuple[str, Token], ...]]:
    """The parameters without the flag, and the flag as a named argument."""
    if flag is None or parameters is None:
        return parameters, ()
    name = next(p.name for p in parameters if is_flag(p))
    return tuple(p for p in parameters if p.name != name), ((name, Fill(flag)),)


def _after_forward(exercise: Exercise, definition: Definition, inventory: Inventory) -> Call | None:
    """The call of the forward function whose second value the backward function may want."""
    said = meaning(definition.name)
    if not said or not said.derivative or exercise.derivative is None:
        return None
    for other in inventory.definitions:
        forward = meaning(other.name) if other.kind == "function" else None
        if (
            forward
            and forward.concept == said.concept
            and not forward.derivative
            and other.returns >= 2
        ):
            roles = exercise.derivative.of.roles
            path = tuple("." + part for part in other.name.split("."))
            return Call(path, assignments(other.parameters, roles))
    return None


def _from_cache(parameters: tuple[Parameter, ...] | None, exercise: Exercise) -> tuple[Tokens, ...]:
    """Fill with the upstream gradient and the cache, (out, cache) being what the forward returned."""
    gradient = [role for role in exercise.roles if role in ("dy", "dout")] or list(spare(exercise))
    return assignments(parameters, [*gradient, *()], (Earlier(0, (1,)),))
