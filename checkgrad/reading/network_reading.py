"""A network as it was understood: one pure function network(parameters, x, t)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from checkgrad.child.behaviour import Behaviour
from checkgrad.child.inventory import Definition
from checkgrad.child.request import Request
from checkgrad.exercise import Failed, Probe
from checkgrad.exercises import mlp
from checkgrad.exercises.mlp import Kind, Pass
from checkgrad.reading import network_form as forms
from checkgrad.reading import network_script as scripts
from checkgrad.reading.network_form import Parameters
from checkgrad.reading.network_script import Script, sizes_of

Ask = Callable[[Sequence[Request]], list[Behaviour]]
TASKS = {1: "binary", 2: "two_class"}  # by number of outputs; more are "multi_class"


@dataclass(frozen=True)
class NetworkCandidate:
    """What may be a network, by the inventory alone.

    function: the name it is shown under. shape: "class", "functions", "layers" or "pieces".
    """

    function: str
    shape: str
    parts: tuple[Definition, ...] = ()
    others: tuple[Definition, ...] = ()
    maker: Definition | None = None


@dataclass(frozen=True)
class NetworkReading:
    """A network as it was understood.

    hidden, output: keys of mlp.ACTIVATIONS and mlp.OUTPUTS, "" where there is no hidden layer or where the output is
        the usual one of its size, "unknown" where the network computes something else.
    sizes: those that the network can have, where it cannot have others; only their number, where *free* is set.
    outputs: which of the tasks "binary", "two_class" and "multi_class" it can do.
    recovered: its gradients are what one step of gradient descent changed, over the learning rate.
    right_forward: its outputs and its loss are those of the reference network of this kind.
    """

    candidate: NetworkCandidate
    script: Script
    hidden: str
    output: str
    reduction: str = "mean"
    alpha: float = 0.01
    scale: float = 1.0
    lam: float = 0.0
    sizes: tuple[int, ...] | None = None
    free: bool = True
    outputs: frozenset[str] = frozenset()
    logits: bool = False
    right_forward: bool = True
    remark: str = ""

    @property
    def recovered(self) -> bool:
        return self.script.recovered

    @property
    def convention(self) -> dict[str, str]:
        found = self.script.form.convention
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
        layout = words["layout"]
        said = [
            layout,
            f"weights {words['weights']}",
            f"labels {words['labels']}".replace("labels integers", "labels as integers"),
            f"loss {words['loss']}",
        ]
        said += [f"L2 penalty with factor {self.lam:g}"] if self.lam else []
        said += ["gradients recovered from one update step"] if self.recovered else []
        return ", ".join([*said, *([self.remark] if self.remark else [])])

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
        }

    def accepts(self, probe: Probe) -> bool:
        """Can the network have the sizes of this probe, and its labels, which may have to name every class?"""
        parameters, _, t = probe
        numbers = self.script.form.labels in (forms.NUMBERS, forms.UPRIGHT_NUMBERS)
        complete = np.ndim(t) == 1 or t.shape[1] == 1 or bool(t.any(axis=0).all())
        return self.fits(sizes_of(parameters)) and (complete or not numbers)

    def fits(self, sizes: tuple[int, ...]) -> bool:
        """Can the network have these sizes?"""
        if self.sizes is not None and len(sizes) != len(self.sizes):
            return False
        if self.sizes is not None and not self.free:
            return sizes == self.sizes
        return TASKS.get(sizes[-1], "multi_class") in self.outputs

    def request(self, parameters: Parameters, x: Any, t: Any) -> Request:
        """One evaluation; it stands alone."""
        return scripts.request(self.script, parameters, x, t)

    def read(self, behaviour: Behaviour, parameters: Parameters) -> Behaviour:
        """The answer to a request with the value (y, loss, [(dw, db), ...]) in the canonical layout."""
        read = scripts.read(self.script, behaviour, parameters)
        if not read.returned:
            return read
        y, loss, gradients = read.value
        with np.errstate(all="ignore"):
            y = self._outputs(y, behaviour.value[0], parameters)
        return replace(read, value=(y, loss, gradients))

    def _outputs(self, y: Any, given: Any, parameters: Parameters) -> Any:
        """The outputs, of which the student's code may give the logits only, or nothing but the loss."""
        output = self.kind["output"] or mlp.usual_output(parameters)
        if self.script.y is None:
            kind = Kind(self.kind["hidden"], alpha=self.alpha)
            return mlp.OUTPUTS[output].y(mlp.forward(parameters, given["x"], kind)[0][-1])
        return mlp.OUTPUTS[output].y(y) if self.logits and np.ndim(y) == 2 else y

    def network(self, ask: Ask) -> Callable[[Parameters, Any, Any], Pass]:
        """The network as a function; it raises Failed where the student's code gives no value."""

        def network(parameters: Parameters, x: Any, t: Any) -> Pass:
            (reply,) = ask([self.request(parameters, x, t)])
            behaviour = self.read(reply, parameters)
            if not behaviour.returned:
                raise Failed(behaviour)
            return Pass(*behaviour.value)

        return network
