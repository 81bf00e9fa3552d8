"""Writes data/report*.json: made-up reports that resemble real homework. Run it after the model has changed."""

from pathlib import Path

import numpy as np

from checkgrad.model import (
    Asked,
    Curve,
    Diagnosis,
    Environment,
    Example,
    Isolation,
    Layers,
    Matrix,
    Outcome,
    ReadAs,
    Region,
    Report,
    Scatter,
    Source,
    Submission,
    Surface,
    TrainingRun,
    Verdict,
    Worked,
)
from checkgrad.render import json

DATA = Path(__file__).parent / "data"
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>\"'&]]>\x1b[31m\x00\u202e$\\frac{$ ${7*7} {{7*7}}"
BISHOP = "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4"
NAMES = ["dW1", "db1", "dW2", "db2", "dW3", "db3"]


def rounded(values):
    return np.round(np.asarray(values, float), 6).tolist()


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def softmax(z):
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def right(exercise, *checks, function=None, **more):
    return [
        Outcome(exercise, function or exercise, check, Verdict.PASSED, 1.0, 1.0, **more)
        for check in checks
    ]


ASKED = [
    Asked(
        "sigmoid",
        "sigmoid",
        "Each entry becomes a number between 0 and 1: 1 / (1 + exp(-z)).",
        r"y = \frac{1}{1 + e^{-z}}",
        BISHOP,
    ),
    Asked(
        "sigmoid_derivative",
        "derivative of the sigmoid",
        "The slope of the sigmoid, y (1 - y).",
        r"\frac{\partial y}{\partial z} = y (1 - y)",
        BISHOP,
        "y = (1 + e^{-z})^{-1}\n"
        r"\frac{\partial y}{\partial z} = (1 + e^{-z})^{-2} e^{-z}"
        "\n"
        r"\frac{\partial y}{\partial z} = \frac{1}{1 + e^{-z}} \cdot \frac{e^{-z}}{1 + e^{-z}} = y (1 - y)",
    ),
    Asked(
        "softmax",
        "softmax",
        "Rows of logits become rows of probabilities: exp(z_i) / sum_k exp(z_k).",
        r"y_i = \frac{e^{z_i}}{\sum_k e^{z_k}}",
        BISHOP,
    ),
    Asked(
        "softmax_jacobian",
        "Jacobian of the softmax",
        "How every probability moves with every logit: y_i (1 - y_i) on the diagonal, -y_i y_j beside it.",
        r"\frac{\partial y_i}{\partial z_j} = \begin{cases} y_i (1 - y_i) & i = j \\ -y_i y_j & i \neq j \end{cases}",
        BISHOP,
        r"\frac{\partial y_i}{\partial z_j} = \frac{\partial}{\partial z_j} \frac{e^{z_i}}{\sum_k e^{z_k}}"
        "\n"
        r"= \frac{\delta_{ij} e^{z_i} \sum_k e^{z_k} - e^{z_i} e^{z_j}}{\left( \sum_k e^{z_k} \right)^2}"
        "\n"
        r"= y_i (\delta_{ij} - y_j)",
    ),
    Asked(
        "softmax_cross_entropy_gradient",
        "gradient of softmax with cross-entropy",
        "How the loss moves with every logit: outputs minus targets.",
        r"\frac{\partial L}{\partial z_{nc}} = \frac{1}{N} (y_{nc} - t_{nc})",
        BISHOP,
    ),
    Asked(
        "one_hot",
        "one-hot coding",
        "Class numbers become rows with a single 1.",
        r"t_{nc} = [c = \mathrm{label}_n]",
        BISHOP,
    ),
    Asked(
        "accuracy",
        "accuracy",
        "The share of samples whose largest output is at the right class.",
        r"\frac{1}{N} \sum_n [\operatorname{argmax}_c y_{nc} = t_n]",
        BISHOP,
    ),
    Asked(
        "binary_cross_entropy",
        "binary cross-entropy",
        "The mean over the samples of -t log y - (1 - t) log(1 - y).",
        r"L = -\frac{1}{N} \sum_n \left( t_n \log y_n + (1 - t_n) \log (1 - y_n) \right)",
        BISHOP,
    ),
    Asked(
        "MLP",
        "a network of layers",
        "Forward and backward through all layers, for any sizes.",
        r"\frac{\partial L}{\partial W_k} = a_{k-1}^T \, \frac{\partial L}{\partial z_k}, \quad \frac{\partial L}{\partial a_{k-1}} = \frac{\partial L}{\partial z_k} \, W_k^T",
        BISHOP,
    ),
]


def softmax_surface():
    grid = np.linspace(-4, 4, 21)
    first, second = np.meshgrid(grid, grid)
    true = softmax(np.stack([first, second], axis=-1))[..., 1]
    return Surface(
        "P(t=1|z) over two logits",
        "z0",
        "z1",
        rounded(grid),
        rounded(grid),
        rounded(true),
        rounded(true),
    )


def sigmoid_outcomes():
    z = np.linspace(-3, 3, 121)
    y, wrong = sigmoid(z), z * (1 - z)
    error = np.geomspace(1e-1, 1e-12, 45)
    steps = np.geomspace(1e-1, 1e-12, 45)
    return [
        *right(
            "sigmoid",
            "exists",
            "matches_the_formula",
            "obeys_its_laws",
            "survives_extreme_inputs",
            evidence=[],
        ),
        *right("sigmoid_derivative", "exists", function="sigmoid_prime"),
        Outcome(
            "sigmoid_derivative",
            "sigmoid_prime",
            "matches_the_formula",
            Verdict.WRONG,
            0.0,
            1.0,
            "sigmoid_prime is wrong at [1]: got 0, expected 0.25",
            diagnoses=[
                Diagnosis(
                    "took_z_for_y",
                    "The formula y (1 - y) was applied to the input z instead of the output y.",
                    "What does your function call y, and what was it given?",
                )
            ],
            structure="equal to z (1 - z)",
            example=Example(
                {"z": [-1.0, 0.0, 2.0]},
                [-2.0, 0.0, -2.0],
                rounded(sigmoid(np.array([-1.0, 0, 2])) * (1 - sigmoid(np.array([-1.0, 0, 2])))),
                "[1]",
                worked=[
                    Worked("y_{1}", r"\frac{1}{1 + e^{0}}", 0.5),
                    Worked(r"\frac{dy}{dz} = y (1 - y)", r"0.5 \cdot (1 - 0.5)", 0.25),
                ],
            ),
            source=Source("hw3.py, line 12", 12, "def sigmoid_prime(y):\n    return y * (1 - y)"),
            evidence=[
                Curve(
                    "Your derivative and the right one",
                    "z",
                    "dy/dz",
                    rounded(z),
                    {"yours": rounded(wrong), "expected": rounded(y * (1 - y))},
                ),
                Curve(
                    "Error of the numeric derivative against its step",
                    "step h",
                    "error",
                    steps.tolist(),
                    {"numeric derivative": (error**2 / 6 + 1e-16 / steps).tolist()},
                    logarithmic=True,
                ),
            ],
            error=2.104994,
            bound=3.1e-15,
            since="still there",
        ),
    ]


def jacobian_outcomes():
    y = softmax(np.array([0.0, 1.0, 2.0]))
    expected = np.diag(y) - np.outer(y, y)
    got = np.diag(y * (1 - y)) + (1 - np.eye(3)) * np.outer(y, y)
    wrong = [(i, j) for i in range(3) for j in range(3) if i != j]
    return [
        *right("softmax_jacobian", "exists", since="fixed"),
        Outcome(
            "softmax_jacobian",
            "softmax_jacobian",
            "matches_the_formula",
            Verdict.WRONG,
            0.0,
            1.0,
            "softmax_jacobian is wrong at [1, 2]: got 0.162803, expected -0.162803",
            diagnoses=[
                Diagnosis(
                    "off_diagonal_without_minus",
                    "The entries beside the diagonal lack their minus sign.",
                    "If one logit grows, what happens to the probability of another class?",
                )
            ],
            structure="right on the diagonal, the opposite elsewhere",
            example=Example(
                {"z": [0.0, 1.0, 2.0]},
                rounded(got),
                rounded(expected),
                "[1, 2]",
            ),
            evidence=[
                Matrix(
                    "Jacobian at z = [0, 1, 2]",
                    rounded(got),
                    rounded(expected),
                    wrong,
                    "output i",
                    "logit j",
                )
            ],
            error=0.325606,
            bound=2.2e-15,
            since="new",
        ),
        Outcome(
            "softmax_jacobian",
            "softmax_jacobian",
            "obeys_its_laws",
            Verdict.WRONG,
            0.0,
            1.0,
            "each row must add up to 0: row 1 adds up to 0.36965",
            structure="",
        ),
    ]


def gradient_outcomes():
    rng = np.random.default_rng(3)
    numeric = rng.normal(size=60) * 0.3
    bound = np.full(60, 2e-9)
    return [
        *right("softmax_cross_entropy_gradient", "exists", function="delta_cross_entropy"),
        Outcome(
            "softmax_cross_entropy_gradient",
            "delta_cross_entropy",
            "matches_the_formula",
            Verdict.ADVICE,
            1.0,
            1.0,
            "delta_cross_entropy is 7 times the gradient of your loss, and there are 7 samples",
            "Your loss is a mean over the samples, your gradient belongs to their sum.",
            structure="7 times too large",
            example=Example(
                {"z": [[0.5, -1.0, 2.0], [1.0, 0.0, -0.5]], "t": [2, 0]},
                [[0.175294, 0.039114, -0.214408], [-0.371458, 0.231224, 0.140234]],
                [[0.087647, 0.019557, -0.107204], [-0.185729, 0.115612, 0.070117]],
                "[1, 0]",
            ),
            evidence=[
                Scatter(
                    "Gradient against the numeric derivative",
                    rounded(numeric),
                    rounded(7 * numeric),
                    bound.tolist(),
                )
            ],
            error=1.9,
            bound=2e-9,
        ),
        *right(
            "softmax_cross_entropy_gradient",
            "leaves_its_inputs_alone",
            function="delta_cross_entropy",
        ),
    ]


def network_outcomes():
    rng = np.random.default_rng(5)
    expected = rng.normal(size=(5, 11)) * 0.2
    got = expected * np.where(rng.random(11) < 0.5, 1, 0.01)
    wrong = [(int(i), int(j)) for i, j in zip(*np.nonzero(~np.isclose(got, expected)), strict=True)]
    i, j = max(wrong, key=lambda at: abs(got[at] - expected[at]))
    numeric = np.concatenate([expected.ravel(), rng.normal(size=40) * 0.1])
    analytic = np.concatenate([got.ravel(), numeric[55:]])
    return [
        *right("MLP", "exists", "matches_the_formula", function="Network"),
        Outcome(
            "MLP",
            "Network.backward",
            "gradients",
            Verdict.WRONG,
            0.0,
            4.0,
            f"dW1 is wrong at [{i}, {j}]: got {got[i, j]:.6g}, expected {expected[i, j]:.6g}; dW2, db2 and db1 are right",
            diagnoses=[
                Diagnosis(
                    "derivative_of_output_instead_of_input",
                    "The LeakyReLU derivative was taken at the wrong layer, so units that are on pass 1 % of the gradient.",
                    "Which z belongs to the activation whose derivative you take?",
                ),
                Diagnosis(
                    "forgot_the_hidden_derivative",
                    "The gradient passes the hidden layer without its derivative.",
                    "What does the chain rule multiply by at the hidden layer?",
                ),
            ],
            structure="0.01 times the truth in 6 columns",
            follows_from="",
            example=Example(
                {"x": rounded(rng.normal(size=(2, 5))), "t": [1, 0]},
                rounded(got),
                rounded(expected),
                f"dW1[{i}, {j}]",
                code="network = Network([5, 11, 3])\ngot = network.backward(x, t)[0][0]",
            ),
            evidence=[
                Layers(
                    "Where the wrong gradient is",
                    [5, 11, 3],
                    ["db1", "dW2", "db2"],
                    ["dW1"],
                    ["LeakyReLU", "softmax"],
                ),
                Matrix("Error of dW1", rounded(got), rounded(expected), wrong, "input", "unit"),
                Scatter(
                    "Every entry of every gradient",
                    rounded(numeric),
                    rounded(analytic),
                    np.full(95, 1e-8).tolist(),
                ),
            ],
            error=0.31,
            bound=1e-8,
        ),
        Outcome(
            "MLP",
            "Network.backward",
            "learns_xor",
            Verdict.WRONG,
            0.0,
            1.0,
            "the network learns, but its losses part from the right ones at step 1",
            follows_from="MLP",
        ),
    ]


def broken_outcomes():
    return [
        *right("binary_cross_entropy", "exists", function="BCE"),
        Outcome(
            "binary_cross_entropy",
            "BCE",
            "matches_the_formula",
            Verdict.CRASHED,
            0.0,
            1.0,
            "BCE raised NameError: name 'ouputs' is not defined",
            example=Example({"y": [0.2, 0.7], "t": [0, 1]}, "NameError", 0.28990925, ""),
            traceback='Traceback (most recent call last):\n  File "homework.py", line 31, in BCE\n    return -np.mean(t * np.log(ouputs) + (1 - t) * np.log(1 - y))\n'
            "NameError: name 'ouputs' is not defined",
            printed="shape of y: (2,)\n" + HOSTILE,
            since="new",
        ),
        Outcome(
            "one_hot",
            "",
            "exists",
            Verdict.MISSING,
            0.0,
            1.0,
            "no function for one_hot was found; nearest names: onehot_encode_, hot_one",
        ),
        Outcome(
            "accuracy",
            "accuracy",
            "matches_the_formula",
            Verdict.OVER_LIMIT,
            0.0,
            1.0,
            "accuracy did not come back within 2 s; is there a loop that never ends?",
            example=Example({"y": [[0.1, 0.9]], "t": [1]}, "nothing within 2 s", 1.0),
        ),
        Outcome("accuracy", "accuracy", "gives_the_same_answer_twice", Verdict.NOT_RUN),
    ]


def forward(parameters, x):
    zs, activations = [], [x]
    for k, (w, b) in enumerate(parameters):
        z = activations[-1] @ w + b
        zs.append(z)
        last = k == len(parameters) - 1
        activations.append(sigmoid(z) if last else np.where(z > 0, z, 0.01 * z))
    return zs, activations


def gradients(parameters, x, t, mistaken):
    zs, activations = forward(parameters, x)
    delta = (activations[-1] - t) / len(x)
    found = []
    for k in reversed(range(len(parameters))):
        w, _ = parameters[k]
        found.insert(0, (activations[k].T @ delta, delta.sum(axis=0)))
        if k:
            slope = np.where(zs[k - 1] > 0, 1, 0.01)
            delta = (delta @ w.T) * (0.01 if mistaken and k == 1 else slope)
    return found


def train(x, t, mistaken, steps, grid, frames):
    rng = np.random.default_rng(8)
    sizes = [2, 4, 4, 1]
    parameters = [
        (rng.normal(size=(m, n)), rng.normal(size=n) * 0.5)
        for m, n in zip(sizes, sizes[1:], strict=False)
    ]
    moments = [[(0.0, 0.0), (0.0, 0.0)] for _ in parameters]
    losses, regions = [], []
    for step in range(1, steps + 1):
        y = np.clip(forward(parameters, x)[1][-1], 1e-12, 1 - 1e-12)
        losses.append(float(-np.mean(t * np.log(y) + (1 - t) * np.log(1 - y))))
        if step in frames:
            a, b = np.meshgrid(grid, grid)
            square = np.stack([a.ravel(), b.ravel()], axis=1)
            regions.append(forward(parameters, square)[1][-1].reshape(a.shape))
        for k, block in enumerate(gradients(parameters, x, t, mistaken)):
            moved = []
            for i, g in enumerate(block):
                m, v = moments[k][i]
                m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
                moments[k][i] = (m, v)
                moved.append(
                    parameters[k][i]
                    - 5e-3 * (m / (1 - 0.9**step)) / (np.sqrt(v / (1 - 0.999**step)) + 1e-8)
                )
            parameters[k] = tuple(moved)
    accuracy = float(np.mean((forward(parameters, x)[1][-1] > 0.5) == t))
    return losses, regions, accuracy


def xor_run(mistaken):
    corners = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], float)
    rng = np.random.default_rng(2)
    x = np.repeat(corners, 30, axis=0) + rng.normal(size=(120, 2)) * 0.08
    t = np.repeat([0, 1, 1, 0], 30)[:, None].astype(float)
    grid, frames, steps = np.linspace(-0.4, 1.4, 25), (1, 50, 120, 250, 400, 800), 800
    losses, regions, accuracy = train(x, t, mistaken, steps, grid, frames)
    right_losses, right_regions, right_accuracy = train(x, t, False, steps, grid, frames)
    return TrainingRun(
        "xor_binary",
        "XOR, one output",
        accuracy,
        rounded(losses),
        rounded(right_losses),
        steps,
        "learns XOR, more slowly than it should" if mistaken else "",
        right_accuracy,
        optimiser="Adam",
        parted_at=1 if mistaken else None,
        points=rounded(x),
        labels=t.ravel().astype(int).tolist(),
        x=rounded(grid),
        y=rounded(grid),
        regions=[
            Region(step, np.round(got, 3).tolist(), np.round(due, 3).tolist())
            for step, got, due in zip(frames, regions, right_regions, strict=True)
        ],
    )


def three_class_run():
    rng = np.random.default_rng(4)
    x = rng.uniform(-2, 2, size=(300, 2))
    true = lambda p: np.where(p[..., 1] > np.sin(2 * p[..., 0]), 0, np.where(p[..., 0] < 0, 1, 2))  # noqa: E731
    grid = np.linspace(-2, 2, 30)
    a, b = np.meshgrid(grid, grid)
    square = np.stack([a, b], axis=-1)
    losses = 1.1 * np.exp(-np.arange(600) / 120) + 0.12
    return TrainingRun(
        "three_class",
        "three classes around a sine",
        0.963,
        rounded(losses),
        rounded(losses),
        600,
        "",
        0.963,
        0.957,
        optimiser="Descent",
        points=rounded(x),
        labels=true(x).astype(int).tolist(),
        x=rounded(grid),
        y=rounded(grid),
        regions=[Region(600, rounded(true(square)), rounded(true(square)))],
    )


ENVIRONMENT = Environment("3.11.7", "2.4.6", "0.1.0")


def homework():
    """A typical hand-in with everything that can go wrong, and most things right."""
    outcomes = [
        *right("submission", "loads", function=""),
        *sigmoid_outcomes(),
        *right(
            "softmax",
            "exists",
            "matches_the_formula",
            "agrees_with_the_numeric_derivative",
            "obeys_its_laws",
            "survives_extreme_inputs",
            "leaves_its_inputs_alone",
            "gives_the_same_answer_twice",
            function="softmax",
        ),
        *jacobian_outcomes(),
        *gradient_outcomes(),
        *broken_outcomes(),
        *network_outcomes(),
        Outcome(
            "softmax",
            "softmax",
            "hidden_probe",
            Verdict.WRONG,
            0.0,
            1.0,
            "secret",
            visibility="hidden",
        ),
    ]
    first = outcomes.index(next(o for o in outcomes if o.exercise == "softmax"))
    outcomes[first] = right("softmax", "exists", evidence=[softmax_surface()])[0]
    return Report(
        Submission(
            "homework.py", "9f" * 32, "training ...\n", ["line 88: a training loop was not run"]
        ),
        outcomes,
        ENVIRONMENT,
        seed=0,
        isolation=Isolation(["seccomp", "Landlock", "time and memory limits"], "15/15", "strict"),
        exercises=ASKED,
        readings=[
            ReadAs("softmax", "softmax", {"layout": "rows"}),
            ReadAs("sigmoid_derivative", "sigmoid_prime", {"argument": "z"}),
            ReadAs(
                "softmax_cross_entropy_gradient",
                "delta_cross_entropy",
                {"labels": "integers", "reduction": "sum"},
                "Your loss takes the mean; this gradient does not.",
            ),
            ReadAs("MLP", "Network", {"layout": "rows", "weights": "(in, out)"}),
        ],
        training=[xor_run(mistaken=True), three_class_run()],
    )


def scored():
    """All right, with an assignment: nothing to fix."""
    names = ("sigmoid", "softmax", "softmax_jacobian", "accuracy")
    outcomes = [
        o for name in names for o in right(name, "exists", "matches_the_formula", "obeys_its_laws")
    ]
    outcomes[4] = right("softmax", "matches_the_formula", evidence=[softmax_surface()])[0]
    return Report(
        Submission("numpy_mlp.py", "ab" * 32),
        outcomes,
        ENVIRONMENT,
        assignment="Homework 3: softmax by hand",
        isolation=Isolation(["time and memory limits"], "3/15", "weak"),
        score=12.0,
        maximum=12.0,
        exercises=[asked for asked in ASKED if asked.name in names],
        training=[xor_run(mistaken=False)],
    )


def unloadable():
    """A file that does not import."""
    return Report(
        Submission("broken.py", "cd" * 32),
        [
            Outcome(
                "submission",
                "",
                "loads",
                Verdict.CRASHED,
                problem="line 3: invalid syntax",
                traceback="  File \"broken.py\", line 3\n    def softmax(z)\n                  ^\nSyntaxError: expected ':'",
            )
        ],
        ENVIRONMENT,
    )


def hostile():
    """Every string that can come from a student is an attack; numbers are not finite."""
    nan, inf = float("nan"), float("inf")
    return Report(
        Submission(HOSTILE, HOSTILE, HOSTILE, [HOSTILE]),
        [
            Outcome(
                HOSTILE,
                HOSTILE,
                HOSTILE,
                Verdict.WRONG,
                0.0,
                1.0,
                HOSTILE,
                HOSTILE,
                "visible",
                [Diagnosis(HOSTILE, HOSTILE, HOSTILE)],
                HOSTILE,
                "",
                Example({HOSTILE: [nan, inf, -inf], "z": HOSTILE}, HOSTILE, [1.0, nan], HOSTILE, HOSTILE, [Worked(HOSTILE, HOSTILE, nan)]),
                [
                    Curve(HOSTILE, HOSTILE, HOSTILE, [0.0, 1.0, 2.0], {HOSTILE: [nan, inf, 1.0], "yours": [0.0, 1.0, nan]}),
                    Matrix(HOSTILE, [[nan, inf]], [[1.0, 2.0]], [(0, 0), (0, 1)], HOSTILE, HOSTILE),
                    Scatter(HOSTILE, [0.0, nan, inf], [nan, 1.0, 1.0], [0.0, inf, 1.0]),
                    Surface(HOSTILE, HOSTILE, HOSTILE, [0.0, 1.0], [0.0, 1.0], [[nan, 1.0], [inf, 0.0]], [[0.0, 1.0], [1.0, 0.0]]),
                    Layers(HOSTILE, [2, 400, 1], [HOSTILE], [HOSTILE, "dW1"], [HOSTILE]),
                ],
                nan,
                inf,
                0.0,
                traceback=HOSTILE,
                source=Source(HOSTILE, 1, HOSTILE),
                printed=HOSTILE,
                arithmetic=HOSTILE,
            )
        ],
        Environment(HOSTILE, HOSTILE, HOSTILE),
        assignment=HOSTILE,
        isolation=Isolation([HOSTILE], HOSTILE, HOSTILE),
        exercises=[Asked(HOSTILE, HOSTILE, HOSTILE, HOSTILE, HOSTILE, r"\text{<script>alert(3)</script>} \href{javascript:alert(4)}{x}")],
        readings=[ReadAs(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}, HOSTILE)],
        training=[
            TrainingRun(
                HOSTILE, HOSTILE, nan, [nan, inf, 1.0], [1.0, 0.5, 0.2], 3, HOSTILE,
                points=[[0.0, nan]], labels=[7], x=[0.0, 1.0], y=[0.0, 1.0],
                regions=[Region(1, [[nan, 1.0], [0.0, inf]], [[0.0, 1.0], [1.0, 0.0]])],
            )
        ],
    )  # fmt: skip


REPORTS = {"homework": homework, "scored": scored, "unloadable": unloadable, "hostile": hostile}

if __name__ == "__main__":
    for name, report in REPORTS.items():
        (DATA / f"report_{name}.json").write_text(json.render(report()), encoding="utf-8")
