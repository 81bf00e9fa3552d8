"""The seeds of the probes: those given, or with a secret those that only staff can work out."""

from __future__ import annotations

import hmac
import os

from checkgrad.assignment import Assignment

SECRET = "CHECKGRAD_SECRET"  # the environment variable, seen by the grader alone


def is_secret() -> bool:
    """Did staff set a secret?"""
    return bool(os.environ.get(SECRET))


def seed_for(assignment: Assignment, given: int) -> int:
    """The seed of the probes that are scored: the same for every submission to an assignment."""
    seed = given if assignment.seed is None else assignment.seed
    return _derived("exam", assignment.name, str(seed)) if is_secret() else seed


def seed_of_its_own(assignment: Assignment, sha256: str) -> int:
    """The seed of probes that one submission alone is given; they score nothing."""
    return _derived("submission", assignment.name, sha256)


def _derived(*about: str) -> int:
    """HMAC-SHA256 of *about* under the secret, 64 bits of it."""
    message = "\0".join(about).encode()
    return int.from_bytes(hmac.digest(os.environ[SECRET].encode(), message, "sha256")[:8])
