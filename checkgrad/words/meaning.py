"""What a name says: `d_softMax_v2` is the derivative of softmax. The table, and the pattern behind it."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache

from checkgrad.exercise import Exercise, Kind
from checkgrad.exercises import ALL
from checkgrad.words.text import listed, split


@dataclass(frozen=True)
class Meaning:
    """What a name stands for: an exercise, or a derivative of it.

    of: the exercise that is no derivative.
    derivative: the word that made it one, "prime", "jacobian" or "backward"; "" for the function itself.
    logits: the name says that the derivative is taken with respect to the logits.
    decorations: the other words of the name.
    """

    of: Exercise
    derivative: str = ""
    logits: bool = False
    decorations: tuple[str, ...] = ()

    @property
    def kind(self) -> Kind:
        return self.of.kind

    @property
    def computes(self) -> bool:
        """Is it an activation or a loss, which methods of networks compute as well?"""
        return self.kind in (Kind.ACTIVATION, Kind.LOSS)


DERIVATIVE = listed(
    "grad grads gradient gradients prime deriv derivs derv der dev derivative derivatives"
    " derivate diff delta d dx dz p backward backwards bwd back backprop backpropagation bprop"
    " vjp jacobian jacob jac jacobi"
)
JACOBIAN = {"jacobian", "jacob", "jac", "jacobi"}
NOT_IN_FRONT = {"p", "dx", "dz", "back"}
CAPPED = {"6"}  # behind an activation it is no number of a layer but where that ends
NEUTRAL = listed(
    "compute computes calc calculate calculated get eval evaluate my the of for a safe stable"
    " stabilized stabilised numerically simple naive vectorized vectorised vector vec fast"
    " slow loop loops looped np numpy fn func function f op forward fwd fprop v batch batched"
    " single robust custom apply do manual own impl implementation pure basic improved"
    " optimized 1d 2d multi by hand version with from scratch fun wrt and new unstable shifted"
    " rows row"
)
LOSS_WORDS = {"loss", "losses", "cost", "costs", "error", "err", "criterion", "layer", "module"}
ACTIVATION_WORDS = {"activation", "act", "layer", "module", "output", "outputs", "activate"}
EXTRA = {
    Kind.LOSS: LOSS_WORDS,
    Kind.ACTIVATION: ACTIVATION_WORDS,
    Kind.LAYER: {"layer", "module", "function"},
}
LOGIT_WORDS = {"logit", "logits", "z", "scores", "score"}
LONG = sorted(
    (w for w in DERIVATIVE | NEUTRAL | LOSS_WORDS | ACTIVATION_WORDS if len(w) >= 4 or w == "fn"),
    key=len,
    reverse=True,
)


def stems(exercise: Exercise) -> set[str]:
    """What code calls an exercise: its own name, without what says only that it is a loss or goes forward."""
    own = {exercise.name, *(exercise.name.removesuffix(end) for end in ("_loss", "_forward"))}
    return {*exercise.spoken, *(name.replace("_", "").lower() for name in own)}


def lexicon(exercises: Iterable[Exercise]) -> dict[str, Exercise]:
    """The exercises that are no derivatives by their stems."""
    return {stem: e for e in exercises if not e.derivative for stem in sorted(stems(e))}


CONCEPTS = lexicon(ALL)


def not_built_in(known: Mapping[str, Exercise]) -> tuple[Exercise, ...]:
    """The exercises of a teacher, and what they are derivatives of."""
    return tuple(dict.fromkeys(e.base for e in known.values() if e.base not in ALL))


@cache
def meaning(name: str, own: tuple[Exercise, ...] = ()) -> Meaning | None:
    """Return what a function of this *name* computes, or None where it is none of the exercises.

    own: exercises besides those that are built in.
    """
    concepts = {**CONCEPTS, **lexicon(own)} if own else CONCEPTS
    words = [part for word in split(name) for part in unglue(word)]
    spans = ((i, j) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
    for i, j in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        concept = concepts.get("".join(words[i:j]))
        if concept and (found := _decorated(concept, words[:i], words[j:])):
            return found
    return None


def unglue(word: str) -> list[str]:
    """Take a word apart that was written without a joint: "dsigmoid" -> d sigmoid."""
    if word in CONCEPTS or word in DERIVATIVE or word in NEUTRAL:
        return [word]
    if word.startswith("d") and unglue(word[1:])[0] in CONCEPTS:
        return ["d", *unglue(word[1:])]
    for tail in LONG:
        if word.endswith(tail) and unglue(word[: -len(tail)])[0] in CONCEPTS:
            return [*unglue(word[: -len(tail)]), tail]
    return [word]


def nearest(name: str, aliases: Iterable[str] = CONCEPTS) -> str:
    """Return the alias that *name* may have been meant to be, "" if none is near."""
    squashed = "".join(split(name))
    close = difflib.get_close_matches(squashed, list(aliases), n=1, cutoff=0.82)
    return close[0] if close else ""


def _decorated(concept: Exercise, front: list[str], behind: list[str]) -> Meaning | None:
    extra = EXTRA.get(concept.kind, {"module", "function"})
    logits = bool({"wrt", "from", "by"} & set(behind)) and bool(LOGIT_WORDS & set(behind))
    allowed = NEUTRAL | DERIVATIVE | extra | (LOGIT_WORDS if logits else set())
    words = [*front, *behind]
    if not all(word in allowed or word.isdigit() and word not in CAPPED for word in words):
        return None
    if NOT_IN_FRONT & set(front):
        return None
    derivative = [] if "and" in words else [word for word in words if word in DERIVATIVE]
    return Meaning(concept, derivative[0] if derivative else "", logits, tuple(words))
