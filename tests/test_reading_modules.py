"""Correct modules in every manner are read as right; one mistake is not read away."""

from functools import cache

import pytest

from checkgrad.exercises import ALL
from checkgrad.reading import candidates, read
from in_process import InProcess
from modules import MISTAKES, RIGHT_ALONE, manners, mistaken, source

MANNERS = list(manners())


def readings(text, **options):
    module = InProcess(text)
    return read(candidates(module.inventory, ALL), module.ask, **options)


def wrong(text):
    return {r.candidate.exercise.name: r.note for r in readings(text).values() if not r.right}


@pytest.mark.parametrize("manner", MANNERS, ids=str)
def test_a_correct_module_is_right_in_whatever_manner_it_is_written(manner):
    assert wrong(source(manner)) == {}


@cache
def answered(manner):
    return {r.candidate.exercise.name for r in readings(source(manner)).values()}


def test_there_are_many():
    assert len(set(map(source, MANNERS))) >= 300


@pytest.mark.parametrize(
    ("manner", "mistake"),
    [
        pytest.param(manner, mistake, id=f"{manner}-{mistake}")
        for manner in MANNERS[::29]
        for mistake in MISTAKES
        if manner.style != "single" or mistake not in RIGHT_ALONE
    ],
)
def test_one_mistake_is_not_read_away(mistake, manner):
    text, places = mistaken(manner, mistake)
    assert not places & answered(manner) or places & set(wrong(text))
