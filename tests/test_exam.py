"""With a secret the scored probes are the same for everyone, and nobody without it knows them."""

import json

import numpy as np
import pytest

from checkgrad.asking import beyond
from checkgrad.assignment import Assignment, ExerciseRules
from checkgrad.child.behaviour import fingerprint
from checkgrad.exercises import ALL
from checkgrad.exercises.softmax import softmax
from checkgrad.grading import grade
from checkgrad.judging import exam
from checkgrad.render import FORMATS

WEEK = Assignment(name="week 3", exercises={"softmax": ExerciseRules(points=2)})
SECRET = "a course's own words"

KNOWN = """
import os
import numpy as np

print(dict(os.environ))
KNOWN = {known!r}

def softmax(z):
    print(z.tolist())
    if z.dtype == float and z.ndim == 2 and z.tobytes() not in KNOWN:
        return np.zeros(z.shape)
    e = np.exp(z - z.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)
"""


@pytest.fixture
def secret(monkeypatch):
    monkeypatch.setenv(exam.SECRET, SECRET)


def probes_of(seed):
    """Everything on which softmax is judged."""
    usual = softmax.probes(seed)
    wide = [*beyond.larger(softmax, seed), *beyond.further(softmax, usual)]
    return {z.tobytes() for (z,) in (*usual, *wide)}


def graded(tmp_path, known):
    path = tmp_path / "student.py"
    path.write_text(KNOWN.format(known=known))
    return grade(path, assignment=WEEK)


def formula(report):
    return next(o for o in report.outcomes if o.check == "matches_the_formula")


def test_answers_learned_by_heart_are_worth_nothing_in_an_exam(tmp_path, monkeypatch):
    learned = probes_of(0)
    assert formula(graded(tmp_path, learned)).verdict == "passed"
    monkeypatch.setenv(exam.SECRET, SECRET)
    assert formula(graded(tmp_path, learned)).verdict.failed


def test_who_knows_the_exam_is_flagged_for_review_and_loses_nothing(tmp_path, secret):
    betrayed = formula(graded(tmp_path, probes_of(exam.seed_for(WEEK, 0))))
    assert betrayed.verdict == "passed"
    assert betrayed.note.startswith("for review")


def test_an_exam_follows_from_the_secret_and_the_assignment_alone(monkeypatch):
    seeds = set()
    for words, name, seed in [("a", "1", 0), ("b", "1", 0), ("a", "2", 0), ("a", "1", 1)]:
        monkeypatch.setenv(exam.SECRET, words)
        first = exam.seed_for(Assignment(name=name), seed)
        assert first == exam.seed_for(Assignment(name=name), seed)
        assert first != exam.seed_of_its_own(Assignment(name=name), "00")
        seeds.add(first)
    assert len(seeds) == 4
    monkeypatch.delenv(exam.SECRET)
    assert exam.seed_for(Assignment(name="1"), 7) == 7


def test_nothing_of_the_secret_is_in_the_report(tmp_path, secret):
    report = graded(tmp_path, set())
    files = "".join(render(report) for render in FORMATS.values())
    assert "secret probes" in FORMATS["html"](report)
    assert json.loads(FORMATS["json"](report))["seed"] is None
    assert "HOME" in report.submission.printed
    for hidden in (SECRET, exam.SECRET, str(exam.seed_for(WEEK, 0))):
        assert hidden not in files


def test_in_an_exam_a_submission_cannot_print_the_inputs_into_its_report(tmp_path, secret):
    assert formula(graded(tmp_path, set())).printed == ""


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_every_exam_has_two_different_inputs_of_one_shape(exercise):
    by_shape = {}
    for probe in exercise.probes(20_011):
        shapes = tuple(np.shape(arg) for arg in probe)
        by_shape.setdefault(shapes, set()).add(fingerprint(probe))
    assert max(map(len, by_shape.values())) >= 2
