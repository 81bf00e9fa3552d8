"""What names of parameters say that are neither data nor parameters: settings, by what they set."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

AXIS, SMALL, RATE, PENALTY, SAMPLES, CLASSES = (
    "axis",
    "small",
    "rate",
    "penalty",
    "samples",
    "classes",
)
TURNS, SWITCH, MASK, SIZES, ARCHITECTURE = "turns", "switch", "mask", "sizes", "architecture"
DEPTH, KEPT, FADING, SEED, LOSS, SLOPE = "depth", "kept", "fading", "seed", "loss", "slope"
NAME = "name"


class Setting(NamedTuple):
    """Patterns of names for one setting: for both sides, and for functions or networks alone."""

    both: str = ""
    functions: str = ""
    networks: str = ""


SETTINGS = {
    AXIS: Setting(functions=r"axis|dim"),
    SMALL: Setting(functions=r"eps|epsilon|small|delta"),
    RATE: Setting(
        networks=r"lr|learning_?rate|eta|alpha|step_?size|rate|l_?rate|learn_?rate|epsilon"
    ),
    PENALTY: Setting(
        r"reg|lambda_?|lambd|lmbda|regularization|weight_decay|reg_lambda",
        networks=r"lamda|lmbd|l2|reg_?\w*|weight_?decay|l2_\w+",
    ),
    SAMPLES: Setting(
        r"m|n|batch_?size|n_samples|num_samples|n_examples",
        functions=r"nb_samples",
        networks=r"n_?samples|num_?examples|n_?examples|num_?samples",
    ),
    CLASSES: Setting(functions=r"c|k|(num|n|nb)_?(classes|labels|outputs)|output_dim|num_output"),
    TURNS: Setting(
        networks=r"(\w+_)?(epochs?|iter(ation)?s?)|num_?iter(ation)?s?|n_?iter\w*|max_?iter|steps"
        r"|n_?epochs|num_?epochs"
    ),
    SWITCH: Setting(
        r"verbose|debug|(is_)?train(ing)?",
        functions=r"inplace|keepdims",
        networks=r"(is_?)?train(ing)?|print_\w+|mode|show\w*|graph|plot\w*",
    ),
    MASK: Setting(functions=r"mask"),
    SIZES: Setting(
        networks=r"layers?_?dims?|layer_?sizes|dimensions|dims|sizes|layers|nodes|architecture|nn_?architecture"
    ),
    ARCHITECTURE: Setting(networks=r"(nn_?|network_?)?arch(itecture)?"),
    DEPTH: Setting(networks=r"l|n_?layers|num_?layers|depth|number_?of_?layers"),
    KEPT: Setting(networks=r"keep_?prob|dropout_?keep\w*"),
    FADING: Setting(networks=r"momentum|dropout|drop\w*|mu"),
    SEED: Setting(networks=r"seed|random_?state|random_?seed"),
    LOSS: Setting(networks=r"loss|cost"),
    NAME: Setting(functions=r"(layer_?)?name"),
    SLOPE: Setting(functions=r"alpha|slope|negative_slope|leak|leaky"),
}


@cache
def of_functions(name: str) -> tuple[str, ...]:
    """What a parameter of a function sets, by its *name*, the likeliest first."""
    return _matching(name, {key: (one.both, one.functions) for key, one in SETTINGS.items()})


@cache
def of_networks(name: str) -> tuple[str, ...]:
    """What a parameter of a network's function sets, by its *name*, the likeliest first."""
    return _matching(name, {key: (one.both, one.networks) for key, one in SETTINGS.items()})


def _matching(name: str, table: dict[str, tuple[str, str]]) -> tuple[str, ...]:
    return tuple(
        key
        for key, patterns in table.items()
        if any(pattern and re.fullmatch(pattern, name) for pattern in patterns)
    )
