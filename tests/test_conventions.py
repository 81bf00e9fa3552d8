"""Every convention excuses what it is there for, and nothing besides; without it its example is wrong."""

import pytest

from checkgrad.conventions import CONVENTIONS
from checkgrad.exercises import ALL
from checkgrad.reading import candidates, read
from in_process import InProcess

PINNABLE = [key for key, one in CONVENTIONS.items() if one.question]


def reading_of(source, **pinned):
    """How the last function of a module is understood."""
    module = InProcess(source)
    found = read(candidates(module.inventory, ALL), module.ask, pinned=pinned)
    last = module.inventory.definitions[-1].name
    return next(reading for one, reading in found.items() if one.function == last)


@pytest.mark.parametrize("key", CONVENTIONS)
def test_a_convention_accepts_its_example(key):
    reading = reading_of(CONVENTIONS[key].accepts)
    assert reading.right
    choice = reading.convention[key]
    assert choice != CONVENTIONS[key].usual
    assert CONVENTIONS[key].in_words(choice) in reading.note


@pytest.mark.parametrize("key", PINNABLE)
def test_its_example_is_wrong_without_it(key):
    assert not reading_of(CONVENTIONS[key].accepts, **{key: CONVENTIONS[key].usual}).right


@pytest.mark.parametrize("exercise", ALL, ids=lambda e: e.name)
def test_every_choice_of_an_exercise_is_of_a_convention(exercise):
    for choice in (*exercise.variants, *exercise.callings):
        assert choice.convention.keys() <= CONVENTIONS.keys()


@pytest.mark.parametrize("key", CONVENTIONS)
def test_what_it_refuses_stays_wrong(key):
    assert not reading_of(CONVENTIONS[key].refuses).right
