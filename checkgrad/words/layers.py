"""Names of a layer's methods, of what they leave behind and of how a layer is made."""

from __future__ import annotations

import re

from checkgrad.exercises import mlp
from checkgrad.words.text import listed

FORWARD = listed(
    "forward __call__ fprop forward_pass forward_propagation compute_output feedforward activate"
    " activation function func fn f output _output run get_output calculate calc compute apply"
    " evaluate call compute_loss compute_cost calculate_loss loss cost error _forward propagate"
    " forwardprop forward_prop act transform value"
)
LOSS_OF_A_MODEL = listed("compute_loss compute_cost calculate_loss loss cost error")
BACKWARD = listed(
    "backward backprop bprop backward_pass back backpropagate backpropagation _backward"
    " backward_propagation backwardprop back_prop backward_prop _input_grad input_grad"
)
SLOPE = listed(
    "gradient grad derivative deriv derv diff prime df delta dfn local_grad gradients derivate"
    " compute_gradient get_gradient calculate_gradient f_prime fn_prime activation_derivative"
    " derive loss_grad _grad grad_fn der d jacobian compute_grad loss_gradient loss_derivative"
    " d_loss bp calculate_derivative function_derivative func_derivative"
)
GIVES_LOSS = ("get_loss", "loss", "get_cost", "cost", "get_value", "value", "item")
VALUES = listed(
    "output out y a outputs activations probs p result value y_hat yhat s loss cost e j l"
)
GRADIENTS = listed(
    "dinputs dvalues dx grad gradient dinput grad_input d_inputs input_grad grads d_input dz da dinputs_"
)
KEEPS = listed(
    "save keep store cache retain remember record train training trainable grad requires"
)


FUNCTION = listed("f fn func function forward call activation activate value")


LISTS = listed(
    "layers sizes layer_sizes layer_dims dims shape_list hidden_layers topology architecture"
)
IN = re.compile(
    r"(n_?|num_?|dim_?|size_?|shape_?|d_?|nb_?)?(in|input|inputs|fan_?in|prev)"
    r"(_?(size|dims?|features|units|shape|nodes|neurons|num|channels|n))?|d|rows|num_features|n_x",
    re.IGNORECASE,
)
OUT = re.compile(
    r"(n_?|num_?|dim_?|size_?|shape_?|d_?|nb_?)?(out|outputs?|hidden|units|neurons|fan_?out|nodes)"
    r"(_?(size|dims?|features|units|shape|nodes|neurons|num|channels|n))?|h|m|cols|n_y|size|n",
    re.IGNORECASE,
)
WEIGHT = re.compile(r"_*(w|weights?|kernel|theta|w_init|weight_matrix)_*", re.IGNORECASE)
BIAS = re.compile(r"_*(b|bias|biases|b_init|w_?0|offsets?|intercept)_*", re.IGNORECASE)


def holder(role: str) -> re.Pattern[str]:
    """How attributes and arguments are called that hold a parameter: weights and bias by their words."""
    usual = {"w": WEIGHT, "b": BIAS}
    return usual.get(role) or re.compile(rf"_*{re.escape(role)}_*", re.IGNORECASE)


GRADIENT = r"(d(l|j|e|c|loss)?d?|grads?|gradients?|nabla|delta)"
WEIGHT_GRADIENT = re.compile(
    rf"({GRADIENT}(wrt)?(w|weights?|kernel)|(w|weights?|kernel){GRADIENT})(current|cache)?"
)
BIAS_GRADIENT = re.compile(
    rf"({GRADIENT}(wrt)?(b|bias|biases|w0|offsets?)|(b|bias|biases|w0|offsets?){GRADIENT})(current|cache)?"
)
GRADIENT_TABLE = re.compile(rf"{GRADIENT}\[")
OUTPUT = re.compile(r"outputs?|out|z|y|a|result")
INPUT_GRADIENT = re.compile(rf"{GRADIENT}(x|a|inputs?|aprev)|(x|inputs?){GRADIENT}|dinputs")
WHOLE = listed("fit train predict score predict_proba train_step learn")


FIELD_SLOPE = listed(
    "df dfn dfunc d_f d_fn grad gradient deriv derivative prime f_prime fn_prime backward slope diff"
)

# What the argument of a layer is called that chooses its activation, beside what has "activ" in it.
CHOSEN = listed("act f func nonlinearity activator sigma g")
# Of NumPy: what a call in a forward pass makes of the logits.
WRITTEN = {"maximum": mlp.BY_NAME[0]}
LAYERS = listed("layer dense linear affine fc connected")
