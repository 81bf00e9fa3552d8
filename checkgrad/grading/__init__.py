"""Ask one check; grade one submission. Knows no pytest and no file format."""

from checkgrad.grading.assembly import LOADS, assemble
from checkgrad.grading.functions import FOR_REVIEW
from checkgrad.grading.grader import Grader, grade

__all__ = ["FOR_REVIEW", "LOADS", "Grader", "assemble", "grade"]
