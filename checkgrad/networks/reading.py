"""A network as it was understood: one pure function network(parameters, x, t)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad import compare
from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Ask, Request
from checkgrad.conventions.layout import SINGLE
from checkgrad.exercise import Failed, Probe
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import NetworkKind, Pass
from checkgrad.networks import answer as answers
from checkgrad.networks import form as forms
from checkgrad.networks import pieces
from checkgrad.networks import script as scripts
from checkgrad.networks.kind import loss_of, outputs_of, squashed
from checkgrad.networks.pieces import Pieces
from checkgrad.networks.script import Script, sizes_of
from checkgrad.tasks import Parameters
from checkgrad.words.purposes import RESETS, says

TASKS = {1: "binary", 2: "two_class"}  # by number of outputs; more are "multi_class"

NEEDED = {"forward", "gradient"}  # of a network: without them there is nothing to ask
DO_NOT_FIT = "gave values that do not fit together"


@dataclass(frozen=True)
class NetworkCandidate:
    """What may be a network, by the inventory alone.

    function: the name it is shown under.
    shape: "class" makes its layers itself, "layers" is filled with them, "functions" are handed the parameters,
        "pieces" have to be put together. parts, others, layers, maker: see search.Search.
    """

    function: str
    shape: str
    parts: tuple[Definition, ...] = ()
    others: tuple[Definition, ...] = ()
    layers: tuple[Definition, ...] = ()
    maker: Definition | None = None

    @property
    def left_open(self) -> tuple[Definition, ...]:
        """What of it was not written: a network with such a part is none yet."""
        return tuple(d for d in self.parts if d.stub and NEEDED & says(d))

    @property
    def can_be_reset(self) -> bool:
        """Is there a function or a method that may set gradients back, as zero_grad or an update does?"""
        defined = (*self.parts, *self.others, *self.layers)
        return any(RESETS.search(d.name) for d in defined)


@dataclass(frozen=True)
class NetworkReading:
    """A network as it was understood.

    hidden, output: keys of mlp.ACTIVATIONS and mlp.OUTPUTS, "" where there is no hidden layer or where the output is
        the usual one of its size, "unknown" where the network computes something else.
    sizes: those that the network can have, where it cannot have others; only their number, where *free* is set.
    outputs: which of the tasks "binary", "two_class" and "multi_class" it can do.
    recovered: its gradients are what one step of gradient descent changed, over the learning rate.
    binary: the script for one output, where that takes another one.
    squash: what has to be done to its outputs: "logits" are squashed, of "log" the exponential is taken.
    right_forward: its outputs and its loss are those of the reference network of this kind.
    """

    candidate: NetworkCandidate
    script: Script | None
    hidden: str
    output: str
    reduction: str = "mean"
    alpha: float = 0.01
    scale: float = 1.0
    lam: float = 0.0
    biases: bool = True
    sizes: tuple[int, ...] | None = None
    free: bool = True
    outputs: frozenset[str] = frozenset()
    squash: str = ""
    right_forward: bool = True
    remark: str = ""
    binary: Script | None = None
    pieces: Pieces | None = None

    @property
    def recovered(self) -> bool:
        return self.script is not None and self.script.recovered

    @property
    def called(self) -> list[str]:
        """The definitions that are called for its answer."""
        return self.script.called if self.script else []

    @property
    def single(self) -> bool:
        """Is it asked for one sample at a time?"""
        return self.script is not None and self.script.form.single

    @property
    def layout(self) -> str:
        """Where samples lie, as a choice of that convention; "" where it is put together of pieces."""
        if self.script is None:
            return ""
        return SINGLE if self.script.form.single else self.script.form.layout

    @property
    def convention(self) -> dict[str, str]:
        found = self.script.form.convention if self.script else {}
        loss = {"mean": "averaged", "sum": "summed", "entries": "averaged over samples and outputs"}
        return found | {
            "loss": loss[self.reduction],
            "hidden": self.hidden or "none",
            "output": self.output or "usual",
        }

    @property
    def note(self) -> str:
        """The reading in words."""
        words = self.convention
        said = [self.remark] if self.remark else []
        if self.script:
            labels = "as integers" if words["labels"] == "integers" else words["labels"]
            said = [words["layout"], f"weights {words['weights']}", f"labels {labels}", *said]
            said.append(f"loss {words['loss']}")
        said += [f"L2 penalty with factor {self.lam:g}"] if self.lam else []
        said += (
            [f"{at[-1]} set from outside" for at, _ in self.script.lacking] if self.script else []
        )
        said += ["gradients recovered from one update step"] if self.recovered else []
        return ", ".join(said)

    @property
    def kind(self) -> dict[str, Any]:
        """The settings under which mlp.network is the reference."""
        hidden = "identity" if self.hidden in ("", "unknown") else self.hidden
        return {
            "hidden": hidden,
            "output": "" if self.output == "unknown" else self.output,
            "alpha": self.alpha,
            "reduction": self.reduction,
            "scale": self.scale,
            "lam": self.lam,
            "biases": self.biases,
        }

    def accepts(self, probe: Probe) -> bool:
        """Can the network have the sizes of this probe, and its labels, which may have to name every class?"""
        parameters, _, t = probe
        labels = self.script.form.labels if self.script else forms.AS_OUTPUTS
        numbers = labels in (forms.NUMBERS, forms.UPRIGHT_NUMBERS)
        complete = np.ndim(t) == 1 or t.shape[1] == 1 or bool(t.any(axis=0).all())
        return self.fits(sizes_of(parameters)) and (complete or not numbers)

    def fits(self, sizes: tuple[int, ...]) -> bool:
        """Can the network have these sizes?"""
        if self.sizes is not None and len(sizes) != len(self.sizes):
            return False
        if self.sizes is not None and not self.free:
            return sizes == self.sizes
        return TASKS.get(sizes[-1], "multi_class") in self.outputs

    def evaluate(self, ask: Ask, probes: Sequence[Probe]) -> list[Behaviour]:
        """What the network does on each probe: (y, loss, [(dw, db), ...]) in the canonical layout."""
        if self.pieces:
            answers = pieces.evaluate(self.pieces, ask, probes)
        else:
            answers = ask([self.request(*probe) for probe in probes])
        return [self._read(a, p) for a, p in zip(answers, probes, strict=True)]

    def _read(self, reply: Behaviour, probe: Probe) -> Behaviour:
        """The answer in a reply; one with a part that is no number and no array of them is none."""
        try:
            script = None if self.pieces else self.script_for(probe[0])
            answer = answers.read(script, reply, probe[0]) if script else reply
            answer = self._completed(answer, probe)
        except (ValueError, TypeError, LookupError):
            return replace(reply, value=None, raised="ValueError", message=DO_NOT_FIT)
        problem = _problem(*answer.value) if answer.returned else ""
        return (
            replace(answer, value=None, raised="ValueError", message=problem) if problem else answer
        )

    def network(self, ask: Ask) -> Callable[[Parameters, Any, Any], Pass]:
        """The network as a function; it raises Failed where the student's code gives no value."""
        return lambda parameters, x, t: next(self.passes(ask, [(parameters, x, t)]))

    def passes(self, ask: Ask, probes: Sequence[Probe]) -> Iterator[Pass]:
        """What the network gives on each probe, asked at once; raises Failed at the first without a value."""
        for behaviour in self.evaluate(ask, probes):
            if not behaviour.returned:
                raise Failed(behaviour)
            yield Pass(*behaviour.value)

    def request(self, parameters: Parameters, x: Any, t: Any) -> Request:
        """One evaluation that stands alone; a network of pieces takes several, see `evaluate`."""
        return scripts.request(self.script_for(parameters), parameters, x, t)

    def script_for(self, parameters: Parameters) -> Script:
        """How it is asked where it has these parameters."""
        script = self.binary if self.binary and sizes_of(parameters)[-1] == 1 else self.script
        assert script
        return script

    def _completed(self, answer: Behaviour, probe: Probe) -> Behaviour:
        """The answer with outputs and loss, of which the student's code may give neither, or the logits only."""
        if not answer.returned:
            return answer
        y, loss, gradients = answer.value
        kind = NetworkKind(**self.kind)
        kind = replace(kind, output=kind.output or mlp.usual_output(probe[0]))
        with np.errstate(all="ignore"):
            y = squashed(y, self.squash, kind.output) if y is not None else outputs_of(kind, probe)
            loss = loss if loss is not None else loss_of(y, kind, probe)
        return replace(answer, value=(y, loss, gradients))


def _problem(y: Any, loss: Any, gradients: Parameters) -> str:
    """Which part of an answer is no number and no array of numbers, "" if all are."""
    for part in (y, loss, *(block for pair in gradients for block in pair)):
        if not (compare.are_numbers(part) and np.size(part)):
            return compare.not_numbers(part) or DO_NOT_FIT
    return ""
