"""Plain functions: called by their names, with a flag, or with what their forward function has cached."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercise import Exercise, Kind
from checkgrad.reading.meant import (
    awaited,
    by_its_text,
    by_what_it_uses,
    exercise_of,
    in_context,
    is_linear_classifier,
    plausible,
    returns_gradient,
    takes_logits,
)
from checkgrad.reading.recipe import IN_TABLE, Call, Candidate, Recipe, last_name, path_of
from checkgrad.reading.signature import (
    ACTIVATED,
    SCORED,
    SCORED_BY,
    UPSTREAM,
    Earlier,
    Fill,
    Token,
    Tokens,
    assignments,
    is_flag,
    likeness,
    positional,
    required,
    unusual_settings,
)
from checkgrad.words.layers import FIELD_SLOPE, FUNCTION
from checkgrad.words.meaning import DERIVATIVE, LOSS_WORDS, Meaning, meaning, not_built_in
from checkgrad.words.roles import UPSTREAM_NAME
from checkgrad.words.text import split

Signature = tuple[Parameter, ...] | None
NamedTokens = tuple[tuple[str, Token], ...]


def of_function(
    definition: Definition, known: Mapping[str, Exercise], inventory: Inventory
) -> Iterator[Candidate]:
    """The candidates in one function: for its value, for a second value, for what its flag switches on."""
    named = _said_by(definition.name, not_built_in(known))
    said = named or by_its_text(definition, inventory) or by_what_it_uses(definition, inventory)
    if said is None:
        return
    for exercise, item, flag in answers(in_context(said, definition, inventory), definition, known):
        found = plain(exercise, definition, inventory, item=item, flag=flag)
        yield replace(found, guessed=named is None)


def _said_by(name: str, own: tuple[Exercise, ...]) -> Meaning | None:
    """What a name says; in a table of derivatives it is the derivative: DERIVATIVES['sigmoid']."""
    said, table = meaning(last_name(name), own), IN_TABLE.fullmatch(name)
    if said is None and table is None and "." in name:
        return _field(*name.split(".")[-2:])
    if said is None or table is None or said.derivative:
        return said
    words = {word.removesuffix("s") for word in split(table[1])}
    return replace(said, derivative="derivative") if words & DERIVATIVE else said


def _field(owner: str, field: str) -> Meaning | None:
    """What a function says that is a field of what says it: sigmoid.f, sigmoid.prime."""
    said, kind = meaning(owner), field.lower().strip("_")
    if said is None or said.derivative or kind not in FUNCTION | FIELD_SLOPE:
        return None
    return replace(said, derivative="derivative") if kind in FIELD_SLOPE else said


def answers(
    said: Meaning, definition: Definition, known: Mapping[str, Exercise]
) -> Iterator[tuple[Exercise, int | None, bool | None]]:
    """Which exercises the function answers, with which item of its result, under which flag."""
    flagged = any(is_flag(p) for p in positional(definition.parameters))
    exercise = _exercise(said, definition, known)
    if exercise is None or not plausible(said, definition, exercise):
        return
    first = item_of(definition, exercise)
    yield exercise, first, (False if flagged else None)
    if said.derivative or not (flagged or returns_gradient(said, definition)):
        return
    if slope := _exercise(replace(said, derivative="derivative"), definition, known):
        yield slope, None if flagged else int(first == 0), (True if flagged else None)


def item_of(definition: Definition, exercise: Exercise) -> int | None:
    """Which of several returned values answers the exercise, None where there is one: of a loss what is called so."""
    if definition.returns < 2 or exercise.returns:
        return None
    loss = exercise.kind is Kind.LOSS and not exercise.derivative
    named = [set(split(name)) & LOSS_WORDS for name in definition.gives]
    return next((i for i, words in enumerate(named) if words and loss), 0)


def _exercise(
    said: Meaning, definition: Definition, known: Mapping[str, Exercise]
) -> Exercise | None:
    logits = takes_logits(said, definition.uses)
    return exercise_of(said, known, logits=logits, jacobian=_takes_its_argument_alone(definition))


def _takes_its_argument_alone(definition: Definition) -> bool:
    """Is the only thing that a derivative is given no gradient from above?"""
    names = [p.name.lower() for p in required(definition.parameters)]
    return awaited(definition) < 2 and not any(UPSTREAM_NAME.fullmatch(name) for name in names)


def plain(
    exercise: Exercise,
    definition: Definition,
    inventory: Inventory,
    *,
    item: int | None = None,
    flag: bool | None = None,
) -> Candidate:
    """A function called by its name with the roles of *exercise*, or with what its forward function cached."""
    path = path_of(definition.name)
    parameters, named = without_flag(definition.parameters, flag)
    named = (*named, *unusual_settings(parameters))
    roles = exercise.roles
    if "z" in roles and "t" in roles and is_linear_classifier(definition):
        roles = tuple(
            t for role in roles for t in ((SCORED_BY, SCORED) if role == "z" else (role,))
        )
    # The end of the chain may be handed the gradient of the loss by itself.
    above = (Fill(1.0),) if exercise.derivative and "t" in roles else _besides(exercise)
    takes = assignments(parameters, roles, above)
    names = tuple(p.name for p in positional(parameters))
    recipes: list[Recipe] = [(Call(path, takes, named=named, names=names),)]
    if spare(exercise) and _takes_its_value(definition):
        both = assignments(parameters, roles, (ACTIVATED,))
        recipes.append((Call(path, both, named=named, names=names),))
    if forward := _forward_of(exercise, definition, inventory):
        recipes.append((forward, Call(path, from_cache(parameters, exercise), named=named)))
        if any("cache" in p.name.lower() for p in parameters or ()):
            recipes.reverse()
    return Candidate(exercise, definition.name, tuple(recipes), item, definition.stub)


def _takes_its_value(definition: Definition) -> bool:
    """Does a derivative take the value of its function beside the input, (z, a), and nothing from above?"""
    names = [p.name for p in required(definition.parameters)]
    from_above = any(UPSTREAM_NAME.fullmatch(name.lower()) for name in names)
    return len(names) == 2 and not from_above and any(likeness(ACTIVATED, n) > 0 for n in names)


def spare(exercise: Exercise) -> tuple[str, ...]:
    """What may be handed over besides the roles: upstream weights for an elementwise derivative."""
    return (UPSTREAM,) if exercise.is_slope else ()


def _besides(exercise: Exercise) -> tuple[str, ...]:
    """The same of a plain function; a way back may be handed all that its forward was given: the bias, too."""
    if exercise.derivative is None or not exercise.returns:
        return spare(exercise)
    return tuple(role for role in exercise.base.roles if role not in exercise.roles)


def without_flag(parameters: Signature, flag: bool | None) -> tuple[Signature, NamedTokens]:
    """The parameters without the flag, and the flag as a named argument."""
    if flag is None or parameters is None:
        return parameters, ()
    name = next(p.name for p in parameters if is_flag(p))
    return tuple(p for p in parameters if p.name != name), ((name, Fill(flag)),)


def _forward_of(exercise: Exercise, definition: Definition, inventory: Inventory) -> Call | None:
    """The call of the forward function whose second value the backward function may want."""
    own = not_built_in({exercise.name: exercise})
    said = meaning(last_name(definition.name), own)
    if not said or not said.derivative or exercise.derivative is None:
        return None
    for other in inventory.definitions:
        forward = meaning(last_name(other.name), own) if other.kind == "function" else None
        if forward == replace(forward or said, of=said.of, derivative="") and other.returns >= 2:
            return Call(
                path_of(other.name), assignments(other.parameters, exercise.derivative.of.roles)
            )
    return None


def from_cache(parameters: Signature, exercise: Exercise) -> tuple[Tokens, ...]:
    """Fill with the upstream gradient and the cache; a forward returns (out, cache)."""
    return assignments(parameters, exercise.from_above or spare(exercise), (Earlier(0, (1,)),))
