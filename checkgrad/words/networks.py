"""What the names of a network's parameters and attributes say."""

from __future__ import annotations

import re

from checkgrad.words import roles
from checkgrad.words.text import bare, listed, split

HOLDS = listed(
    "w b ws bs weight weights wt wts bias biases param params parameter parameters theta thetas"
    " layers synapse synapses syn synaptic"
)


def holds(name: str) -> bool:
    """Does the name of an attribute sound like parameters?"""
    words = split(bare(name))
    return (
        bool(HOLDS & set(words))
        or re.fullmatch(r"[wb]([hoixy]{1,2}|\d)?|w[ih]{1,2}[ho]|who", bare(name).lower())
        is not None
    )


INPUTS = roles.INPUTS.of_networks
TARGETS = roles.TARGETS.of_networks
PREDICTIONS = roles.OUTPUTS.of_networks
CONTAINERS = listed(
    "parameters params param theta thetas model net network weights_dict p w_b variables"
    " weights_and_biases par"
)
CACHES = listed(
    "cache caches cached activations memory forward_cache store intermediates hidden"
    " hiddens internals storage saved forward_pass values zs a_s values_cache"
    " hidden_layers layer_outputs outputs_cache act_cache mem cach history states"
    " activation_cache forward_values"
)
# Words of names that say what data is, and words that may stand beside them.
INPUT_WORDS = listed(
    "x input inputs feature features sample samples image images example examples points"
)
TARGET_WORDS = listed(
    "y t target targets label labels expected desired truth true actual correct wanted ideal"
    " onehot answer answers"
)
PARAMETER_WORDS = {"params", "parameters", "theta", "thetas"}
BESIDE_PARAMETERS = listed(
    "nn net network model init initial values value all flat unrolled vec vector"
)
OUTPUT_WORDS = {"output", "outputs", "class", "classes", "value", "values", "result", "results"}
GIVEN_WORDS = {"training", "train", "test"}
BESIDE_WORDS = GIVEN_WORDS | listed(
    "set sets list lists batch mini data vector vectors matrix array arrays current one hot enc"
    " encoded the in layer raw b valid validation val dev"
)
SECOND_WORDS = listed("valid validation val dev test")  # of data that is there besides
WHOLE_WEIGHTS = roles.WEIGHTS.of_networks
WHOLE_BIASES = roles.BIASES.of_networks
UPSTREAM_NAME = re.compile(
    r"d_?(out|l|j|loss|y|z|a|values?|outputs?|pred|logits|scores)(_\w+)?|\w*grad(ient|ients|s)?(_\w+)?|d|delta|upstream|error|err|eta|g|gy|next_\w+"
    r"|dl_?d_?\w+"
)
SIZE_WORDS = {"size", "num", "dim", "units", "n", "nodes"}
HIDDEN_WORDS = {"hidden", "h", "hid", "middle", "hiddens", "nh", "mid", "hl"}
IN_WORDS = {"in", "input", "inputs", "x", "features", "feature", "nx", "i", "fan"}
OUT_WORDS = {
    "out",
    "output",
    "outputs",
    "classes",
    "class",
    "y",
    "c",
    "labels",
    "ny",
    "o",
    "no",
    "categories",
}
GLUED = re.compile(r"(?<=\w)(nodes?|sizes?|dims?|units?|neurons?|layers?|num)$")  # "hiddennodes"


SLOPES = listed("grad grads gradient gradients nabla delta deltas derivative derivatives")
REMEMBERED = listed(
    "velocity velocities momentum momentums moment moments prev previous old last best update"
    " updates change changes velo velos mask m v s acc accumulated history init initial"
)
AVERAGED = listed("running mean means avg average averages ema moving var variance")
GRADIENT = re.compile(
    r"(d|grads?|gradients?)_?(w|b|weights?|bias(es)?|thetas?|params?)(_?[\dhoxyi{}]+)*", re.I
)
WEIGHT_NAME = re.compile(
    r"((d|grads?)_?)?w(eights?|ts?|_?[\dhoxyi{}]+)*|thetas?|kernels?|coefs?|synapses?|syn", re.I
)
BIAS_NAME = re.compile(r"((d|grads?)_?)?b(ias|iases|_?[\dhoxyi{}]+)*|intercepts?", re.I)


# Of what is called a gradient, what goes on to the layer before.
PASSED_BACK = re.compile(r"inputs?|d_?inputs?|d_?x|prev(ious)?", re.I)

LIST_NAMES = re.compile(
    r"(n(um)?_?)?(sizes?|layers?|layer_?(sizes?|dims?|nodes|units|shapes?|list|dimensions|config)|(layers|net|network|nn|model|mlp)_?(dims?|sizes?|shape|structure|config|architecture|layers)"
    r"|dims|dimensions|dim|architecture|arch|nodes|units|topology|shape|structure|neurons|n_?units|layout|nn_architecture|ns|n_nodes|n_neurons|layers_\w+)"
)
LISTS_OF_LAYERS = re.compile(
    r"(nn_?|network_?)?arch(itecture)?|h_?params|layers?_?(config\w*|info)|config"
)


LAYER_WORDS = {"layer", "layers", "dense", "fc", "linear", "affine", "hidden", "output", "lin", "l"}

# What an activation is called that leaves everything as it is.
UNSQUASHED = listed("identity linear none id")
