"""Report -> files: one module a format, each imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from checkgrad.model import Report
from checkgrad.render.summary import for_students

FOR_STAFF = ("json",)  # holds what students are not shown yet


def _format(name: str) -> Callable[[Report], str]:
    def render(report: Report) -> str:
        shown = report if name in FOR_STAFF else for_students(report)
        text: str = import_module(f"{__name__}.{name}").render(shown)
        return text

    return render


FORMATS: dict[str, Callable[[Report], str]] = {
    name: _format(name)
    for name in ("html", "json", "terminal", "gradescope", "prairielearn", "github", "junit")
}
