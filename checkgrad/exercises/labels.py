"""From class numbers to one-hot rows, and the share of right predictions."""

import numpy as np

from checkgrad.exercise import Kind, exercise
from checkgrad.exercises import draws
from checkgrad.exercises.worked import MOST_TERMS, dot, index, numbers

BISHOP = "Bishop, Pattern Recognition and Machine Learning (2006), section 4.3.4"


def class_numbers(rng):
    for n, classes in ((7, 3), (7, 3), (5, 4), (11, 2)):
        yield draws.labels(rng, n, classes), classes
    yield np.array([0, 1, 0, 1, 1]), 4  # the last classes do not occur
    yield np.array([1]), 3


@exercise(
    class_numbers,
    latex=r"t_{ni} = \begin{cases} 1 & i = c_n \\ 0 & i \ne c_n \end{cases}",
    source=f"{BISHOP} (1-of-K coding)",
    title="one-hot",
    kind=Kind.ENCODING,
    spoken=(
        "onehotencode onehotencoding onehotencoder onehotlabels onehotvector "
        "onehotvectors tocategorical toonehot vectorizedresult y2indicator "
        "converttoonehot labelstoonehot onehotmatrix"
    ),
    example=((np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]]),
)
def one_hot(labels, classes):
    """Turn each class number into a row with a 1 at its place and 0 elsewhere."""
    return np.eye(classes)[labels]


def every_class_occurs(labels, classes):
    """So the number of different labels is as good as the largest one."""
    return len(np.unique(labels)) == np.max(labels) + 1


@one_hot.without("classes", tells=every_class_occurs, classes="those that occur")
def for_the_classes_that_occur(formula):
    return lambda labels, classes: formula(labels, int(np.max(labels)) + 1)


@one_hot.law
def rows_have_a_single_one(one_hot, labels, classes):
    """Each row adds up to 1."""
    return one_hot(labels, classes).sum(axis=1), np.ones(len(labels))


@one_hot.law
def the_largest_entry_is_the_label(one_hot, labels, classes):
    """The place of the largest entry is the class number."""
    return one_hot(labels, classes).argmax(axis=1), labels


@one_hot.misconception(hint="Which number has the first class?")
def counted_the_classes_from_one(labels, classes):
    """The classes are counted from 1, so every 1 stands one place too far left."""
    return np.eye(classes)[labels - 1]


@one_hot.misconception(hint="How many columns do you need if the last class does not occur?")
def took_the_largest_label_for_the_count(labels, classes):
    """The number of columns follows from the largest label that occurs, not from the number of classes."""
    return np.eye(labels.max() + 1)[labels]


@one_hot.misconception(hint="Which shape does indexing with a column of labels give?")
def added_an_axis(labels, classes):
    """Indexing with a column of labels gives an array with one axis too many."""
    return np.eye(classes)[labels[:, None], :]


@one_hot.misconception(hint="Does a row belong to a sample or to a class?")
def turned_rows_into_columns(labels, classes):
    """The samples are in the columns instead of in the rows."""
    return np.eye(classes)[labels].T


@one_hot.misconception(hint="How many ones should each row have?")
def marked_whole_columns(labels, classes):
    """The labels pick whole columns, so every row gets a 1 for every label that occurs."""
    rows = np.zeros((len(labels), classes))
    rows[:, labels] = 1
    return rows


@one_hot.misconception(hint="Which number stands at the place of the class: its number or a 1?")
def wrote_the_label_itself(labels, classes):
    """The class number is written at its place instead of a 1, so class 0 has no mark."""
    return np.eye(classes)[labels] * labels[:, None]


def outputs_and_targets(rng):
    for n, c in (*draws.MATRICES, (11, 3)):
        t = draws.one_hot(rng, n, c)
        yield _partly_right(rng, t), t
    t = draws.one_hot(rng, 11, 3)
    yield t[::-1].copy(), t  # sure of every class, of some wrongly
    t = draws.one_hot(rng, 7, 3)
    yield draws.distributions(rng, 7, 3), t.astype(int)
    yield _partly_right(rng, t).astype(np.float32), t.astype(np.float32)


def _partly_right(rng, t):
    y = draws.distributions(rng, *t.shape) + 0.4 * t * rng.integers(2, size=(len(t), 1))
    return y / y.sum(axis=1, keepdims=True)


@exercise(
    outputs_and_targets,
    latex=r"\mathrm{accuracy} = \frac{1}{N} \sum_n \left[ \arg\max_i y_{ni} = \arg\max_i t_{ni} \right]",
    source="Goodfellow, Bengio and Courville, Deep Learning (2016), section 5.1.2",
    kind=Kind.METRIC,
    spoken="accuracyscore acc classificationaccuracy",
    example=((np.array([[0.9, 0.1], [0.6, 0.4]]), np.eye(2)), 0.5),
)
def accuracy(y, t):
    """The share of samples whose largest output is that of the true class."""
    return np.mean(np.argmax(y, axis=1) == np.argmax(t, axis=1))


@accuracy.also_right(unit="percent")
def in_percent(y, t):
    """Right where the accuracy is wanted in percent."""
    return 100 * accuracy(y, t)


@accuracy.also_right(reduction="sum")
def number_of_right_ones(y, t):
    """Right where the number of right predictions is wanted."""
    return np.sum(np.argmax(y, axis=1) == np.argmax(t, axis=1))


@accuracy.also_called(argument="class numbers")
def given_class_numbers(y, t):
    """Takes the predicted class numbers and the true ones."""
    return np.argmax(y, axis=1), np.argmax(t, axis=1)


@accuracy.law
def full_for_perfect_predictions(accuracy, y, t):
    """Exact outputs are at least as accurate as any, wrong ones have accuracy 0."""
    wrong = np.roll(t, 1, axis=1)
    return (accuracy(t, t) >= accuracy(y, t), accuracy(wrong, t)), (True, 0)


@accuracy.law
def larger_outputs_change_nothing(accuracy, y, t):
    """Only the place of the largest output counts, not its size."""
    return accuracy(y**2, t), accuracy(y, t)


@accuracy.law
def order_of_samples_is_free(accuracy, y, t):
    """The order of the samples makes no difference."""
    return accuracy(y[::-1], t[::-1]), accuracy(y, t)


@accuracy.misconception(hint="Along which axis do the classes of one sample lie?")
def searched_down_the_columns(y, t):
    """The largest entry is searched among the samples of each class instead of among the classes."""
    return np.mean(np.argmax(y, axis=0) == np.argmax(t, axis=0))


@accuracy.misconception(hint="How many largest entries does a batch have: one, or one a sample?")
def searched_the_whole_matrix(y, t):
    """The largest entry of the whole matrix is searched instead of that of each row."""
    return np.mean(np.argmax(y) == np.argmax(t))


@accuracy.misconception(hint="How many class numbers are left after argmax over all labels?")
def took_the_place_of_the_largest_label(y, t):
    """argmax is applied to the class numbers themselves, which gives the place of one sample."""
    return np.mean(np.argmax(y, axis=1) == np.argmax(np.argmax(t, axis=1)))


@accuracy.misconception(hint="Do you want the largest probability or the class that has it?")
def compared_the_largest_value(y, t):
    """The largest probability is compared with the class number; it is its place that counts."""
    return np.mean(y.max(axis=1) == np.argmax(t, axis=1))


@accuracy.misconception(
    unless=given_class_numbers, hint="Can a probability ever be exactly equal to a target?"
)
def compared_outputs_with_targets(y, t):
    """Probabilities are compared with the targets themselves and are never equal to them."""
    return np.mean(y == t)


@accuracy.misconception(hint="How many zeros are right in a row, whatever the prediction?")
def counted_every_cell(y, t):
    """The outputs are rounded and all cells are compared, so right zeros count as hits."""
    return np.mean((y >= 0.5) == t)


@accuracy.misconception(hint="Which share do you want: that of the right ones or of the others?")
def counted_the_wrong_ones(y, t):
    """The share of wrong predictions is returned."""
    return 1 - accuracy(y, t)


@one_hot.by_hand
def one_hot_by_hand(at, share, labels, classes):
    n, i = at
    label = int(labels[n])
    yield (
        rf"\text{{class of sample {n}}} = {label}: \quad t{index(*at)}",
        str(int(label == i)),
        float(label == i),
    )


@accuracy.by_hand
def accuracy_by_hand(at, share, y, t):
    right = [int(a.argmax() == b.argmax()) for a, b in zip(y, t, strict=True)]
    for n, (a, b) in enumerate(zip(y, t, strict=True)):
        if n < MOST_TERMS:
            same = "=" if right[n] else r"\ne"
            shown = rf"{a.argmax()} {same} {b.argmax()} \Rightarrow {right[n]}"
            yield (
                rf"\arg\max_i y_{{{n}i}},\ \arg\max_i t_{{{n}i}}: \quad r_{{{n}}}",
                shown,
                float(right[n]),
            )
    yield r"\mathrm{accuracy}", dot(share) + f"({numbers(right)})", share.value * sum(right)
