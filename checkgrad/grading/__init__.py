"""Ask one check; grade one submission. Knows no pytest and no file format."""

from checkgrad.grading.grader import FOR_REVIEW, LOADS, Grader, assemble, grade

__all__ = ["FOR_REVIEW", "LOADS", "Grader", "assemble", "grade"]
