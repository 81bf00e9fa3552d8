"""Hostile and broken submissions: each earns what it deserves, none disturbs the grader or the next one."""

import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from checkgrad.child.request import call
from checkgrad.sandbox import Worker, WorkerLimits, launchers
from checkgrad.targets import BadTarget

CORPUS = Path(__file__).parent / "hostile"
EXPECT = json.loads((CORPUS / "EXPECT.json").read_text())
SHORT = WorkerLimits(load=1.0, call=0.3, submission=10.0)
BREACHES = ("LEAK", "TAMPER", "KILLED", "WROTE", "ESCAPED")

# What reaches for the kernel or the network is only held by the strongest layers.
NEEDS_LAYERS = ("esc_", "net_", "fs_", "fin_", "proto_", "die_forkbomb")
WEAKEST = "forkserver,uid,landlock,seccomp"


def softmax(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def mse_loss(y, t):
    return np.mean((y - t) ** 2)


def linear_backward(x, w, dout):
    return dout @ w.T, x.T @ dout, dout.sum(0)


FORMULAS = {f.__name__: f for f in (softmax, sigmoid, mse_loss, linear_backward)}


def cases():
    """Calls with what is due: two inputs of each shape, every one twice, shuffled."""
    draw = np.random.default_rng(20)
    shapes = [(3, 4), (3, 4), (6, 5), (6, 5), (1, 7)]
    found = [("softmax", (draw.normal(size=s),)) for s in shapes]
    found += [("sigmoid", (draw.normal(size=s) * 5,)) for s in [*shapes, (9,)]]
    found += [("mse_loss", (draw.normal(size=s), draw.normal(size=s))) for s in shapes]
    for n, d, h in ((3, 4, 2), (3, 4, 2), (6, 5, 3)):
        found.append(
            (
                "linear_backward",
                (draw.normal(size=(n, d)), draw.normal(size=(d, h)), draw.normal(size=(n, h))),
            )
        )
    return [found[i] for i in draw.permutation(2 * len(found)) % len(found)]


CASES = cases()


def right(got, expected):
    if isinstance(expected, tuple):
        same_length = type(got) in (tuple, list) and len(got) == len(expected)
        return same_length and all(map(right, got, expected))
    if np.ndim(expected) == 0:
        got = np.asarray(got) if type(got) is float else got
    if type(got) is not np.ndarray or got.dtype != np.float64 or got.shape != np.shape(expected):
        return False
    return bool(np.allclose(got, expected, rtol=1e-12, atol=1e-14))


def earns_credit(answers):
    """Names of the functions that gave every answer right, and left their arguments alone."""
    earned = set(FORMULAS)
    for (name, args), answer in zip(CASES, answers, strict=True):
        if not (answer.returned and right(answer.value, FORMULAS[name](*args))) or answer.mutated:
            earned.discard(name)
    return earned


def grade(submission):
    """Functions that earn credit, and all that the submission printed."""
    try:
        worker = Worker(submission, limits=SHORT)
    except BadTarget as refusal:
        return set(), str(refusal)
    with worker:
        answers = worker.ask([call(name, *args) for name, args in CASES])
        written = {d.name.rpartition(".")[2] for d in worker.inventory.definitions}
        printed = worker.inventory.printed + "".join(a.printed + a.message for a in answers)
    return earns_credit(answers) & written, printed


def deserved(name):
    words = EXPECT[name]
    return set(FORMULAS) if words == "all" else set(words.split(",")) - {"none"}


def staged(name, tmp_path):
    """A copy of the submission whose absolute paths lead into the test's own folder."""
    copy = tmp_path / name
    if (CORPUS / name).is_dir():
        return shutil.copytree(CORPUS / name, copy)
    content = (CORPUS / name).read_bytes()
    copy.write_bytes(content.replace(b"/tmp/checkgrad-", os.fsencode(tmp_path) + b"/"))
    return copy


def canaries(tmp_path):
    """Files that no submission may read or change."""
    for folder, file in (("canary", "results.json"), ("reference", "checks.py")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder).chmod(0o777)
        (tmp_path / folder / file).write_text("untouched")
    return lambda: {
        str(path.relative_to(tmp_path)): path.read_text()
        for folder in ("canary", "reference")
        for path in (tmp_path / folder).iterdir()
    }


def left_running():
    """Processes that are still there below the fork server."""
    server = launchers.launcher().handle.pid
    return Path(f"/proc/{server}/task/{server}/children").read_text().split()


CASES_BY_LEVEL = [("", name) for name in sorted(EXPECT)] + [
    (WEAKEST, name) for name in sorted(EXPECT) if not name.startswith(NEEDS_LAYERS)
]


@pytest.fixture
def level(request):
    """The house with some layers off; "" is what this machine gives."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHECKGRAD_WITHOUT", request.param)
        yield request.param


@pytest.mark.parametrize(("level", "name"), CASES_BY_LEVEL, indirect=["level"])
def test_it_earns_what_it_deserves_and_harms_nobody(level, name, tmp_path):
    seen = canaries(tmp_path)
    untouched = seen()
    earned, printed = grade(staged(name, tmp_path))
    assert EXPECT[name] == "any" or earned == deserved(name)
    if level != WEAKEST:
        assert not [word for word in BREACHES if word in printed]
        assert left_running() == []
    assert seen() == untouched
    assert grade(CORPUS / "ok_plain.py")[0] == set(FORMULAS)
