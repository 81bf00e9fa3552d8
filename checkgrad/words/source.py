"""What the text of a function mentions: hints at what it computes."""

from __future__ import annotations

import re

from checkgrad.exercise import Kind
from checkgrad.words.meaning import CONCEPTS
from checkgrad.words.text import listed

EXPONENTIALS = {"exp", "expit", "logsumexp", "logaddexp", "logsoftmax"}
UNITS = {"transfer", "activation", "nonlin", "nonlinearity", "squash", "squashing"}
WEIGHTS = re.compile(r"w|weights?|theta", re.IGNORECASE)
INPUTS = re.compile(r"x|x_?(train|dev|batch)|features|data|inputs?", re.IGNORECASE)
PRODUCTS = {"dot", "matmul", "outer", "T", "transpose", "append", "self"}
NODES = {"Tensor", "Variable", "Node", "inbound_nodes", "requires_grad"}
GRADIENT_VARIABLE = re.compile(
    r"d_?(w|b|x|z|y|a|scores?|logits?|out|h|l|loss|output|s|p|probs?|input|f)\d?"
    r"|\w*grad\w*|delta\w*|nabla\w*",
    re.IGNORECASE,
)


SQUASHING = listed("exp maximum where transfer act actfn act_fn nonlinearity nonlin") | {
    stem for stem, one in CONCEPTS.items() if one.kind is Kind.ACTIVATION
}
