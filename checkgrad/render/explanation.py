"""What there is to say about an exercise or a mistake -> a page in the style of the report."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from checkgrad.model import Explanation
from checkgrad.render.html import environment, style_hash


def render(explanations: Sequence[Explanation]) -> str:
    """Return a page that needs nothing else: derivations as MathML, no script."""
    style = environment().get_template("page.css").render(frames=[])
    page = environment().get_template("explanation.html")
    text: str = page.render(
        explanations=explanations, style=Markup(style), style_hash=style_hash(style)
    )
    return text.lstrip()
