"""One submission graded, wherever that happens: bytes come in, bytes go out, and nothing makes it raise."""

from __future__ import annotations

import platform
import tempfile
import traceback
from collections.abc import Callable, Iterator
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

import msgspec
import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from checkgrad.assignment import Assignment
from checkgrad.batch.intake import Handed
from checkgrad.batch.unwrap import Work
from checkgrad.grading import LOADS, Grader, assemble
from checkgrad.grading.part import Header, Part
from checkgrad.judging import Question, bare_outcome, exam
from checkgrad.model import Isolation, Report, Submission, Verdict
from checkgrad.render import FORMATS, json
from checkgrad.sandbox import clean, launchers
from checkgrad.sandbox.stage import Staged, stage
from checkgrad.targets import BadTarget


class Settings(Struct, frozen=True):
    """What is the same for every submission of a class; *formats* are of the files written for each."""

    assignment: Assignment
    seed: int = 0
    formats: tuple[str, ...] = ("html",)

    @property
    def pictures(self) -> bool:
        """Does anything show what a picture is drawn from?"""
        return "html" in self.formats


class Job(Struct, frozen=True):
    """A submission on its way to where it is graded. Equal keys, equal report."""

    key: str
    sha256: str
    name: str
    target: str = ""  # what to grade among the files
    files: dict[str, bytes] = {}
    notes: tuple[str, ...] = ()
    problem: str = ""  # why there is nothing to grade
    ours: bool = False  # whether that is no fault of the submission
    report: bytes = b""  # what came of it earlier, when only its files are asked for


class Graded(Struct, frozen=True):
    """What came of a job: the report as JSON, and the files made of it by format."""

    key: str
    report: bytes
    files: dict[str, str]


Execute = Callable[[Iterator[Job], Settings], Iterator[Graded]]


def versions() -> tuple[str, ...]:
    """What has to be the same wherever the same reports are to come out."""
    return version("checkgrad"), np.__version__, platform.python_version()


def job(handed: Handed, settings: Settings) -> Job:
    """Read a submission; one that cannot be read is a job with a problem."""
    try:
        with handed.opened(launchers.folder()) as found:
            staged = stage(found.path, within=found.scratch)
            read = _read(found, staged)
    except BadTarget as problem:
        read = Job("", "", handed.name, problem=str(problem))
    except Exception as error:  # a full disk, or a fault of ours: it costs nobody else anything
        told = (
            f"it could not be read ({_reason(error)}); nothing is wrong with it as far as is known"
        )
        read = Job("", "", handed.name, problem=told, ours=True)
    return _keyed(read, settings)


def _read(found: Work, staged: Staged) -> Job:
    paths = sorted(p for p in staged.folder.rglob("*") if p.is_file())
    files = {p.relative_to(staged.folder).as_posix(): p.read_bytes() for p in paths}
    whole = Path(staged.roots[0]) if found.path.is_dir() else Path(staged.targets[0][1])
    target = whole.relative_to(staged.folder).as_posix()
    name = clean(found.path.name, 200)
    return Job("", staged.sha256, name, target, files, (*found.notes, *staged.notes))


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or f"{type(error).__name__}: {error}")


def work(job: Job, settings: Settings) -> Graded:
    """Grade one submission and make its files."""
    try:
        report = json.parse(job.report) if job.report else _report(job, settings)
        return Graded(job.key, msgspec.json.encode(json.plain(report)), _files(report, settings))
    except Exception as error:
        told = f"checkgrad itself failed here ({type(error).__name__}: {error}); please report it"
        return fault(job, settings, told, "".join(traceback.format_exception(error)[-8:]))


def fault(job: Job, settings: Settings, told: str, where: str = "") -> Graded:
    """Return what is said of a submission that could not be graded through our fault; it has no score."""
    report = replace(_told(job, settings, Verdict.GRADER_FAULT, told, where), score=None)
    return Graded(job.key, msgspec.json.encode(json.plain(report)), _files(report, settings))


def _report(job: Job, settings: Settings) -> Report:
    if job.ours:
        told = _told(job, settings, Verdict.GRADER_FAULT, job.problem)
        return replace(told, score=None)
    if job.problem:
        return _told(job, settings, Verdict.CRASHED, job.problem)
    with tempfile.TemporaryDirectory(dir=launchers.folder()) as folder:
        for name, content in job.files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        report = _graded(Path(folder, job.target), settings)
    notes = [*dict.fromkeys((*job.notes, *report.submission.notes))]
    return replace(report, submission=replace(report.submission, name=job.name, notes=notes))


def _graded(path: Path, settings: Settings) -> Report:
    assignment, seed, pictures = settings.assignment, settings.seed, settings.pictures
    with Grader(path, assignment=assignment, seed=seed, pictures=pictures) as grader:
        parts = [grader.ask(question) for question in grader.questions]
        return grader.operated(assemble(grader.header(), parts, assignment))


def _told(job: Job, settings: Settings, verdict: Verdict, problem: str, where: str = "") -> Report:
    """A report on a submission as a whole."""
    question = Question("submission", "submission", LOADS)
    outcome = replace(bare_outcome(question, verdict, problem), traceback=where)
    submission = Submission(job.name, job.sha256)
    name = settings.assignment.name or None
    header = Header(submission, Isolation(), [question], name, settings.seed)
    return assemble(header, [Part(outcome)], settings.assignment)


def _files(report: Report, settings: Settings) -> dict[str, str]:
    return {name: FORMATS[name](report) for name in settings.formats}


def _keyed(job: Job, settings: Settings) -> Job:
    about = (
        *versions(),
        settings.assignment.digest,
        exam.seed_for(settings.assignment, settings.seed),  # of a secret this is all there is
        settings.pictures,
        *(job.sha256, job.name, job.target, job.notes, job.problem),
    )
    return replace(job, key=sha256(repr(about).encode("utf-8", "replace")).hexdigest())
