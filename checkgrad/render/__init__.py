"""Report -> files: one module a format, each imported only when it is asked for."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

from checkgrad.model import Report


def _format(name: str) -> Callable[[Report], str]:
    def render(report: Report) -> str:
        text: str = import_module(f"{__name__}.{name}").render(report)
        return text

    return render


FORMATS: dict[str, Callable[[Report], str]] = {
    name: _format(name)
    for name in ("html", "json", "terminal", "gradescope", "prairielearn", "github", "junit")
}
