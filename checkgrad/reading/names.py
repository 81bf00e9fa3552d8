"""What a name says: `d_softMax_v2` is the derivative of softmax. The table, and the pattern behind it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache


@dataclass(frozen=True)
class Meaning:
    """What a name stands for: a function of the table, or a derivative of it.

    derivative: the word that made it one, "prime", "jacobian" or "backward"; "" for the function itself.
    logits: the name says that the derivative is taken with respect to the logits.
    decorations: the other words of the name.
    """

    concept: str
    derivative: str = ""
    logits: bool = False
    decorations: tuple[str, ...] = ()


def listed(words: str) -> frozenset[str]:
    return frozenset(words.split())


# Stems are written without underscores and capitals.
STEMS = {
    "sigmoid": "sigmoid sigm sig logistic logisticsigmoid expit",
    "tanh": "tanh hyperbolictangent tangh",
    "relu": "relu rectifiedlinear rectifiedlinearunit rectifier",
    "leaky_relu": "leakyrelu lrelu leakyrectifiedlinear leakyrectifiedlinearunit",
    "softmax": "softmax softmaxprobabilities softmaxprobs",
    "binary_cross_entropy": (
        "binarycrossentropy bce logloss logisticloss binaryce binarylogloss binaryxent"
        " binarycrossent crossentropybinary binaryentropy"
    ),
    "sigmoid_binary_cross_entropy": (
        "sigmoidbinarycrossentropy sigmoidcrossentropy sigmoidbce sigmoidce sigmoidloss"
        " bcewithlogits binarycrossentropywithlogits sigmoidcrossentropywithlogits bcelogits"
        " bcefromlogits binarycrossentropyfromlogits sigmoidwithloss binarycrossentropylogits"
        " logitsbinarycrossentropy"
    ),
    "cross_entropy": (
        "crossentropy ce xent crossent categoricalcrossentropy cce nll negativeloglikelihood"
        " sparsecrossentropy sparsecategoricalcrossentropy scce multiclasscrossentropy"
        " crossentropymulticlass negloglikelihood categoricalce multiclasslogloss"
    ),
    "softmax_cross_entropy": (
        "softmaxcrossentropy softmaxce softmaxloss softmaxcost softmaxcce softmaxnll softmaxxent"
        " softmaxcategoricalcrossentropy crossentropysoftmax crossentropywithsoftmax"
        " crossentropywithlogits crossentropyfromlogits crossentropylogits softmaxwithloss"
        " softmaxcrossentropywithlogits softmaxclassifier softmaxandcrossentropy softmaxerror"
        " softmaxwithcrossentropy cewithlogits cefromlogits sparsesoftmaxcrossentropy"
        " sparsesoftmaxcrossentropywithlogits softmaxsparsecrossentropy activationsoftmaxloss"
        " activationsoftmaxlosscategoricalcrossentropy softmaxlosscategoricalcrossentropy"
        " softmaxcrossentropyfromlogits"
    ),
    "mse": (
        "mse meansquarederror meansquareerror meansquared squarederror quadraticcost"
        " quadratic quadraticloss sumsquarederror"
    ),
    "affine": "affine linear dense fullyconnected fc affinelayer linearlayer denselayer fclayer",
    "one_hot": (
        "onehot onehotencode onehotencoding onehotencoder onehotlabels onehotvector onehotvectors"
        " tocategorical toonehot vectorizedresult y2indicator converttoonehot labelstoonehot"
        " onehotmatrix"
    ),
    "accuracy": "accuracy accuracyscore acc classificationaccuracy",
    "sgd_update": "sgd sgdupdate sgdstep gradientdescentstep gradientdescentupdate gdupdate",
    "momentum_update": "momentum momentumupdate sgdmomentum momentumstep sgdwithmomentum",
    "adam_update": "adam adamupdate adamstep",
    "l2_penalty": (
        "l2penalty l2regularization l2regularisation l2reg l2regularizer l2loss l2cost l2"
        " l2regularizationloss l2regularisationloss ridgepenalty weightdecaypenalty weightpenalty"
        " regularizationloss regularisationloss"
    ),
}
CONCEPTS = {stem: concept for concept, stems in STEMS.items() for stem in stems.split()}

LOSSES = {
    "binary_cross_entropy",
    "sigmoid_binary_cross_entropy",
    "cross_entropy",
    "softmax_cross_entropy",
    "mse",
}
ACTIVATIONS = {"sigmoid", "tanh", "relu", "leaky_relu", "softmax"}

DERIVATIVE = listed(
    "grad grads gradient gradients prime deriv derivs derv der dev derivative derivatives"
    " derivate diff delta d dx dz p backward backwards bwd back backprop backpropagation bprop"
    " vjp jacobian jacob jac jacobi"
)
JACOBIAN = {"jacobian", "jacob", "jac", "jacobi"}
BACKWARD = {"backward", "backwards", "bwd", "back", "backprop", "backpropagation", "bprop", "vjp"}
NOT_IN_FRONT = {"p", "dx", "dz", "back"}
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
LOGIT_WORDS = {"logit", "logits", "z", "scores", "score"}
LONG = sorted(
    (w for w in DERIVATIVE | NEUTRAL | LOSS_WORDS | ACTIVATION_WORDS if len(w) >= 4 or w == "fn"),
    key=len,
    reverse=True,
)
WORD = re.compile(r"[0-9][dD]\b|[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")


@cache
def meaning(name: str) -> Meaning | None:
    """Return what a function of this *name* computes, or None where it is none of the table's."""
    words = [part for word in split(name) for part in unglue(word)]
    spans = ((i, j) for i in range(len(words)) for j in range(i + 1, len(words) + 1))
    for i, j in sorted(spans, key=lambda span: (span[0] - span[1], span)):
        concept = CONCEPTS.get("".join(words[i:j]))
        if concept and (found := _decorated(concept, words[:i], words[j:])):
            return found
    return None


def split(name: str) -> list[str]:
    """Split at underscores, capitals and numbers: "softMax_2D" -> soft max 2d."""
    return [word.lower() for word in WORD.findall(name.replace("_", " "))]


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


def _decorated(concept: str, front: list[str], behind: list[str]) -> Meaning | None:
    extra = LOSS_WORDS if concept in LOSSES else ACTIVATION_WORDS
    if concept not in LOSSES | ACTIVATIONS:
        extra = {"layer", "module", "function"} - ({"layer"} if concept != "affine" else set())
    logits = bool({"wrt", "from", "by"} & set(behind)) and bool(LOGIT_WORDS & set(behind))
    allowed = NEUTRAL | DERIVATIVE | extra | (LOGIT_WORDS if logits else set())
    words = [*front, *behind]
    if not all(word in allowed or word.isdigit() for word in words):
        return None
    if NOT_IN_FRONT & set(front):
        return None
    derivative = [] if "and" in words else [word for word in words if word in DERIVATIVE]
    return Meaning(concept, derivative[0] if derivative else "", logits, tuple(words))
