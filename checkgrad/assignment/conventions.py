"""The conventions that an assignment can pin: the usual choice of each, and the others that are right as well."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from checkgrad.exercise import Exercise


class Convention(NamedTuple):
    """One thing to choose: the usual choice, the others, and the question that it answers."""

    usual: str
    question: str
    others: tuple[str, ...] = ()


# Choices that no variant and no calling names; those they name are read off the exercises.
CONVENTIONS = {
    "reduction": Convention("mean", "How do the losses of the samples become one number?"),
    "layout": Convention(
        "rows",
        "Which axis holds the samples?",
        ("columns", "one sample at a time", "one number at a time"),
    ),
    "labels": Convention("one-hot", "How are classes written?", ("integers",)),
    "argument": Convention(
        "as in the signature", "Are logits, probabilities or activations handed over?"
    ),
    "order": Convention("as in the signature", "In which order are arguments handed over?"),
    "fused": Convention("separate", "Does a derivative take in the next one as well?"),
    "sign": Convention("positive", "Which sign has a gradient, and a step?"),
    "loss": Convention("of the true class", "Which cross-entropy is it?"),
    "weights": Convention("(in, out)", "How are weights laid out?", ("(out, in)",)),
    "mean": Convention("in the loss", "Where is divided by the number of samples?"),
    "mse_factor": Convention("one", "Which factor stands before the squared error?"),
    "l2_factor": Convention("one half", "Which factor stands before the penalty?"),
    "alpha": Convention("0.01", "Which slope has a leaky ReLU below 0?"),
    "velocity": Convention("downhill", "What does momentum keep?"),
    "step": Convention("counted from 1", "From which number does Adam count its steps?"),
    "unit": Convention("share", "In which unit is the accuracy?"),
    "eps": Convention("none", "Which small number stands in a logarithm or quotient?"),
}


def choices(key: str, exercises: Sequence[Exercise]) -> tuple[str, ...]:
    """Every value that *key* can be pinned to, the usual one first."""
    convention = CONVENTIONS[key]
    variants = [v.convention for e in exercises for v in e.variants]
    callings = [c.convention for e in exercises for c in e.callings]
    named = (found[key] for found in (*variants, *callings) if key in found)
    return tuple(dict.fromkeys((convention.usual, *convention.others, *named)))


def against(found: Mapping[str, str], pinned: Mapping[str, str]) -> dict[str, str]:
    """What is pinned otherwise than it was *found*, with what is asked for."""
    return {
        key: value
        for key, value in pinned.items()
        if found.get(key, CONVENTIONS[key].usual) != value
    }
