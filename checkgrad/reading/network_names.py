"""What the names of a network's methods and of their parameters say, and what they may be given."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from functools import cache

from checkgrad.child.inventory import Definition, Parameter
from checkgrad.exercise import Kind
from checkgrad.reading.names import (
    DERIVATIVE,
    LOSS_WORDS,
    NEUTRAL,
    listed,
    meaning,
    split,
)
from checkgrad.reading.network_places import bare
from checkgrad.reading.network_script import (
    ARCHITECTURE,
    BIASES,
    CACHE,
    COUNT,
    DEPTH,
    HIDDEN,
    IN,
    LOSS,
    OUT,
    PARAMS,
    PENALTY,
    RATE,
    SIZES,
    UPSTREAM,
    VECTOR,
    WEIGHTS,
    T,
    Token,
    X,
    Y,
)
from checkgrad.reading.signature import Fill, positional, required

FORWARD = re.compile(
    r"(l_?|my_?|model_?|nn_?|net_?|network_?|full_?|mlp_?|n_?layers?_?|linear_?model_?)*"
    r"(forward|predict|feed_?forward|forward_?pass|forward_?prop(agation|agate)?|propagate|__call__|think|predict_?proba"
    r"|compute_?outputs?|run|query|scores?|fprop|nn|net|network|model|hypothesis|get_?outputs?|outputs?|activate|infer|ff)"
    r"(_?(pass|all|full|deep|train|model|network|n_?layers?|propagate))*"
)
LOSSLIKE = re.compile(
    r"(compute_?|calc(ulate)?_?|get_?|my_?|total_?|nn_?|model_?|net(work)?_?)*(loss|cost|error|objective|j|criterion)(_?(func(tion)?|fn|value))*"
)
GRADIENT = re.compile(
    r"(l_?|my_?|model_?|nn_?|net_?|network_?|full_?|mlp_?|compute_?|calc(ulate)?_?|get_?|do_?|n_?layers?_?|linear_?model_?)*"
    r"(backwards?|gradients?|grads?|back_?prop(agation|agate)?|backward_?pass|back_?pass|backward_?prop(agation|agate)?|bprop"
    r"|(loss|cost|forward)_?(and|_)_?(grad(ient)?s?|backward_?(prop|pass|propagation)?)|derivatives?|get_?cost_?and_?grad\w*"
    r"|backward_?propogation|back_?propogation|delta_?rule)"
    r"(_?(pass|all|full|deep|model|network|n_?layers?|propagate|descent_?step))*"
)
UPDATE = re.compile(
    r"(train|fit|step|update|gradient_?descent|train_?(step|batch|on_?batch|one|epoch)|update_?(params|parameters|weights|mini_?batch)|learn"
    r"|optimi[sz]e|sgd(_?step)?|back_?prop(agation)?|backward_?(pass|prop)?|one_?step|fit_?batch|partial_?fit)"
)
INITIALISES = re.compile(
    r"(random_?|he_?|xavier_?|rand_?|weights?_?|params?_?|parameters_?)*(init|initiali[sz]e|create|make|build|setup|get_initial)(iali[sz]e|iali[sz]ation)?"
    r"(_?(params?|parameters|weights?|weights_?and_?biases|network|net|model|nn|layers|deep|he|random|xavier|mlp|l|theta|variables))*"
    r"|(params?|parameters|weights?|network)_?init(iali[sz](e|er|ation))?"
)
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


def last(name: str) -> str:
    return name.rsplit(".", 1)[-1]


@cache
def says(definition: Definition) -> frozenset[str]:
    """What a function may be good for by its name: "forward", "loss", "gradient", "update"."""
    name = (
        bare(last(definition.name)).lower() if last(definition.name) != "__call__" else "__call__"
    )
    tables = {"forward": FORWARD, "loss": LOSSLIKE, "gradient": GRADIENT, "update": UPDATE}
    found = {purpose for purpose, pattern in tables.items() if pattern.fullmatch(name)}
    words = set(split(bare(last(definition.name))))
    if words & LOSS_WORDS and words & DERIVATIVE and words <= LOSS_WORDS | DERIVATIVE | NEUTRAL:
        found.add("gradient")
    said = meaning(last(definition.name))
    if said and said.kind is Kind.LOSS and not said.derivative:
        found.add("loss")
    return frozenset(found)


INPUTS = listed(
    "x xs inputs input data features x_batch batch image images a0 x_train sample samples"
    " xb input_data x_data inp feature x_in input_x input_vector in_data example examples"
    " batch_x xtrain x_input train_x points a_0 mini_batch_x"
)
TARGETS = listed(
    "y t targets target labels label y_true ytrue true truth y_batch t_batch onehot"
    " one_hot y_train yb ys ts desired expected ground_truth y_onehot y_one_hot one_hot_y"
    " actual output_desired y_enc t_onehot d batch_y target_vector ytrain y_t y_actual"
    " y_label train_y answers y_target y_targets tgt gt batch_t t_train correct"
)
PREDICTIONS = listed(
    "y_hat yhat al a2 a3 y_pred ypred pred preds prediction predictions probs prob p"
    " output outputs out o a_out y_out a_l probabilities y_ y_prob predicted a_last"
    " hypothesis h final_output final_outputs network_output scores logits y_predict"
    " a_final py a_output activation"
)
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
WHOLE_WEIGHTS = listed("weights w ws weight w_list weight_list weight_matrices")
WHOLE_BIASES = listed("biases b bs bias b_list bias_list bias_vectors")


UPSTREAM_NAME = re.compile(
    r"d_?(out|l|j|loss|y|z|a|values?|outputs?|pred|logits|scores)(_\w+)?|\w*grad(ient|ients|s)?(_\w+)?|d|delta|upstream|error|err|eta|g|gy|next_\w+"
)


def tokens_for(name: str) -> list[Token]:
    """What a parameter of this name may stand for, the likeliest first."""
    return says_something(name) or [X, T, Y, UPSTREAM, PARAMS]


def says_something(name: str) -> list[Token]:
    """What a name says that a parameter stands for; nothing where anything is possible."""
    return named(name) or _by_words(name) or setting(name) or _size(name)


def _size(name: str) -> list[Token]:
    """Which number of units a parameter of a function stands for: "hidden_layer_size"."""
    meant = constructor_token(name) if SIZE_WORDS & set(split(name)) else None
    tokens: dict[str, list[Token]] = {IN: [IN], HIDDEN: ["size1"], OUT: [OUT]}
    return tokens.get(meant or "", [])


SIZE_WORDS = {"size", "num", "dim", "units", "n", "nodes"}


def is_target(name: str) -> bool:
    """Does the name say that it is the targets?"""
    return name.lower().strip("_") in TARGETS or _by_words(name) == [T]


def _by_words(name: str) -> list[Token]:
    """Whether a name of several words says inputs or targets: "training_set_outputs"."""
    words = {word for word in split(name) if not word.isdigit()}
    rest = words - BESIDE_WORDS
    if words & PARAMETER_WORDS and words <= PARAMETER_WORDS | BESIDE_PARAMETERS:
        return [PARAMS, VECTOR]
    if rest & TARGET_WORDS and rest <= TARGET_WORDS | OUTPUT_WORDS:
        return [T]
    if rest and rest <= OUTPUT_WORDS and words & GIVEN_WORDS:
        return [T]
    return [X] if rest and rest <= INPUT_WORDS else []


def named(name: str) -> list[Token]:
    """What a parameter of a known name may stand for."""
    lower = name.lower().strip("_")
    if match := re.fullmatch(r"(w|b|z|a|weights?|bias(?:es)?|theta)_?\[?(\d+)\]?", lower):
        number = int(match[2])
        found: list[Token] = [f"{match[1][0] if match[1][0] != 't' else 'w'}{number}"]
        return [X] if found == ["a0"] else [*found, Y] if lower in PREDICTIONS else found
    found = []
    for words, token in (
        (INPUTS, X),
        (PREDICTIONS, Y),
        (TARGETS, T),
        (CACHES, CACHE),
        (CONTAINERS, PARAMS),
        (WHOLE_WEIGHTS, WEIGHTS),
        (WHOLE_BIASES, BIASES),
    ):
        if lower in words:
            found.append(token)
    if lower in WHOLE_WEIGHTS:
        found = ["w1", *found] if lower in ("w", "weight") else [*found, "w1"]
        found += [PARAMS, VECTOR]
    if lower in WHOLE_BIASES:
        found = ["b1", *found] if lower in ("b", "bias") else [*found, "b1"]
    if lower in CONTAINERS:
        found.append(VECTOR)
    if lower == "y":
        found.append(Y)
    if lower == "a":
        found += [X, Y]
    if UPSTREAM_NAME.fullmatch(lower):
        found.append(UPSTREAM)
    if re.fullmatch(
        r"h|hidden(_?(layer|output|outputs|activation|activations))?|hid|a_hidden|z_hidden", lower
    ):
        found.insert(0, "a1")
    return found


SETTINGS: tuple[tuple[str, Token], ...] = (
    (r"lr|learning_?rate|eta|alpha|step_?size|rate|l_?rate|learn_?rate|epsilon", RATE),
    (
        r"reg|lambda_?|lambd|lmbda|lamda|lmbd|l2|regularization|reg_?\w*|weight_?decay|l2_\w+",
        PENALTY,
    ),
    (r"m|n|n_?samples|batch_?size|num_?examples|n_?examples|num_?samples", COUNT),
    (
        r"(\w+_)?(epochs?|iter(ation)?s?)|num_?iter(ation)?s?|n_?iter\w*|max_?iter|steps|n_?epochs|num_?epochs",
        Fill(1),
    ),
    (
        r"(is_?)?train(ing)?|verbose|print_\w+|debug|mode|is_?training|show\w*|graph|plot\w*",
        Fill(False),
    ),
    (
        r"layers?_?dims?|layer_?sizes|dimensions|dims|sizes|layers|nodes|architecture|nn_?architecture",
        SIZES,
    ),
    (r"(nn_?|network_?)?arch(itecture)?", ARCHITECTURE),
    (r"l|n_?layers|num_?layers|depth|number_?of_?layers", DEPTH),
    (r"keep_?prob|dropout_?keep\w*", Fill(1.0)),
    (r"momentum|dropout|drop\w*|mu", Fill(0.0)),
    (r"seed|random_?state|random_?seed", Fill(0)),
    (r"loss|cost", LOSS),
)


def setting(name: str) -> list[Token]:
    """What a parameter is set to that is neither data nor parameters."""
    lower = name.lower().strip("_")
    return [token for pattern, token in SETTINGS if re.fullmatch(pattern, lower)]


def takes_activation(definition: Definition) -> bool:
    """Is it made with an activation function and its derivative?"""
    names = [split(p.name) for p in required(definition.parameters)]
    return len(names) == 2 and not DERIVATIVE & set(names[0]) and bool(DERIVATIVE & set(names[1]))


def is_rate(name: str) -> bool:
    """Does the name mean a learning rate?"""
    return RATE in setting(name)


def nothing_known(function: str, parameter: str) -> list[Token]:
    return []


def fillings(
    definition: Definition,
    allowed: Sequence[str],
    most: int = 10,
    settings: Callable[[str, str], Sequence[Token]] = nothing_known,
) -> list[tuple[tuple[Token, ...], tuple[tuple[str, Token], ...]]]:
    """The ways to call a function with these tokens: positional and named arguments, the likeliest first.

    settings: what a parameter of a function is set to whose name says nothing.
    """
    parameters = definition.parameters
    if parameters is None or any(p.star for p in parameters) and not positional(parameters):
        return [(tuple(order), ()) for order in ((X,), (X, T), ()) if set(order) <= set(allowed)]
    places = required(parameters)
    named = [(p, o) for p in positional(parameters) if p.optional and (o := _wanted(p, allowed))]
    options = [
        (not says_something(p.name) and list(settings(definition.name, p.name)))
        or _options(p.name, allowed)
        for p in places
    ]
    found = []
    for chosen in itertools.islice(itertools.product(*map(_ranked, options)), 400):
        rank, tokens = sum(r for r, _ in chosen), tuple(t for _, t in chosen)
        again = {i for i, p in enumerate(places) if SECOND_WORDS & set(split(p.name))}
        once = [t for i, t in enumerate(tokens) if not isinstance(t, Fill) and i not in again]
        if len(set(once)) == len(once):
            found.append((rank, tokens))
    found.sort(key=lambda one: one[0])
    extra = tuple((p.name, token) for p, token in named)
    ways = []
    for _, tokens in found[:most]:
        free = tuple((name, token) for name, token in extra if token not in tokens)
        needed = tuple((name, token) for name, token in free if token == Fill(1))
        ways += list(dict.fromkeys([(tokens, free), (tokens, needed)]))
    return ways


def _options(name: str, allowed: Sequence[str]) -> list[Token]:
    """What a parameter may be given: what was returned under its name before all."""
    own: list[Token] = [returned(name)] if returned(name) in allowed else []
    found = [t for t in tokens_for(name) if _is_allowed(t, allowed)]
    is_data = bool(own) and tokens_for(name)[0] in (X, T)
    return [*found, *own] if is_data else own or found


def returned(name: str) -> str:
    """The token for a value that an earlier call returned under this name."""
    return "=" + name.lower().strip("_")


def _ranked(options: list[Token]) -> list[tuple[int, Token]]:
    return list(enumerate(options))


SET_FROM_OUTSIDE = (RATE, PENALTY, COUNT, DEPTH, SIZES, ARCHITECTURE, IN, OUT, "size1")


def _is_allowed(token: Token, allowed: Sequence[str]) -> bool:
    if isinstance(token, Fill) or token in SET_FROM_OUTSIDE:
        return True
    return token in allowed or token[0] in allowed and token[1:].isdigit()


def _wanted(parameter: Parameter, allowed: Sequence[str]) -> Token | None:
    """What an optional parameter is given all the same: the targets, the inputs, one iteration, a known rate."""
    lower = parameter.name.lower().strip("_")
    if lower in TARGETS and T in allowed:
        return T
    if lower in INPUTS and X in allowed:
        return X
    options = setting(parameter.name)
    if options and options[0] == PENALTY and parameter.default == 0:
        return PENALTY
    if options and (options[0] == Fill(1) or options[0] == RATE and "update" in allowed):
        return options[0]
    return None


def repeats(definition: Definition) -> bool:
    """Is it told how often to do something?"""
    return any(Fill(1) in setting(p.name) for p in definition.parameters or ())


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


def constructor_token(name: str) -> str | None:
    """Which number of units, or which data, a parameter of a constructor stands for by its name."""
    if name.lower() in ("x", "y"):
        return X if name.lower() == "x" else T
    words = {GLUED.sub("", w) for w in split(name) if not w.isdigit()}
    if HIDDEN_WORDS & words:
        return HIDDEN
    if {"learning", "rate", "activation", "loss", "func", "function", "std"} & words or setting(
        name
    ):
        return None
    return IN if IN_WORDS & words else OUT if OUT_WORDS & words else None
