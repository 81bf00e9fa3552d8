"""What README.md shows is what happens."""

import shutil
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def block(starting_with):
    return next(b for b in README.split("```") if b.lstrip("\n").startswith(starting_with))


def test_the_session_is_real(pytester, monkeypatch):
    monkeypatch.setenv("COLUMNS", "88")
    shutil.copytree(ROOT / "reference_models", pytester.path / "reference_models")
    command, _, shown = block("$ pytest").strip().partition("\n")
    result = pytester.runpytest_subprocess("-p", "no:randomly", *command.split()[2:])
    assert result.ret == pytest.ExitCode.TESTS_FAILED
    assert shown in result.stdout.str()


def test_the_misconception_of_the_readme_is_in_the_code():
    assert (
        block("python\n@sigmoid").removeprefix("python\n")
        in (ROOT / "checkgrad" / "exercises" / "sigmoid.py").read_text()
    )


def test_the_gradient_example_runs():
    exec(block("python\nimport numpy").removeprefix("python\n"), {})


def test_the_assignment_is_one(tmp_path):
    from checkgrad.assignment import load

    path = tmp_path / "week3.toml"
    path.write_text(block("toml\n").removeprefix("toml\n"))
    assert load(path).maximum == 5


def test_every_option_is_listed():
    from checkgrad.plugin import pytest_addoption

    class Group:
        names = []

        def addoption(self, name, **_):
            self.names.append(name)

    class Parser:
        def getgroup(self, *_):
            return Group()

    pytest_addoption(Parser())
    assert [name for name in Group.names if f"`{name}" not in README] == []
