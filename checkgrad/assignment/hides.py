"""Mistakes that equal a right formula under another convention: what a convention hides while it is not pinned."""

HIDES: dict[str, tuple[str, ...]] = {
    "reduction": (
        "binary_cross_entropy.forgot_the_mean",
        "binary_cross_entropy.divided_but_did_not_sum",
        "binary_cross_entropy_derivative.forgot_to_divide_by_the_samples",
        "sigmoid_binary_cross_entropy.summed_instead_of_averaged",
        "sigmoid_binary_cross_entropy_gradient.forgot_the_mean_over_the_samples",
        "cross_entropy.forgot_the_mean",
        "cross_entropy.averaged_over_the_classes_too",
        "cross_entropy_derivative.forgot_to_divide_by_the_samples",
        "cross_entropy_derivative.divided_by_samples_and_classes",
        "softmax_cross_entropy.summed_instead_of_averaged",
        "softmax_cross_entropy_gradient.forgot_the_mean_over_the_samples",
        "softmax_cross_entropy_gradient.averaged_over_all_cells",
        "mse_loss.divided_by_the_number_of_outputs",
        "mse_loss.forgot_the_mean",
        "mse_loss_gradient.forgot_to_divide",
        "mse_loss_gradient.divided_by_the_outputs_of_one_sample",
    ),
    "layout": (
        "binary_cross_entropy.compared_every_sample_with_every_other",
        "softmax.normalised_down_the_columns",
        "softmax.summed_with_pythons_own_sum",
        "softmax_jacobian.took_the_batch_for_one_sample",
        "one_hot.turned_rows_into_columns",
        "accuracy.searched_down_the_columns",
        "cross_entropy.divided_by_the_number_of_classes",
        "cross_entropy_derivative.divided_by_the_classes",
        "mse_loss.divided_by_the_number_of_outputs",
        "mse_loss_gradient.divided_by_the_outputs_of_one_sample",
    ),
    "argument": (
        "sigmoid_derivative.used_the_rule_for_activations_on_logits",
        "accuracy.compared_outputs_with_targets",
        "cross_entropy.applied_softmax_to_probabilities",
        "tanh_derivative.used_the_rule_for_activations_on_logits",
        "relu_derivative.returned_the_sign",
    ),
    "order": (
        "binary_cross_entropy.swapped_output_and_target",
        "cross_entropy.swapped_output_and_target",
    ),
    "fused": (
        "binary_cross_entropy_derivative.gave_the_gradient_of_the_logits",
        "cross_entropy_derivative.gave_the_gradient_of_the_logits",
    ),
    "sign": (
        "sigmoid_binary_cross_entropy_gradient.subtracted_the_outputs_from_the_targets",
        "softmax_cross_entropy_gradient.subtracted_the_outputs_from_the_targets",
        "mse_loss_gradient.subtracted_the_outputs_from_the_targets",
        "sgd_update.went_uphill",
    ),
    "loss": (
        "cross_entropy.added_the_terms_of_the_wrong_classes",
        "cross_entropy_derivative.used_the_binary_rule_for_every_class",
    ),
    "mse_factor": ("mse_loss_gradient.forgot_the_two",),
    "l2_factor": (
        "l2_penalty.forgot_the_half",
        "l2_penalty_gradient.kept_the_two",
    ),
    "alpha": ("leaky_relu_derivative.used_another_alpha",),
    "eps": (
        "binary_cross_entropy.swapped_output_and_target",
        "cross_entropy.swapped_output_and_target",
    ),
}
