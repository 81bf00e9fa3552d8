"""The seeds of the probes: those given, or with a secret those that only staff can work out."""

from __future__ import annotations

import hmac
import os

from checkgrad.assignment import Assignment
from checkgrad.sandbox import GraderFault

SECRET = "CHECKGRAD_SECRET"  # the environment variable, if the assignment names no other; the grader alone sees it


def is_secret(assignment: Assignment) -> bool:
    """Did staff set a secret?"""
    return bool(_secret(assignment))


def _secret(assignment: Assignment) -> str:
    """The secret, "" where none is asked for; without one that is asked for nothing may be graded."""
    found = os.environ.get(assignment.secret or SECRET, "")
    if assignment.secret and not found:  # on another machine, perhaps
        raise GraderFault(f"the environment variable {assignment.secret} is not set here")
    return found


def seed_for(assignment: Assignment, given: int) -> int:
    """The seed of the probes that are scored: the same for every submission to an assignment."""
    seed = given if assignment.seed is None else assignment.seed
    return _derived(assignment, "exam", str(seed)) if is_secret(assignment) else seed


def seed_of_its_own(assignment: Assignment, sha256: str) -> int:
    """The seed of probes that one submission alone is given; they score nothing."""
    return _derived(assignment, "submission", sha256)


def _derived(assignment: Assignment, purpose: str, about: str) -> int:
    """HMAC-SHA256 of the assignment's name and what the seed is for, under the secret; 64 bits of it."""
    message = "\0".join((purpose, assignment.name, about)).encode()
    return int.from_bytes(hmac.digest(_secret(assignment).encode(), message, "sha256")[:8])
