"""The pytest face of checkgrad. Imported by every pytest run in the environment, so it imports nothing heavy."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from checkgrad.assignment import Assignment
    from checkgrad.grading import Grader
    from checkgrad.grading.part import Part
    from checkgrad.judging import Question
    from checkgrad.model import Report

PART = "checkgrad_part"  # the attribute of a test report in which an answer travels, also between xdist processes
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
FAULT = "checkgrad_fault"  # the attribute of one that tells a fault of ours


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
    here = Path.cwd()
    targets = _distinct(_found(target, here) for target in option.checkgrad)
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []  # without explicit paths the submissions are all that is collected
    config.args[:] = [a for a in config.args if not _inside(targets, _path(config, a))]
    config.pluginmanager.register(Session(config, targets), "checkgrad-session")


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


def _found(target: str, here: Path) -> Path:
    from checkgrad.sandbox.stage import remove, stage
    from checkgrad.targets import BadTarget, find

    try:
        path = find(os.path.realpath(here / target) if (here / target).exists() else target, here)
        remove(stage(path, neighbours=True).folder)
    except BadTarget as error:
        raise pytest.UsageError(f"--checkgrad: {error}") from None
    return path


def _distinct(paths: Iterable[Path]) -> list[Path]:
    found: list[Path] = []
    for path in paths:
        if not _among(found, path):
            found.append(path)
    return found


def _among(targets: Iterable[Path], path: Path) -> Path | None:
    """The target that *path* is another name of: a link, a mount, another letter case."""
    return next((t for t in targets if t == path or _same(t, path)), None)


def _inside(targets: Iterable[Path], path: Path) -> bool:
    """Does *path* lie below a target, which is read as a whole?"""
    return any(_among(targets, folder) for folder in path.parents)


def _path(config: pytest.Config, argument: str) -> Path:
    return config.invocation_params.dir / argument.split("::")[0]


def _same(one: Path, other: Path) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False


class Session:
    """Hooks that exist only when --checkgrad was given."""

    def __init__(self, config: pytest.Config, targets: list[Path]) -> None:
        from checkgrad import assignment, sandbox
        from checkgrad.render import FORMATS

        self.config, self.targets = config, targets
        self.parts: dict[str, list[Part]] = {str(target): [] for target in targets}
        self.collected: set[Path] = set()
        self.fault = self.unwritten = False
        self.session: pytest.Session | None = None
        self.told: dict[str, Report] | None = None
        self.graders: dict[Path, Grader] = {}
        given = (_among(targets, _path(config, argument)) for argument in config.args)
        self.named = list(filter(None, given))
        option = config.option
        try:
            self.assignment: Assignment = (
                assignment.load(Path(option.checkgrad_assignment))
                if option.checkgrad_assignment
                else assignment.Assignment()
            )
        except assignment.BadAssignment as error:
            raise pytest.UsageError(f"--checkgrad-assignment: {error}") from None
        if option.checkgrad_seed is not None and self.assignment.seed is not None:
            told = f"the assignment says seed = {self.assignment.seed}, which counts"
            raise pytest.UsageError(f"--checkgrad-seed: {told}")
        self.remarks = assignment.remarks(self.assignment)
        self.exports = [_export(text, FORMATS) for text in option.checkgrad_export]
        if option.checkgrad_isolation == "strict" and (missing := sandbox.missing_for_strict()):
            raise pytest.UsageError(f"--checkgrad-isolation strict: {missing}")

    def pytest_report_header(self) -> list[str]:
        """Name what pytest itself runs beside a submission, which is not confined; remarks on the assignment."""
        loaded = {getattr(p, "__file__", None) for p in self.config.pluginmanager.get_plugins()}
        beside = {t: (t if t.is_dir() else t.parent) / "conftest.py" for t in self.targets}
        run = [c for t, c in beside.items() if str(c) in loaded or (t in self.named and c.exists())]
        remarks = [f"checkgrad: {remark}" for remark in self.remarks]
        return remarks + [
            f"checkgrad: {c} is run by pytest, unconfined" for c in dict.fromkeys(run)
        ]

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        # Beside what the arguments lead to, not through them: pytest takes a path apart by its letters,
        # and would run the __init__.py and the conftest.py on its way there.
        report = yield
        if isinstance(collector, pytest.Session) and report.passed:
            more = [t for t in self.targets if t not in self.named]
            report.result += [self.submission(collector, target, target) for target in more]
        return report

    @pytest.hookimpl(tryfirst=True)
    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        target = self.target_of(collection_path)
        return True if target and target not in self.named else None

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collect_file(
        self, file_path: Path, parent: pytest.Collector
    ) -> Generator[None, list[pytest.Collector], list[pytest.Collector]]:
        # Replace what other collectors made of it: pytest's Module and --doctest-modules would
        # import the student's code into this process.
        found = yield
        target = self.target_of(file_path)
        if target is None:
            return found
        here = target in self.named and _same(target, file_path)
        return [self.submission(parent, file_path, target)] if here else []

    @pytest.hookimpl(tryfirst=True)
    def pytest_collect_directory(
        self, path: Path, parent: pytest.Collector
    ) -> pytest.Collector | None:
        if target := _among(self.named, path):
            return self.submission(parent, path, target)
        if any(_among(target.parents, path) for target in self.named):
            return pytest.Dir.from_parent(parent, path=path)  # a Package would run its __init__.py
        return None

    def target_of(self, path: Path) -> Path | None:
        """The target that *path* is, or lies in."""
        found = (_among(self.targets, place) for place in (path, *path.parents))
        return next(filter(None, found), None)

    def submission(self, parent: pytest.Collector, path: Path, target: Path) -> pytest.Collector:
        """The collector of *target*, which was met as *path*."""
        self.collected.add(target)
        kind = SubmissionFolder if target.is_dir() else SubmissionFile
        node = Path(os.path.relpath(path, self.config.rootpath)).as_posix()
        if node.startswith((":", "#")):  # pytest begins lines with it, and build servers obey those
            node = f"./{node}"
        found: pytest.Collector = kind.from_parent(
            parent, path=path, nodeid=node, session_=self, target=target
        )
        return found

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, session: pytest.Session, items: list[pytest.Item]
    ) -> None:
        # An item rather than an exception, which would not get from a process of xdist to the others.
        if lost := [str(target) for target in self.targets if target not in self.collected]:
            items[:] = [Lost.from_parent(session, name="submission", lost=", ".join(lost))]

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if isinstance(item, Lost):
            setattr(report, FAULT, True)
        if isinstance(item, CheckItem) and item.part and report.when == "call":
            from msgspec import to_builtins

            if report.skipped:
                report.longrepr = (str(item.target), item.line or 0, item.why)
            setattr(report, PART, {"path": str(item.target), "part": to_builtins(item.part)})
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.fault = self.fault or hasattr(report, FAULT)
        found = getattr(report, PART, None)
        if found:
            from msgspec import convert

            from checkgrad.grading.part import Part

            self.parts[found["path"]].append(convert(found["part"], Part))

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.session = session
        verdicts = {part.outcome.verdict for parts in self.parts.values() for part in parts}
        if self.fault or "grader_fault" in verdicts:
            session.exitstatus = pytest.ExitCode.INTERNAL_ERROR
        elif session.exitstatus == pytest.ExitCode.OK and any(
            map(self.falls_short, self.reports().values())
        ):
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def falls_short(self, report: Report) -> bool:
        """Does it fail though no item does: nothing was judged, or not everything where all has to be?"""
        unjudged = self.strict and bool(report.not_judged)
        return unjudged or any(outcome.verdict.failed for outcome in report.outcomes)

    @property
    def strict(self) -> bool:
        """Does what is not judged fail the run?"""
        return bool(self.config.option.checkgrad_strict) or self.assignment.strict

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for path, report in self.reports().items():
            self.present(Path(path), report, terminalreporter)
        if self.unwritten and self.session:  # after the other hooks have had their say
            self.session.exitstatus = pytest.ExitCode.INTERNAL_ERROR

    # No property: pytest looks at all attributes of a plugin when it is registered.
    def reports(self) -> dict[str, Report]:
        """What was found out about each submission, by its path, once everything was asked."""
        if self.told is None:
            found = {path: self.report(path, parts) for path, parts in self.parts.items()}
            self.told = {path: report for path, report in found.items() if report}
        return self.told

    def report(self, path: str, parts: list[Part]) -> Report | None:
        """The report on one submission, None if nothing of it was run."""
        from checkgrad.grading import assemble

        header = next((part.header for part in parts if part.header), None)
        if header is None:
            return None
        found = assemble(header, parts, self.assignment)
        if not any(outcome.verdict.failed for outcome in found.outcomes):
            return found
        return self.grader(Path(path)).operated(found)

    def grader(self, target: Path) -> Grader:
        """Who asks a submission; in the process in which nothing was asked, a new one."""
        from checkgrad.grading import Grader

        if target not in self.graders:
            option = self.config.option
            self.graders[target] = Grader(
                target,
                assignment=self.assignment,
                seed=option.checkgrad_seed or 0,
                pictures=not option.checkgrad_no_report or bool(option.checkgrad_json),
                neighbours=True,
            )
            self.config.add_cleanup(self.graders[target].close)
        return self.graders[target]

    def present(self, path: Path, report: Report, terminal: pytest.TerminalReporter) -> None:
        """Say what to look at first, write the files, and say where they are."""
        from checkgrad.render import FORMATS
        from checkgrad.render.story import for_students
        from checkgrad.render.terminal import summary

        terminal.section(f"checkgrad: {path.name}")
        width = terminal._tw.fullwidth
        shown = self.compared(path, report)
        said = summary(for_students(shown), width=width, colour=terminal.hasmarkup)
        terminal.write_line(said)
        if self.strict and report.not_judged:
            terminal.write_line("strict: what is not judged fails the run", red=True)
        for kind, target in self.files(path):
            if terminal.isatty:
                terminal.rewrite(f"drawing and writing {kind} ...")
            text = FORMATS[kind](shown if kind == "html" else report)
            if terminal.isatty:
                terminal.rewrite("", erase=True)
                terminal.rewrite("")
            self.unwritten |= not _written(target, text, terminal)

    def compared(self, path: Path, report: Report) -> Report:
        """The report with what is new or fixed since the last run; JSON and exports never depend on that."""
        from checkgrad.render import history

        cache = getattr(self.config, "cache", None)  # absent under -p no:cacheprovider
        if cache is None:
            return report
        key = f"checkgrad/{hashlib.sha256(str(path).encode()).hexdigest()[:16]}"
        before = cache.get(key, {})
        cache.set(key, history.remembered(report, before))
        return history.compared(report, before)

    def files(self, path: Path) -> Iterator[tuple[str, Path]]:
        """Every file to write for one submission, with its format."""
        option = self.config.option
        if option.checkgrad_json:
            yield "json", self.placed(option.checkgrad_json, path, ".json")
        for kind, target in self.exports:
            yield kind, self.placed(target, path, f".{kind}")
        if not option.checkgrad_no_report:
            target = option.checkgrad_report or "reports/"
            yield "html", self.placed(target, path, ".html")

    def placed(self, target: str, path: Path, suffix: str) -> Path:
        """A folder gets one file for each submission; so does a file name that several would share."""
        where = self.config.invocation_params.dir / target
        if target.endswith(("/", "\\")) or where.is_dir():
            return where / (path.stem + suffix)
        if len(self.targets) > 1:
            return where.with_name(f"{where.stem}-{path.stem}{where.suffix}")
        return where


def _export(text: str, formats: Any) -> tuple[str, str]:
    kind, equals, target = text.partition("=")
    if not equals or not target:
        raise pytest.UsageError(f"--checkgrad-export: {text!r} should be FORMAT=PATH")
    if kind not in formats:
        raise pytest.UsageError(
            f"--checkgrad-export: no format {kind!r}; there are {', '.join(formats)}"
        )
    return kind, target


def _written(target: Path, text: str, terminal: pytest.TerminalReporter) -> bool:
    """Write *text* and say where; False if that cannot be done."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        terminal.write_line(f"could not write {target}: {error.strerror}", red=True)
        return False
    terminal.write_line(f"report: {_relative(target)}")
    return True


def _relative(path: Path) -> Path:
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


class Submitted(pytest.Collector):
    """A submission: never imported here, only its path is used."""

    session_: Session
    target: Path
    grader: Grader

    def collect(self) -> Iterator[pytest.Collector]:
        from checkgrad.grading import LOADS
        from checkgrad.judging import Question
        from checkgrad.sandbox import GraderFault
        from checkgrad.targets import BadTarget

        self.grader = self.session_.grader(self.target)
        try:
            questions = self.grader.questions
        except (BadTarget, GraderFault):  # the item that asks whether it loads will say why
            questions = (Question("submission", "submission", LOADS),)
        for name, group in _grouped(questions).items():
            yield Exercise.from_parent(
                self, name=name, questions=group, grader=self.grader, target=self.target
            )


class SubmissionFile(Submitted, pytest.File):
    def __init__(self, *, session_: Session, target: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session_, self.target = session_, target


class SubmissionFolder(Submitted, pytest.Directory):
    def __init__(self, *, session_: Session, target: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.session_, self.target = session_, target


def _grouped(questions: tuple[Question, ...]) -> dict[str, list[Question]]:
    """Questions by exercise; the function is named where it differs from the exercise."""
    groups: dict[str, list[Question]] = {}
    for question in questions:
        same = question.exercise == question.function
        name = question.exercise if same else f"{question.exercise}[{question.function}]"
        groups.setdefault(name, []).append(question)
    return groups


class Exercise(pytest.Collector):
    def __init__(
        self, *, questions: list[Question], grader: Grader, target: Path, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.questions, self.grader, self.target = questions, grader, target

    def collect(self) -> Iterator[pytest.Item]:
        for question in self.questions:
            yield CheckItem.from_parent(
                self,
                name=question.check,
                question=question,
                grader=self.grader,
                target=self.target,
            )


class CheckFailed(Exception):
    """Carries what to print to repr_failure."""


class Lost(pytest.Item):
    """Stands for targets of which nothing was collected; the run ends as a fault of ours."""

    def __init__(self, *, lost: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lost = lost

    def runtest(self) -> None:
        raise CheckFailed(f"{self.lost} was to be checked, and something else collected it")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        return str(excinfo.value)


class CheckItem(pytest.Item):
    """One question."""

    def __init__(self, *, question: Question, grader: Grader, target: Path, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.question, self.grader, self.target = question, grader, target
        self.part: Part | None = None

    def runtest(self) -> None:
        from msgspec.structs import replace

        from checkgrad.render.story import as_shown
        from checkgrad.render.terminal import failure
        from checkgrad.sandbox import GraderFault

        part = self.grader.ask(self.question)
        self.part = part
        if not self.grader.introduced:  # once for each process: it lists every question
            with suppress(GraderFault):  # without a worker there is nothing to tell
                self.part = replace(part, header=self.grader.header())
                self.grader.introduced = True
        if part.outcome.verdict.failed or part.outcome.verdict == "grader_fault":
            shown = as_shown(part.outcome, self.grader.assignment.withheld)
            raise CheckFailed(failure(shown))
        if part.outcome.verdict == "not_judged":
            pytest.skip(self.why)

    @property
    def why(self) -> str:
        """Why there is no verdict."""
        from checkgrad.render.story import sentence

        return sentence(self.part.outcome) if self.part else ""

    @property
    def line(self) -> int | None:
        """Where the code in question stands."""
        return self.part.place.line if self.part and self.part.place else None

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> str:
        if isinstance(excinfo.value, CheckFailed):
            return str(excinfo.value)
        return str(super().repr_failure(excinfo, style))

    def reportinfo(self) -> tuple[Path, None, str]:
        question = self.question
        return self.path, None, f"{question.function}: {question.check.replace('_', ' ')}"
