"""What several test files share: pytester, and a submission written into its folder."""

import pytest

pytest_plugins = ["pytester"]
collect_ignore = ["hostile"]  # submissions, never to be imported


@pytest.fixture
def grade(pytester):
    """Write a submission and run `pytest --checkgrad` on it in a process of its own."""

    def run(source, *options, name="student", report=False):
        pytester.makepyfile(**{name: source})
        quiet = () if report else ("--checkgrad-no-report",)
        return pytester.runpytest_subprocess(
            "-p", "no:randomly", "--checkgrad", f"{name}.py", *quiet, *options
        )

    return run
