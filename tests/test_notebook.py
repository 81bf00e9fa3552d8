"""checkgrad in a notebook's kernel: what its cells define is judged in a worker and shown below them."""

import os

import pytest

import checkgrad
from checkgrad.model import Verdict

pytest.importorskip("IPython")

SIGMOID = "import numpy as np\n\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))"


@pytest.fixture
def shell(tmp_path, monkeypatch):
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    config = Config()
    config.HistoryManager.hist_file = ":memory:"
    shell = InteractiveShell.instance(config=config)
    yield shell
    shell.history_manager.end_session()
    InteractiveShell.clear_instance()


def run(shell, *cells):
    """Run cells; what the last of them gives."""
    results = [shell.run_cell(cell, store_history=True, silent=False) for cell in cells]
    return results[-1].result


def verdicts(shown):
    return {
        o.function: o.verdict for o in shown.report.outcomes if o.check == "matches_the_formula"
    }


def test_the_magic_shows_a_page_of_its_own_and_a_summary(shell):
    shown = run(shell, SIGMOID, "%load_ext checkgrad", "%checkgrad")
    assert verdicts(shown) == {"sigmoid": Verdict.PASSED}
    assert shown._repr_html_().startswith('<iframe srcdoc="&lt;!DOCTYPE html&gt;')
    assert 'sandbox=""' in shown._repr_html_()
    assert "of 7 checks right" in repr(shown)


def test_the_last_definition_counts_and_cells_that_failed_do_not(shell):
    shown = run(
        shell,
        SIGMOID.replace("-z", "z"),
        "x = not_there + 1",
        "def broken(:",
        "%%time\n" + SIGMOID,
        "sigmoid(1 / 0)",
        "import checkgrad\ncheckgrad.check()",
    )
    assert verdicts(shown) == {"sigmoid": Verdict.PASSED}


def test_a_mistake_is_told_at_its_cell(shell):
    shown = run(
        shell, "1", "def softmax(z):\n    return z.no_such()", "import checkgrad\ncheckgrad.check()"
    )
    assert any("cell 2, line 2" in o.traceback for o in shown.report.outcomes)


def test_it_runs_in_another_process(shell):
    define = "import os\ndef sigmoid(z):\n    raise ValueError(f'in {os.getpid()},')"
    told = str(run(shell, define, "import checkgrad\ncheckgrad.check()"))
    assert "ValueError: in " in told and f"in {os.getpid()}," not in told


def test_an_assignment_gives_points(shell, tmp_path):
    (tmp_path / "week.toml").write_text("[exercises.sigmoid]\npoints = 2\n")
    shown = run(shell, SIGMOID, "%load_ext checkgrad", f"%checkgrad {tmp_path}/week.toml")
    assert (shown.report.score, shown.report.maximum) == (2, 2)


def test_without_a_notebook_it_says_so():
    with pytest.raises(RuntimeError, match="there is none"):
        checkgrad.check()
