"""The ways to ask a function: in which form, in which order, by which steps; the most natural first."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from checkgrad.conventions.layout import COLUMNS, ROWS, SCALAR, SINGLE
from checkgrad.conventions.weights import IN_OUT, OUT_IN
from checkgrad.exercise import Calling, Exercise, Kind, Probe
from checkgrad.reading import form as forms
from checkgrad.reading.form import Form
from checkgrad.reading.recipe import Candidate, Recipe
from checkgrad.reading.signature import SCORED, Tokens
from checkgrad.words.roles import LOGITS_ONLY


@dataclass(frozen=True)
class Way:
    """One way to ask a candidate: a recipe with what each call is given, the calling and the form."""

    recipe: Recipe
    given: tuple[Tokens, ...]
    form: Form
    calling: Calling | None = None
    rarity: int = 0  # how far it is from the most natural way
    members: tuple[int, ...] = ()  # the order in which a group of results is returned

    @property
    def order(self) -> tuple[str, ...]:
        """The roles in the order in which the last call that takes any is given them."""
        given = [[t for t in tokens if isinstance(t, str)] for tokens in self.given]
        return next((tuple(tokens) for tokens in reversed(given) if tokens), ())


def ways(candidate: Candidate, pilots: Sequence[Probe], pinned: Mapping[str, str]) -> list[Way]:
    """Every way to ask *candidate* that *pinned* leaves open, the most natural first."""
    found = [
        way for recipe in candidate.recipes for way in _ways(candidate, recipe, pilots, pinned)
    ]
    allowed = (way for way in found if _order_agrees(way, candidate.exercise, pinned))
    return sorted(allowed, key=lambda way: way.rarity)


def _ways(
    candidate: Candidate, recipe: Recipe, pilots: Sequence[Probe], pinned: Mapping[str, str]
) -> Iterator[Way]:
    """The ways of one recipe, from the choices of what it is given in which form."""
    exercise, rare = candidate.exercise, recipe != candidate.recipes[0]
    callings = [
        calling
        for calling in permitted(exercise.callings, pinned)
        if not calling
        or recipe[-1].do != "join"
        and not (_feeds_a_forward(recipe, exercise) or _names_logits(recipe, calling))
    ]
    for calling, given, form in itertools.product(
        callings,
        itertools.product(*(call.takes for call in recipe)),
        form_choices(exercise, recipe, pilots, pinned),
    ):
        if form.layout == SINGLE and any(SCORED in tokens for tokens in given):
            continue  # weights and inputs make the logits of a whole batch
        turned = sum(g != call.takes[0] for g, call in zip(given, recipe, strict=True))
        rarity = rare + (calling is not None) + turned + _rarity(form)
        yield Way(recipe, given, form, calling, rarity)


def unusual_order(exercise: Exercise, way: Way) -> str:
    """The order of the roles as the function takes them, if it is not the order of the exercise."""
    if way.recipe[-1].do == "join":
        return ""  # its parameters are told apart by their names alone
    order = [role for role in way.order if role in exercise.roles]
    return "" if order == sorted(order, key=exercise.roles.index) else ", ".join(order)


def _order_agrees(way: Way, exercise: Exercise, pinned: Mapping[str, str]) -> bool:
    return "order" not in pinned or unusual_order(exercise, way) in ("", pinned["order"])


def _rarity(form: Form) -> int:
    single = 3 if form.layout in (SINGLE, SCALAR) else 0
    # W x + b, with W as (out, in), is what comes with samples in columns.
    usual = form.layout == COLUMNS and form.weights == OUT_IN
    return (
        len(form.convention)
        + single
        - 2 * usual
        - (form.layout == COLUMNS and "bias" in form.convention)
    )


def _feeds_a_forward(recipe: Recipe, exercise: Exercise) -> bool:
    """Would another argument reach a forward pass, which is to squash it itself?"""
    before = {token for call in recipe[:-1] for tokens in call.takes for token in tokens}
    return "t" not in exercise.roles and bool(before & set(exercise.roles))


def _names_logits(recipe: Recipe, calling: Calling) -> bool:
    """Is the argument called logits where this calling would hand over probabilities?"""
    names = {name.lower() for name in recipe[-1].names}
    return calling.convention.get("argument") == "probabilities" and bool(names & LOGITS_ONLY)


class Choice(Protocol):
    """Something registered under a convention: a variant or a calling."""

    @property
    def convention(self) -> dict[str, str]: ...


T = TypeVar("T", bound=Choice)


def permitted(alternatives: Sequence[T], pinned: Mapping[str, str]) -> list[T | None]:
    """None (the canonical one) and *alternatives*; a pinned choice leaves only what agrees with it."""
    named = {
        key: value
        for key, value in pinned.items()
        if any(a.convention.get(key) == value for a in alternatives)
    }
    found = [
        a for a in alternatives if agrees(a.convention, pinned) and agrees(named, a.convention, "")
    ]
    return [*found] if named else [None, *found]


def agrees(
    convention: Mapping[str, str], other: Mapping[str, str], missing: str | None = None
) -> bool:
    """Does *other* say the same wherever it says anything (or, with *missing*, everywhere)?"""
    return all(
        other.get(key, value if missing is None else missing) == value
        for key, value in convention.items()
    )


def form_choices(
    exercise: Exercise, recipe: Recipe, pilots: Sequence[Probe], pinned: Mapping[str, str]
) -> list[Form]:
    """The forms in which the arguments may be handed over, the most natural first."""
    affine = {"w", "x"} <= set(exercise.roles)
    choices = [
        Form(layout, integers, upright, weights, bias)
        for layout in _layouts(exercise, pilots)
        for integers in ((False, True) if _may_be_integers(exercise, pilots) else (False,))
        for upright in ((False, True) if _may_stand(layout, exercise, pilots) else (False,))
        for weights in ((IN_OUT, OUT_IN) if affine else (IN_OUT,))
        for bias in (_biases(layout, recipe) if affine else ("(out,)",))
    ]
    return [form for form in choices if _form_agrees(form, pinned)]


def _may_stand(layout: str, exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    """May a vector be asked for as a column: one number for each sample, or one sample?"""
    return layout == (ROWS if _is_vector(exercise, pilots) else SINGLE)


def _biases(layout: str, recipe: Recipe) -> tuple[str, ...]:
    """The shapes a bias may have beside rows or columns of samples; a layer may keep its own in any."""
    if layout == COLUMNS:
        return ("(out, 1)",)
    kept = any(call.do == "set" for call in recipe)
    return ("(out,)", "(1, out)", "(out, 1)") if kept else ("(out,)",)


def _form_agrees(form: Form, pinned: Mapping[str, str]) -> bool:
    canonical = {"layout": ROWS, "labels": "one-hot", "weights": IN_OUT}
    return agrees(
        {**canonical, **form.convention}, {k: v for k, v in pinned.items() if k in canonical}
    )


def _layouts(exercise: Exercise, pilots: Sequence[Probe]) -> list[str]:
    if not any(role in forms.SAMPLED for role in exercise.roles) or not pilots:
        return [ROWS]
    if insensitive(exercise, pilots):
        return [ROWS, SCALAR, SINGLE]
    return [ROWS, COLUMNS, SINGLE]


def insensitive(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    """Is the exercise elementwise, so that rows and columns are the same to it?"""
    return len(exercise.roles) == 1 and all(_commutes(exercise, probe) for probe in pilots)


def _commutes(exercise: Exercise, probe: Probe) -> bool:
    if np.ndim(probe[0]) != 2:
        return bool(np.shape(exercise(*probe)) == np.shape(probe[0]))
    turned = np.asarray(exercise(np.ascontiguousarray(probe[0].T)))
    return turned.ndim == 2 and bool(np.allclose(turned.T, exercise(*probe)))


def _may_be_integers(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    """May targets be asked for as class numbers, or as whole numbers 0 and 1 that are used as places?"""
    return has_labels(exercise, pilots) or (
        exercise.kind is Kind.LOSS and _are_bits(exercise, pilots)
    )


def _are_bits(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    targets = [dict(zip(exercise.roles, probe, strict=False)).get("t") for probe in pilots]
    return all(t is not None and np.ndim(t) == 1 and np.isin(t, (0, 1)).all() for t in targets)


def has_labels(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    """Are there targets as rows, one-hot, that can be given as class numbers as well?"""
    return any(
        role == "t" and np.ndim(a) == 2 and np.shape(a)[1] > 1
        for probe in pilots
        for role, a in zip(exercise.roles, probe, strict=False)
    )


def _is_vector(exercise: Exercise, pilots: Sequence[Probe]) -> bool:
    return any(forms.is_binary(exercise, probe) and np.ndim(probe[0]) == 1 for probe in pilots)
