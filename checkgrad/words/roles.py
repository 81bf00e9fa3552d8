"""What names of parameters say that a function is given, and a network."""

from __future__ import annotations

import re
from typing import NamedTuple

from checkgrad.words.text import listed


class Said(NamedTuple):
    """Words for one thing: what functions and networks share, and what means it in one of them alone.

    In a function "a" is the output of what is differentiated, in a network that of any layer.
    """

    both: str
    functions: str = ""
    networks: str = ""

    @property
    def of_functions(self) -> frozenset[str]:
        return listed(f"{self.both} {self.functions}")

    @property
    def of_networks(self) -> frozenset[str]:
        return listed(f"{self.both} {self.networks}")


OUTPUTS = Said(
    "y_pred ypred yhat y_hat p prob probs probabilities pred preds prediction predictions"
    " predicted al a2 a3 output outputs o out y_predict y_prob py h y_out network_output"
    " hypothesis predicts forecast output_values network_outputs prediction_tensor"
    " y_pred_proba pred_proba y_probas y_probs y_predicted softmax_output predicted_output"
    " predicted_outputs actual_predictions probas a_final a_l a_last a_out a_output"
    " final_output final_outputs",
    functions="a activations dvalues x_pred outs",
    networks="activation logits scores y_",
)
TARGETS = Said(
    "t y_true ytrue target targets label labels true truth expected gt d ground_truth"
    " one_hot y_onehot y_one_hot y_label y_actual tgt ts desired y_target y_targets y_batch"
    " t_onehot correct onehot y_t y_train actual y_targ y_labels y_real expected_values"
    " expected_output expected_outputs expects expect actuals actual_output label_tensor"
    " y_gt target_output target_outputs desired_output t_batch yb ys one_hot_y"
    " output_desired y_enc batch_y target_vector ytrain train_y answers batch_t t_train",
    functions="y_test",
    networks="y",
)
INPUTS = Said(
    "x input inputs inp data",
    functions="a_prev a h",
    networks=(
        "xs features x_batch batch image images a0 x_train sample samples xb input_data x_data"
        " feature x_in input_x input_vector in_data example examples batch_x xtrain x_input"
        " train_x points a_0 mini_batch_x"
    ),
)
WEIGHTS = Said(
    "w weights weight",
    functions="theta params param",
    networks="ws w_list weight_list weight_matrices",
)
BIASES = Said(
    "b bias biases",
    networks="bs b_list bias_list bias_vectors",
)
PREDICTION, TARGET = OUTPUTS.of_functions, TARGETS.of_functions
LOGITS = listed(
    "z x scores logits s inp input inputs score f net zo product predictions predicted y_pred"
    " pred a logit zs values features v x_pred y_hat yhat"
)
NOT_TARGET = PREDICTION | listed("z logits logit scores score")
ROLES = {
    "z": LOGITS,
    "y": PREDICTION,
    "a": PREDICTION,
    "t": TARGET,
    "labels": listed("y t target targets label indices x"),
    "classes": listed("c k n n_classes num_classes nb_classes classes depth"),
    "w": WEIGHTS.of_functions - {"w"},
    "g": listed("dw grad grads gradient gradients dx"),
    "lr": listed("learning_rate alpha eta step_size rate learningrate l_rate"),
    "mu": listed("momentum beta gamma rho beta1"),
    "v": listed("velocity vel s cache"),
    "lam": listed("lambda lambd reg lmbda regularization l2 alpha lamda lmbd"),
    "x": INPUTS.of_functions - {"x"},
    "b": BIASES.of_functions - {"b"},
}
RATES = ROLES["lr"] | {"lr"}
UPSTREAM_NAME = re.compile(
    r"d[a-z]{0,2}[0-9]?|dout|dvalues?|d_\w+|\w*grad\w*|upstream|delta|g|next_\w+|error|err|dloss|dl_?\w*|"
    r"dvals?|doutputs?"
)
INTERCHANGEABLE = {"y", "t", "z"}
FLAG = re.compile(
    r"(is_?|as_?|return_?)?(derivative|deriv|derv|der|prime|grad|gradient|backward|backprop|derive|diff|d)"
)
SURE_FLAG = re.compile(r"(is_?)?(derivative|deriv|prime|derive)")


LOGITS_ONLY = {"z", "zs", "logit", "logits", "score", "scores"}
