"""The pytest face of checkgrad. Imported by every pytest run in the environment, so it imports nothing heavy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable


COMPANIONS: dict[
    str, Any
] = {  # options that say something about a submission, with what they are if they are not given
    "assignment": None,
    "report": None,
    "no_report": False,
    "json": None,
    "export": [],
    "seed": None,
    "isolation": "auto",
    "strict": False,
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of the command line; all begin with --checkgrad."""
    group = parser.getgroup("checkgrad", "checkgrad: the referee for hand-written gradients")
    add = group.addoption
    add("--checkgrad", action="append", metavar="TARGET", default=[],
        help="check this submission: a .py file, a folder, a .ipynb or a dotted module name; repeatable")  # fmt: skip
    add("--checkgrad-assignment", metavar="FILE", help="the assignment file (TOML)")
    add(
        "--checkgrad-report",
        metavar="PATH",
        help="HTML report: a file or a folder (default: reports/)",
    )
    add("--checkgrad-no-report", action="store_true", help="write no HTML report")
    add("--checkgrad-json", metavar="PATH", help="write the report as JSON: a file or a folder")
    add("--checkgrad-export", action="append", metavar="FORMAT=PATH", default=[],
        help="write the report in the format of a platform; repeatable")  # fmt: skip
    add("--checkgrad-seed", type=int, metavar="N", help="seed of the probes (default: 0)")
    add("--checkgrad-isolation", choices=("auto", "strict"), default="auto",
        help="strict refuses to run without the kernel's confinement (default: auto)")  # fmt: skip
    add("--checkgrad-strict", action="store_true",
        help="exit with 1 if anything that computes gradients was not judged")  # fmt: skip


@pytest.fixture(scope="session")  # hypothesis refuses one that is made for every test
def check_gradient() -> Callable[..., Any]:
    """Give checkgrad.check_gradient: check_gradient(f, gradient, *args).assert_ok()."""
    from checkgrad.gradcheck import check_gradient

    return check_gradient


def pytest_configure(config: pytest.Config) -> None:
    """Find the submissions and make them what this run collects."""
    option = config.option
    if without := _without_effect(option):
        raise pytest.UsageError(without)
    if not option.checkgrad:
        return
    from checkgrad.plugin_session import PluginSession, submissions

    config.pluginmanager.register(PluginSession(config, submissions(config)), "checkgrad-session")


def _without_effect(option: Any) -> str:
    """What is said of an option that would do nothing, "" if there is none."""
    given = [
        name for name in COMPANIONS if getattr(option, f"checkgrad_{name}") != COMPANIONS[name]
    ]
    if given and not option.checkgrad:
        return f"{_flag(given[0])} needs --checkgrad TARGET: which submission?"
    if option.checkgrad_no_report and option.checkgrad_report:
        return "--checkgrad-report and --checkgrad-no-report: which of them?"
    return ""


def _flag(name: str) -> str:
    return "--checkgrad-" + name.replace("_", "-")
