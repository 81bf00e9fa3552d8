"""What names of parameters say that a function is given, and a network."""

from __future__ import annotations

import re

from checkgrad.words.text import listed

PREDICTION = listed(
    "y_pred ypred yhat y_hat p prob probs probabilities pred preds prediction predictions"
    " predicted a al a2 a3 output outputs o out x_pred y_predict y_predicted softmax_output"
    " y_prob y_probs py dvalues outs h y_out activations network_output predicts hypothesis"
    " forecast output_values network_outputs prediction_tensor y_pred_proba pred_proba y_probas"
    " predicted_output predicted_outputs actual_predictions probas"
)
TARGET = listed(
    "t y_true ytrue target targets label labels y_targ true truth expected gt d"
    " ground_truth one_hot y_onehot y_one_hot y_label y_labels y_actual tgt y_real ts"
    " desired y_target y_targets y_batch t_onehot correct onehot y_t y_train expected_values"
    " expected_output expected_outputs expects expect actual actuals actual_output label_tensor"
    " y_test y_gt target_output target_outputs desired_output"
)
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
    "labels": listed("y t target targets label indices classes_ x"),
    "classes": listed("c k n n_classes num_classes nb_classes classes depth"),
    "w": listed("weights weight theta params param"),
    "g": listed("dw grad grads gradient gradients dx"),
    "lr": listed("learning_rate alpha eta step_size rate learningrate l_rate"),
    "mu": listed("momentum beta gamma rho beta1"),
    "v": listed("velocity vel s cache"),
    "lam": listed("lambda_ lambd reg lmbda regularization l2 alpha lamda lmbd"),
    "x": listed("inputs input a_prev a inp h data"),
    "b": listed("bias biases"),
    "dy": listed("dout"),
    "dout": listed("dy dz"),
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
