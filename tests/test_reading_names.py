"""Every name that people really give these functions is understood; names of other things are left alone."""

import pytest

from checkgrad.child.inventory import Definition, Inventory, Parameter
from checkgrad.exercises import ALL
from checkgrad.reading import candidates, misfits, nearest_names
from checkgrad.words.meaning import meaning
from in_process import InProcess

FUNCTIONS = {
    ("sigmoid", False): (
        "sigmoid _sigmoid safe_sigmoid sigmoid_simple logistic sigmoid_forward SigmoidForward"
        " stable_sigmoid numerically_stable_sigmoid sigmoid_v2 compute_sigmoid sigmoid_fn"
    ),
    ("sigmoid", True): (
        "sigmoid_grad sigmoid_derivative sigmoid_prime sigmoid_backward sigmoid_dev d_sigmoid"
        " sigmoid_der logistic_derivative logistic_deriv grad_sigmoid sigmoid_d sigmoid_p"
        " sigmoid_derv Dsigmoid sigmoid_deriv sigmoid_dx sigmoid_diff dsigmoid dSigmoid"
        " derivative_of_sigmoid"
    ),
    ("relu", False): "relu ReLU relu_forward Relu",
    ("relu", True): "relu_p relu_backward dReLU relu_derivative",
    ("leaky_relu", False): "leaky_relu leakyReLU lrelu",
    ("tanh", True): "tanh_prime dtanh d_tanh tanh_backward",
    ("softmax", False): (
        "softmax safe_softmax softmax_simple SoftmaxForward softmax_2D f_softmax softmax_naive"
        " softmax_vectorized softMax"
    ),
    ("softmax", True): (
        "softmax_prime d_softmax softMaxBackward softmax_grad softmax_d softmax_derivative"
        " softmax_der softmax_gradient softmax_jacobian softmax_backward"
    ),
    ("softmax_cross_entropy", False): (
        "softmax_loss softmax_loss_naive softmax_loss_vectorized softmaxCostAndGradient"
        " softmaxLossNaive softmaxLoss softmax_cross_entropy softmax_cross_entropy_simple"
        " softmax_classifier cross_entropy_with_logits"
    ),
    ("binary_cross_entropy", False): (
        "binary_cross_entropy binarycrossentropy log_loss_function bce_loss BCE"
        " binary_cross_entropy_loss"
    ),
    ("binary_cross_entropy", True): (
        "binary_cross_entropy_prime binarycrossentropy_prime d_log_loss_function bce_grad"
        " bce_gradient BCE_derivative bce_gradient_wrt_logit"
    ),
    ("cross_entropy", False): (
        "cross_entropy_loss cross_entropy cross_entropy_error categorical_cross_entropy _NLL"
        " CrossEntropyForward crossentropy crossentropyloss cross_entropy_loss_function"
    ),
    ("cross_entropy", True): (
        "CrossEntropyBackward cross_entropy_prime crossentropyloss_prime cross_entropy_loss_grad"
        " delta_cross_entropy cross_entropy_derivative cross_entropy_der cross_entropy_derivate"
        " cross_entropy_delta cross_entropy_grad d_cross_entropy d_cross_entropy_loss"
    ),
    ("mse_loss", False): "mse mse_loss mean_squared_error quadratic_cost MSELoss",
    ("affine_forward", False): "affine_forward linear_forward",
    ("affine_forward", True): "affine_backward linear_backward",
    ("one_hot", False): "one_hot one_hot_encode vectorized_result y2indicator",
    ("accuracy", False): "accuracy get_accuracy compute_accuracy",
}
CLASSES = {
    "sigmoid": "Sigmoid SigmoidLayer LogisticLayer",
    "softmax": "Softmax SoftmaxLayer SoftMaxModule SoftmaxOutputLayer SoftMax Activation_Softmax",
    "cross_entropy": (
        "CrossEntropyLoss CrossEntropy CrossEntropyError CrossEntropyCost CrossEntropyLossLayer"
        " NLL categorical_cross_entropy sparse_cross_entropy CrossEntropyModule CCE"
        " CategoricalCrossEntropy Loss_CategoricalCrossentropy"
    ),
    "binary_cross_entropy": "BinaryCrossEntropy BinaryCrossEntropyError BinaryCrossEntropyLoss",
    "softmax_cross_entropy": (
        "SoftmaxCrossEntropy CrossEntropySoftmaxError SoftmaxWithLoss Softmax_CrossEntropy"
        " SoftmaxCategoricalCrossEntropy SoftmaxLossLayer"
    ),
    "affine_forward": "Linear Dense Affine LinearLayer AffineLayer FC LinearModule linear",
}
OTHERS = (
    "softmax_regression_epoch plot_sigmoid numerical_gradient softmax_predict log_softmax loss cost"
    " forward backward gradient backprop temporal_softmax_loss linear_activation_forward"
    " affine_relu_forward LinearSVM test_softmax logistic_regression train fit update"
    " L_model_forward sigmoid_layer_sizes"
)


@pytest.mark.parametrize(
    ("name", "concept", "is_derivative"),
    [(n, c, d) for (c, d), names in FUNCTIONS.items() for n in names.split()],
)
def test_a_function_name_is_understood(name, concept, is_derivative):
    said = meaning(name)
    assert (said.of.name, bool(said.derivative)) == (concept, is_derivative)


@pytest.mark.parametrize(
    ("name", "concept"), [(n, c) for c, names in CLASSES.items() for n in names.split()]
)
def test_a_class_name_is_understood(name, concept):
    assert meaning(name).of.name == concept


@pytest.mark.parametrize("name", OTHERS.split())
def test_names_of_other_things_mean_nothing(name):
    assert meaning(name) is None


def found(source, **options):
    inventory = InProcess("import numpy as np\n" + source).inventory
    return [(c.exercise.name, c.function) for c in candidates(inventory, ALL, **options)]


def test_softmax_with_an_upstream_gradient_is_the_backward_pass_and_without_it_the_jacobian():
    assert found("def softmax_grad(z): return z") == [("softmax_jacobian", "softmax_grad")]
    assert found("def softmax_grad(dout, z): return z") == [("softmax_backward", "softmax_grad")]


def test_a_cross_entropy_that_takes_the_softmax_itself_takes_logits():
    source = "def cross_entropy(x, t): return -np.log(softmax(x)) * t"
    assert found(source) == [("softmax_cross_entropy", "cross_entropy")]
    source = "def cross_entropy(x, t): return -np.log(x) * t"
    assert found(source) == [("cross_entropy", "cross_entropy")]


def test_a_loss_that_returns_two_values_answers_two_exercises():
    source = "def softmax_loss(x, y):\n    loss, dx = 0, 0\n    return loss, dx"
    assert found(source) == [
        ("softmax_cross_entropy", "softmax_loss"),
        ("softmax_cross_entropy_gradient", "softmax_loss"),
    ]


def test_a_loss_that_returns_its_cache_answers_one():
    source = "def cross_entropy_forward(y, t):\n    return -np.sum(t * np.log(y)), (y, t)"
    assert found(source) == [("cross_entropy", "cross_entropy_forward")]


def test_a_flag_makes_two_exercises_of_one_function():
    source = "def sigmoid(x, derivative=False): return x"
    assert found(source) == [("sigmoid", "sigmoid"), ("sigmoid_derivative", "sigmoid")]


def test_without_softmax_beside_a_sigmoid_the_cross_entropy_is_binary():
    sigmoid = "def sigmoid(z): return z\n"
    binary = "def cross_entropy(y, t): return -t * np.log(y) - (1 - t) * np.log(1 - y)"
    assert ("binary_cross_entropy", "cross_entropy") in found(sigmoid + binary)
    classes = "def cross_entropy(y, t): return -t * np.log(np.clip(y, 1e-9, 1 - 1e-9))"
    assert ("cross_entropy", "cross_entropy") in found(sigmoid + classes)


@pytest.mark.parametrize(
    ("source", "exercise"),
    [
        ("def L2_loss(y_true, y_pred): return y_pred", "mse_loss"),
        ("def l2_loss(w, lam): return w", "l2_penalty"),
        ("def softmax_grad(y_pred, y_true): return y_pred", "softmax_cross_entropy_gradient"),
        ("def softmax_grad(X, y, W): return X", "softmax_cross_entropy_gradient"),
        ("def softmax_backward(dout, y): return y", "softmax_backward"),
    ],
)
def test_the_parameters_tell_what_the_name_leaves_open(source, exercise):
    assert [name for name, _ in found(source)] == [exercise]


def test_a_loss_class_whose_forward_takes_no_targets_gives_the_probabilities():
    source = """
class SoftmaxCrossEntropy:
    def forward(self, x):
        self.y = np.exp(x) / np.exp(x).sum(axis=1, keepdims=True)
        return self.y
    def backward(self, t):
        return self.y - t
"""
    assert found(source) == [
        ("softmax", "SoftmaxCrossEntropy.forward"),
        ("softmax_cross_entropy_gradient", "SoftmaxCrossEntropy.backward"),
    ]


def test_every_version_of_a_function_is_a_candidate_of_its_own():
    source = "def softmax_naive(z): return z\ndef softmax_vectorized(z): return z"
    assert found(source) == [("softmax", "softmax_naive"), ("softmax", "softmax_vectorized")]


def test_stubs_are_candidates():
    inventory = InProcess("def softmax(z):\n    pass").inventory
    (candidate,) = candidates(inventory, ALL)
    assert candidate.stub


def test_a_training_loop_called_sgd_is_no_update():
    assert found("def sgd(model, data, epochs, batch_size, eta): pass") == []


def test_accuracy_of_a_network_is_not_accuracy_of_outputs():
    assert found("def accuracy(X, y, params): return 1.0") == []


def test_a_mapping_replaces_what_the_names_say():
    source = "def mine(z): return z\ndef softmax(z): return z"
    assert found(source, mapping={"softmax": "mine"}) == [("softmax", "mine")]


def test_a_module_may_map_its_own_functions():
    source = "def mine(z): return z\nCHECKGRAD = {'softmax': 'mine'}"
    assert found(source) == [("softmax", "mine")]


def test_a_mapping_may_name_a_class_or_a_method_with_its_module():
    source = "class Mine:\n    def forward(self, z): return z"
    for target in ("Mine", "Mine.forward", "model.Mine.forward"):
        assert found(source, mapping={"softmax": target}) == [("softmax", "Mine.forward")]


def test_what_a_module_says_of_itself_is_read_from_its_text_and_never_run():
    source = "def mine(z): return z\nCHECKGRAD = {'softmax': 'mi' + 'ne'}"
    assert found(source) == []


def test_a_mapping_that_leads_nowhere_is_said():
    inventory = InProcess("def mine(z): return z").inventory
    problems = misfits(inventory, ALL, {"softmax": "yours", "softmex": "mine", "relu": "mime"})
    assert problems == [
        "softmex is not an exercise asked for here",
        "softmax is mapped to yours, which the submission does not define",
        "relu is mapped to mime, which the submission does not define; did you mean mine?",
    ]


def test_the_nearest_name_is_offered():
    inventory = InProcess("def sigmod(z): return z\ndef helper(): pass").inventory
    assert nearest_names(inventory, ALL) == ["did you mean sigmoid for sigmod?"]


def test_a_submission_with_endless_functions_is_read_up_to_a_number_and_none_hides_another():
    many = [
        Definition(f"sigmoid_derivative_{n}", "function", (Parameter("z"),)) for n in range(900)
    ]
    one = Definition("softmax", "function", (Parameter("z"),))
    found = candidates(Inventory((*many, one)), ALL)
    assert 100 <= len(found) <= 200
    assert {"softmax", "sigmoid_derivative_0"} <= {c.function for c in found}
