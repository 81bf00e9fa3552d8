"""The hooks of a pytest run that checks submissions."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Generator, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from checkgrad.plugin_items import CheckItem, Lost, SubmissionFile, SubmissionFolder

if TYPE_CHECKING:
    from checkgrad.assignment import Assignment
    from checkgrad.grading import Grader
    from checkgrad.grading.part import Part
    from checkgrad.model import Report

PART = "checkgrad_part"  # the attribute of a test report in which an answer travels, also between xdist processes
FAULT = "checkgrad_fault"  # the attribute of one that tells a fault of ours


def submissions(config: pytest.Config) -> list[Path]:
    """The targets of --checkgrad; paths within them are no arguments of pytest any more."""
    here = Path.cwd()
    targets = _distinct(_found(target, here) for target in config.option.checkgrad)
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args[:] = []  # without explicit paths the submissions are all that is collected
    config.args[:] = [a for a in config.args if not _inside(targets, _path(config, a))]
    return targets


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


class PluginSession:
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
            parent, path=path, nodeid=node, grader_of=self.grader, target=target
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
        from checkgrad.render.summary import for_students
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
