"""Overview -> the page of a class: one HTML file, no script, in the design of the reports."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from msgspec import Struct

from checkgrad.batch.overview import Overview
from checkgrad.batch.record import Submitter

HERE = Path(__file__).parent
MOST = 40  # mistakes told in full


class Person(Struct, frozen=True):
    """A student as the page calls one, and where the report is."""

    name: str
    link: str = ""


def render(overview: Overview, link: Callable[[Submitter], str], *, anonymous: bool = False) -> str:
    """Return the page; *link* leads from a student to the report, "" to none. Anonymous, there are numbers only."""
    # every other command would wait for them
    from jinja2 import FileSystemLoader
    from markupsafe import Markup

    from checkgrad.render import html

    env = html.environment().overlay(loader=FileSystemLoader([HERE, html.HERE]))
    style = env.get_template("page.css").render(frames=[]) + env.get_template("class.css").render()
    numbers = {student.id: i for i, (student, _, _) in enumerate(overview.students, 1)}
    person = partial(_anonymous, numbers) if anonymous else partial(_named, link)
    text = env.get_template("class.html").render(
        overview=overview,
        person=person,
        most=MOST,
        style=Markup(style),
        style_hash=html.style_hash(style),
    )
    return text.lstrip()


def _anonymous(numbers: dict[str, int], student: Submitter) -> Person:
    return Person(f"student {numbers[student.id]}")


def _named(link: Callable[[Submitter], str], student: Submitter) -> Person:
    return Person(student.name or student.id, link(student))
