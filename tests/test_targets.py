"""Every spelling of a path is the same target, and none of them lets a submission run inside pytest."""

import json
import os

import pytest

PROOF = """
import os, sys
with open({log!r}, "a") as log:
    log.write(f"{{os.getpid()}} {{'pytest' in sys.modules}}\\n")
"""
SIGMOID = "import numpy as np\ndef sigmoid(z):\n    return 1 / (1 + np.exp(-z))\n"
NOTEBOOK = {
    "nbformat": 4, "nbformat_minor": 4, "metadata": {},
    "cells": [{"cell_type": "code", "source": SIGMOID, "metadata": {}, "outputs": [], "execution_count": None}],
}  # fmt: skip
# seen from the folder `sub`, beside which the submissions lie
SPELLINGS = {
    "above": ["../hw.py"],
    "above and below": ["./../sub/../hw.py"],
    "trailing slash": ["../hw.py/"],
    "absolute": ["{root}/hw.py"],
    "absolute with dots": ["{root}/sub/../hw.py"],
    "through a linked folder": ["linked/hw.py"],
    "above a linked folder": ["deeper/../hw.py"],
    "link": ["link.py"],
    "link to a link": ["again.py"],
    "name of another letter case or mount": ["hard.py"],
    "twice": ["../hw.py", "{root}/hw.py"],
    "twice by a link": ["../hw.py", "link.py"],
    "twice by another name": ["../hw.py", "hard.py"],
    "brackets": ["../hw [1].py"],
    "colons": ["../hw::1.py"],
    "notebook": ["../hw.ipynb"],
    "folder": ["../folder"],
    "folder with a slash": ["../folder/"],
    "folder by a link": ["linked/folder/"],
    "the folder above": ["../folder/inside/.."],
    "package": ["../package"],
    "module of a package": ["../package/hw.py"],
    "beside an argument": ["../hw.py", "named:test_own.py"],
    "named as well": ["../hw.py", "named:../hw.py"],
    "named otherwise": ["../hw.py", "named:link.py"],
    "module of a package named": ["../package/hw.py", "named:../package/hw.py"],
    "within a named folder": ["../hw.py", "named:.."],
    "folder within a named folder": ["../folder", "named:.."],
    "a file of it named": ["../folder", "named:../folder/hw.py"],
}


@pytest.fixture
def sub(pytester):
    """Submissions that tell where they run, and the folder from which they are named."""
    root, log = pytester.path / "class", pytester.path / "log"
    source = PROOF.format(log=str(log)) + SIGMOID
    for name in ("hw.py", "hw [1].py", "hw::1.py", "folder/hw.py", "package/hw.py", "inner/hw.py"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(source)
    notebook = json.loads(json.dumps(NOTEBOOK))
    notebook["cells"][0]["source"] = source
    (root / "hw.ipynb").write_text(json.dumps(notebook))
    (root / "package" / "__init__.py").write_text(PROOF.format(log=str(log)))
    (root / "folder" / "inside").mkdir()
    here = root / "sub"
    here.mkdir()
    (here / "test_own.py").write_text("def test_own(): pass\n")
    (here / "linked").symlink_to(root)
    (here / "deeper").symlink_to(root / "inner" / "deep")
    (root / "inner" / "deep").mkdir()
    (here / "link.py").symlink_to("../hw.py")
    (here / "again.py").symlink_to("link.py")
    # what the same inode looks like under another letter case or through a mount
    os.link(root / "hw.py", here / "hard.py")
    os.chdir(here)
    return here


def judged(run_pytest, sub, spelling, *options):
    """Run pytest on a target, and give the result and the reports that were written."""
    named = [word.removeprefix("named:") for word in spelling if word.startswith("named:")]
    targets = [word for word in spelling if not word.startswith("named:")]
    asked = [w for t in targets for w in ("--checkgrad", t.format(root=sub.parent))]
    result = run_pytest(
        *asked, *named, "--checkgrad-no-report", "--checkgrad-json", "out/", *options
    )
    reports = [json.loads(p.read_text()) for p in sorted((sub / "out").glob("*.json"))]
    return result, reports


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_every_spelling_is_judged_once_and_never_run_by_pytest(pytester, sub, spelling, run_pytest):
    result, reports = judged(run_pytest, sub, spelling)
    assert result.ret == pytest.ExitCode.OK
    (report,) = reports
    verdicts = {o["check"]: o["verdict"] for o in report["outcomes"] if o["exercise"] == "sigmoid"}
    assert verdicts["matches_the_formula"] == "passed"
    log = pytester.path / "log"
    assert not log.exists() or "True" not in log.read_text()


@pytest.mark.parametrize("spelling", ["above", "link", "brackets", "folder", "twice by a link"])
def test_processes_of_xdist_see_the_same_targets(pytester, sub, spelling, run_pytest):
    result, reports = judged(run_pytest, sub, SPELLINGS[spelling], "-n2")
    assert result.ret == pytest.ExitCode.OK
    assert len(reports) == 1
    log = pytester.path / "log"
    assert not log.exists() or "True" not in log.read_text()


ANOTHER_COLLECTOR = """
import pytest
class Another:
    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(self, path, parent):
        return pytest.Dir.from_parent(parent, path=path)
def pytest_sessionstart(session):
    session.config.pluginmanager.register(Another())
"""


@pytest.mark.parametrize("more", [(), ("-n1",)], ids=["one process", "xdist"])
def test_a_target_that_something_else_collects_stops_the_run(pytester, sub, more, run_pytest):
    (sub / "conftest.py").write_text(ANOTHER_COLLECTOR)
    result, _ = judged(run_pytest, sub, ["own", "named:own"], *more)
    assert result.ret == pytest.ExitCode.USAGE_ERROR  # there is no such target
    (sub / "own").mkdir()
    (sub / "own" / "hw.py").write_text(PROOF.format(log=str(pytester.path / "log")) + SIGMOID)
    result, _ = judged(run_pytest, sub, ["own", "named:own"], *more)
    assert result.ret == 3
    assert "was to be checked, and something else collected it" in result.stdout.str()
    assert not (pytester.path / "log").exists()


@pytest.mark.parametrize(
    "collector",
    [("--doctest-modules", "."), ("-o", "python_files=*.py", "."), ("--doctest-glob=*.py", ".")],
    ids=["doctests of modules", "every file a test", "doctests of files"],
)
def test_what_collects_every_file_leaves_the_target_alone(pytester, collector, run_pytest):
    log = pytester.path / "log"
    (pytester.path / "hw.py").write_text(PROOF.format(log=str(log)) + SIGMOID)
    result = run_pytest("--checkgrad", "hw.py", "--checkgrad-no-report", *collector)
    assert result.ret == pytest.ExitCode.OK
    assert not log.exists() or "True" not in log.read_text()
