"""What several test files share: pytester, and a submission written into its folder."""

from functools import partial

import pytest

pytest_plugins = ["pytester"]
collect_ignore = ["hostile"]  # submissions, never to be imported


# What these plugins load takes longer than most runs; no test of ours is among the items of such a run.
ASIDE = ("-p", "no:randomly", "-p", "no:hypothesispytest")


@pytest.fixture
def run_pytest(pytester):
    """Run pytest in a process of its own."""
    return partial(pytester.runpytest_subprocess, *ASIDE)


@pytest.fixture
def grade(pytester, run_pytest):
    """Write a submission and run `pytest --checkgrad` on it in a process of its own."""

    def run(source, *options, name="student", report=False):
        pytester.makepyfile(**{name: source})
        quiet = () if report else ("--checkgrad-no-report",)
        return run_pytest("--checkgrad", f"{name}.py", *quiet, *options)

    return run
