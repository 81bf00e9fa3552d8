"""Repairs in words: sentences made from a place and an operation, in the student's names and the field's terms."""

from __future__ import annotations

import ast
import re
from typing import NamedTuple

from checkgrad.diagnose.surgery.options import ITSELF, Operation
from checkgrad.diagnose.surgery.patient import STARTS, Due
from checkgrad.diagnose.surgery.table import parsed

DUE = re.compile(r"_due\('((?:[^'\\]|\\.)*)'\)")
LONGEST = 120


class Wording(NamedTuple):
    """What is wrong where an operation of this kind mends it, and what to ask oneself."""

    explanation: str
    hint: str


KINDS = {
    "replaced": Wording(
        "Another quantity is due in this place.", "Which quantity does the formula have there?"
    ),
    "element": Wording(
        "Another element of the list or the array is due.", "Which layer or sample is meant here?"
    ),
    "function": Wording(
        "Another function is due in this place.", "What does this function do with its input?"
    ),
    "operator": Wording(
        "The two parts are joined in another way.",
        "Is this a product of matrices, or entry by entry, or a sum?",
    ),
    "grouped": Wording(
        "The parentheses stand in another place, or are lacking.",
        "In which order is this worked out?",
    ),
    "swapped": Wording("The two parts have to change places.", "Which of the two comes first?"),
    "dropped": Wording("Something stands here that is too much.", "What is this part there for?"),
    "transposed": Wording(
        "The array has to be transposed.", "Which shapes meet here, and which should?"
    ),
    "not transposed": Wording(
        "The array must not be transposed.", "Which shapes meet here, and which should?"
    ),
    "sign": Wording("The sign is the wrong one.", "Does this raise the loss or lower it?"),
    "negated": Wording("The condition has to be the opposite.", "When should this hold?"),
    "one minus": Wording("One minus this value is due.", "Does the formula have y here or 1 - y?"),
    "raised": Wording("A power of this value is due.", "Does this change from step to step?"),
    "squared": Wording("The square of this value is due.", "Is there a power in the formula?"),
    "passed through": Wording(
        "A function has to be applied to this value first.", "What should these numbers be?"
    ),
    "earlier": Wording(
        "The function is handed what this value was made of.",
        "Is this slope written for what goes into the activation function, or for what comes out?",
    ),
    "assigned": Wording(
        "What the call gives is thrown away.", "Where does the value of this call go?"
    ),
    "normalised": Wording(
        "The values have to be divided by their sum.", "What should they add up to?"
    ),
    "summed": Wording("The values have to be added up.", "Over which axis is a sum taken?"),
    "upright": Wording("The vector has to be a column.", "Which shape is due here?"),
    "compared": Wording("The comparison is another one.", "For which values should this hold?"),
    "constant": Wording("Another number is due.", "Where does this number come from?"),
    "axis": Wording("The sum or mean runs over another axis.", "Which axis holds the samples?"),
    "reversed": Wording(
        "The order has to be the opposite.", "From which end does this have to go?"
    ),
    "times": Wording("A factor is lacking.", "Which factors does the formula have here?"),
    "over": Wording("A divisor is lacking.", "By what does the formula divide here?"),
    "plus": Wording("A term is lacking.", "Which terms does the formula add up here?"),
    "minus": Wording("A term has to be subtracted.", "Which terms does the formula subtract here?"),
    "dotted": Wording("A factor of a matrix product is lacking.", "Which two arrays meet here?"),
}

OF_A_LAYER = {
    "inputs": "the inputs of {layer}",
    "z": "the pre-activations Z of {layer}",
    "a": "the activations A of {layer}",
    "slope": "the slope of the activation function in {layer}",
    "w": "the weights W of {layer}",
    "dz": "dZ of {layer}",
    "da": "dA of {layer}",
    "summed dz": "dZ of {layer}, not yet divided by the number of samples",
    "summed da": "dA of {layer}, not yet divided by the number of samples",
    "dw": "the gradient dW of {layer}",
    "db": "the gradient db of {layer}",
    "summed dw": "dW of {layer}, not yet divided by the number of samples",
    "summed db": "db of {layer}, not yet divided by the number of samples",
    "plain dw": "dW of {layer}, without the penalty",
    "error": "outputs minus targets",
    "t": "the targets",
    "output slope": "the slope of the output's activation function",
    "penalty": "the penalty's factor times W of {layer}",
    "rate dw": "the learning rate times dW of {layer}",
    "rate db": "the learning rate times db of {layer}",
    "w updated": "W of {layer} minus the learning rate times its gradient",
    "b updated": "b of {layer} minus the learning rate times its gradient",
}
OF_A_LOOP = {
    "a": "the outputs",
    "t": "the targets",
    "error": "outputs minus targets",
    "output slope": "the slope y(1 - y) of the output's activation function",
}
MINUS = {"outputs minus targets": "targets minus outputs"}
SCALARS = {"N": "N, the number of samples", "C": "C, the number of columns"}
ROLES = {
    "z": "the logits z",
    "y": "the outputs y",
    "t": "the targets t",
    "dy": "the upstream gradient dy",
    "dout": "the upstream gradient dout",
    "x": "the inputs x",
    "w": "the weights w",
    "b": "the bias b",
}


def spoken(due: Due, kind: str) -> str:
    """A due quantity in the field's terms."""
    layered = OF_A_LAYER if kind == "network" else {}
    way, number = due.rule
    if due.family in SCALARS:
        return SCALARS[due.family]
    turned = ", transposed" if due.form == "T" and due.family != "t" else ""
    if due.family in layered:
        layer = f"layer {number + 1}" if way == "layer" else "each layer in its turn"
        return layered[due.family].format(layer=layer)
    if kind == "loop" and due.family in OF_A_LOOP:
        return OF_A_LOOP[due.family] + turned
    if due.is_start:
        return f"the value of {due.family.removeprefix(STARTS)} from before it was changed" + turned
    if due.family.startswith("answer"):
        return f"the right {due.family.partition(' ')[2] or 'result'}"
    return ROLES.get(due.family, due.family) + turned


def due_text(operation: Operation, said: str, kind: str) -> str:
    """What is due, as the student would write it; quantities in words."""
    text = operation.new.replace(ITSELF, said)
    if operation.code == "assigned":
        name, _, _ = text.removeprefix("np.copyto(").partition(",")
        return f"{name} = {said}"
    if operation.due is None:
        tree = parsed(text)
        return ast.unparse(tree) if tree is not None else text
    quantity = spoken(operation.due, kind)
    return _tidy(DUE.sub(lambda _: quantity, text))


def sentence(where: str, said: str, operation: Operation, kind: str, is_stale: bool = False) -> str:
    """What is wrong in a place, and what is due there. is_stale: is it what stood there before it was changed?"""
    said = said if len(said) <= LONGEST else said[:LONGEST] + " ..."
    due = operation.due
    quantity = spoken(due, kind) if due else ""
    code = operation.code
    after = "after this statement " if operation.at is None else ""
    if code == "replaced" and due:
        if is_stale or due.is_start:
            quantity = f"the value of `{said}` from before it was changed"
        elif operation.new.startswith("-"):
            quantity = MINUS.get(quantity, f"minus {quantity}")
        return f"{where}: {after}`{said}` stands there; due is {quantity}"
    if code in ("times", "over") and (due or operation.new.endswith(" 2")):
        verb = "multiplied by" if code == "times" else "divided by"
        return f"{where}: {after}`{said}` has to be {verb} {quantity or 2}"
    if code in ("plus", "minus") and due:
        verb = "is lacking, to be added" if code == "plus" else "is lacking, to be subtracted"
        return f"{where}: {after}beside `{said}`, {quantity} {verb}"
    if code == "dotted" and due:
        return f"{where}: `{said}` has to be multiplied, as a matrix, with {quantity}"
    new = due_text(operation, said, kind)
    reason = KINDS[code].explanation.rstrip(".") if code in KINDS else ""
    tail = f". {reason}" if reason and code != "replaced" else ""
    return f"{where}: {after}`{said}` stands there; `{new}` is due{tail}"


def _tidy(text: str) -> str:
    return re.sub(r"^\((\w+)\)", r"\1", text)
