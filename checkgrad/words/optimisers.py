"""Names of optimisers, their methods, settings, and of what they are handed and keep."""

from __future__ import annotations

import re

from checkgrad.words.text import listed

OTHERS = listed(
    "nesterov nag rmsprop rms prop adagrad adadelta adamax nadam amsgrad radam lion ada w sparse"
)
DESCENT = listed("sgd gd descent")
CHANGES = listed("update updates updated updating step apply optimize optimise adjust")
CHANGED = listed("params param parameters parameter weights weight theta gradients grads gradient")
METHOD = re.compile(
    r"(update|step|apply|optimi[sz]e|adjust|descend|__call__|call|calculate_updates?|get_updates?)"
    r"(_?(params?|parameters|weights|gradients?|grads?|step|layers?|network|values?|all|one))*"
)
GRADIENTS = re.compile(
    r"(d_?)?(grads?|gradients?)(_\w+)?|d_?(w|params?|theta|weights?|b|x|p)s?\d?|\w+_grads?"
    r"|slopes?|partials?|nablas?|deltas?|derivatives?|g"
)
PARAMETERS = re.compile(
    r"ws?|weights?(_list)?|params?|parameters?|thetas?|var(iable)?s?|x|p|layers?|model|net(work)?"
    r"|nodes?|trainables?|values?|coefs?|units?|modules?"
)
MOMENTUM = listed("momentum mu friction")
OBJECTS = re.compile(
    r"params?|parameters?|layers?|model|net(work)?|nodes?|trainables?|var(iable)?s?|units?|modules?"
)
FRICTION = listed("mu momentum beta gamma rho beta1 beta_1 b1 friction inertia")
FIRST_BETA = listed("beta1 beta_1 b1 betaone rho1 decay1 decay_rate1 beta mu")
SECOND_BETA = listed("beta2 beta_2 b2 betatwo rho2 decay2 decay_rate2 gamma")
SMALL = listed("eps epsilon small")
FADING = listed(
    "decay weight_decay lr_decay learning_rate_decay decay_rate l2 reg lambda_ lambd wd"
)
COUNTER = listed("t step steps iteration iterations it iter i epoch timestep k time n_iter")
MEMORY = re.compile(
    r"[vmsrhc](_?t|_prev)?|v(el|elocity|elocities)|mom(ent|ents|entum)?s?\d?|cache\w*|(first|second)_?\w*"
    r"|[vms]_?d?[wb]\d?|\w+_(cache|velocity|moments?|m|v)"
)
CONFIG = listed(
    "config cfg optim_config opt_config hyperparameters hyperparams opts settings state"
)
VALUE = listed("value data val w param weight tensor array")
GRADIENT = listed("grad gradient gradients g d dw grads")


OF_PARAMETERS = {"params", "param", "parameters", "weights", "w"}
MODELS = listed("model net network")
CUTS = listed("clip norm clip_grad clip_gradients clip_by_norm clip_by_value sign")


def is_gradient(name: str) -> bool:
    """Does a name say that it is a gradient?"""
    return GRADIENTS.fullmatch(name.lower().strip("_")) is not None
