"""Mistakes that no formula shows: what a network keeps from call to call, how it starts, what it can express."""

from __future__ import annotations

from typing import NamedTuple


class Manner(NamedTuple):
    """A mistake in how a network behaves; explanation and hint are what a student reads."""

    name: str
    explanation: str
    hint: str


ADDS_UP = Manner(
    "added_to_the_gradients_of_the_call_before",
    "The gradients of the call before are still there, and each call adds its own to them.",
    "What stands in your gradients when the next backward pass begins?",
)
STALE = Manner(
    "kept_the_values_of_an_earlier_batch",
    "The backward pass works with values that were stored for an earlier batch.",
    "Which batch do the stored activations belong to when the backward pass uses them?",
)
FIRST_ONLY = Manner(
    "was_right_for_the_first_batch_only",
    "The first batch has the right gradients, one after it on the same network has not.",
    "What does the first call change in the network that the second one finds?",
)
ALIKE = Manner(
    "started_all_hidden_units_alike",
    "All units of a hidden layer start with the same weights, so they stay the same for ever.",
    "If two units start alike and are treated alike, when will they ever differ?",
)
NO_BIASES = Manner(
    "left_out_all_biases",
    "Without biases the output for the input (0, 0) is one half whatever the weights are.",
    "What comes out of a layer without biases if all its inputs are 0?",
)
LINEAR = Manner(
    "left_the_hidden_layers_linear",
    "The hidden layers have no activation function, so all layers together are only one linear layer.",
    "Can one straight line part the two classes of XOR?",
)

MANNERS = (ADDS_UP, STALE, FIRST_ONLY, ALIKE, NO_BIASES, LINEAR)
