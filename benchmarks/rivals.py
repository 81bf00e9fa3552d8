"""Other graders on the same class: gradescope-utils in a loop, nbgrader's batch, otter's API in a loop.

They are asked ten things of each submission, one a function, with hand-written tests as courses have them.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path

TESTS = {
    "sigmoid": "assert np.allclose(sigmoid(z), 1 / (1 + np.exp(-z)))",
    "sigmoid_derivative": "assert np.allclose(sigmoid_derivative(z), slope(sigmoid, z))",
    "relu": "assert np.allclose(relu(z), z * (z > 0))",
    "relu_derivative": "assert np.allclose(relu_derivative(z), z > 0)",
    "softmax": "assert np.allclose(softmax(z), p)",
    "cross_entropy": "assert np.isclose(cross_entropy(p, t), -np.sum(t * np.log(p)) / 5)",
    "softmax_cross_entropy_gradient": "assert np.allclose(softmax_cross_entropy_gradient(z, t), (p - t) / 5)",
    "affine_forward": "assert np.allclose(affine_forward(z, w, b), z @ w + b)",
    "affine_backward": "dx, dw, db = affine_backward(z @ w, z, w)\n"
    "assert np.allclose(dx, z @ w @ w.T) and np.allclose(dw, z.T @ z @ w) and np.allclose(db, (z @ w).sum(0))",
    "MLP": "net = MLP([3, 4, 3])\nfor v, dv in zip(net.weights, net.backward(z, t)[0]):\n"
    "    assert np.allclose(dv, slope(lambda _: net.loss(z, t), v, whole=True), atol=1e-6)",
}
SETUP = """
import numpy as np
rng = np.random.default_rng(0)
z, w, b = rng.normal(size=(5, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
t = np.eye(3)[[0, 1, 2, 0, 1]]

def slope(f, v, whole=False, h=1e-5):
    if not whole:
        return (f(v + h) - f(v - h)) / (2 * h)
    out = np.zeros_like(v)
    for i in np.ndindex(v.shape):
        v[i] += h
        above = f(v)
        v[i] -= 2 * h
        out[i] = (above - f(v)) / (2 * h)
        v[i] += h
    return out
"""


def indented(code: str, by: int) -> str:
    return "\n".join(" " * by + line for line in code.splitlines())


def gradescope(folder: Path, python: str) -> list[str]:
    """Prepare a loop over the class, a process a submission as the platform has it."""
    cases = "\n".join(
        f"    @weight(1)\n    def test_{name}(self):\n{indented(code, 8)}"
        for name, code in TESTS.items()
    )
    (folder / "run_tests.py").write_text(
        "import unittest, sys\nfrom gradescope_utils.autograder_utils.decorators import weight\n"
        "from gradescope_utils.autograder_utils.json_test_runner import JSONTestRunner\n"
        f"from homework import *\n{SETUP}\nclass Test(unittest.TestCase):\n{cases}\n"
        "JSONTestRunner(stream=sys.stdout, visibility='visible').run(\n"
        "    unittest.defaultTestLoader.loadTestsFromTestCase(Test))\n"
    )
    (folder / "gradescope.py").write_text(
        "import pathlib, subprocess, sys, tempfile, shutil\n"
        "for path in sorted(pathlib.Path('class').glob('*.py')):\n"
        "    with tempfile.TemporaryDirectory() as to:\n"
        "        shutil.copy('run_tests.py', to)\n"
        "        shutil.copy(path, to + '/homework.py')\n"
        "        subprocess.run([sys.executable, 'run_tests.py'], cwd=to, capture_output=True)\n"
    )
    return [python, "gradescope.py"]


def nbgrader(folder: Path, python: str) -> list[str]:
    """Prepare a course with the class handed in as notebooks; what is returned grades all of it."""
    (folder / "nbgrader_config.py").write_text(
        "c = get_config()\nc.CourseDirectory.course_id = 'c'\nc.CourseDirectory.root = '.'\n"
        "c.ExecutePreprocessor.timeout = 30\n"
    )
    source = folder / "source" / "week3"
    source.mkdir(parents=True)
    solution = "### BEGIN SOLUTION\npass\n### END SOLUTION"
    (source / "homework.ipynb").write_text(_notebook(solution, tests=True))
    for path in sorted((folder / "class").glob("*.py")):
        place = folder / "submitted" / path.stem / "week3"
        place.mkdir(parents=True)
        (place / "homework.ipynb").write_text(_notebook(path.read_text(), tests=True))
    program = (
        "import os, subprocess, sys\n"
        "os.environ['PATH'] = os.path.dirname(sys.executable) + os.pathsep + os.environ['PATH']\n"
        "for command in ('generate_assignment', 'autograde'):\n"
        "    subprocess.run([sys.executable, '-m', 'nbgrader', command, 'week3'], check=True)\n"
    )
    (folder / "nbgrader_all.py").write_text(program)
    return [python, "nbgrader_all.py"]


def otter(folder: Path, python: str) -> list[str]:
    """Prepare tests and notebooks; what is returned generates the autograder once and loops over the class."""
    tests = folder / "tests"
    tests.mkdir()
    for name, code in TESTS.items():
        lines = [
            (">>> " if i == 0 or not line.startswith(" ") else "... ") + line
            for i, line in enumerate(f"{code}".splitlines())
        ]
        doctest = "\n".join([*lines, "... " if "    " in code else ""]).rstrip("\n")
        suite = {
            "cases": [{"code": doctest, "hidden": False, "locked": False}],
            "scored": True,
            "setup": "",
            "teardown": "",
            "type": "doctest",
        }
        (tests / f"{name}.py").write_text(
            f"OK_FORMAT = True\n\ntest = {{'name': {name!r}, 'points': 1, 'suites': [{suite!r}]}}\n"
        )
    for path in sorted((folder / "class").glob("*.py")):
        place = folder / "notebooks" / f"{path.stem}.ipynb"
        place.parent.mkdir(exist_ok=True)
        place.write_text(_notebook(path.read_text() + SETUP, tests=False))
    (folder / "otter_all.py").write_text(
        "import pathlib, subprocess, sys\n"
        "subprocess.run([sys.executable, '-m', 'otter', 'generate', '-t', 'tests', '--no-environment',\n"
        "                '-o', 'autograder.zip'], check=True, capture_output=True)\n"
        "from otter.api import grade_submission\n"
        "for path in sorted(pathlib.Path('notebooks').glob('*.ipynb')):\n"
        "    grade_submission(str(path), 'autograder.zip', quiet=True)\n"
    )
    return [python, "otter_all.py"]


RIVALS = {"gradescope-utils": gradescope, "nbgrader": nbgrader, "otter": otter}


def _notebook(solution: str, *, tests: bool) -> str:
    cells = [_cell(solution, _tag("homework", solution=True) if tests else {})]
    if tests:
        cells += [_cell(SETUP, {})]
        cells += [_cell(code, _tag(name, grade=True)) for name, code in TESTS.items()]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return json.dumps({"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 4})


def _cell(source: str, metadata: dict[str, object]) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": metadata,
        "outputs": [],
        "source": source,
    }


def _tag(name: str, *, grade: bool = False, solution: bool = False) -> dict[str, object]:
    told = {"grade": grade, "solution": solution, "locked": grade, "task": False}
    return {
        "nbgrader": {
            "grade_id": name,
            "schema_version": 3,
            **told,
            **({"points": 1} if grade else {}),
        }
    }


def prepared(name: str, folder: Path, venv: Path) -> tuple[list[str], Path]:
    """Copy the class and prepare it for one of RIVALS; the command that grades it, and where to run it."""
    place = folder / name
    place.mkdir()
    shutil.copytree(folder / "class", place / "class")
    return RIVALS[name](place, str(venv / "bin" / "python")), place
