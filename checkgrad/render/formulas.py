"""LaTeX -> MathML, which browsers show and read aloud without help."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from latex2mathml.converter import convert_to_element
from markupsafe import Markup

from checkgrad.model import Worked
from checkgrad.render import numbers

PLUS = re.compile(r"( \+ )")
# what a formula may carry: nothing that links, styles or runs
MATH_ATTRIBUTES = {
    "display", "mathvariant", "stretchy", "fence", "separator", "form", "lspace", "rspace", "minsize",
    "maxsize", "movablelimits", "linethickness", "columnalign", "rowspacing", "columnspacing", "width",
    "height", "depth", "accent", "accentunder", "xmlns", "displaystyle",
}  # fmt: skip


def mathml(latex: str, block: bool = True) -> Markup:
    """Return a formula as MathML; one that cannot be read is shown as it was written."""
    try:
        display = "block" if block else "inline"
        # the converter does not know \arg
        named = latex.replace(r"\arg", r"\operatorname{arg}")
        root = convert_to_element(named, display=display)
    except Exception:  # the converter raises many kinds
        return Markup("<code>{}</code>").format(numbers.clean(latex))
    root.set("displaystyle", "true")
    for element in root.iter():
        # the converter leaves entities in the text, for a writer that does not escape
        element.text = numbers.clean(html.unescape(element.text or ""))
        element.tail = None
        element.attrib = {k: v for k, v in element.attrib.items() if k in MATH_ATTRIBUTES}
    return Markup(ElementTree.tostring(root, encoding="unicode"))


def by_hand(line: Worked) -> Markup:
    """Return a line of a calculation: what is worked out, the same with numbers, the value.

    It is a formula a term, for browsers break no formula where a screen is narrow.
    """
    mantissa, e, exponent = numbers.number(line.value).partition("e")
    value = rf"{mantissa} \cdot 10^{{{int(exponent)}}}" if e else mantissa
    equals = "=" if float(numbers.number(line.value)) == line.value else r"\approx"
    terms = [] if line.numbers == value else _terms(f"= {line.numbers}")
    parts = [line.name, *terms, f"{equals} {value}"]
    return Markup(" ").join(mathml(part, block=False) for part in parts)


def _terms(latex: str) -> list[str]:
    """A sum in pieces that each begin with their plus sign; what stands in braces stays whole."""
    found, depth = [""], 0
    for piece in PLUS.split(latex):
        if PLUS.fullmatch(piece) and depth == 0:
            found.append("")
        found[-1] += piece
        depth += piece.count("{") - piece.count("}")
        depth += piece.count(r"\left") - piece.count(r"\right")
    return found
